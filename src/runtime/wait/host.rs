//! Threads that run no task: they sleep, or lend themselves.

use super::{begin, deadline, finish, retry, timed_out};
use crate::error::{Error, Result, fail};
use crate::graph::edges::Countdown;
use crate::graph::record::{Phase, kind};
use crate::graph::{Handle, Slot};
use crate::runtime::collect::collect;
use crate::runtime::local::Local;
use crate::runtime::stall::Watch;
use crate::runtime::worker::Lent;
use crate::runtime::{quiesce, ready, worker};
use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// Sleeps until all of `open` are complete.
pub fn wait(local: &Local, open: &[Handle], mut deadline: Option<Instant>) -> Result<()> {
    let slot = begin(local, kind::HOST_WAIT, open, |_| {})?;
    if local.arena().count_down(&local.cache, slot, 1) == Countdown::Ready {
        return finish(local, slot);
    }
    ready::leave_to_others(local);
    ready::give_back_processor(local);
    let handle = local.arena().record(slot).handle(slot);
    let seat = local.seat();
    let mut watch = Watch::new(&local.runtime);
    seat.own.endless.store(deadline.is_none(), Relaxed);
    while !is_fired(local, slot) {
        let until = [deadline, watch.next()].into_iter().flatten().min();
        seat.sleep(until);
        if is_fired(local, slot) {
            break;
        }
        let late = deadline.is_some_and(|d| d <= Instant::now());
        let stalled: Option<Error> = watch.check(local);
        if late || stalled.is_some() {
            if local.arena().claim(handle) {
                retry::keep(local, handle, kind::HOST_WAIT, open);
                return stalled.map_or_else(timed_out, Err);
            }
            deadline = None; // The last task is just completing.
        }
    }
    finish(local, slot)
}

/// Whether the wait has been fired.
fn is_fired(local: &Local, slot: Slot) -> bool {
    // Acquire: partner is the Release in `fire`.
    local.arena().record(slot).phase.load(Acquire) == Phase::Done as u8
}

/// `parla_run_until`.
pub fn run_until(handles: &[u64], timeout_ns: i64) -> Result<()> {
    let local = may_lend()?;
    let mut open = Vec::new();
    local.in_call(|local| collect(local, handles, &mut open))?;
    if open.is_empty() {
        return Ok(());
    }
    let slot = begin(local, kind::HOST_WAIT, &open, |_| {})?;
    if local.arena().count_down(&local.cache, slot, 1) == Countdown::Ready {
        return finish(local, slot);
    }
    let handle = local.arena().record(slot).handle(slot);
    let given_up = lend_until(local, timeout_ns, || is_fired(local, slot));
    quiesce::poke(&local.runtime);
    if !is_fired(local, slot) && local.arena().claim(handle) {
        retry::keep(local, handle, kind::HOST_WAIT, &open);
        given_up?;
        return timed_out();
    }
    while !is_fired(local, slot) {
        local.seat().post.parker.park(None); // The last task is just completing.
    }
    finish(local, slot)
}

/// `parla_run_until_all`.
pub fn run_until_all(timeout_ns: i64) -> Result<()> {
    let local = may_lend()?;
    let runtime = &*local.runtime;
    // Once is enough: what is spawned after that moment is not waited for.
    let was_quiet = Cell::new(quiesce::is_quiet(runtime));
    if was_quiet.get() {
        return Ok(());
    }
    let is_done = || {
        was_quiet.set(was_quiet.get() || quiesce::is_quiet(runtime));
        was_quiet.get()
    };
    let given_up = quiesce::while_waiting(local, || lend_until(local, timeout_ns, is_done));
    quiesce::poke(runtime);
    if is_done() { Ok(()) } else { given_up.and_then(|()| timed_out()) }
}

/// The place of this thread, if it may lend itself.
fn may_lend() -> Result<&'static Local> {
    let local = Local::get()?;
    if local.current().is_some() || local.is_worker.get() {
        return fail!(InTask, "a task waits with parla_wait");
    }
    local.may_block()?;
    Ok(local)
}

/// Makes this thread a worker until `is_done`, or until its time runs out. An error: it cannot be lent, or what it waits
/// for can never be.
fn lend_until(local: &Local, timeout_ns: i64, is_done: impl Fn() -> bool) -> Result<()> {
    let deadline = deadline(timeout_ns);
    local.fibers.lent_until.set(deadline);
    local.seat().own.endless.store(deadline.is_none(), Relaxed);
    let is_late = Cell::new(false);
    let verdict = RefCell::new(None);
    let watch = RefCell::new(Watch::new(&local.runtime));
    ready::give_back_processor(local);
    let lent = worker::lend(local, || {
        if !is_late.get() && deadline.is_some_and(|d| d <= Instant::now()) {
            is_late.set(true);
            local.fibers.lent_until.set(None); // What has passed need not wake it any more.
        }
        let found = watch.borrow_mut().check(local);
        if found.is_some() {
            *verdict.borrow_mut() = found;
            return Lent::Hopeless;
        }
        if is_done() || is_late.get() { Lent::Done } else { Lent::Goes }
    });
    local.fibers.lent_until.set(None);
    lent?;
    verdict.take().filter(|_| !is_late.get()).map_or(Ok(()), Err)
}

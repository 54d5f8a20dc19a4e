//! Tasks that wait: they leave their stack behind, or keep their thread.

use super::{begin, exceptions, outcome, timed_out};
use crate::error::Result;
use crate::graph::edges::Countdown;
use crate::graph::record::{Phase, flag, kind};
use crate::graph::{Handle, Slot};
use crate::runtime::fiber::{Blocked, Switch, Timer};
use crate::runtime::local::Local;
use crate::runtime::stall::Watch;
use crate::runtime::{admit, completion, hooks, ready, spares, worker};
use crate::scheduler::admission::Returning;
use crate::scheduler::grant::Grant;
use crate::scheduler::seat::bump;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::lock;
use std::cell::{Cell, RefCell};
use std::time::Instant;

/// Blocks the task in `task` until all of `open` are complete.
pub fn wait(local: &Local, task: Slot, open: &[Handle], deadline: Option<Instant>) -> Result<()> {
    let arena = local.arena();
    let fibers = &local.fibers;
    let record = arena.record(task);
    let own_stack = fibers.suspend.get().is_null();
    let freezes = own_stack || record.has(flag::WAIT_THREAD);
    if !own_stack {
        fibers.ensure_spare(|| worker::new_fiber(local))?;
    }
    let stand_in = if freezes { Some(spares::reserve(local)?) } else { None };
    let blocked = Blocked {
        fiber: Cell::new(None),
        seat: local.seat().index,
        claimed: Cell::new(false),
        verdict: Cell::new(None),
        freezes,
        task: record.name(task),
        vcus: RefCell::default(),
        targets: open.to_vec(),
        below: local.frames().skip(1).map(|slot| arena.record(slot).name(slot)).collect(),
        wait: Cell::new(Handle(0)),
        is_timed: deadline.is_some(),
    };
    let address = std::ptr::from_ref(&blocked).cast_mut().cast();
    // One guard stays until the stack has been left: nobody can fire the wait before.
    let begun = begin(local, kind::TASK_WAIT, open, 1, |wait| wait.set_ctx(address));
    let wait = match begun {
        Ok((wait, _)) => wait,
        Err(error) => {
            stand_in.into_iter().for_each(|s| s.cancel(local));
            return Err(error);
        }
    };
    let handle = arena.record(wait).handle(wait);
    if arena.open_count(wait) == 1 {
        // All of them have completed meanwhile.
        let _ = arena.count_down(&local.cache, wait, 1);
        stand_in.into_iter().for_each(|s| s.cancel(local));
        return super::finish(local, wait);
    }
    blocked.wait.set(handle);
    let hooked = hooks::any().then(|| hooks::before_block(blocked.task));
    *blocked.vcus.borrow_mut() = admit::release_vcus(local, task);
    // From here on others may claim the wait (`stall.rs`), so what they use has been filled in.
    lock(&local.seat().post.blocked).push(std::ptr::from_ref(&blocked) as usize);
    record.set_phase(Phase::Blocked);
    bump(&local.seat().own.blocked, 1);
    let frame = local.frame.replace(std::ptr::null());
    let exceptions = exceptions::take();
    if let Some(stand_in) = stand_in {
        stand_in.start(local);
    }
    if own_stack {
        park(local, wait, handle, &blocked, deadline);
    } else {
        let timer = deadline.map(|deadline| Timer { deadline, wait: handle.0, blocked: &blocked });
        fibers.timers.borrow_mut().extend(timer);
        fibers.calm.set(fibers.calm.get() && timer.is_none());
        let suspend = fibers.suspend.get();
        let limit = fibers.limit.get();
        let switch = if freezes { Switch::Freeze(wait) } else { Switch::Block(wait) };
        // SAFETY: `suspend` belongs to the stack in use, which is alive as long as this code runs on it.
        unsafe { (*suspend).suspend(switch) };
        fibers.suspend.set(suspend);
        fibers.enter(limit, local.runtime.config.stack_size);
        if let Some(timer) = timer {
            fibers.timers.borrow_mut().remove(&timer);
        }
    }
    exceptions::put(exceptions);
    let address = std::ptr::from_ref(&blocked) as usize;
    {
        let mut list = lock(&local.seat().post.blocked);
        // Most often the last: waits nest.
        if let Some(at) = list.iter().rposition(|&a| a == address) {
            list.swap_remove(at);
        }
    }
    local.frame.set(frame);
    admit::vcus_back(local, task);
    record.set_phase(Phase::Running);
    if let Some(hooked) = hooked {
        hooks::after_block(&hooked, blocked.task);
    }
    if blocked.claimed.get() {
        // The record is recycled when its last dependency is done.
        return blocked.verdict.take().map_or_else(timed_out, Err);
    }
    let failure = arena.record(wait).take_failure();
    arena.end(&local.cache, wait);
    outcome(failure)
}

/// The stack has been left, or will be kept: counts the guard of the wait down. From now on it may be fired.
pub fn left(local: &Local, wait: Slot) {
    match local.arena().count_down(&local.cache, wait, 1) {
        Countdown::Open => {}
        Countdown::Ready => fire(local, wait),
        // It has been claimed already, and its tasks are complete.
        Countdown::Abandoned => completion::abandoned(local, wait),
    }
}

/// The last task that a task waits for is complete.
pub fn fire(local: &Local, slot: Slot) {
    // SAFETY: the record has just been fired, by the caller.
    unsafe { go_on(local, local.arena().record(slot).ctx().cast()) };
}

/// A blocked wait is over, or has been claimed: it goes on once it has its VCUs.
///
/// # Safety
/// The caller has fired or claimed the record of the wait, which happens once; so it is blocked until it
/// is delivered here.
pub unsafe fn go_on(local: &Local, wait: *const Blocked) {
    // SAFETY: the caller's contract.
    let blocked = unsafe { &*wait };
    let vcus = blocked.vcus.take();
    if vcus == Grant::Nothing {
        local.runtime.queues.seat(blocked.seat).deliver(wait as usize);
    } else {
        let who = Returning::Wait(wait as usize);
        admit::submit_resume(local, who, vcus);
    }
}

/// Keeps the thread, on its own stack, until the wait is delivered or its time runs out.
fn park(
    local: &Local,
    wait: Slot,
    handle: Handle,
    blocked: &Blocked,
    mut deadline: Option<Instant>,
) {
    let seat = local.seat();
    let fibers = &local.fibers;
    fibers.frozen.set(fibers.frozen.get() + 1);
    seat.is_worker.store(false, Relaxed);
    ready::leave_to_others(local);
    left(local, wait);
    // A thread of the host that lends itself watches, as it does in a wait of its own: nobody else tells it
    // that what its task waits for can never come.
    let mut watch = local.is_lent.get().then(|| Watch::new(&local.runtime));
    loop {
        {
            let mut inbox = lock(&seat.post.inbox);
            let address = std::ptr::from_ref(blocked) as usize;
            if let Some(at) = inbox.iter().position(|&a| a == address) {
                inbox.remove(at);
                break;
            }
        }
        if deadline.is_some_and(|d| d <= Instant::now()) {
            deadline = None;
            if local.arena().claim(handle) {
                blocked.claimed.set(true);
                // SAFETY: claimed just now.
                unsafe { go_on(local, blocked) };
                continue;
            }
        }
        if let Some(error) = watch.as_mut().and_then(|watch| watch.check(local))
            && local.arena().claim(handle)
        {
            blocked.claimed.set(true);
            blocked.verdict.set(Some(error));
            // SAFETY: claimed just now.
            unsafe { go_on(local, blocked) };
            continue;
        }
        let look = watch.as_ref().and_then(Watch::next);
        let until = [deadline, look].into_iter().flatten().min();
        seat.sleep(until);
    }
    fibers.frozen.set(fibers.frozen.get() - 1);
    seat.is_worker.store(true, Relaxed);
    spares::dismiss(local);
}

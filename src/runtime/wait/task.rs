//! Tasks that wait: they leave their stack behind, or keep their thread.

use super::{begin, finish, timed_out};
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
use crate::scheduler::inbox::Letter;
use crate::scheduler::seat::bump;
use crate::sync::atomic::Ordering::Relaxed;
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
    let frame = local.frame.get();
    let blocked = Blocked {
        letter: Letter::default(),
        fiber: Cell::new(None),
        seat: local.seat().index,
        claimed: Cell::new(false),
        verdict: Cell::new(None),
        freezes,
        task: record.name(task),
        vcus: RefCell::default(),
        targets: open,
        frame,
        wait: Cell::new(Handle(0)),
        is_timed: deadline.is_some(),
        older: Cell::new(0),
        newer: Cell::new(0),
    };
    let seat = local.seat();
    let address = std::ptr::from_ref(&blocked).cast_mut().cast();
    // One guard stays until the stack has been left: nobody can fire the wait before.
    let begun = begin(local, kind::TASK_WAIT, open, |wait| wait.set_ctx(address));
    let wait = match begun {
        Ok(wait) => wait,
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
        return finish(local, wait);
    }
    blocked.wait.set(handle);
    let hooked = hooks::any().then(|| hooks::before_block(blocked.task));
    *blocked.vcus.borrow_mut() = admit::release_vcus(local, task);
    // From here on others may claim the wait (`stall.rs`), so what they use has been filled in.
    // SAFETY: this is the thread of the seat; `blocked` stays until it is off the list, below.
    unsafe { blocked.enlist(seat) };
    record.set_phase(Phase::Blocked);
    bump(&seat.own.blocked, 1);
    local.frame.set(std::ptr::null());
    let exceptions = fibers.exceptions.take();
    if let Some(stand_in) = stand_in {
        stand_in.start(local);
    }
    if own_stack {
        park(local, wait, handle, &blocked, deadline);
    } else {
        let timer = deadline.map(|deadline| Timer { deadline, wait: handle.0, blocked: &blocked });
        if let Some(timer) = timer {
            fibers.timers.borrow_mut().insert(timer);
            fibers.calm.set(false);
        }
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
    fibers.exceptions.put(exceptions);
    // SAFETY: this is the thread of the seat, and `enlist` put it there.
    unsafe { blocked.delist(seat) };
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
    finish(local, wait)
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
        // SAFETY: the caller's contract.
        unsafe { deliver(local, wait) };
    } else {
        let who = Returning::Wait(wait as usize);
        admit::submit_resume(local, who, vcus);
    }
}

/// Tells the thread of a wait that it goes on.
///
/// # Safety
/// The wait is over, has its VCUs, and has not been delivered: so it is blocked until then.
pub unsafe fn deliver(local: &Local, wait: *const Blocked) {
    // SAFETY: the caller's contract.
    let blocked = unsafe { &*wait };
    if blocked.seat == local.seat().index {
        // SAFETY: the caller's contract.
        unsafe { local.fibers.arrive(blocked) };
    } else {
        // SAFETY: the letter has been in no list yet, and is blocked with its wait until it is taken.
        unsafe { local.runtime.queues.seat(blocked.seat).deliver(blocked.letter()) };
    }
}

/// Claims the waits of this thread whose time has run out.
pub fn fire_timers(local: &Local) {
    if local.fibers.timers.borrow().is_empty() {
        return;
    }
    let now = Instant::now();
    loop {
        let timer = {
            let mut timers = local.fibers.timers.borrow_mut();
            match timers.first().copied() {
                Some(first) if first.deadline <= now => {
                    timers.pop_first();
                    first
                }
                _ => return,
            }
        };
        if local.arena().claim(Handle(timer.wait)) {
            // SAFETY: the wait was open until this thread claimed it, so it is still blocked.
            unsafe {
                (*timer.blocked).claimed.set(true);
                go_on(local, timer.blocked);
            }
        }
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
        if let Some(arrived) = fibers.take_arrived(&seat.post.inbox) {
            // A thread that keeps its own stack has one blocked wait at most.
            debug_assert!(std::ptr::eq(arrived, blocked));
            break;
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

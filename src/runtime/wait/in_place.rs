//! The wait that needs no waiting: the awaited child lies on top of the task's own deque.

use crate::graph::edges::Look;
use crate::graph::{Handle, Slot};
use crate::runtime::completion::Ran;
use crate::runtime::local::Local;
use crate::runtime::{hooks, ready, run};
use crate::scheduler::queues;
use crate::sync::atomic::Ordering::Relaxed;

/// How many tasks run in place until priorities and idle workers are looked at; the deadlines and arrivals of this thread, and what
/// lies in other queues; and until the wait goes the long way in any case.
const NOW_AND_THEN: u32 = 8;
/// See [`NOW_AND_THEN`].
const OFTEN: u32 = 64;
/// See [`NOW_AND_THEN`].
const SELDOM: u32 = 16_384;

/// Longest list of handles that is worth comparing with each task.
const MAX_HANDLES: usize = 16;

/// Runs awaited tasks as long as the newest task of the deque is one of them. True: all are complete
/// without failure.
///
/// A wait in place must not keep the worker from what else it is for, however often tasks spawn and wait in turn: so a wait
/// goes the long way, through the worker's loop, if the loop is called for, and every now and then in any case.
#[inline(always)]
pub fn run(local: &Local, handles: &[u64]) -> bool {
    let arena = local.arena();
    let mut left = handles;
    let mut is_allowed = false;
    // From the end: what was spawned last is mostly listed last, and is the newest.
    while let Some((&last, before)) = left.split_last() {
        match arena.look(Handle(last)) {
            Look::Done => left = before,
            Look::Live => {
                is_allowed = is_allowed || allowed(local);
                if !is_allowed || is_called_for(local) {
                    return false;
                }
                // A slot in the deque holds a live task; so a live handle of that slot names that task.
                let slot = Handle(last).slot();
                if local.deque.pop_if(slot.0) {
                    if run_here(local, slot) {
                        left = before;
                    }
                } else if !run_other(local, left) {
                    return false;
                }
            }
            Look::Invalid if last == 0 => left = before,
            Look::Failed | Look::Invalid => return false,
        }
    }
    true
}

/// Whether the worker's loop should see to something else than the newest task.
#[inline(always)]
fn is_called_for(local: &Local) -> bool {
    let turn = local.in_place.get().wrapping_add(1);
    local.in_place.set(turn);
    // A stack of this thread may have been frozen while a child had left this one.
    local.seat().post.attention.load(Relaxed)
        || local.fibers.frozen.get() != 0
        || turn.is_multiple_of(NOW_AND_THEN) && is_due(local, turn)
}

#[inline(never)]
fn is_due(local: &Local, turn: u32) -> bool {
    ready::share_all(local);
    let (queues, device) = (&local.runtime.queues, local.device.get());
    if queues.is_urgent(device) || turn.is_multiple_of(SELDOM) {
        return true;
    }
    turn.is_multiple_of(OFTEN) && (local.fibers.is_called_for() || is_others_turn(local))
}

/// Whether something lies where the loop looks only now and then, while all workers may feed themselves: then it looks
/// there next.
fn is_others_turn(local: &Local) -> bool {
    let queues = &local.runtime.queues;
    if queues.any_injected(local.device.get()) {
        local.tick.set(queues::INJECTED_FIRST.wrapping_sub(1));
        return true;
    }
    let is_left = queues.any_left_by_hosts();
    if is_left {
        local.tick.set(queues::OTHERS_FIRST - 1);
    }
    is_left
}

/// True: it is complete and has not failed. False: that must be looked up.
#[inline(always)]
fn run_here(local: &Local, slot: Slot) -> bool {
    if hooks::any() {
        return run_told(local, slot);
    }
    go_on(local, run::run_untold(local, slot))
}

/// The hosts are told that the waiting body does something else meanwhile.
#[cold]
#[inline(never)]
fn run_told(local: &Local, slot: Slot) -> bool {
    let Some(waiting) = local.current() else { return go_on(local, run::run(local, slot)) };
    let task = local.arena().record(waiting).name(waiting);
    let told = hooks::before_block(task);
    let done = go_on(local, run::run(local, slot));
    hooks::after_block(&told, task);
    done
}

#[inline(always)]
fn go_on(local: &Local, ran: Ran) -> bool {
    if let Some(next) = ran.next() {
        ready::ready(local, next);
    }
    matches!(ran, Ran::Done(_))
}

/// Runs the newest task of the deque if it is any of `handles`.
#[inline(never)]
fn run_other(local: &Local, handles: &[u64]) -> bool {
    let is_awaited = |slot: u32| {
        handles.iter().any(|&handle| {
            Handle(handle).slot().0 == slot && local.arena().look(Handle(handle)) == Look::Live
        })
    };
    if handles.len() > MAX_HANDLES || local.deque.newest().is_some_and(|newest| !is_awaited(newest))
    {
        return false;
    }
    let Some(slot) = local.deque.pop() else { return false };
    if is_awaited(slot) {
        run_here(local, Slot(slot));
        return true;
    }
    // It was public, so it could not be seen before.
    local.deque.push(slot);
    // Whoever looked meanwhile did not see it, and may have gone to sleep.
    ready::offer(local);
    false
}

/// Whether a child may run on top of the current task: there is room on the stack; the task holds no
/// VCUs that a wait would free; and it is not one whose frames must stay where they are while the child
/// may block and take the stack with it.
#[inline(always)]
fn allowed(local: &Local) -> bool {
    local.current().is_some_and(|task| {
        let flags = local.arena().record(task).flags.load(Relaxed);
        flags & local.bars_nesting == 0
    }) && local.fibers.frozen.get() == 0
        && local.fibers.has_half_left()
}

//! The wait that needs no waiting: the awaited child lies on top of the task's own deque.

use crate::graph::Handle;
use crate::graph::edges::Look;
use crate::graph::record::flag;
use crate::runtime::local::Local;
use crate::runtime::{ready, run};

/// Longest list of handles that is worth comparing with each task.
const MAX_HANDLES: usize = 16;

/// Part of a stack that a body run in place must find free: every body may count on half of it.
const RESERVED_PART: usize = 2;

/// Runs awaited tasks as long as the newest task of the deque is one of them. True: all are complete
/// without failure.
#[inline]
pub fn run(local: &Local, handles: &[u64]) -> bool {
    let arena = local.arena();
    let mut left = handles.len();
    if left > MAX_HANDLES {
        return false;
    }
    let mut is_allowed = false;
    loop {
        // From the end: what was spawned last is mostly listed last, and is the newest.
        let last = loop {
            let Some(&handle) = handles[..left].last() else { return true };
            match arena.look(Handle(handle)) {
                Look::Live => break Handle(handle),
                Look::Done => left -= 1,
                Look::Invalid if handle == 0 => left -= 1,
                Look::Failed | Look::Invalid => return false,
            }
        };
        // A slot in the deque holds a live task; so if a live handle names the slot, it names that task.
        let is_awaited = |slot: u32| {
            slot == last.slot().0
                || handles[..left].iter().any(|&handle| {
                    Handle(handle).slot().0 == slot && arena.look(Handle(handle)) == Look::Live
                })
        };
        is_allowed = is_allowed || allowed(local);
        if !is_allowed || local.deque.newest().is_some_and(|newest| !is_awaited(newest)) {
            return false;
        }
        let Some(slot) = local.deque.pop() else { return false };
        if !is_awaited(slot) {
            // It was public, so it could not be seen before.
            local.deque.push(slot);
            // Whoever looked meanwhile did not see it, and may have gone to sleep.
            ready::offer(local);
            return false;
        }
        if let Some(next) = run::run(local, crate::graph::Slot(slot)) {
            ready::ready(local, next);
        }
    }
}

/// Whether a child may run on top of the current task: there is room on the stack; the task holds no
/// VCUs that a wait would free; and it is not one whose frames must stay where they are while the child
/// may block and take the stack with it (a thread's own stack goes nowhere).
#[inline]
fn allowed(local: &Local) -> bool {
    let stays = if local.fibers.suspend.get().is_null() { 0 } else { flag::WAIT_THREAD };
    local.current().is_some_and(|task| {
        local.arena().record(task).flags.load(crate::sync::atomic::Ordering::Relaxed)
            & (flag::RESERVED | stays)
            == 0
    }) && local.fibers.frozen.get() == 0
        && local.fibers.bytes_left() > local.runtime.config.stack_size / RESERVED_PART
}

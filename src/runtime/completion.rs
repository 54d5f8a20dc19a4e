//! The only place where a task becomes complete.

use super::local::Local;
use super::ready::{is_plain, ready};
use super::{admit, continuation, inspect};
use crate::error::Status;
use crate::graph::edges::{Countdown, NodeRef};
use crate::graph::failure::Failure;
use crate::graph::record::{Phase, flag};
use crate::graph::{Handle, Slot};
use crate::scheduler::seat::bump;
use crate::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

/// Flags of a task whose end takes more than telling its successors.
const SPECIAL: u16 = flag::HAS_DROP | flag::HAS_SIDE | flag::RESERVED | flag::CONTINUES;

/// How a task has run; each with a successor to run next.
#[derive(Clone, Copy, Debug)]
pub enum Ran {
    /// It is complete and has not failed.
    Done(Option<Slot>),
    /// Complete or not, failed or not.
    Otherwise(Option<Slot>),
}

impl Ran {
    /// The successor to run next.
    #[inline(always)]
    pub fn next(self) -> Option<Slot> {
        let (Ran::Done(next) | Ran::Otherwise(next)) = self;
        next
    }
}

/// The body in `slot` has returned `code`.
#[inline(always)]
pub fn body_done(local: &Local, slot: Slot, code: i32) -> Ran {
    let record = local.arena().record(slot);
    if code == 0
        && record.flags.load(Relaxed) & SPECIAL == 0
        && let Some(first) = local.arena().close_unheld(slot)
    {
        let next = if first.is_none() { None } else { release_ready(local, first) };
        local.cache.give(local.arena(), slot);
        bump(&local.seat().own.completed, 1);
        return Ran::Done(next);
    }
    Ran::Otherwise(body_done_special(local, slot, code))
}

/// [`release`], of a task that has not failed, on its own.
#[inline(never)]
fn release_ready(local: &Local, first: NodeRef) -> Option<Slot> {
    release(local, first, None)
}

#[cold]
#[inline(never)]
fn body_done_special(local: &Local, slot: Slot, code: i32) -> Option<Slot> {
    let arena = local.arena();
    let record = arena.record(slot);
    record.name(slot);
    if code != 0 {
        // SAFETY: this thread owns the record of the task it has run.
        let text = unsafe { record.side_mut() }.failure_text.take();
        let name = inspect::name_of(local, slot);
        let (text, message) = match text {
            Some(text) => (text.clone(), format!("{name}: {text} (code {code})")),
            None => (format!("failed with code {code}"), format!("{name} failed with code {code}")),
        };
        record.poison(&Arc::new(Failure::new(
            Status::TaskFailed,
            code,
            record.handle(slot),
            text,
            message,
        )));
        record.set_phase(Phase::Failed);
    } else if record.has(flag::CONTINUES) && continuation::begin(local, slot) {
        return None;
    }
    if !arena.seal(slot) {
        admit::release_vcus(local, slot);
        if record.phase.load(Relaxed) != Phase::Failed as u8 {
            record.set_phase(Phase::Held);
        }
        if !arena.body_done(slot) {
            return None; // `hold::release` completes it.
        }
    }
    complete(local, slot)
}

/// The task in `slot` will not run: its dependency failed or was cancelled, or it was cancelled itself.
#[cold]
#[inline(never)]
pub fn skip(local: &Local, slot: Slot) -> Option<Slot> {
    let record = local.arena().record(slot);
    record.name(slot);
    // What runs in spite of failed dependencies is here because it was cancelled.
    if record.is_poisoned() && !record.has(flag::RUN_ANYWAY) {
        record.set_phase(Phase::Skipped);
    } else {
        // A failed dependency is no reason for a task that runs anyway, so it is not what is told.
        drop(record.take_failure());
        cancel_record(local, slot);
    }
    complete(local, slot)
}

/// Makes the task in `slot`, which the caller has claimed, cancelled; the caller completes it.
pub fn cancel_record(local: &Local, slot: Slot) {
    let text = format!("{} was cancelled", inspect::name_of(local, slot));
    if local.arena().record(slot).has(flag::RUN_ANYWAY) {
        local.arena().record(slot).take_failure();
    }
    fail_record(local, slot, Status::Cancelled, text);
    local.arena().record(slot).set_phase(Phase::Cancelled);
}

/// Gives the task in `slot`, which the caller owns or has claimed, a failure that is the runtime's.
pub fn fail_record(local: &Local, slot: Slot, status: Status, text: String) {
    let record = local.arena().record(slot);
    let failure =
        Arc::new(Failure::new(status, status as i32, record.handle(slot), text.clone(), text));
    if status == Status::Cancelled {
        failure.observe(); // Somebody asked for it.
    }
    record.poison(&failure);
    record.set_phase(Phase::Failed);
}

/// Completes the task in `slot`: nothing that could still hold it matters any more. What must be over
/// when a waiter goes on (resources, `drop`) comes first; then the list of successors is closed.
pub fn complete(local: &Local, slot: Slot) -> Option<Slot> {
    let arena = local.arena();
    let record = arena.record(slot);
    // What is admitted runs next here, unless it would have to wait for the user's `drop`.
    let keeps = local.is_worker.get() && !record.has(flag::HAS_DROP);
    let admitted = admit::release_all(local, slot, keeps);
    drop_context(local, slot);
    // SAFETY: the caller owns the record.
    let failure = unsafe { record.failure() };
    let next = match failure {
        None => {
            if record.has(flag::HAS_SIDE) {
                // SAFETY: the caller owns the record, and diagnostics read side records under this lock.
                local.runtime.failures.locked(|| unsafe { record.free_side() });
            }
            let first = arena.close(slot);
            let next = if first.is_none() { None } else { release_ready(local, first) };
            local.cache.give(arena, slot);
            next
        }
        Some(failure) => {
            let handle = record.handle(slot);
            let is_element = record.has(flag::ELEMENT);
            let first = arena.close_failed(slot);
            let next = release(local, first, Some(&failure));
            local.runtime.failures.retain(local, handle, is_element, &failure);
            next
        }
    };
    bump(&local.seat().own.completed, 1);
    match (next, admitted) {
        (Some(_), Some(admitted)) => ready(local, admitted),
        (None, Some(_)) => return admitted,
        (_, None) => {}
    }
    next
}

/// Calls the user's `drop`, exactly once for every task that was spawned.
fn drop_context(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if let Some(drop) = record.take_drop() {
        // SAFETY: this thread owns the record.
        let first = unsafe { record.side() }.and_then(|side| side.drop_ctx);
        let ctx = first.map_or(record.ctx(), |address| address as *mut _);
        // SAFETY: the user promised at spawn that `drop` may be called once with the context; HAS_DROP
        // is clear now.
        local.in_callback(|| unsafe { drop(ctx) });
    }
}

/// Counts down every successor. Gives one that is ready for the caller to run next: the oldest, so that
/// they run in the order in which they were added; the others are queued.
#[inline]
pub fn release(local: &Local, first: NodeRef, failure: Option<&Arc<Failure>>) -> Option<Slot> {
    let arena = local.arena();
    let mut next = None;
    for successor in arena.successors(first) {
        if let Some(failure) = failure {
            arena.record(successor).poison(failure);
        }
        match arena.count_down(&local.cache, successor, 1) {
            Countdown::Open => {}
            Countdown::Ready => {
                let record = arena.record(successor);
                if local.is_worker.get() && is_plain(record) {
                    record.set_phase(Phase::Ready);
                    if let Some(before) = next.replace(successor) {
                        ready(local, before);
                    }
                } else {
                    ready(local, successor);
                }
            }
            Countdown::Abandoned => abandoned(local, successor),
        }
    }
    next
}

/// The last dependency of a wait that was ended ahead of it is done. (Of a task there is nothing to do:
/// `failures` recycles it once it has settled.)
#[cold]
pub fn abandoned(local: &Local, slot: Slot) {
    local.arena().record(slot).take_failure();
    local.arena().end(&local.cache, slot);
}

/// Completes a task that the caller has claimed ahead of its dependencies, and queues what that frees.
pub fn complete_claimed(local: &Local, handle: Handle) {
    if let Some(next) = complete(local, handle.slot()) {
        ready(local, next);
    }
}

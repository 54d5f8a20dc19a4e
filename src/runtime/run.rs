//! Runs one task: the way from ready to complete.

use super::local::{Frame, Local};
use super::{completion, hooks};
use crate::graph::record::{Phase, flag};
use crate::graph::{Record, Slot};

/// Runs the task in `slot`, which the caller has taken from a queue, and completes it. Gives a successor
/// that has become ready and that the caller should run next.
#[inline]
pub fn run(local: &Local, slot: Slot) -> Option<Slot> {
    let record = local.arena().record(slot);
    if record.is_poisoned() || local.arena().cancel_requested(slot) {
        if !must_run(local, slot, record) {
            return completion::skip(local, slot);
        }
        record.take_failure();
    }
    record.set_phase(Phase::Running);
    let frame = Frame { slot, below: local.frame.get() };
    local.frame.set(&frame);
    let hooked = hooks::any().then(|| hooks::before_task(record.handle(slot)));
    // SAFETY: the record is a spawned task that this thread alone has taken from a queue; the user
    // promised at spawn that the body may be called once with the context on any thread.
    let code = unsafe { (record.body())(record.ctx()) };
    if let Some(hooked) = hooked {
        hooks::after_task(&hooked, record.handle(slot));
    }
    local.frame.set(frame.below);
    completion::body_done(local, slot, code)
}

/// A poisoned or cancelled task may have to run all the same: clean-up, if it was not itself cancelled.
#[cold]
fn must_run(local: &Local, slot: Slot, record: &Record) -> bool {
    record.has(flag::RUN_ANYWAY) && !local.arena().cancel_requested(slot)
}

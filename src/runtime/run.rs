//! Runs one task: the way from ready to complete.

use super::completion::{self, Ran};
use super::hooks;
use super::local::{Frame, Local};
use crate::graph::record::{Phase, flag};
use crate::graph::{Record, Slot};

/// Runs the task in `slot`, which the caller has taken from a queue, and completes it. Gives a successor
/// that has become ready and that the caller should run next.
#[inline(always)]
pub fn run(local: &Local, slot: Slot) -> Ran {
    run_by(local, slot, |record| {
        if hooks::any() {
            hooks::around_task(record.name(slot), || call_body(record))
        } else {
            call_body(record)
        }
    })
}

/// As [`run`], where no host has hooks.
#[inline(always)]
pub fn run_untold(local: &Local, slot: Slot) -> Ran {
    run_by(local, slot, call_body)
}

#[inline(always)]
fn run_by(local: &Local, slot: Slot, call: impl FnOnce(&Record) -> i32) -> Ran {
    let record = local.arena().record(slot);
    if (record.is_poisoned() || local.arena().cancel_requested(slot))
        && !must_run(local, slot, record)
    {
        return Ran::Otherwise(completion::skip(local, slot));
    }
    local.arena().prefetch_successors(slot);
    record.set_phase(Phase::Running);
    let frame = Frame { slot, below: local.frame.get() };
    local.frame.set(&frame);
    let code = call(record);
    local.frame.set(frame.below);
    completion::body_done(local, slot, code)
}

#[inline(always)]
fn call_body(record: &Record) -> i32 {
    // SAFETY: the record is a spawned task that this thread alone has taken from a queue; the user
    // promised at spawn that the body may be called once with the context on any thread.
    unsafe { (record.body())(record.ctx()) }
}

/// A poisoned or cancelled task may have to run all the same: clean-up, if it was not itself cancelled. Then the
/// failure is taken away.
#[cold]
#[inline(never)]
fn must_run(local: &Local, slot: Slot, record: &Record) -> bool {
    let must = record.has(flag::RUN_ANYWAY) && !local.arena().cancel_requested(slot);
    if must {
        record.take_failure();
    }
    must
}

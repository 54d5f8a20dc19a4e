//! Cancelling, holding, releasing.

use super::convert;
use super::guard::{guard, guard_local};
use super::pointers;
use super::types::*;
use crate::runtime::{cancel, current, hold};
use std::ffi::c_char;

/// Asks for the cancellation of a task. One that has not started never will: it completes as cancelled at
/// once, also if it has not been spawned, and its dependents are skipped. One that runs learns it from
/// `parla_cancel_requested` and goes on as it likes. One that has completed is left as it is.
///
/// May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_task_cancel(task: parla_task_t) -> parla_status_t {
    guard_local(|local| cancel::task(local, convert::task_handle(task)?))
}

/// Asks for the cancellation of every element that exists in the space, as `parla_task_cancel`.
#[unsafe(no_mangle)]
pub extern "C" fn parla_taskspace_cancel(space: parla_taskspace_t) -> parla_status_t {
    guard_local(|local| cancel::space(local, space))
}

/// 1 if the cancellation of the task that calls it has been requested, else 0 (also outside tasks). Cheap
/// enough for an inner loop. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_cancel_requested() -> i32 {
    i32::from(cancel::requested())
}

/// Adds a hold: the task stays incomplete, even after its body has returned, until every hold has been
/// released. For work that goes on elsewhere: a message, a kernel, an I/O request.
///
/// May be called from any thread, before the task has completed: from its own body, or on an element that
/// has not been spawned, or under another hold; otherwise it may come too late.
/// Errors: NOT_INITIALIZED, INVALID_HANDLE, COMPLETED (too late), FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_task_hold(task: parla_task_t) -> parla_status_t {
    guard_local(|local| hold::hold(local, convert::task_handle(task)?))
}

/// Releases one hold. The last release after the body has returned completes the task, on the calling
/// thread. May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_HANDLE, COMPLETED (the task has no hold), FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_task_release(task: parla_task_t) -> parla_status_t {
    guard_local(|local| hold::release(local, convert::task_handle(task)?))
}

/// Sets the text that goes with the failure of the task that calls it, should its body return a code
/// other than 0. Copied. May be called inside a task only.
/// Errors: NOT_IN_TASK, INVALID_ARGUMENT (NULL, or not UTF-8).
///
/// # Safety
/// `text` is a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_set_failure_text(text: *const c_char) -> parla_status_t {
    guard(|| {
        // SAFETY: the caller's contract.
        let text = unsafe { pointers::text(text, "text")? };
        current::set_failure_text(text)
    })
}

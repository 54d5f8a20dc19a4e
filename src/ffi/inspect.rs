//! Asking about tasks and the runtime.

use super::convert;
use super::guard::{guard, guard_local};
use super::pointers;
use super::types::*;
use crate::runtime::{current, explain, inspect};
use std::ffi::c_char;

/// The task that calls it; 0 outside tasks. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_current_task() -> parla_task_t {
    current::task()
}

/// The worker that calls it, from 0; -1 on other threads. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_current_worker() -> i32 {
    current::worker()
}

/// The devices of the task that calls it, one per member of its placement. Writes at most `capacity`
/// places and their number to `count`. A task that may run on any worker is at its worker's device.
/// Errors: NOT_IN_TASK, INVALID_ARGUMENT, BUFFER_TOO_SMALL.
///
/// # Safety
/// `places` has room for `capacity` places (NULL if 0); `count` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_current_places(
    places: *mut parla_place_t,
    capacity: usize,
    count: *mut usize,
) -> parla_status_t {
    guard(|| {
        let found = current::places()?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_list(&found, places, capacity, count) }
    })
}

/// The state of a task, `PARLA_STATE_*`, into `state`: a snapshot that may be old when it is read. May be
/// called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, FORKED.
///
/// # Safety
/// `state` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_task_state(task: parla_task_t, state: *mut i32) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(state, "state")?;
        let found = inspect::state(local, convert::task_handle(task)?)?;
        // SAFETY: the caller's contract.
        unsafe { state.write(found as i32) };
        Ok(())
    })
}

/// Why a task failed or was skipped, and marks the failure as observed. One failure is shared by the task
/// that failed and all that were skipped because of it: who hears of one has heard of all, and
/// `parla_finalize` does not report it again. Cancellations count as observed from the start. `code`: what the failing body
/// returned (a status if it was the runtime: CANCELLED, DEADLOCK); `origin`: the task that failed first,
/// which may be another one; `text`: the text, NUL-terminated, at most `capacity` bytes; `length`: the
/// text's bytes without the NUL. Each may be NULL (`text` with `capacity` 0).
///
/// May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, NOT_FOUND (the
/// task is not complete, or did not fail), BUFFER_TOO_SMALL (the text is cut), FORKED.
///
/// # Safety
/// The pointers are NULL or writable, `text` for `capacity` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_task_failure(
    task: parla_task_t,
    code: *mut i32,
    origin: *mut parla_task_t,
    text: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        // SAFETY: the caller's contract.
        unsafe { pointers::room(text, capacity, "text")? };
        let failure = inspect::failure(local, convert::task_handle(task)?)?;
        // SAFETY: the caller's contract.
        unsafe {
            pointers::put_optional(code, failure.code);
            pointers::put_optional(origin, failure.origin.0);
            pointers::put_text(&failure.text, text, capacity, length)
        }
    })
}

/// The name of a task: the one it was given, or its space's name and index such as "T[3,4]", or
/// "task 17". A task that completed without failure has lost its name; a failed one (the `origin` of a
/// failure) keeps it as long as its failure is answerable. String keys print as T[sum,3]. `name` and `length` as in `parla_task_failure`.
///
/// May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, COMPLETED,
/// BUFFER_TOO_SMALL (the text is cut), FORKED.
///
/// # Safety
/// `name` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_task_name(
    task: parla_task_t,
    name: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        let found = inspect::name(local, convert::task_handle(task)?)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_text(&found, name, capacity, length) }
    })
}

/// Says why a task is not running: an unspawned dependency, dependencies that are not complete, VCUs,
/// memory, placement, a hold, or what it waits for. `text` and `length` as in `parla_task_failure`.
///
/// May be called from any thread; meant for people, not for the hot path.
/// Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, BUFFER_TOO_SMALL (the text is cut), FORKED.
///
/// # Safety
/// `text` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_explain(
    task: parla_task_t,
    text: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        let found = explain::explain(local, convert::task_handle(task)?)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_text(&found, text, capacity, length) }
    })
}

/// Counters of the runtime, live; each only grows, but they are read one after the other. Set `stats->size`
/// first. `num_workers` is the number chosen if the configuration left it open. May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT, FORKED.
///
/// # Safety
/// `stats` points to a `parla_stats_t` of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_stats(stats: *mut parla_stats_t) -> parla_status_t {
    guard_local(|local| {
        let found = inspect::stats(local);
        // SAFETY: the caller's contract.
        unsafe { pointers::put_sized(found, stats) }
    })
}

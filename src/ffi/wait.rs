//! Waiting for tasks.

use super::convert;
use super::guard::guard;
use super::pointers;
use super::types::*;
use crate::runtime::wait;

/// Waits until all of `handles` (tasks and task spaces; entries that are 0 are skipped) are complete.
///
/// A space stands for the elements that exist in it at the call, spawned or not. `timeout_ns`:
/// nanoseconds; negative: no limit; 0: only look.
///
/// May be called from any thread. A thread of the host sleeps. Inside a task the wait frees the worker
/// and the task's VCUs for others: by default the worker goes on with another stack, and the task resumes
/// on the same thread (so thread-local variables stay valid, but a lock that the same thread may take
/// again must not be held across the call); a task flagged `PARLA_TASK_WAIT_THREAD` keeps its stack and
/// thread while a spare thread works in its place. It cannot deadlock by itself, at any depth.
///
/// Returns OK if all completed without failure, else the status of the first failure (TASK_FAILED,
/// CANCELLED, DEADLOCK), with its code, text and task in the last error message; that failure then counts
/// as observed. The last 1,024 failures stay answerable after they have been observed; of older ones the
/// handle means "completed".
///
/// STALLED is given only if nobody is left who could spawn what is missing: every thread of the process
/// sleeps in libparla without a time limit. Otherwise a stall is reported on stderr, and the wait goes on.
/// Errors besides: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, TIMEOUT, DEADLOCK (the wait is part
/// of a cycle; a task waits for itself or its own space), STALLED, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED.
///
/// # Safety
/// `handles` points to `n` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_wait(
    handles: *const parla_handle_t,
    n: usize,
    timeout_ns: i64,
) -> parla_status_t {
    // SAFETY: the caller's contract.
    let few = unsafe { pointers::short_list(handles, n, wait::FEW) };
    if timeout_ns < 0
        && let Some(few) = few
        && wait::quick(few)
    {
        return 0;
    }
    guard(|| {
        // SAFETY: the caller's contract.
        let handles = unsafe { pointers::list(handles, n, "handles")? };
        wait::wait(handles, timeout_ns)
    })
}

/// Waits for every element that exists in `space`; as `parla_wait` with that one handle.
#[unsafe(no_mangle)]
pub extern "C" fn parla_taskspace_wait(
    space: parla_taskspace_t,
    timeout_ns: i64,
) -> parla_status_t {
    guard(|| {
        convert::space_handle(space)?;
        wait::wait(&[space], timeout_ns)
    })
}

/// Lends the calling thread to the runtime as a worker until all of `handles` are complete or
/// `timeout_ns` has passed, and every task that began on this thread has ended. For hosts that must own
/// the thread their callbacks run on, and the only way to run tasks under `PARLA_NO_THREADS` (besides
/// `parla_finalize`, which then runs what is left). With `PARLA_WAIT_THREAD` the tasks run on the
/// thread's own stack, else on switchable ones.
///
/// May be called from any thread that is not inside a task; threads that lend themselves at the same time
/// are limited to 64. Otherwise as `parla_wait`. Errors besides: IN_TASK.
///
/// # Safety
/// `handles` points to `n` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_run_until(
    handles: *const parla_handle_t,
    n: usize,
    timeout_ns: i64,
) -> parla_status_t {
    guard(|| {
        // SAFETY: the caller's contract.
        let handles = unsafe { pointers::list(handles, n, "handles")? };
        wait::run_until(handles, timeout_ns)
    })
}

/// As `parla_run_until`, until every task that has been spawned is complete: as `parla_wait_all`, but the
/// calling thread works meanwhile. With one worker less than there are cores, a thread that spawns much and
/// then waits so adds up to one thread for each core.
///
/// `timeout_ns`: nanoseconds; negative: no limit; 0, or a few microseconds: it only looks, and may run nothing. May be called from any thread that is not inside a task. Returns
/// OK even if tasks failed: ask them, or finalize.
/// Errors: NOT_INITIALIZED, IN_TASK, TIMEOUT, STALLED, DEADLOCK, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_run_until_all(timeout_ns: i64) -> parla_status_t {
    guard(|| wait::run_until_all(timeout_ns))
}

//! Starting and ending the runtime.

use super::convert;
use super::guard::guard;
use super::pointers;
use super::types::*;
use crate::{error, runtime};
use std::ffi::c_char;

/// Starts the runtime of this process, or counts one more user of it.
///
/// `config` may be NULL: the `PARLA_*` variables, the file that `PARLA_CONFIG` names and the defaults
/// then decide. If the runtime runs already, `config` is ignored. Every successful call needs a
/// `parla_finalize`.
///
/// May be called from any thread that is not inside a task; also again after the last finalize.
/// Errors: INVALID_ARGUMENT, CONFIG, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED, IN_TASK.
///
/// # Safety
/// `config` is NULL or points to a `parla_config_t` of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_init(config: *const parla_config_t) -> parla_status_t {
    guard(|| {
        // SAFETY: the caller's contract.
        let config = unsafe { convert::config(config)? };
        runtime::lifecycle::init(&config)
    })
}

/// Ends one use of the runtime. The last one waits for every task, stops the workers, and leaves the
/// process's threads, signal handlers and affinity masks as they were before `parla_init`.
///
/// Returns the first failure of a task that nobody has observed (TASK_FAILED, with its text as the last
/// error message), or STALLED if tasks were left that could never run: they are named in the text and
/// cancelled. The runtime has ended in these cases too.
///
/// May be called from any thread that is not inside a task.
/// Errors: NOT_INITIALIZED, IN_TASK, FORKED, TASK_FAILED, DEADLOCK, STALLED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_finalize() -> parla_status_t {
    guard(runtime::lifecycle::finalize)
}

/// 1 while the runtime runs, else 0. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_is_initialized() -> i32 {
    i32::from(runtime::lifecycle::is_initialized())
}

/// Waits until every task that has been spawned is complete.
///
/// `timeout_ns`: nanoseconds; negative: no limit; 0: only look. May be called from any thread that is not
/// inside a task. Returns OK even if tasks failed: ask them, or finalize.
/// Errors: NOT_INITIALIZED, IN_TASK, TIMEOUT, STALLED, DEADLOCK, FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_wait_all(timeout_ns: i64) -> parla_status_t {
    guard(|| runtime::quiesce::wait_all(timeout_ns))
}

/// The version of the library, `major * 1,000,000 + minor * 1,000 + patch`. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_version() -> u32 {
    convert::VERSION
}

/// The version as text, such as "0.1.0"; static. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// What a status means, in a few words; static, never NULL. May be called from anywhere, also before
/// `parla_init`.
#[unsafe(no_mangle)]
pub extern "C" fn parla_status_string(status: parla_status_t) -> *const c_char {
    error::Status::text_of(status).as_ptr()
}

/// Copies what `parla_last_error_message` gives: `text` and `length` as in `parla_task_failure`. May be
/// called from anywhere. Errors: INVALID_ARGUMENT, BUFFER_TOO_SMALL (the text is cut); the last error stays
/// as it was.
///
/// # Safety
/// `text` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_last_error(
    text: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> parla_status_t {
    let last = error::last_text();
    // SAFETY: the caller's contract.
    match unsafe { pointers::put_text(&last, text, capacity, length) } {
        Ok(()) => PARLA_OK,
        Err(error) => error.status() as parla_status_t,
    }
}

/// Explains the last call on this thread that failed; "" if none has. Never NULL; valid until the next
/// failing call on this thread (in a task: until the next call of libparla). May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_last_error_message() -> *const c_char {
    error::last_message()
}

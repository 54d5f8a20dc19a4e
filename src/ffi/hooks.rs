//! Hooks by which a host attaches its threads.

use super::convert;
use super::guard::guard;
use super::pointers;
use super::types::*;
use crate::runtime::hooks;

/// Adds a host's hooks (a language's thread registration, its lock, OpenMP settings). Several hosts may
/// each add theirs: start and before hooks run in the order they were added, stop and after hooks in
/// reverse. `id` receives what `parla_hooks_remove` takes; may be NULL.
///
/// May be called before `parla_init` and at any time after, from any thread that is not inside a task; hooks
/// stay until they are removed, across finalize and init.
/// Errors: INVALID_ARGUMENT, IN_TASK, OUT_OF_MEMORY (16 hosts at most), FORKED.
///
/// # Safety
/// The hooks may be called with `user` from any thread until they have been removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_hooks_add(
    hooks: *const parla_hooks_t,
    id: *mut u32,
) -> parla_status_t {
    guard(|| {
        // SAFETY: the caller's contract.
        let number = hooks::add(unsafe { convert::hooks(hooks)? })?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_optional(id, number) };
        Ok(())
    })
}

/// Removes hooks. When it returns, no task that starts will call them; a worker that has called their
/// `thread_start` calls `thread_stop` before its next task or its sleep ends.
///
/// May be called from any thread that is not inside a task. Errors: NOT_FOUND, IN_TASK, FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_hooks_remove(id: u32) -> parla_status_t {
    guard(|| hooks::remove(id))
}

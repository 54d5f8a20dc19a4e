//! Spawning tasks.

use super::convert;
use super::guard::{guard, guard_local};
use super::pointers;
use super::types::*;
use crate::graph::record::INLINE_NODES;
use crate::runtime::local::Local;
use crate::runtime::{ready, spawn};
use std::ffi::c_void;

/// Spawns a task: `fn(ctx)` runs once all of `deps` have completed, at `place`, with `vcus` of it.
///
/// `place`: `PARLA_ANY`, an architecture or a device. `vcus`: 0 for one worker without limit, or a
/// fraction 0 < v <= 1 of the device; at most floor(1/v) such tasks run on a device at once. `deps`:
/// `n_deps` tasks and task spaces, NULL if none; entries that are 0 are skipped, and elements that have
/// not been spawned yet are legal. `task`: receives the handle; may be NULL, and may be one of the places that
/// `deps` points to.
///
/// On an error nothing has been spawned and `ctx` is still the caller's. May be called from any thread,
/// inside tasks too.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, INFEASIBLE, OUT_OF_MEMORY, FORKED.
///
/// # Safety
/// `deps` points to `n_deps` handles, `task` is NULL or writable, and `fn` may be called once with `ctx`
/// on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_spawn(
    r#fn: parla_task_fn,
    ctx: *mut c_void,
    place: parla_place_t,
    vcus: f64,
    deps: *const parla_handle_t,
    n_deps: usize,
    task: *mut parla_task_t,
) -> parla_status_t {
    if place == PARLA_ANY
        && vcus == 0.0
        && n_deps == 0
        && let Some(body) = r#fn
        && let Some(local) = Local::in_task()
    {
        // SAFETY: the caller's contract.
        let spawned =
            unsafe { spawn::quick::independent(local, body, ctx, task, ready::offer_by_worker) };
        if spawned.is_some() {
            return 0;
        }
    }
    // SAFETY: the caller's contract.
    unsafe { spawn_quickly_or_not(r#fn, ctx, place, vcus, deps, n_deps, task) }
}

/// [`parla_spawn`], but for the most frequent case, which is quicker if it stands alone.
#[inline(never)]
unsafe extern "C" fn spawn_quickly_or_not(
    r#fn: parla_task_fn,
    ctx: *mut c_void,
    place: parla_place_t,
    vcus: f64,
    deps: *const parla_handle_t,
    n_deps: usize,
    task: *mut parla_task_t,
) -> parla_status_t {
    // SAFETY: the caller's contract.
    let few = unsafe { pointers::short_list(deps, n_deps, INLINE_NODES) };
    if let Some(body) = r#fn
        && let Some(deps) = few
        && let Some(call) = Local::quick_call()
    {
        if place == PARLA_ANY && vcus == 0.0 {
            // SAFETY: the caller's contract.
            let spawned = unsafe { spawn::quick::dependent(&call, body, ctx, deps, task) };
            if spawned.is_some() {
                return 0;
            }
        } else if let Some(handle) = spawn::like_the_last(&call, body, ctx, place, vcus, deps) {
            // SAFETY: the caller's contract.
            unsafe { pointers::put_optional(task, handle) };
            return 0;
        }
    }
    // SAFETY: the caller's contract.
    unsafe { spawn_checked(r#fn, ctx, place, vcus, deps, n_deps, task) }
}

/// [`parla_spawn`] for everything else, errors included.
#[inline(never)]
unsafe extern "C" fn spawn_checked(
    r#fn: parla_task_fn,
    ctx: *mut c_void,
    place: parla_place_t,
    vcus: f64,
    deps: *const parla_handle_t,
    n_deps: usize,
    task: *mut parla_task_t,
) -> parla_status_t {
    guard_local(|local| {
        // SAFETY: the caller's contract.
        let deps = unsafe { pointers::list(deps, n_deps, "deps")? };
        let body = convert::body(r#fn)?;
        let handle = spawn::simple(local, None, body, ctx, place, vcus, deps)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_optional(task, handle) };
        Ok(())
    })
}

/// Spawns a task from a full specification. `task`: receives the handle; may be NULL.
///
/// On an error nothing has been spawned, and `ctx` is still the caller's: `drop` is not called. Everything
/// that `spec` points to but `ctx` is copied before the call returns, and `task` may be one of the places that
/// `deps` points to. May be called from any thread.
/// Errors: as `parla_spawn`, and ALREADY_SPAWNED, CANCELLED (the element was cancelled before it was
/// spawned), DEADLOCK (it depends on itself).
///
/// # Safety
/// `spec` points to a valid `parla_task_spec_t` of the size it says; `task` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_spawn_task(
    spec: *const parla_task_spec_t,
    task: *mut parla_task_t,
) -> parla_status_t {
    if let Some(call) = Local::quick_call()
        // SAFETY: the caller's contract.
        && unsafe { spawn_plain(&call, spec, task) }.is_some()
    {
        return 0;
    }
    // SAFETY: the caller's contract.
    unsafe { spawn_any(spec, task) }
}

/// A task that asks for no more than [`parla_spawn`] without a place does. None: nothing has happened.
///
/// # Safety
/// As [`parla_spawn_task`].
#[inline(always)]
unsafe fn spawn_plain(
    local: &Local,
    spec: *const parla_task_spec_t,
    task: *mut parla_task_t,
) -> Option<()> {
    // SAFETY: the caller's contract.
    let (body, plain) = unsafe { convert::plain_spec(spec) }?;
    // SAFETY: the caller's contract.
    let deps = unsafe { pointers::short_list(plain.deps, plain.n_deps, INLINE_NODES) }?;
    // SAFETY: the caller's contract.
    unsafe { spawn::quick::dependent(local, body, plain.ctx, deps, task) }
}

/// [`parla_spawn_task`] for what is more than [`parla_spawn`] does.
///
/// # Safety
/// As [`parla_spawn_task`].
#[inline(never)]
unsafe fn spawn_any(spec: *const parla_task_spec_t, task: *mut parla_task_t) -> parla_status_t {
    guard_local(|local| {
        // SAFETY: the caller's contract.
        let spec = unsafe { convert::spec(spec)? };
        let handle = spawn::full(local, &spec)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_optional(task, handle) };
        Ok(())
    })
}

/// Spawns `n` tasks in order; faster than one by one. `tasks`: NULL, or room for `n` handles.
///
/// `deps` of a spec may point into `tasks`, so that later specs depend on earlier ones. Entry i is written when
/// task i has been spawned; until then it holds what it held, which must be a handle or 0 if a spec points to it.
/// It stops at the first error: the specs before it have been spawned, and `tasks` is 0 from it on. May be called
/// from any thread. Errors: as `parla_spawn_task`.
///
/// # Safety
/// `specs` points to `n` valid specifications that all have the size of this header's
/// `parla_task_spec_t`; `tasks` is NULL or has room for `n` handles.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_spawn_batch(
    specs: *const parla_task_spec_t,
    n: usize,
    tasks: *mut parla_task_t,
) -> parla_status_t {
    let mut spawned = 0;
    let status = guard_local(|local| {
        // SAFETY: the caller's contract.
        let specs = unsafe { pointers::list(specs, n, "specs")? };
        // SAFETY: the caller's contract.
        unsafe { pointers::optional_room(tasks, n)? };
        spawn::batch(local, specs.len(), |local, i| {
            // SAFETY: there is room for `n`. The dependencies may lie there, so there is no reference to it.
            let task = if tasks.is_null() { tasks } else { unsafe { tasks.add(i) } };
            // SAFETY: the caller's contract; the call has been announced.
            if unsafe { spawn_plain(local, &specs[i], task) }.is_none() {
                pointers::exact_size(specs[i].size, size_of::<parla_task_spec_t>(), "specs")?;
                // SAFETY: the caller's contract.
                let spec = unsafe { convert::spec(&specs[i])? };
                let handle = spawn::full(local, &spec)?;
                // SAFETY: the caller's contract.
                unsafe { pointers::put_optional(task, handle) };
            }
            spawned = i + 1;
            Ok(())
        })
    });
    if status != 0 {
        // SAFETY: the caller's contract.
        if let Ok(Some(out)) = unsafe { pointers::optional_room(tasks, n) } {
            out[spawned..].fill(0);
        }
    }
    status
}

/// Goes on with `fn(ctx)` when `deps` are complete: called inside a task's body, it ends with that body
/// but keeps the task incomplete, and the same task runs `fn` next, at the same place. Nothing is kept
/// on a stack meanwhile. A failed dependency does not skip the continuation: it can ask the dependencies
/// (`parla_task_failure`). A cancellation of the task does.
///
/// At most once per body; the body that called it must return 0 (another value fails the task, and `fn`
/// does not run). `ctx` must live until `fn` has run; it may be the same as before. The task's `drop` is called, with the first context, after the last continuation.
/// May be called inside a task only.
/// Errors: NOT_INITIALIZED, NOT_IN_TASK, INVALID_ARGUMENT, INVALID_HANDLE, DEADLOCK, ALREADY_SPAWNED (second call).
///
/// # Safety
/// As `parla_spawn`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_continue(
    r#fn: parla_task_fn,
    ctx: *mut c_void,
    deps: *const parla_handle_t,
    n_deps: usize,
) -> parla_status_t {
    guard(|| {
        // SAFETY: the caller's contract.
        let deps = unsafe { pointers::list(deps, n_deps, "deps")? };
        crate::runtime::continuation::set(convert::body(r#fn)?, ctx, deps)
    })
}

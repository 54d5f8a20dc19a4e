//! Task spaces: names for tasks, shared by every language in the process.

use super::convert;
use super::guard::guard_local;
use super::pointers;
use super::types::*;
use crate::graph::record::{Body, INLINE_NODES};
use crate::graph::space::MAX_DIMS;
use crate::runtime::local::Local;
use crate::runtime::{spaces, spawn};
use std::ffi::{c_char, c_void};

/// Creates a task space: tasks named by `ndim` (1 to 8) indices.
///
/// `lower`: the lowest index of each dimension; NULL: zeros. `shape`: the number of indices of each
/// dimension, 0 or more, or `PARLA_UNBOUNDED`; NULL: all unbounded above. `name`: UTF-8, copied; NULL or
/// "": no name, else it can be found by it from every language until it is destroyed.
///
/// A space costs memory only where elements exist. May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT, ALREADY_EXISTS (the name), OUT_OF_MEMORY (65,536 spaces), FORKED.
///
/// # Safety
/// `lower` and `shape` are NULL or point to `ndim` numbers; `space` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_create(
    name: *const c_char,
    ndim: u32,
    lower: *const i64,
    shape: *const i64,
    space: *mut parla_taskspace_t,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(space, "space")?;
        // SAFETY: the caller's contract.
        let (name, bounds) = unsafe {
            (pointers::optional_text(name, "name")?, convert::bounds(ndim, lower, shape)?)
        };
        let handle = spaces::create(local, name, bounds)?;
        // SAFETY: the caller's contract.
        unsafe { space.write(handle) };
        Ok(())
    })
}

/// Finds a space by its name. May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT, NOT_FOUND, FORKED.
///
/// # Safety
/// `name` is a NUL-terminated string; `space` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_find(
    name: *const c_char,
    space: *mut parla_taskspace_t,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(space, "space")?;
        // SAFETY: the caller's contract.
        let handle = spaces::find(local, unsafe { pointers::text(name, "name")? })?;
        // SAFETY: the caller's contract.
        unsafe { space.write(handle) };
        Ok(())
    })
}

/// Destroys a space: its name is free again, failures of its elements are forgotten, elements that were
/// never spawned complete as cancelled. Elements that were spawned run on, and their handles stay valid.
///
/// May be called from any thread, also while others use the space: they get INVALID_HANDLE from then on.
/// Errors: NOT_INITIALIZED, INVALID_HANDLE, FORKED.
#[unsafe(no_mangle)]
pub extern "C" fn parla_taskspace_destroy(space: parla_taskspace_t) -> parla_status_t {
    guard_local(|local| spaces::destroy(local, space))
}

/// The handle of an element, which is created if it does not exist. `index`: `ndim` integers. Outside the
/// bounds: OK and 0, so that `T[i-1]` at the border is "no dependency". An element counts from then on: a
/// wait for the space waits for it too, so ask for those only that will be spawned (or look with
/// `parla_taskspace_view`).
///
/// May be called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, OUT_OF_MEMORY, FORKED.
///
/// # Safety
/// `index` points to as many numbers as the space has dimensions; `task` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_task(
    space: parla_taskspace_t,
    index: *const i64,
    task: *mut parla_task_t,
) -> parla_status_t {
    // SAFETY: the caller's contract.
    match unsafe { existing(space, index) } {
        Some(handle) if !task.is_null() => {
            // SAFETY: the caller's contract.
            unsafe { task.write(handle) };
            0
        }
        // SAFETY: the caller's contract.
        _ => unsafe { element_checked(space, index, task) },
    }
}

/// Most elements that are asked for exist, or lie outside. None: nothing has happened.
///
/// # Safety
/// As [`parla_taskspace_task`].
#[inline(always)]
unsafe fn existing(space: parla_taskspace_t, index: *const i64) -> Option<parla_task_t> {
    let call = Local::announced_call()?;
    let space = spaces::get_quickly(&call, space)?;
    // SAFETY: the caller's contract.
    space.table().look(unsafe { pointers::short_list(index, space.ndim(), MAX_DIMS)? })
}

/// [`parla_taskspace_task`] for everything else, errors included.
///
/// # Safety
/// As [`parla_taskspace_task`].
#[inline(never)]
unsafe fn element_checked(
    space: parla_taskspace_t,
    index: *const i64,
    task: *mut parla_task_t,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(task, "task")?;
        let space = spaces::get(local, space)?;
        // SAFETY: the caller's contract.
        let index = unsafe { convert::index(space, index)? };
        let handle = spaces::element(local, space, index)?;
        // SAFETY: the caller's contract.
        unsafe { task.write(handle) };
        Ok(())
    })
}

/// As `parla_taskspace_task`, with a key whose dimensions are integers or strings: `T["cpu", 3]`.
///
/// # Safety
/// `key` points to as many parts as the space has dimensions; `task` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_task_key(
    space: parla_taskspace_t,
    key: *const parla_key_t,
    task: *mut parla_task_t,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(task, "task")?;
        let space = spaces::get(local, space)?;
        // SAFETY: the caller's contract.
        let key = unsafe { convert::key(space, key)? };
        let handle = spaces::element_key(local, space, &key)?;
        // SAFETY: the caller's contract.
        unsafe { task.write(handle) };
        Ok(())
    })
}

/// Spawns an element: `parla_taskspace_task` and `parla_spawn` in one. `task` may be one of the places that `deps`
/// points to.
/// Errors: as both, and ALREADY_SPAWNED, CANCELLED, DEADLOCK, and INVALID_ARGUMENT if the index is outside.
///
/// # Safety
/// As both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_spawn(
    space: parla_taskspace_t,
    index: *const i64,
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
        && let Some(body) = r#fn
        // SAFETY: the caller's contract.
        && let Some(handle) = unsafe { spawn_new(space, index, body, ctx, deps, n_deps) }
    {
        // SAFETY: the caller's contract.
        unsafe { pointers::put_optional(task, handle) };
        return 0;
    }
    // SAFETY: the caller's contract.
    unsafe { spawn_checked(space, index, r#fn, ctx, place, vcus, deps, n_deps, task) }
}

/// An element that nobody has asked for yet, for any worker. None: nothing has happened.
///
/// # Safety
/// As [`parla_taskspace_spawn`].
#[inline(always)]
unsafe fn spawn_new(
    space: parla_taskspace_t,
    index: *const i64,
    body: Body,
    ctx: *mut c_void,
    deps: *const parla_handle_t,
    n_deps: usize,
) -> Option<parla_task_t> {
    // SAFETY: the caller's contract.
    let deps = unsafe { pointers::short_list(deps, n_deps, INLINE_NODES) }?;
    let call = Local::announced_call()?;
    let space = spaces::get_quickly(&call, space)?;
    // SAFETY: the caller's contract.
    let index = unsafe { pointers::short_list(index, space.ndim(), MAX_DIMS)? };
    spawn::new_element(&call, (space, index), body, ctx, deps)
}

/// [`parla_taskspace_spawn`] for everything else, errors included.
///
/// # Safety
/// As [`parla_taskspace_spawn`].
#[inline(never)]
unsafe extern "C" fn spawn_checked(
    space: parla_taskspace_t,
    index: *const i64,
    r#fn: parla_task_fn,
    ctx: *mut c_void,
    place: parla_place_t,
    vcus: f64,
    deps: *const parla_handle_t,
    n_deps: usize,
    task: *mut parla_task_t,
) -> parla_status_t {
    guard_local(|local| {
        let space = spaces::get(local, space)?;
        // SAFETY: the caller's contract.
        let (index, deps) =
            unsafe { (convert::index(space, index)?, pointers::list(deps, n_deps, "deps")?) };
        let body = convert::body(r#fn)?;
        let element = Some((space, index));
        let handle = spawn::simple(local, element, body, ctx, place, vcus, deps)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_optional(task, handle) };
        Ok(())
    })
}

/// The elements of a slice, which are created if they do not exist, in row-major order. `ranges`: one per
/// dimension; an open `stop` in an unbounded dimension makes the slice empty. Writes at most `capacity`
/// handles and their full number to `count`; if that is more than `capacity`, nothing is created.
///
/// May be called from any thread. Errors: as `parla_taskspace_task`, and BUFFER_TOO_SMALL.
///
/// # Safety
/// `ranges` points to as many ranges as the space has dimensions; `tasks` has room for `capacity` handles
/// (NULL if 0); `count` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_slice(
    space: parla_taskspace_t,
    ranges: *const parla_range_t,
    tasks: *mut parla_task_t,
    capacity: usize,
    count: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(count, "count")?;
        let space = spaces::get(local, space)?;
        // SAFETY: the caller's contract.
        let (ranges, out) =
            unsafe { (convert::ranges(space, ranges)?, pointers::room(tasks, capacity, "tasks")?) };
        // SAFETY: the caller's contract.
        spaces::slice(local, space, &ranges, out, |n| unsafe { count.write(n) })
    })
}

/// The elements of a slice that exist already, in index order; nothing is created. A range names integers
/// only, so elements with string keys are in no slice; `ranges` NULL lists all elements. Otherwise as `parla_taskspace_slice`.
///
/// # Safety
/// As `parla_taskspace_slice`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_view(
    space: parla_taskspace_t,
    ranges: *const parla_range_t,
    tasks: *mut parla_task_t,
    capacity: usize,
    count: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(count, "count")?;
        let space = spaces::get(local, space)?;
        // SAFETY: the caller's contract.
        let (ranges, out) = unsafe {
            (convert::optional_ranges(space, ranges)?, pointers::room(tasks, capacity, "tasks")?)
        };
        // SAFETY: the caller's contract.
        spaces::view(space, ranges.as_deref(), out, |n| unsafe { count.write(n) })
    })
}

/// The number of elements that exist in a space, spawned or not, completed ones included. May be called from
/// any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, FORKED.
///
/// # Safety
/// `size` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_taskspace_size(
    space: parla_taskspace_t,
    size: *mut usize,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(size, "size")?;
        let found = spaces::get(local, space)?.table().len();
        // SAFETY: the caller's contract.
        unsafe { size.write(found as usize) };
        Ok(())
    })
}

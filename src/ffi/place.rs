//! Places, devices and memory near them.

use super::guard::guard_local;
use super::pointers;
use super::types::*;
use crate::device::place::Place;
use crate::runtime::{inspect, memory as node_memory};
use std::ffi::c_void;

/// The place of CPU device `index` (a NUMA node's pool), from 0. Whether it exists is checked where it is
/// used. May be called from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_cpu(index: u32) -> parla_place_t {
    Place::cpu(index).code()
}

/// The place of GPU device `index`, from 0. Whether it exists is checked where it is used. May be called
/// from anywhere.
#[unsafe(no_mangle)]
pub extern "C" fn parla_gpu(index: u32) -> parla_place_t {
    Place::gpu(index).code()
}

/// The number of devices of an architecture, or of all (`PARLA_ANY`). May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT, FORKED.
///
/// # Safety
/// `count` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_device_count(
    arch: parla_place_t,
    count: *mut u32,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(count, "count")?;
        let found = inspect::device_count(local, arch)?;
        // SAFETY: the caller's contract.
        unsafe { count.write(found) };
        Ok(())
    })
}

/// Describes one device. Set `info->size` first. May be called from any thread.
/// Errors: NOT_INITIALIZED, INVALID_ARGUMENT (no such device), FORKED.
///
/// # Safety
/// `info` points to a `parla_device_info_t` of the size it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_device_info(
    device: parla_place_t,
    info: *mut parla_device_info_t,
) -> parla_status_t {
    guard_local(|local| {
        let found = inspect::device_info(local, device)?;
        // SAFETY: the caller's contract.
        unsafe { pointers::put_sized(found, info) }
    })
}

/// Allocates `bytes` of memory on a CPU device's NUMA node, page-aligned and zeroed. `bound`: receives 1
/// if the system has promised to keep it on that node, 0 if it could not (a described topology, a
/// container that forbids it); may be NULL. Free it with `parla_free`.
///
/// May be called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, OUT_OF_MEMORY, FORKED.
///
/// # Safety
/// `memory` is writable; `bound` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_alloc_on(
    device: parla_place_t,
    bytes: usize,
    memory: *mut *mut c_void,
    bound: *mut i32,
) -> parla_status_t {
    guard_local(|local| {
        pointers::not_null(memory, "memory")?;
        let (pointer, is_bound) = node_memory::alloc_on(local, device, bytes)?;
        // SAFETY: the caller's contract.
        unsafe {
            memory.write(pointer);
            pointers::put_optional(bound, i32::from(is_bound));
        }
        Ok(())
    })
}

/// Frees memory from `parla_alloc_on`; NULL is ignored. May be called from any thread, also after
/// `parla_finalize`. Errors: INVALID_ARGUMENT (not from `parla_alloc_on`, or freed already).
///
/// # Safety
/// Nobody uses the memory any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn parla_free(memory: *mut c_void) -> parla_status_t {
    super::guard::guard(|| {
        // SAFETY: the caller's contract.
        unsafe { node_memory::free(memory) }
    })
}

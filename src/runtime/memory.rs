//! Memory of a CPU device's node.

use super::inspect::device;
use super::local::Local;
use crate::device::cpu::{MemoryError, NodeMemory};
use crate::error::{Error, Result, Status};
use std::ffi::c_void;

fn error(error: MemoryError) -> Error {
    let status = match error {
        MemoryError::OutOfMemory { .. } | MemoryError::Overflow { .. } => Status::OutOfMemory,
        MemoryError::Refused { .. } => Status::Internal,
        _ => Status::InvalidArgument,
    };
    Error::new(status, error.to_string())
}

/// Allocates on a device's node; says whether the system keeps it there.
pub fn alloc_on(local: &Local, place: i32, bytes: usize) -> Result<(*mut c_void, bool)> {
    let index = device(&local.runtime, place)?;
    let memory = &local.runtime.devices[index as usize].memory;
    let allocation = memory.allocate(bytes).map_err(error)?;
    Ok((allocation.pointer.as_ptr().cast(), allocation.bound))
}

/// Frees what `alloc_on` gave.
///
/// # Safety
/// Nobody uses the memory any more.
pub unsafe fn free(memory: *mut c_void) -> Result<()> {
    // SAFETY: the caller's contract.
    unsafe { NodeMemory::free(memory.cast()) }.map_err(error)
}

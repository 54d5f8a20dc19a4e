//! What every exported function runs inside of: no panic leaves the library, and an error becomes a
//! status that is remembered with its text.

use super::types::parla_status_t;
use crate::error::{self, Error, Result, Status};
use crate::runtime::local::Local;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a call that needs no seat, or that may block.
#[inline]
pub fn guard(call: impl FnOnce() -> Result<()>) -> parla_status_t {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => error::remember(&error),
        Err(panic) => internal(&*panic),
    }
}

/// Runs a call of a thread that takes part; it does not block.
#[inline]
pub fn guard_local(call: impl FnOnce(&Local) -> Result<()>) -> parla_status_t {
    guard(|| Local::get()?.in_call(call))
}

#[cold]
fn internal(panic: &(dyn std::any::Any + Send)) -> parla_status_t {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic".to_owned());
    error::remember(&Error::new(Status::Internal, format!("internal error: {text}")))
}

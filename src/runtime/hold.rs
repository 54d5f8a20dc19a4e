//! Holds, from any thread.

use super::local::Local;
use super::{collect, completion, ready};
use crate::error::{Result, fail};
use crate::graph::Handle;
use crate::graph::hold::Release;

/// Adds a hold.
pub fn hold(local: &Local, handle: Handle) -> Result<()> {
    collect::task(local, handle)?;
    if !local.arena().hold(handle) {
        return fail!(Completed, "the task is complete; hold it before its body returns");
    }
    Ok(())
}

/// Releases a hold, and completes the task if it was the last.
pub fn release(local: &Local, handle: Handle) -> Result<()> {
    collect::task(local, handle)?;
    match local.arena().release(handle) {
        Release::NotHeld => fail!(Completed, "the task has no hold"),
        Release::Open => Ok(()),
        Release::Last => {
            if let Some(next) = completion::complete(local, handle.slot()) {
                ready::ready(local, next);
            }
            if !local.is_worker.get() {
                // This may have been the last task, and only workers look after that before they sleep.
                super::quiesce::poke(&local.runtime);
            }
            Ok(())
        }
    }
}

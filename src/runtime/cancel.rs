//! Cancellation: requested by anybody, decided in the graph, carried out here.

use super::local::Local;
use super::{collect, completion, quiesce, spaces};
use crate::error::Result;
use crate::graph::Handle;
use crate::graph::claim::CancelClaim;
use crate::graph::edges::Look;
use crate::scheduler::seat::bump;

/// Requests the cancellation of a task.
pub fn task(local: &Local, handle: Handle) -> Result<()> {
    if collect::task(local, handle)? == Look::Live {
        cancel(local, handle);
    }
    Ok(())
}

/// Requests the cancellation of a live task, and completes it if it cannot have started.
pub fn cancel(local: &Local, handle: Handle) {
    match local.arena().claim_cancel(handle) {
        claim @ (CancelClaim::Mine | CancelClaim::Unspawned) => {
            if claim == CancelClaim::Unspawned {
                // It completes now, so it counts as spawned.
                bump(&local.seat().own.spawned, 1);
            }
            completion::cancel_record(local, handle.slot());
            completion::complete_claimed(local, handle);
            // This may have been the last task, and the thread need not be a worker.
            quiesce::poke(&local.runtime);
        }
        CancelClaim::Noted | CancelClaim::Complete => {}
    }
}

/// Requests the cancellation of every element of a space.
pub fn space(local: &Local, handle: u64) -> Result<()> {
    let space = spaces::get(local, handle)?;
    let mut open = Vec::new();
    spaces::for_each_pending(local, space, |task| open.push(task));
    for task in open {
        cancel(local, task);
    }
    Ok(())
}

/// Whether the cancellation of the task that calls it has been requested.
pub fn requested() -> bool {
    let current = Local::peek().and_then(|local| local.current().map(|slot| (local, slot)));
    current.is_some_and(|(local, slot)| local.arena().cancel_requested(slot))
}

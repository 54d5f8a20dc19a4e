//! Cancellation: requested by anybody, decided in the graph, carried out here.

use super::local::Local;
use super::{admit, collect, completion, quiesce, ready, spaces};
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
        CancelClaim::Noted => withdraw(local, handle),
        CancelClaim::Complete => {}
    }
}

/// Takes a ready task that waits for VCUs or memory out of the queue, and skips it: they may never come.
fn withdraw(local: &Local, handle: Handle) {
    let slot = handle.slot();
    let shape = local.arena().record(slot).shape();
    // What lies in the queue is not complete, so if the slot is still this task's, the entry is too.
    let is_it = || local.arena().look(handle) == Look::Live;
    if shape != 0
        && admit::leave_gate(local, slot, shape, is_it)
        && let Some(next) = completion::skip(local, slot)
    {
        ready::ready(local, next);
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

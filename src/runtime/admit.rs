//! What the gate has let through, on its way to the workers; and what tasks give back.

use super::fiber::Blocked;
use super::local::Local;
use super::ready::to_device;
use super::wait;
use crate::graph::record::{Held, flag};
use crate::graph::{Record, Slot};
use crate::scheduler::admission::{Admitted, Returning};

/// Queues what has been admitted.
pub fn dispatch(local: &Local, admitted: Vec<Admitted>) {
    for item in admitted {
        match item {
            Admitted::Start(slot, grant) => {
                let device = grant[0].device;
                let record = local.arena().record(slot);
                record.add_flags(flag::RESERVED);
                // SAFETY: the gate hands the ready task to this thread alone.
                unsafe { record.side_mut() }.grant = grant;
                to_device(local, slot, device);
            }
            Admitted::Resume(Returning::Task(slot)) => {
                // SAFETY: as above.
                let side = unsafe { local.arena().record(slot).side_mut() };
                side.vcus_out = false;
                to_device(local, slot, side.grant[0].device);
            }
            Admitted::Resume(Returning::Wait(address)) => {
                // SAFETY: the gate hands the address on once; the wait is blocked until it is delivered.
                unsafe { wait::deliver(local, address as *const Blocked) };
            }
        }
    }
}

/// Gives back the VCUs of a task that blocks, continues or is held; its memory stays. What it gives is
/// what it must have again before it goes on (`vcus_back`).
#[inline]
pub fn release_vcus(local: &Local, slot: Slot) -> Vec<Held> {
    let record = local.arena().record(slot);
    if record.has(flag::RESERVED) { release_reserved(local, record) } else { Vec::new() }
}

fn release_reserved(local: &Local, record: &Record) -> Vec<Held> {
    // SAFETY: the task runs on this thread, which owns its record.
    let side = unsafe { record.side_mut() };
    let vcus: Vec<_> =
        side.grant.iter().filter(|h| h.vcus > 0).map(|h| Held { memory: 0, ..*h }).collect();
    if vcus.is_empty() || side.vcus_out {
        return Vec::new();
    }
    side.vcus_out = true;
    dispatch(local, local.runtime.admission.release(&vcus));
    vcus
}

/// The task in `slot` has its VCUs again.
pub fn vcus_back(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if record.has(flag::RESERVED) {
        // SAFETY: the task runs on this thread, which owns its record.
        unsafe { record.side_mut() }.vcus_out = false;
    }
}

/// Gives back everything a task holds. The caller completes it.
pub fn release_all(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if !record.has(flag::RESERVED) {
        return;
    }
    record.clear_flags(flag::RESERVED);
    // SAFETY: the caller completes the task and owns its record.
    let side = unsafe { record.side_mut() };
    let mut grant = std::mem::take(&mut side.grant);
    if side.vcus_out {
        grant.iter_mut().for_each(|held| held.vcus = 0);
    }
    dispatch(local, local.runtime.admission.release(&grant));
}

/// A task that continues wants its VCUs back, on the devices it was on.
pub fn resume_task(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    // SAFETY: the caller owns the record of the ready task.
    let side = unsafe { record.side_mut() };
    if record.has(flag::RESERVED) {
        let vcus = side.grant.iter().map(|h| Held { memory: 0, ..*h }).collect();
        dispatch(local, local.runtime.admission.submit_resume(Returning::Task(slot), vcus));
    } else {
        to_device(local, slot, side.grant[0].device);
    }
}

//! What the gate has let through, on its way to the workers; and what tasks give back.
//!
//! What a task holds is not written down but for tasks of several members: its shape and its placement say it.

use super::fiber::Blocked;
use super::local::Local;
use super::ready::to_device;
use super::wait;
use crate::graph::Slot;
use crate::graph::placement::Placement;
use crate::graph::record::{Held, flag};
use crate::scheduler::admission::{Admission, Admitted, Returning};
use crate::scheduler::grant::Grant;
use crate::scheduler::shapes::{Need, Shape};
use std::sync::Arc;

/// Asks the gate, and queues what it lets through.
fn at_gate(local: &Local, ask: impl FnOnce(&Admission, &mut Vec<Admitted>)) {
    let mut admitted = local.admitted.take();
    ask(&local.runtime.admission, &mut admitted);
    if !admitted.is_empty() {
        admitted.drain(..).for_each(|item| dispatch(local, item));
    }
    local.admitted.set(admitted);
}

/// Takes a task that `is_it` says is meant out of the gate's queue. True: it was there.
pub fn leave_gate(local: &Local, slot: Slot, shape: u32, is_it: impl FnOnce() -> bool) -> bool {
    let mut removed = false;
    at_gate(local, |gate, admitted| removed = gate.remove(slot, shape, is_it, admitted));
    removed
}

/// Gives back. If that lets one task through, and this worker can run it next, it is kept for it.
fn release(local: &Local, held: &Grant, keeps: bool) -> Option<Slot> {
    let mut admitted = local.admitted.take();
    local.runtime.admission.release(held, &mut admitted);
    let only = if keeps && admitted.len() == 1 { admitted.pop() } else { None };
    if !admitted.is_empty() {
        admitted.drain(..).for_each(|item| dispatch(local, item));
    }
    local.admitted.set(admitted);
    match only? {
        Admitted::Start(slot, alternative, grant) => {
            let device = start(local, slot, alternative, grant);
            if device == local.device.get() && local.arena().record(slot).priority() == 0 {
                return Some(slot);
            }
            to_device(local, slot, device);
        }
        resume => dispatch(local, resume),
    }
    None
}

/// Notes what a task has been given. Its device.
fn start(local: &Local, slot: Slot, alternative: u8, grant: Grant) -> u16 {
    let device = grant.parts()[0].device;
    let record = local.arena().record(slot);
    record.add_flags(flag::RESERVED);
    record.cold().place(Placement { device, alternative });
    if let Grant::Several(parts) = grant {
        // SAFETY: the gate hands the ready task to this thread alone.
        unsafe { record.side_mut() }.grant = parts;
    }
    device
}

fn dispatch(local: &Local, admitted: Admitted) {
    match admitted {
        Admitted::Start(slot, alternative, grant) => {
            let device = start(local, slot, alternative, grant);
            to_device(local, slot, device);
        }
        Admitted::Resume(Returning::Task(slot)) => {
            let record = local.arena().record(slot);
            record.clear_flags(flag::VCUS_OUT);
            to_device(local, slot, record.cold().placement().device);
        }
        Admitted::Resume(Returning::Wait(address)) => {
            // SAFETY: the gate hands the address on once; the wait is blocked until it is delivered.
            unsafe { wait::deliver(local, address as *const Blocked) };
        }
    }
}

/// A task is ready but for what it needs of devices.
pub fn submit(local: &Local, slot: Slot, number: u32, shape: &Arc<Shape>, priority: i16) {
    at_gate(local, |gate, admitted| gate.submit(slot, number, shape, priority, admitted));
}

/// Somebody wants VCUs back.
pub fn submit_resume(local: &Local, who: Returning, vcus: Grant) {
    at_gate(local, |gate, admitted| gate.submit_resume(who, vcus, admitted));
}

/// What the task in `slot` was given. It holds a reservation, and its record is the caller's.
pub fn grant(local: &Local, slot: Slot) -> Grant {
    let record = local.arena().record(slot);
    let Placement { device, alternative } = record.cold().placement();
    let shape = local.runtime.shapes.get(record.shape());
    let one = |need: &Need| Grant::One(Held { device, vcus: need.vcus, memory: need.memory });
    match (&shape.single, &shape.alternatives[alternative as usize][..]) {
        (Some(need), _) | (None, [need]) => one(need),
        // SAFETY: the caller owns the record.
        _ => Grant::Several(unsafe { record.side_mut() }.grant.clone()),
    }
}

/// Gives back the VCUs of a task that blocks, continues or is held; its memory stays. What it gives is
/// what it must have again before it goes on (`vcus_back`).
pub fn release_vcus(local: &Local, slot: Slot) -> Grant {
    let record = local.arena().record(slot);
    if !record.has(flag::RESERVED) || record.has(flag::VCUS_OUT) {
        return Grant::Nothing;
    }
    let vcus = grant(local, slot).vcus();
    if vcus != Grant::Nothing {
        record.add_flags(flag::VCUS_OUT);
        release(local, &vcus, false);
    }
    vcus
}

/// The task in `slot` has its VCUs again.
pub fn vcus_back(local: &Local, slot: Slot) {
    local.arena().record(slot).clear_flags(flag::VCUS_OUT);
}

/// Gives back everything a task holds. The caller completes it; if it `keeps` one, it gets a task to run
/// next, or to hand on by `ready`.
#[inline]
pub fn release_all(local: &Local, slot: Slot, keeps: bool) -> Option<Slot> {
    let record = local.arena().record(slot);
    if !record.has(flag::RESERVED) {
        return None;
    }
    let mut held = grant(local, slot);
    if record.has(flag::VCUS_OUT) {
        held = held.memory();
    }
    record.clear_flags(flag::RESERVED | flag::VCUS_OUT);
    if held == Grant::Nothing { None } else { release(local, &held, keeps) }
}

/// A task that has been placed goes on there. If it has given VCUs back it wants them first.
pub fn resume_task(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if record.has(flag::VCUS_OUT) {
        submit_resume(local, Returning::Task(slot), grant(local, slot).vcus());
    } else {
        to_device(local, slot, record.cold().placement().device);
    }
}

//! Answers about tasks, devices and the runtime.

use super::collect;
use super::fiber::STACKS;
use super::lifecycle::Runtime;
use super::local::Local;
use super::spaces;
use crate::device::place::{Arch, Place};
use crate::error::{Result, fail};
use crate::graph::edges::Look;
use crate::graph::failure::Failure;
use crate::graph::record::{Phase, flag};
use crate::graph::{Handle, Slot};
use crate::scheduler::shapes::WHOLE;
use crate::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

/// The state of a task.
pub fn state(local: &Local, task: Handle) -> Result<Phase> {
    match collect::task(local, task)? {
        Look::Done | Look::Invalid => Ok(Phase::Done),
        Look::Live | Look::Failed => {
            let record = local.arena().record(task.slot());
            let phase = Phase::from_u8(record.phase.load(Relaxed));
            // It may have completed since: then what was read is another task's.
            let same = local.arena().look(task) != Look::Done;
            Ok(if same { phase } else { Phase::Done })
        }
    }
}

/// Why a task failed; it counts as observed from now on.
pub fn failure(local: &Local, task: Handle) -> Result<Arc<Failure>> {
    collect::task(local, task)?;
    match local.runtime.failures.of(local, task) {
        Some(failure) => {
            failure.observe();
            Ok(failure)
        }
        None => fail!(NotFound, "the task has not failed (or that has been told long ago)"),
    }
}

/// The name of a task that is not complete, or has failed.
pub fn name(local: &Local, task: Handle) -> Result<String> {
    collect::task(local, task)?;
    let name = name_of(local, task.slot());
    match local.arena().look(task) {
        Look::Done => fail!(Completed, "the task is complete and has lost its name"),
        _ => Ok(name),
    }
}

/// The name of the task in `slot`: given, or made of its space and index, or its number.
pub fn name_of(local: &Local, slot: Slot) -> String {
    let record = local.arena().record(slot);
    let given = local.runtime.failures.locked(|| {
        // SAFETY: side records are freed under this lock, and a name is never changed.
        record.has(flag::HAS_SIDE).then(|| unsafe { record.side() }?.name.clone()).flatten()
    });
    given
        .map(String::from)
        .or_else(|| spaces::name_of(local, slot))
        .unwrap_or_else(|| format!("task {}", slot.0))
}

/// Counters.
#[derive(Debug)]
pub struct Stats {
    /// Workers of the pool.
    pub num_workers: u32,
    /// Tasks spawned.
    pub spawned: u64,
    /// Tasks completed.
    pub completed: u64,
    /// Tasks stolen.
    pub stolen: u64,
    /// Waits that left a stack.
    pub blocked: u64,
    /// Sleepers woken.
    pub woken: u64,
    /// Stacks that exist.
    pub stacks: u64,
    /// Bytes of records.
    pub record_bytes: u64,
}

/// Counts.
pub fn stats(local: &Local) -> Stats {
    let runtime = &local.runtime;
    let sum = |of: fn(&crate::scheduler::seat::Own) -> u64| {
        runtime.queues.seats().map(|seat| of(&seat.own)).sum()
    };
    let (spawned, completed) = super::quiesce::counts(runtime);
    Stats {
        num_workers: runtime.workers,
        spawned,
        completed,
        stolen: sum(|own| own.stolen.load(Relaxed)),
        blocked: sum(|own| own.blocked.load(Relaxed)),
        woken: runtime.sleep.woken(),
        stacks: STACKS.load(Relaxed),
        record_bytes: local.arena().bytes(),
    }
}

/// The number of devices of an architecture.
pub fn device_count(local: &Local, arch: i32) -> Result<u32> {
    match Place::from_code(arch)? {
        Place { arch: None | Some(Arch::Cpu), index: None } => {
            Ok(local.runtime.devices.len() as u32)
        }
        Place { arch: Some(Arch::Gpu), index: None } => Ok(0),
        place => fail!(InvalidArgument, "{place} is a device, not an architecture"),
    }
}

/// The CPU device of a place.
pub fn device(runtime: &Runtime, place: i32) -> Result<u16> {
    match Place::from_code(place)? {
        Place { arch: Some(Arch::Cpu), index: Some(i) } if (i as usize) < runtime.devices.len() => {
            Ok(i as u16)
        }
        place => fail!(InvalidArgument, "there is no device {place}"),
    }
}

/// What there is to know about a device.
#[derive(Debug)]
pub struct DeviceInfo {
    /// Its place.
    pub place: i32,
    /// Workers.
    pub num_workers: u32,
    /// Cores.
    pub num_cores: u32,
    /// The system's number of the node.
    pub os_index: u32,
    /// Whether it is only described.
    pub described: bool,
    /// Bytes that may be reserved.
    pub memory: u64,
    /// Bytes free.
    pub memory_free: u64,
    /// Fraction free.
    pub vcus_free: f64,
}

/// Describes a device.
pub fn device_info(local: &Local, place: i32) -> Result<DeviceInfo> {
    let runtime = &local.runtime;
    let index = device(runtime, place)?;
    let node = &runtime.topology.nodes[index as usize];
    let (vcus, memory_free) = runtime.admission.free(index);
    Ok(DeviceInfo {
        place,
        num_workers: runtime.devices[index as usize].workers,
        num_cores: node.cores.len() as u32,
        os_index: node.os_index,
        described: runtime.topology.described,
        memory: runtime.shapes.capacities()[index as usize].memory,
        memory_free,
        vcus_free: vcus as f64 / WHOLE as f64,
    })
}

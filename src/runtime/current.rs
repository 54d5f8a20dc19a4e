//! The task that calls, and where it runs.

use super::admit;
use super::local::Local;
use crate::device::place::Place;
use crate::error::{Result, fail};
use crate::graph::Slot;
use crate::graph::record::{Held, flag};

/// Its handle; 0 outside tasks.
pub fn task() -> u64 {
    running().map_or(0, |(local, slot)| local.arena().record(slot).name(slot).0)
}

/// The task that calls, whether or not a runtime is in force; without taking a seat.
fn running() -> Option<(&'static Local, Slot)> {
    Local::peek().and_then(|local| Some((local, local.current()?)))
}

/// The worker's number; -1 if the thread is none.
pub fn worker() -> i32 {
    Local::peek().filter(|l| l.is_worker.get()).map_or(-1, |l| l.seat().index as i32)
}

/// The devices of the running task.
pub fn places() -> Result<Vec<i32>> {
    let Some((local, slot)) = running() else {
        return fail!(NotInTask, "only a task has places");
    };
    let record = local.arena().record(slot);
    if record.has(flag::RESERVED) {
        let grant = admit::grant(local, slot);
        let place = |held: &Held| Place::cpu(u32::from(held.device)).code();
        return Ok(grant.parts().iter().map(place).collect());
    }
    Ok(vec![Place::cpu(u32::from(local.device.get())).code()])
}

/// The text that goes with the failure of the running task.
pub fn set_failure_text(text: &str) -> Result<()> {
    let Some((local, slot)) = running() else {
        return fail!(NotInTask, "only a task's failure has a text");
    };
    // SAFETY: the running task's record is owned by this thread.
    unsafe { local.arena().record(slot).side_mut() }.failure_text = Some(text.to_owned());
    Ok(())
}

//! `parla_continue`: a task that goes on as another body, with nothing on a stack meanwhile.

use super::collect::collect;
use super::local::Local;
use super::{admit, cancel, completion, ready};
use crate::error::{Result, Status, fail};
use crate::graph::Slot;
use crate::graph::edges::Countdown;
use crate::graph::placement::Placement;
use crate::graph::record::{Body, Continuation, Phase, flag};
use smallvec::SmallVec;
use std::ffi::c_void;

/// Notes how the task that calls it goes on.
pub fn set(body: Body, ctx: *mut c_void, deps: &[u64]) -> Result<()> {
    let local = Local::get()?;
    let Some(slot) = local.current() else {
        return fail!(NotInTask, "parla_continue continues the task that calls it");
    };
    let record = local.arena().record(slot);
    let own = record.name(slot);
    let mut open = SmallVec::new();
    local.in_call(|local| collect(local, deps, &mut open))?;
    if open.contains(&own) {
        return fail!(Deadlock, "the task would wait for itself");
    }
    // SAFETY: the running task's record is owned by this thread.
    let side = unsafe { record.side_mut() };
    if side.continuation.is_some() {
        return fail!(AlreadySpawned, "this body has called parla_continue before");
    }
    side.continuation = Some(Continuation { body, ctx: ctx as usize, deps: open });
    record.add_flags(flag::CONTINUES);
    Ok(())
}

/// Arms the continuation of the task in `slot`, whose body has returned. False: it has none.
pub fn begin(local: &Local, slot: Slot) -> bool {
    let arena = local.arena();
    let record = arena.record(slot);
    // SAFETY: this thread has run the task and owns its record.
    let side = unsafe { record.side_mut() };
    let Some(next) = side.continuation.take() else { return false };
    side.drop_ctx.get_or_insert(record.ctx() as usize);
    record.set_body(next.body, next.ctx as *mut c_void);
    // A failed dependency does not skip it.
    record.add_flags(flag::RUN_ANYWAY);
    record.set_phase(Phase::Waiting);
    if record.shape() != 0 && !record.has(flag::RESERVED) {
        // Placed without a reservation: it stays on the device it is on.
        record.cold().place(Placement { device: local.device.get(), alternative: 0 });
    }
    admit::release_vcus(local, slot);
    if let Err(error) = arena.reserve_nodes(&local.cache, slot, next.deps.len()) {
        completion::fail_record(local, slot, Status::OutOfMemory, error.to_string());
        return false;
    }
    let handle = record.handle(slot);
    arena.rearm(slot, next.deps.len() as u32 + 1);
    let complete = arena.attach(slot, &next.deps, |_| {});
    match arena.count_down(&local.cache, slot, complete + 1) {
        // A cancellation that came while the body ran found nothing to claim; now there is.
        Countdown::Open if arena.cancel_seen(handle) => cancel::cancel(local, handle),
        Countdown::Open | Countdown::Abandoned => {}
        Countdown::Ready => ready::ready(local, slot),
    }
    true
}

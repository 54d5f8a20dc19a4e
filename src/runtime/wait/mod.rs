//! Waiting: what all ways of it share. README.md beside this file tells how they fit together.
//!
//! A wait is a record with the awaited tasks as dependencies; when the last one completes, the wait is
//! *fired*, as a task would be queued. What that means is the business of the way it waits: `host.rs`
//! for threads that run no task, `task.rs` for tasks, `in_place.rs` for the one that needs no wait.

mod exceptions;
mod host;
mod in_place;
mod retry;
mod task;

pub use exceptions::Exceptions;
pub use host::{run_until, run_until_all};
pub use retry::TimedOut;
pub use task::{deliver, fire_timers, go_on, left};

use super::collect::collect;
use super::local::Local;
use crate::error::{Error, Result, Status, fail};
use crate::graph::edges::{Countdown, Look};
use crate::graph::record::{Phase, flag, kind};
use crate::graph::{Handle, Slot};
use crate::sync::atomic::Ordering::{Relaxed, Release};
use smallvec::SmallVec;
use std::time::{Duration, Instant};

/// Handles that the quick way of a wait looks at.
pub const FEW: usize = 64;

/// The quick way of `parla_wait` without a time limit: true if all of `handles` are complete without failure, after
/// what the calling task could run itself. Otherwise [`wait`] is to be asked.
#[inline(always)]
pub fn quick(handles: &[u64]) -> bool {
    Local::in_task()
        .is_some_and(|local| local.callbacks.get() == 0 && in_place::run(local, handles))
}

/// `parla_wait`.
pub fn wait(handles: &[u64], timeout_ns: i64) -> Result<()> {
    let local = Local::get()?;
    let mut open = SmallVec::<[Handle; SHORT]>::new();
    local.in_call(|local| collect(local, handles, &mut open))?;
    if open.is_empty() {
        return Ok(());
    }
    wait_for(local, &open, timeout_ns)
}

/// A list of so many tasks lies on the stack of the wait.
const SHORT: usize = 16;

fn wait_for(local: &Local, open: &[Handle], timeout_ns: i64) -> Result<()> {
    let arena = local.arena();
    local.may_block()?;
    if timeout_ns == 0 && open.iter().any(|&task| arena.look(task) == Look::Live) {
        return fail!(Timeout, "not all of the tasks are complete");
    }
    for slot in local.frames() {
        // Named, since others look at what waits.
        let own = arena.record(slot).name(slot);
        if open.contains(&own) {
            let name = super::inspect::name_of(local, slot);
            return fail!(Deadlock, "{name} would wait for itself: {name} -> {name}");
        }
    }
    let deadline = deadline(timeout_ns);
    match local.current() {
        Some(task) => task::wait(local, task, open, deadline),
        None => host::wait(local, open, deadline),
    }
}

/// When a timeout runs out; none if it is negative or beyond what the clock can say.
pub fn deadline(timeout_ns: i64) -> Option<Instant> {
    let timeout = Duration::from_nanos(u64::try_from(timeout_ns).ok()?);
    Instant::now().checked_add(timeout)
}

/// Makes the record of a wait for `open`, with a guard that the caller counts down once it is ready to
/// be fired. `fill` completes the record before anybody can fire it.
fn begin(
    local: &Local,
    kind: u8,
    open: &[Handle],
    fill: impl FnOnce(&crate::graph::Record),
) -> Result<Slot> {
    let arena = local.arena();
    if kind == kind::HOST_WAIT
        && let Some(slot) = retry::take_up(local, kind, open, 1)
    {
        // A failure from before may be that of a task that this wait is not for. Those of its own are
        // found by looking, or come after the look.
        arena.record(slot).take_failure();
        for &task in open.iter().filter(|task| arena.look(**task) == Look::Failed) {
            poison_by(local, slot, task);
        }
        fill(arena.record(slot));
        return Ok(slot);
    }
    let slot = arena.begin(&local.cache, kind, flag::ROUTED, open.len() as u32 + 1)?;
    if let Err(error) = arena.reserve_nodes(&local.cache, slot, open.len()) {
        arena.rearm(slot, 0);
        arena.end(&local.cache, slot);
        return Err(error);
    }
    let record = arena.record(slot);
    record.cold().owner.store(local.seat().index, Relaxed);
    fill(record);
    let complete = arena.attach(slot, open, |failed| poison_by(local, slot, failed));
    if complete > 0 {
        let countdown = arena.count_down(&local.cache, slot, complete);
        debug_assert_eq!(countdown, Countdown::Open, "the guard is left");
    }
    Ok(slot)
}

/// A dependency had failed before `slot` could be attached to it.
pub fn poison_by(local: &Local, slot: Slot, failed: Handle) {
    if let Some(failure) = local.runtime.failures.of(local, failed) {
        local.arena().record(slot).poison(&failure);
    }
}

/// The last task that a wait waits for is complete.
pub fn fire(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if record.kind.load(Relaxed) == kind::TASK_WAIT {
        return task::fire(local, slot);
    }
    let seat = local.runtime.queues.seat(record.cold().owner.load(Relaxed));
    // Release: partner is the Acquire in `host::wait`. The record is the waiter's again from here on.
    record.phase.store(Phase::Done as u8, Release);
    seat.call();
}

/// Ends the record of a wait that is over and says how it went.
fn finish(local: &Local, slot: Slot) -> Result<()> {
    let record = local.arena().record(slot);
    let failure = if record.is_poisoned() { record.take_failure() } else { None };
    local.arena().end(&local.cache, slot);
    let Some(failure) = failure else { return Ok(()) };
    failure.observe();
    Err(Error::new(failure.status, failure.message.clone()))
}

fn timed_out<T>() -> Result<T> {
    Err(Error::new(Status::Timeout, "the time limit ran out before the tasks were complete"))
}

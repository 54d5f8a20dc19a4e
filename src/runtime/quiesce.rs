//! When everything is done.
//!
//! No shared counter: each seat counts what its thread has spawned and completed. Reading all
//! "completed" before all "spawned" makes equality mean that nothing was left at the moment between.

use super::lifecycle::Runtime;
use super::local::Local;
use super::stall::Watch;
use super::wait::deadline;
use crate::error::{Result, fail};
use crate::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, SeqCst},
};
use crate::sync::{Condvar, Mutex, fence, lock};
use std::time::{Duration, Instant};

/// Where threads sleep until everything is done.
#[derive(Debug, Default)]
pub struct Quiet {
    waiters: AtomicU32,
    /// Seats of those who wait and work meanwhile.
    lent: Mutex<Vec<u32>>,
    rounds: Mutex<u64>,
    moved: Condvar,
}

fn sum(runtime: &Runtime, of: impl Fn(&crate::scheduler::seat::Own) -> &AtomicU64) -> u64 {
    // Acquire: partner is the Release in `seat::bump`.
    runtime.queues.seats().map(|seat| of(&seat.own).load(Acquire)).sum()
}

/// Tasks spawned and completed, such that equality means that nothing was left.
pub fn counts(runtime: &Runtime) -> (u64, u64) {
    let completed = sum(runtime, |own| &own.completed);
    let spawned = sum(runtime, |own| &own.spawned);
    (spawned, completed)
}

/// Whether nothing is left.
pub fn is_quiet(runtime: &Runtime) -> bool {
    let (spawned, completed) = counts(runtime);
    spawned == completed
}

/// Called by a thread that may have completed the last task and that is about to do something else.
pub fn poke(runtime: &Runtime) {
    fence::full(); // Partner: the one in `wait_until_quiet`, after it has announced itself.
    if runtime.quiet.waiters.load(SeqCst) > 0 && is_quiet(runtime) {
        *lock(&runtime.quiet.rounds) += 1;
        runtime.quiet.moved.notify_all();
        lock(&runtime.quiet.lent).iter().for_each(|&seat| runtime.queues.seat(seat).call());
    }
}

/// Runs `work` as one who waits until nothing is left: this thread is called then.
pub fn while_waiting<R>(local: &Local, work: impl FnOnce() -> R) -> R {
    let (quiet, seat) = (&local.runtime.quiet, local.seat().index);
    lock(&quiet.lent).push(seat);
    quiet.waiters.fetch_add(1, SeqCst);
    let result = work();
    quiet.waiters.fetch_sub(1, SeqCst);
    lock(&quiet.lent).retain(|&other| other != seat);
    result
}

/// `parla_wait_all`.
pub fn wait_all(timeout_ns: i64) -> Result<()> {
    let local = Local::get()?;
    if local.current().is_some() {
        return fail!(InTask, "a task cannot wait for all tasks: it is one of them");
    }
    local.may_block()?;
    wait_until_quiet(local, timeout_ns, Watch::new(&local.runtime))
}

/// Sleeps until nothing is left.
pub fn wait_until_quiet(local: &Local, timeout_ns: i64, mut watch: Watch) -> Result<()> {
    super::ready::leave_to_others(local);
    super::ready::give_back_processor(local);
    let runtime = &*local.runtime;
    let deadline = deadline(timeout_ns);
    runtime.quiet.waiters.fetch_add(1, SeqCst);
    local.seat().own.endless.store(deadline.is_none(), SeqCst);
    local.seat().own.asleep.store(true, SeqCst);
    let result = loop {
        let round = *lock(&runtime.quiet.rounds);
        fence::full(); // Partner: the one in `poke`.
        if is_quiet(runtime) {
            break Ok(());
        }
        let now = Instant::now();
        if deadline.is_some_and(|d| d <= now) {
            break fail!(Timeout, "the time limit ran out before all tasks were complete");
        }
        if let Some(error) = watch.check(local) {
            break Err(error);
        }
        let until = [deadline, watch.next()].into_iter().flatten().min();
        let pause = until.map_or(Duration::from_secs(3600), |u| u.saturating_duration_since(now));
        let guard = lock(&runtime.quiet.rounds);
        if *guard == round {
            drop(runtime.quiet.moved.wait_timeout(guard, pause));
        }
    };
    local.seat().own.asleep.store(false, SeqCst);
    runtime.quiet.waiters.fetch_sub(1, SeqCst);
    result
}

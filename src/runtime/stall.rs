//! Stalls: tasks are left, and nothing that the runtime knows of will ever run one.
//!
//! Nobody watches all the time. Whoever is about to sleep while tasks are left sets an alarm; when it
//! rings and nothing has moved, the graph is looked at (`diagnosis.rs`), and the next alarm is set twice as far
//! off: a program may wait for a hold for hours. Cycles are broken: their tasks
//! and waits get DEADLOCK. Everything else is reported on stderr once, when all threads that take part
//! sleep. A wait gives STALLED only if nobody is left who could spawn or cancel what is missing: every
//! thread of the process sleeps in the library, without a time limit. Otherwise it goes on waiting. Holds
//! are no stall, for what they stand for goes on elsewhere; but that nothing else goes on is said once
//! per start of the runtime, and again at its end.

use super::diagnosis::{Diagnosis, diagnose};
use super::lifecycle::Runtime;
use super::local::Local;
use super::worker::Lent;
use super::{cancel, completion, quiesce, ready, wait, worker};
use crate::error::{Error, Result, Status};
use crate::graph::Handle;
use crate::graph::record::{Phase, kind};
use crate::scheduler::admission::{Admitted, Returning};
use crate::scheduler::seat::Seat;
use crate::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed},
};
use crate::sync::{Mutex, lock};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// What has been said of stalls, and the right to look: one thread at a time does.
#[derive(Debug, Default)]
pub struct Stall {
    looking: Mutex<()>,
    /// Tasks spawned and completed when the last report was made, folded.
    reported: AtomicU64,
    /// The picture at the last look, folded. Where it is the same there is no new cycle.
    looked: AtomicU64,
    /// Whether it has been said that only holds are waited for.
    holds_reported: AtomicBool,
}

/// A picture of the runtime in which nothing moves: tasks spawned, tasks completed, moves of threads.
pub type Still = (u64, u64, u64);

/// The picture of this moment.
fn picture(runtime: &Runtime) -> Still {
    let (spawned, completed) = quiesce::counts(runtime);
    // A thread that goes on counts that before it does anything.
    let moves = runtime.queues.seats().map(|seat| seat.own.moves.load(Acquire)).sum();
    (spawned, completed, moves)
}

/// The picture, if every worker but the one that asks sleeps and nothing is queued.
fn still(local: &Local) -> Option<Still> {
    let runtime = &*local.runtime;
    let own = local.seat().index;
    let asleep = |seat: &Seat| {
        seat.own.asleep.load(Acquire)
            && seat.post.inbox.is_empty()
            && !seat.post.revived.load(Acquire)
    };
    let serves = |seat: &Seat| seat.own.serves.load(Acquire);
    let busy = |seat: &Seat| serves(seat) && seat.index != own && !asleep(seat);
    let before = picture(runtime);
    let queued = || (0..runtime.devices.len()).any(|d| runtime.queues.any_work(d as u16));
    let has_workers = runtime.queues.seats().any(serves);
    if runtime.queues.seats().any(busy)
        // Without workers what is queued will not run either.
        || (has_workers && queued())
    {
        return None;
    }
    (picture(runtime) == before).then_some(before)
}

/// Whether every thread that takes part sleeps in the library, but the one that asks.
fn all_sleep(local: &Local) -> bool {
    let own = local.seat().index;
    let sleeps = |seat: &Seat| seat.own.asleep.load(Acquire) || seat.is_vacant();
    local.runtime.queues.seats().all(|seat| seat.index == own || sleeps(seat))
}

/// Whether nobody is left who could spawn or cancel: every thread of the process sleeps in the library, and
/// none of them only for a time. The thread that asks does.
fn nobody_is_left(local: &Local) -> bool {
    let seats = || local.runtime.queues.seats().filter(|seat| !seat.is_vacant());
    all_sleep(local)
        && seats().all(|seat| seat.own.endless.load(Acquire))
        && threads_of_process().is_some_and(|threads| threads <= seats().count())
}

/// Threads of this process, those that have never called the library included.
fn threads_of_process() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

fn fold(counts: (u64, u64)) -> u64 {
    (counts.0 ^ counts.1.rotate_left(32)).max(1)
}

fn fold_picture(still: Still) -> u64 {
    fold((still.0, still.1)) ^ still.2.rotate_left(16)
}

/// A worker's alarm: since when it has seen the same picture.
pub type Alarm = Cell<Option<(Still, Instant)>>;

/// When a worker that goes to sleep should look around, if tasks are left that nothing has been said of.
pub fn idle_deadline(local: &Local) -> Option<Instant> {
    let runtime = &*local.runtime;
    let after = runtime.config.stall?;
    let now_seen = picture(runtime);
    let counts = (now_seen.0, now_seen.1);
    if counts.0 == counts.1 || runtime.stall.reported.load(Relaxed) == fold(counts) {
        return None;
    }
    let now = Instant::now();
    let since = match local.alarm.get() {
        Some((before, since)) if before == now_seen => since,
        _ => now,
    };
    local.alarm.set(Some((now_seen, since)));
    Some(now + after.max(now - since))
}

/// The alarm of a sleeping worker: reports, and breaks cycles.
pub fn idle_check(local: &Local) {
    if let Some(still) = still(local)
        && still.0 != still.1
        // What has been looked at is worth another look only if it may now be reported.
        && (all_sleep(local) || local.runtime.stall.looked.load(Relaxed) != fold_picture(still))
    {
        look(local, still);
    }
}

/// Looks at the graph. None: a cycle was broken, so things move again.
fn look(local: &Local, still: Still) -> Option<Diagnosis> {
    let stall = &local.runtime.stall;
    let _one = lock(&stall.looking);
    let diagnosis = diagnose(local);
    let mut broken = false;
    for cycle in &diagnosis.cycles {
        broken |= break_cycle(local, cycle);
    }
    if broken || diagnosis.is_empty() {
        return None;
    }
    stall.looked.store(fold_picture(still), Relaxed);
    let counts = fold((still.0, still.1));
    if !diagnosis.has_timed && all_sleep(local) && stall.reported.swap(counts, Relaxed) != counts {
        if !diagnosis.has_holds || diagnosis.has_ready {
            eprintln!("parla: stalled: {}", diagnosis.report());
        } else if !stall.holds_reported.swap(true, Relaxed) {
            eprintln!("parla: only holds are waited for: {}", diagnosis.report());
        }
    }
    Some(diagnosis)
}

/// Fails the tasks of a cycle, or ends a wait in it. True: something has moved.
fn break_cycle(local: &Local, cycle: &super::diagnosis::Cycle) -> bool {
    if let Some(blocked) = cycle.waits.first() {
        // A wait that cannot be claimed has just ended: then there is no cycle any more.
        if local.arena().claim(blocked.wait) {
            end_wait(local, blocked.address, Error::new(Status::Deadlock, cycle.text.clone()));
        }
        return true;
    }
    let claimed: Vec<Handle> =
        cycle.tasks.iter().copied().filter(|&task| local.arena().claim(task)).collect();
    // One failure for all of them: whoever hears of it has heard of the whole cycle.
    if let Some(&first) = claimed.first() {
        completion::fail_record(local, first.slot(), Status::Deadlock, cycle.text.clone());
        // SAFETY: claimed just now, so the record is this thread's.
        let failure = unsafe { local.arena().record(first.slot()).failure() };
        for task in &claimed {
            failure.iter().for_each(|failure| local.arena().record(task.slot()).poison(failure));
            local.arena().record(task.slot()).set_phase(Phase::Failed);
        }
    }
    for &task in &claimed {
        completion::complete_claimed(local, task);
    }
    !claimed.is_empty()
}

/// Gives a blocked wait that the caller has claimed its verdict.
fn end_wait(local: &Local, address: usize, verdict: Error) {
    let blocked = address as *const super::fiber::Blocked;
    // SAFETY: the caller has claimed the wait, so it is blocked until `go_on` delivers it.
    unsafe {
        (*blocked).claimed.set(true);
        (*blocked).verdict.set(Some(verdict));
        wait::go_on(local, blocked);
    }
}

/// Ends the waits of this thread's tasks, since what they wait for can never come: a thread of the host
/// that lends itself does not get itself back otherwise.
pub fn end_waits_here(local: &Local) {
    let own = local.seat().index;
    for blocked in super::diagnosis::blocked(local) {
        if blocked.seat == own && local.arena().claim(blocked.wait) {
            let text = "what the task waits for can never run, and the thread it runs on wants itself back";
            end_wait(local, blocked.address, Error::new(Status::Stalled, text));
        }
    }
}

/// When a thread that nobody calls should look at whether anything moves.
pub fn next_look(runtime: &Runtime) -> Option<Instant> {
    Watch::new(runtime).next()
}

/// The watch that a waiting host thread keeps.
pub struct Watch {
    after: Option<Duration>,
    holds_after: Option<Duration>,
    since: Option<(Still, Instant)>,
    /// How long nothing must have moved for the next look at the graph.
    due: Duration,
    /// Whether nobody was left at the last look.
    was_alone: bool,
    at_end: bool,
}

/// A thread that waits checks at least this often whether it is the only one left, which nobody would tell it.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Watch {
    /// Begins to watch.
    pub fn new(runtime: &Runtime) -> Watch {
        Watch {
            after: runtime.config.stall,
            holds_after: runtime.config.hold_stall,
            since: None,
            due: Duration::ZERO,
            was_alone: false,
            at_end: false,
        }
    }

    /// Begins anew with this picture.
    fn restart(&mut self, seen: Option<Still>) {
        self.since = seen.map(|seen| (seen, Instant::now()));
        self.due = Duration::ZERO;
        self.was_alone = false;
    }

    /// Begins to watch for finalize: whoever could still spawn has been told to stop by now, so it is enough
    /// that all threads that take part sleep.
    pub fn at_end(runtime: &Runtime) -> Watch {
        Watch { at_end: true, ..Watch::new(runtime) }
    }

    /// When to look next.
    pub fn next(&self) -> Option<Instant> {
        let after = self.after?;
        let shortest = after / 4;
        let now = Instant::now();
        let until_due = self
            .since
            .map_or(shortest, |(_, since)| after.max(self.due).saturating_sub(now - since));
        Some(now + until_due.clamp(shortest, LONGEST_PAUSE.max(shortest)))
    }

    /// Looks. An error: what the caller waits for can never come.
    pub fn check(&mut self, local: &Local) -> Option<Error> {
        let after = self.after?;
        let Some(now) = still(local) else {
            self.restart(None);
            return None;
        };
        let since = match self.since {
            Some((before, since)) if before == now => since,
            _ => {
                self.restart(Some(now));
                return None;
            }
        };
        let passed = since.elapsed();
        if passed < after {
            return None;
        }
        let nobody = if self.at_end { all_sleep(local) } else { nobody_is_left(local) };
        if passed < self.due && (!nobody || self.was_alone) {
            return None;
        }
        let Some(diagnosis) = look(local, now) else {
            self.restart(None);
            return None;
        };
        self.was_alone = nobody;
        self.due = 2 * passed;
        if let Some(limit) = self.holds_after.filter(|&limit| passed < limit) {
            self.due = self.due.min(limit);
        }
        let held_too_long = self.holds_after.is_some_and(|limit| passed >= limit);
        let hopeless = !diagnosis.has_timed && (!diagnosis.has_holds || held_too_long);
        // Another thread may have looked at the same time, and have broken a cycle: then something moves again.
        (hopeless && nobody && still(local) == Some(now))
            .then(|| Error::new(Status::Stalled, diagnosis.report()))
    }
}

/// Waits until nothing is left; what can never run is cancelled, and named in the error.
pub fn settle(local: &Local) -> Result<()> {
    let mut first = Ok(());
    local.runtime.stall.holds_reported.store(false, Relaxed);
    local.runtime.stall.reported.store(0, Relaxed);
    loop {
        if local.runtime.workers == 0 && !local.is_worker.get() {
            // Nobody else would run what can run.
            let runtime = &local.runtime;
            let watch = RefCell::new(Watch::at_end(runtime));
            let stalled = RefCell::new(None);
            let nothing_runs = || {
                if quiesce::is_quiet(runtime) {
                    return Lent::Done;
                }
                if let Some(error) = watch.borrow_mut().check(local) {
                    stalled.borrow_mut().get_or_insert(error);
                    return Lent::Hopeless;
                }
                Lent::Goes
            };
            local.seat().own.endless.store(true, Relaxed);
            worker::lend(local, nothing_runs)?;
            match stalled.take() {
                Some(error) => first = first.and(Err(error)),
                None if quiesce::is_quiet(runtime) => return first,
                None => continue, // Another thread has spawned since.
            }
        }
        match quiesce::wait_until_quiet(local, -1, Watch::at_end(&local.runtime)) {
            Ok(()) => return first,
            Err(stalled) => {
                first = first.and(Err(stalled));
                give_up(local);
            }
        }
    }
}

/// Cancels everything that is left.
fn give_up(local: &Local) {
    let arena = local.arena();
    for blocked in super::diagnosis::blocked(local) {
        if arena.claim(blocked.wait) {
            let text = "the runtime ends while the task waits for tasks that can never run";
            end_wait(local, blocked.address, Error::new(Status::Stalled, text));
        }
    }
    for admitted in local.runtime.admission.drain() {
        match admitted {
            Admitted::Start(slot, ..) => {
                let handle = arena.record(slot).handle(slot);
                cancel::cancel(local, handle);
                if let Some(next) = completion::skip(local, slot) {
                    ready::ready(local, next);
                }
            }
            Admitted::Resume(Returning::Task(slot)) => ready::to_device(local, slot, 0),
            Admitted::Resume(Returning::Wait(address)) => {
                // SAFETY: as in `admit::dispatch`.
                unsafe { wait::deliver(local, address as *const super::fiber::Blocked) };
            }
        }
    }
    let open: Vec<Handle> =
        arena.peek_open().filter(|&(_, k)| k == kind::TASK).map(|(task, _)| task).collect();
    for handle in open {
        let slot = handle.slot();
        if arena.is_unspawned(slot) && arena.peek_successors(slot, 1).is_empty() {
            continue; // Nobody waits for it; its space lets it go.
        }
        cancel::cancel(local, handle);
        if arena.release_all_holds(handle) {
            let text = format!("{} was never released", super::inspect::name_of(local, slot));
            completion::fail_record(local, slot, Status::Stalled, text);
            if let Some(next) = completion::complete(local, slot) {
                ready::ready(local, next);
            }
        }
    }
    quiesce::poke(&local.runtime);
}

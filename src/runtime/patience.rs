//! When a worker that finds little steps aside.
//!
//! Looking for work costs others something: the lines it looks at, and the processor, if more threads run than there
//! are cores (a thread of the host that spawns, beside one worker for each core). So a worker keeps an account: time
//! spent looking is debt, time spent with what was found pays it back. Too much debt, and it naps for a while,
//! longer each time, provided that somebody else is at work. A nap is no sleep: nobody need wake the worker,
//! and it looks again within [`LONGEST_NAP`].
//!
//! A worker on whose processor a thread of the host spawns *stands aside* even if there is something to do, as long as
//! the others do without it: the two would only take turns there.

use std::cell::Cell;
use std::cmp::Ordering;
use std::time::{Duration, Instant};

/// Debt at which a worker naps: several searches that were in vain, or dozens that found next to nothing.
const LIMIT: Duration = Duration::from_micros(30);
const FIRST_NAP: Duration = Duration::from_micros(32);
const LONGEST_NAP: Duration = Duration::from_micros(256);
/// How long a worker stands aside, each time in a row twice as long.
const FIRST_ASIDE: Duration = Duration::from_micros(64);
const LONGEST_ASIDE: Duration = Duration::from_micros(512);
/// How often in a row it does so between two looks for what only theft by force finds.
const MOST_ASIDE: u32 = 8;
/// It asks itself no more often than this: whether others keep up does not show in less.
const ASKS_EVERY: Duration = Duration::from_micros(50);
/// The others keep up as long as what is in flight takes them no longer than this.
const BACKLOG: Duration = Duration::from_millis(1);
/// A thread that has spawned something is expected to go on with that for so long: it cannot while the worker itself has its
/// processor.
const RECENTLY: Duration = Duration::from_micros(500);
/// Naps in a row that ended in vain, after which the worker goes to sleep until it is woken.
const MOST_NAPS: u32 = 64;

/// Lets the naps of this thread end in time: by default the kernel may add 50 µs.
pub fn prepare_thread() {
    const SLACK_NS: libc::c_ulong = 1000;
    // SAFETY: takes plain numbers, and changes this thread's timers alone. If it fails, naps are longer.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, SLACK_NS) };
}

/// A worker's account.
#[derive(Debug)]
pub struct Patience {
    debt: Cell<Duration>,
    nap: Cell<Duration>,
    naps: Cell<u32>,
    /// When it last found something.
    found: Cell<Option<Instant>>,
    /// Finds of all workers, when it last napped.
    finds: Cell<u64>,
    /// Its processor, what others had spawned there, and when that was seen to grow.
    spawned_here: Cell<(u32, u64, Option<Instant>)>,
    /// Whether it has looked since its last nap.
    looked: Cell<bool>,
    /// When it last asked whether to stand aside, and how many tasks others had completed.
    pace: Cell<(Instant, u64)>,
    /// How often in a row it has stood aside.
    aside: Cell<u32>,
    /// Tasks it had completed at its last search.
    completed: Cell<u64>,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            debt: Cell::default(),
            nap: Cell::new(FIRST_NAP),
            naps: Cell::default(),
            found: Cell::default(),
            finds: Cell::default(),
            spawned_here: Cell::new((u32::MAX, 0, None)),
            looked: Cell::new(true),
            pace: Cell::new((Instant::now(), 0)),
            aside: Cell::default(),
            completed: Cell::default(),
        }
    }
}

impl Patience {
    /// The worker has nothing to do from `now` on.
    pub fn begin(&self, now: Instant) {
        let Some(found) = self.found.take() else { return };
        self.naps.set(0);
        let debt = self.debt.get().saturating_sub(now.saturating_duration_since(found));
        self.debt.set(debt);
        if debt.is_zero() {
            self.nap.set(FIRST_NAP);
        }
    }

    /// It has looked since `begun`.
    pub fn look(&self, begun: Instant, now: Instant) {
        self.looked.set(true);
        let debt = self.debt.get() + now.saturating_duration_since(begun);
        self.debt.set(debt.min(2 * LIMIT));
    }

    /// It has found something, in a search that is counted for all.
    pub fn found(&self, now: Instant) {
        self.found.set(Some(now));
        self.finds.set(self.finds.get() + 1);
    }

    /// It has found something without a search.
    pub fn found_at_once(&self) {
        if self.found.get().is_none() {
            self.found.set(Some(Instant::now()));
        }
    }

    /// Whether anybody has found work since its last nap; `finds` counts them.
    pub fn others_found(&self, finds: u64) -> bool {
        self.finds.get() != finds
    }

    /// Whether it has run a task since it was last asked. `completed`: tasks it has completed.
    pub fn has_run(&self, completed: u64) -> bool {
        self.completed.replace(completed) != completed
    }

    /// Whether it is time to ask again whether to stand aside.
    pub fn asks(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.pace.get().0) >= ASKS_EVERY
    }

    /// Whether another thread spawns on the worker's processor `cpu`: it gives more to do if it has that for itself.
    /// `spawned_here`: how many it has spawned.
    pub fn is_crowded(&self, now: Instant, cpu: u32, spawned_here: u64) -> bool {
        let (cpu_before, before, grown) = self.spawned_here.get();
        let grown = match spawned_here.cmp(&before) {
            _ if cpu != cpu_before => None,
            Ordering::Greater => Some(now),
            Ordering::Equal => grown.filter(|&then| now.saturating_duration_since(then) < RECENTLY),
            Ordering::Less => None, // A thread that spawned here has gone.
        };
        self.spawned_here.set((cpu, spawned_here, grown));
        grown.is_some()
    }

    /// How long the worker should leave its processor to a thread that spawns there, if the others do without it. `is_relieved`: an idle
    /// one takes its place. Otherwise they must keep up: at the pace since it last asked they are soon through with what is
    /// in flight. (If that grows, all of it is slower: it no longer stays in their caches.) `completed`: by the others.
    pub fn stand_aside(
        &self,
        now: Instant,
        is_relieved: bool,
        in_flight: u64,
        completed: u64,
    ) -> Option<Duration> {
        let (then, before) = self.pace.replace((now, completed));
        let elapsed = now.saturating_duration_since(then).as_nanos();
        let done = u128::from(completed.saturating_sub(before));
        let keep_up = done > 0 && u128::from(in_flight) * elapsed <= done * BACKLOG.as_nanos();
        if !is_relieved && !keep_up {
            self.aside.set(0);
            return None;
        }
        let times = self.aside.get();
        self.aside.set(times.saturating_add(1));
        Some((FIRST_ASIDE * (1 << times.min(4))).min(LONGEST_ASIDE))
    }

    /// Whether it has stood aside so often that it should look for what only theft by force finds.
    pub fn must_force(&self) -> bool {
        self.aside.get() > 0 && self.aside.get().is_multiple_of(MOST_ASIDE)
    }

    /// How long it should nap.
    pub fn nap(&self, finds: u64) -> Option<Duration> {
        if self.debt.get() < LIMIT || self.naps.get() >= MOST_NAPS {
            return None;
        }
        // Never without a look: what only a look finds must not wait for many naps.
        if !self.looked.replace(false) {
            return None;
        }
        self.naps.set(self.naps.get() + 1);
        self.finds.set(finds);
        // Half of it is forgiven: enough for another look around.
        self.debt.set(LIMIT / 2);
        Some(self.nap.replace((2 * self.nap.get()).min(LONGEST_NAP)))
    }

    /// It sleeps until it is woken: the slate is clean.
    pub fn clear(&self) {
        self.debt.set(Duration::ZERO);
        self.nap.set(FIRST_NAP);
        self.naps.set(0);
        self.found.set(None);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const US: Duration = Duration::from_micros(1);

    #[test]
    fn a_spawner_is_noticed_where_it_spawns_and_for_a_while() {
        let (patience, start) = (Patience::default(), Instant::now());
        // When, on which processor, spawned there: crowded?
        let looks = [
            (0, 1, 500, false), // Nothing is known yet.
            (100, 1, 500, false),
            (200, 1, 501, true),
            (600, 1, 501, true), // It cannot spawn while this worker has its processor.
            (800, 1, 501, false),
            (900, 1, 502, true),
            (950, 1, 0, false),        // It sleeps.
            (1_000, 2, 10_000, false), // Another processor.
            (1_100, 2, 10_001, true),
        ];
        for (at, cpu, spawned, crowded) in looks {
            assert_eq!(patience.is_crowded(start + at * US, cpu, spawned), crowded, "at {at} µs");
        }
    }

    #[test]
    fn stands_aside_while_others_keep_up() {
        let (patience, start) = (Patience::default(), Instant::now());
        patience.stand_aside(start, false, 0, 0);
        // When, relieved, in flight, completed by others: how long?
        let asked = [
            (100, false, 1_000, 1_000, Some(64)), // 10 a µs: 100 µs for what is in flight.
            (200, false, 1_000, 1_001, None),     // 1 in 100 µs.
            (300, false, 0, 1_001, None), // They do nothing, and there is nothing: it looks itself.
            (400, true, 1_000, 1_001, Some(64)),
            (500, true, 1_000, 1_001, Some(128)),
            (600, false, 1_000, 2_001, Some(256)),
            (700, true, 1_000, 2_001, Some(512)),
            (800, true, 1_000, 2_001, Some(512)),
            (900, false, 10_000, 2_002, None),
            (1_000, true, 0, 2_002, Some(64)),
        ];
        for (at, relieved, in_flight, completed, nap) in asked {
            let found = patience.stand_aside(start + at * US, relieved, in_flight, completed);
            assert_eq!(found, nap.map(|nap| nap * US), "at {at} µs");
        }
    }

    #[test]
    fn looks_by_force_now_and_then() {
        let (patience, start) = (Patience::default(), Instant::now());
        let forces = (1..=3 * MOST_ASIDE).filter(|_| {
            patience.stand_aside(start, true, 0, 0);
            patience.must_force()
        });
        assert_eq!(forces.count(), 3);
    }
}

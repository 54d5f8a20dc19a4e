//! When a worker that finds little steps aside.
//!
//! Looking for work costs others something: the lines it looks at, and the processor, if more threads run than there
//! are cores (a thread of the host that spawns, beside one worker for each core). So a worker keeps an account: time
//! spent looking is debt, time spent with what was found pays it back. Too much debt, and it naps for a while,
//! longer each time, provided that somebody else is at work. A nap is no sleep: nobody need wake the worker,
//! and it looks again within [`LONGEST_NAP`].
//!
//! A worker on whose processor a thread of the host spawns *stands aside* even if there is something to do, as long as
//! the others do without it. What only it would look for waits for [`MOST_ASIDE`] times [`LONGEST_ASIDE`] at most, and it is called when that thread
//! is about to sleep.

use std::cell::Cell;
use std::cmp::Ordering;
use std::time::{Duration, Instant};

/// Debt at which a worker naps: several searches that were in vain, or dozens that found next to nothing.
const LIMIT: Duration = Duration::from_micros(30);
const FIRST_NAP: Duration = Duration::from_micros(32);
/// What waits for a napping worker waits no longer than this.
const LONGEST_NAP: Duration = Duration::from_micros(256);
/// How long a worker stands aside; see [`Patience::stand_aside`]. Each time in a row twice as long.
const FIRST_ASIDE: Duration = Duration::from_micros(64);
const LONGEST_ASIDE: Duration = Duration::from_micros(512);
/// How often in a row it does so before it looks for what only a look finds.
const MOST_ASIDE: u32 = 8;
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
    /// Tasks that others had spawned on the same processor, and when that was seen to grow.
    spawned_here: Cell<(u64, Option<Instant>)>,
    /// Whether it has looked since its last nap.
    looked: Cell<bool>,
    /// When it last saw how many tasks others had completed, and how many.
    pace: Cell<(Instant, u64)>,
    /// How often in a row it has stood aside.
    aside: Cell<u32>,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            debt: Cell::default(),
            nap: Cell::new(FIRST_NAP),
            naps: Cell::default(),
            found: Cell::default(),
            finds: Cell::default(),
            spawned_here: Cell::default(),
            looked: Cell::new(true),
            pace: Cell::new((Instant::now(), 0)),
            aside: Cell::default(),
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

    /// Whether another thread spawns on the same processor: it gives more to do if it has that for itself. `spawned_here`:
    /// how many it has spawned.
    pub fn is_crowded(&self, now: Instant, spawned_here: u64) -> bool {
        let (before, grown) = self.spawned_here.get();
        let grown = match spawned_here.cmp(&before) {
            Ordering::Greater => Some(now),
            Ordering::Equal => {
                grown.filter(|&grown| now.saturating_duration_since(grown) < RECENTLY)
            }
            Ordering::Less => None, // A thread that spawned here has gone.
        };
        self.spawned_here.set((spawned_here, grown));
        grown.is_some()
    }

    /// How long the worker should leave its processor to another thread that spawns there, if the other workers do without it: the two
    /// would only take turns. `is_relieved`: another one is idle. Otherwise the others must keep up: at the pace since it last asked
    /// they are soon through with what is in flight. (If that grows, all of it is slower: it no longer stays in their caches.)
    /// `completed`: by them.
    pub fn stand_aside(
        &self,
        now: Instant,
        in_flight: u64,
        completed: u64,
        is_relieved: bool,
    ) -> Option<Duration> {
        let (then, before) = self.pace.replace((now, completed));
        let elapsed = now.saturating_duration_since(then).as_nanos();
        let done = completed.saturating_sub(before);
        let keep_up =
            done > 0 && u128::from(in_flight) * elapsed <= u128::from(done) * BACKLOG.as_nanos();
        let times = if is_relieved || keep_up { self.aside.get() + 1 } else { 0 };
        self.aside.set(times % MOST_ASIDE);
        let length = (FIRST_ASIDE * (1 << (times.max(1) - 1))).min(LONGEST_ASIDE);
        (1..MOST_ASIDE).contains(&times).then_some(length)
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

//! Where ready tasks lie, and the order in which a worker looks for one.

use super::deque::Owner;
use super::priority::{EMPTY, PriorityQueue};
use super::seat::{Seat, bump};
use crate::graph::{Arena, Slot};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crossbeam_deque::{Injector, Steal};
use once_cell::sync::OnceCell;
use std::cell::Cell;

/// Threads that may sit at the same time.
pub const MAX_SEATS: usize = 4096;

/// The ready tasks that are not in a thread's own deque.
#[derive(Debug, Default)]
pub struct Pool {
    /// In order of arrival.
    pub injector: Injector<u32>,
    /// By priority.
    pub priority: PriorityQueue,
}

impl Pool {
    fn is_empty(&self) -> bool {
        self.injector.is_empty() && self.priority.best() == EMPTY
    }
}

/// A worker that looks for a task.
#[derive(Clone, Copy, Debug)]
pub struct Taker<'a> {
    /// Its seat.
    pub seat: &'a Seat,
    /// Its device.
    pub device: u16,
    /// Its deque, where the rest of what it steals goes.
    pub deque: &'a Owner,
    /// The records, to be fetched ahead of their use.
    pub arena: &'a Arena,
    /// How many times it still leaves a thread of the host alone that is spawning; see [`Queues::next_shared`].
    pub leaves_alone: &'a Cell<u32>,
    /// Whom it last left alone, by seat, and where that thread was with its spawning.
    pub left_alone: &'a Cell<(u32, u32)>,
}

/// Ticks of a worker's loop in which it begins with every queue once.
const PERIOD: u32 = 64;
/// The one in which it begins with the shared queues.
pub const INJECTED_FIRST: u32 = 0;
/// The one in which it begins with the tasks of other threads.
pub const OTHERS_FIRST: u32 = 32;

/// Whether a tick is one of these two.
#[inline(always)]
pub fn looks_around(tick: u32) -> bool {
    tick.is_multiple_of(PERIOD / 2)
}

/// Tasks that are worth a theft from a thread which is spawning more.
const HANDFUL: u32 = 48;

/// Every queue of a runtime.
#[derive(Debug)]
pub struct Queues {
    /// Tasks that any worker may take.
    pub any: Pool,
    /// Tasks of one device.
    pub devices: Box<[Pool]>,
    seats: Box<[OnceCell<Seat>]>,
    used: AtomicUsize,
    /// For each device, all devices, the nearest first.
    pub order: Box<[Box<[u16]>]>,
}

impl Queues {
    /// `order`: for each device all devices, itself first, then by distance.
    pub fn new(order: Vec<Vec<u16>>) -> Queues {
        Queues {
            any: Pool::default(),
            devices: order.iter().map(|_| Pool::default()).collect(),
            seats: (0..MAX_SEATS).map(|_| OnceCell::new()).collect(),
            used: AtomicUsize::new(0),
            order: order.into_iter().map(Vec::into_boxed_slice).collect(),
        }
    }

    /// A seat for a thread, with the deque's own end: a vacant one or a new one. None: all are taken.
    pub fn sit(&self, is_worker: bool, device: u16) -> Option<(&Seat, Owner)> {
        for (index, cell) in self.seats.iter().enumerate() {
            let seat = cell.get_or_init(|| {
                // Release: partner is the Acquire in `seats`.
                self.used.fetch_max(index + 1, Ordering::Release);
                Seat::new(index as u32)
            });
            if let Some(deque) = seat.occupy() {
                seat.device.store(device, Ordering::Relaxed);
                seat.is_worker.store(is_worker, Ordering::Relaxed);
                return Some((seat, deque));
            }
        }
        None
    }

    /// A seat that exists.
    pub fn seat(&self, index: u32) -> &Seat {
        self.seats[index as usize].get().expect("seats never go away")
    }

    /// Every seat that exists.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats[..self.used.load(Ordering::Acquire)].iter().filter_map(|cell| cell.get())
    }

    /// The next task for a worker, without looking at other threads.
    ///
    /// A higher priority goes first; among the default ones the worker's own newest, then its device's,
    /// then anybody's. Every 64th time it begins with the shared queues, so that a worker that feeds
    /// itself cannot starve them.
    #[inline]
    pub fn next_local(&self, taker: &Taker<'_>, tick: u32) -> Option<Slot> {
        let own = &self.devices[taker.device as usize];
        if self.is_urgent(taker.device)
            && let Some(slot) = self.next_priority(own, 0)
        {
            return Some(slot);
        }
        if tick % PERIOD == INJECTED_FIRST
            && let Some(slot) = self.next_injected(own)
        {
            return Some(slot);
        }
        taker.deque.pop().map(Slot)
    }

    /// Every 64th time, between those in which [`Queues::next_local`] begins with the shared queues, a task
    /// of another thread: tasks that spawn and wait in turn keep the shared queues from ever being empty,
    /// and what a thread of the host has spawned lies in its own deque.
    #[inline]
    pub fn next_of_others(&self, taker: &Taker<'_>, tick: u32) -> Option<Slot> {
        if tick % PERIOD != OTHERS_FIRST {
            return None;
        }
        // A thread of the host that has gone on to something else may have left a few that it has shown to nobody.
        self.steal(taker).or_else(|| {
            let is_left = |seat: &Seat| !seat.is_worker.load(Ordering::Relaxed);
            self.victims(taker, |victim| {
                (is_left(victim) && victim.deque.is_stuck() && victim.deque.force()).then_some(())
            })?;
            self.steal(taker)
        })
    }

    /// Whether a task of higher priority than the default waits for a worker of the device.
    #[inline]
    pub fn is_urgent(&self, device: u16) -> bool {
        self.devices[device as usize].priority.best() > 0 || self.any.priority.best() > 0
    }

    fn next_priority(&self, own: &Pool, floor: i32) -> Option<Slot> {
        let (first, second) = if own.priority.best() >= self.any.priority.best() {
            (own, &self.any)
        } else {
            (&self.any, own)
        };
        first.priority.pop_above(floor).or_else(|| second.priority.pop_above(floor))
    }

    fn next_injected(&self, own: &Pool) -> Option<Slot> {
        retry(|| own.injector.steal()).or_else(|| retry(|| self.any.injector.steal()))
    }

    /// The next task from the shared queues, from other threads, or of low priority.
    ///
    /// Threads are tried in this order: workers of the same device, beginning after the thief; host
    /// threads; workers of the other devices, the nearest device first.
    ///
    /// Whoever has just run a task lets a thread of the host that is spawning go on until there is a handful, or for a few looks. The two
    /// would otherwise meet for each task: one line of the deque after the other would go to and fro, and take longer than the task.
    pub fn next_shared(&self, taker: &Taker<'_>) -> Option<Slot> {
        let own = &self.devices[taker.device as usize];
        self.next_injected(own)
            .or_else(|| self.steal(taker))
            .or_else(|| self.next_priority(own, EMPTY))
    }

    fn steal(&self, taker: &Taker<'_>) -> Option<Slot> {
        let slot = self.victims(taker, |victim| {
            if is_filling(victim, taker) {
                return None;
            }
            victim.deque.steal(taker.deque, |task| taker.arena.prefetch(Slot(task)))
        })?;
        bump(&taker.seat.own.stolen, 1);
        Some(Slot(slot))
    }

    /// Steals from a thread that has tasks but shows none, because it is busy with something else. Costs
    /// microseconds.
    #[cold]
    pub fn steal_by_force(&self, taker: &Taker<'_>) -> Option<Slot> {
        self.victims(taker, |victim| {
            (victim.deque.is_stuck() && victim.deque.force()).then_some(())
        })?;
        self.steal(taker)
    }

    /// What `attempt` gives for the first thread for which it gives something.
    fn victims<T>(&self, taker: &Taker<'_>, attempt: impl Fn(&Seat) -> Option<T>) -> Option<T> {
        let used = self.used.load(Ordering::Acquire);
        let at = taker.seat.index as usize;
        let ring = || (at + 1..used).chain(0..at.min(used)).filter_map(|i| self.seats[i].get());
        let is_worker = |s: &Seat| s.is_worker.load(Ordering::Relaxed);
        let is_on = |s: &Seat, d: u16| s.device.load(Ordering::Relaxed) == d;
        let near = |s: &&Seat| is_worker(s) && is_on(s, taker.device);
        ring()
            .filter(near)
            .find_map(&attempt)
            .or_else(|| ring().filter(|s| !is_worker(s)).find_map(&attempt))
            .or_else(|| {
                self.order[taker.device as usize][1..].iter().find_map(|&device| {
                    ring().filter(|s| is_worker(s) && is_on(s, device)).find_map(&attempt)
                })
            })
    }

    /// Tasks that threads of the host other than that on `seat` have spawned which run on the processor `here` and do not sleep. A
    /// guess: they say only now and then where they run.
    pub fn spawned_on(&self, here: u32, seat: &Seat) -> u64 {
        let is_here = |other: &&Seat| {
            other.index != seat.index
                && !other.is_worker.load(Ordering::Relaxed)
                && other.own.cpu.load(Ordering::Relaxed) == here
                && !other.own.asleep.load(Ordering::Relaxed)
        };
        self.seats().filter(is_here).map(|s| s.own.spawned.load(Ordering::Relaxed)).sum()
    }

    /// Whether anything lies in the shared queues that a worker of the device may take.
    pub fn any_injected(&self, device: u16) -> bool {
        !self.any.is_empty() || self.bound_work(device)
    }

    /// Whether a thread that takes no tasks has some in its deque.
    pub fn any_left_by_hosts(&self) -> bool {
        self.seats().any(|s| !s.is_worker.load(Ordering::Relaxed) && !s.deque.is_empty())
    }

    /// Whether a worker of the device could find something.
    pub fn any_work(&self, device: u16) -> bool {
        self.bound_work(device) || self.free_work()
    }

    /// Whether there is work for workers of the device alone.
    pub fn bound_work(&self, device: u16) -> bool {
        !self.devices[device as usize].is_empty()
    }

    /// Whether there is work that every worker may take.
    pub fn free_work(&self) -> bool {
        !self.any.is_empty() || self.seats().any(|seat| !seat.deque.is_empty())
    }
}

/// Whether the thread of the host on `victim` has only a few tasks and has spawned since it was last left alone. It says so
/// no more often than `taker` has looks to spare.
fn is_filling(victim: &Seat, taker: &Taker<'_>) -> bool {
    let looks = taker.leaves_alone.get();
    if looks == 0
        || victim.is_worker.load(Ordering::Relaxed)
        || !(1..HANDFUL).contains(&victim.deque.public_len())
    {
        return false;
    }
    taker.leaves_alone.set(looks - 1);
    let now = (victim.index, victim.deque.bottom());
    taker.left_alone.replace(now) != now
}

fn retry(mut attempt: impl FnMut() -> Steal<u32>) -> Option<Slot> {
    loop {
        match attempt() {
            Steal::Success(slot) => return Some(Slot(slot)),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

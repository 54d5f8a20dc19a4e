//! Tests of the deque with real threads and many tasks. Every interleaving of a few operations is loom's affair
//! (`loom_models.rs`).

use super::ring::SMALLEST;
use super::{Owner, Shared};
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use crate::sync::{fence, lock};
use std::sync::{Arc, Barrier};
use std::thread;

/// An index from which the count soon wraps.
const NEARLY_WRAPPED: u32 = u32::MAX - 1000;

/// Takes what the owner can take, newest first.
fn drain(owner: &Owner) -> Vec<u32> {
    std::iter::from_fn(|| owner.pop()).collect()
}

/// The lengths of all rings that are not freed yet.
fn rings(owner: &Owner) -> Vec<u32> {
    lock(&owner.shared().public.border).iter().map(|ring| ring.len()).collect()
}

#[test]
fn the_owner_takes_the_newest_first() {
    let owner = Owner::new();
    (0..1000).for_each(|task| owner.push(task));
    assert_eq!(owner.newest(), Some(999));
    assert_eq!(owner.private_len(), 1000);
    assert_eq!(drain(&owner), (0..1000).rev().collect::<Vec<_>>());
    assert!(owner.shared().is_empty());
}

#[test]
fn what_is_public_is_taken_back_by_halves() {
    let owner = Owner::starting_at(NEARLY_WRAPPED);
    (0..8).for_each(|task| owner.push(task));
    owner.publish();
    assert_eq!((owner.private_len(), owner.newest()), (0, None));
    assert_eq!(owner.pop(), Some(7));
    assert_eq!(owner.private_len(), 3, "half of eight, less the one that was popped");
    assert_eq!(drain(&owner), [6, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn a_thief_gets_half_of_the_public_ones_in_order() {
    let (owner, thief) = (Owner::starting_at(NEARLY_WRAPPED), Owner::new());
    (0..5).for_each(|task| owner.push(task));
    assert_eq!(owner.shared().steal(&thief, |_| {}), None, "all are private");
    owner.publish();
    assert_eq!(owner.shared().steal(&thief, |_| {}), Some(0));
    assert_eq!(drain(&thief), [1, 2]);
    assert_eq!(drain(&owner), [4, 3]);
}

#[test]
fn force_moves_half_of_the_private_ones_and_finds_none_in_an_empty_deque() {
    fence::prepare();
    let (owner, thief) = (Owner::new(), Owner::new());
    assert!(!owner.shared().force());
    (0..5).for_each(|task| owner.push(task));
    assert!(owner.shared().force());
    assert_eq!(owner.private_len(), 2);
    assert_eq!(owner.shared().steal(&thief, |_| {}), Some(0));
}

#[test]
fn rings_grow_and_those_that_nobody_reads_are_freed() {
    let owner = Owner::starting_at(NEARLY_WRAPPED);
    (0..3000).for_each(|task| owner.push(task));
    assert_eq!(
        rings(&owner),
        [2048, 4096],
        "the one before, until the next look, and the one in use"
    );
    owner.publish();
    assert_eq!(drain(&owner).len(), 3000);
}

#[test]
fn a_ring_that_thieves_keep_up_with_does_not_grow() {
    let (owner, thief) = (Owner::new(), Owner::new());
    for task in 0..100_000 {
        owner.push(task);
        owner.publish();
        assert_eq!(owner.shared().steal(&thief, |_| {}), Some(task));
    }
    assert_eq!(rings(&owner), [SMALLEST as u32]);
}

/// How often each task has been taken.
struct Taken(Box<[AtomicU32]>, AtomicU32);

impl Taken {
    fn take(&self, task: u32) {
        assert_eq!(self.0[task as usize].fetch_add(1, Relaxed), 0, "task {task} is taken twice");
        self.1.fetch_add(1, Relaxed);
    }
}

/// A thief that steals until `stop`, and now and then forces.
fn rob(victim: &Shared, taken: &Taken, stop: &AtomicBool) {
    let own = Owner::starting_at(NEARLY_WRAPPED);
    let mut failures = 0u32;
    loop {
        let stops = stop.load(Relaxed);
        match victim.steal(&own, |_| {}) {
            Some(task) => taken.take(task),
            None if stops => break,
            None => {
                failures = failures.wrapping_add(1);
                if failures.is_multiple_of(64) {
                    victim.force();
                    thread::yield_now();
                }
            }
        }
        drain(&own).into_iter().for_each(|task| taken.take(task));
    }
}

/// An owner that pushes `tasks` in bursts of up to `burst`, pops some of each, and publishes after every
/// `shows`-th burst, against three thieves.
fn race(tasks: u32, burst: u32, shows: u32) {
    fence::prepare();
    let taken = Taken((0..tasks).map(|_| AtomicU32::new(0)).collect(), AtomicU32::new(0));
    let stop = AtomicBool::new(false);
    let owner = Owner::starting_at(NEARLY_WRAPPED);
    let victim = Arc::clone(owner.shared());
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                start.wait();
                rob(&victim, &taken, &stop);
            });
        }
        start.wait();
        // A linear congruential generator: bursts of all lengths, the same in each run.
        let (mut next, mut random, mut round) = (0, 1u32, 0u32);
        while next < tasks {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let end = tasks.min(next + 1 + (random >> 8) % burst);
            (next..end).for_each(|task| owner.push(task));
            next = end;
            round += 1;
            if round.is_multiple_of(shows) {
                owner.publish();
            }
            for _ in 0..(random >> 4) % burst {
                let Some(task) = owner.pop() else { break };
                taken.take(task);
            }
        }
        drain(&owner).into_iter().for_each(|task| taken.take(task));
        stop.store(true, Relaxed);
    });
    assert_eq!(taken.1.load(Relaxed), tasks);
}

#[test]
fn many_small_bursts_reach_their_takers_once() {
    race(5_000_000, 4, 3);
}

#[test]
fn bursts_that_outgrow_the_ring_reach_their_takers_once() {
    race(5_000_000, 5_000, 2);
}

#[test]
fn what_only_force_shows_reaches_its_takers_once() {
    race(1_000_000, 50, u32::MAX);
}

//! The deque under loom: every interleaving of an owner and its thieves, with stale reads where the orderings
//! allow them. README.md says what breaks each of these.
//!
//! All of it is the real one; rings begin with two entries, so that two pushes fill one. Each task has a
//! *record* that loom watches: it is written before the push and once more by whoever takes the task, so a
//! task that is taken twice, or without its record, is found, and one that is lost is found at the end. Loom
//! also watches who reads a ring and who frees it. Every deque begins just before its indices wrap.

use super::{Owner, Shared};
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};
use crate::sync::fence;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

/// Index of the first task of a deque.
const FIRST: u32 = u32::MAX;

/// Runs a model with at most `preemptions` of them, or as many as LOOM_MAX_PREEMPTIONS says.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(model);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Record {
    Unused,
    Pushed,
    Taken,
}

/// The records of at most eight tasks.
struct Records([UnsafeCell<Record>; 8]);

// SAFETY: loom checks every access.
unsafe impl Sync for Records {}
// SAFETY: the same.
unsafe impl Send for Records {}

impl Records {
    /// The record of `task` goes from one state to the next.
    fn turn(&self, task: u32, from: Record, to: Record) {
        // SAFETY: loom checks that the deque has ordered this after every earlier access.
        self.0[task as usize].with_mut(|record| unsafe {
            assert_eq!(*record, from, "task {task}");
            *record = to;
        });
    }
}

/// A thread's own deque, and the records of all.
struct World {
    own: Owner,
    records: Arc<Records>,
}

impl World {
    fn new() -> World {
        let records = Records(std::array::from_fn(|_| UnsafeCell::new(Record::Unused)));
        World { own: Owner::starting_at(FIRST), records: Arc::new(records) }
    }

    /// Pushes `tasks`, which are new.
    fn push(&self, tasks: impl IntoIterator<Item = u32>) {
        for task in tasks {
            self.records.turn(task, Record::Unused, Record::Pushed);
            self.own.push(task);
        }
    }

    /// Pops one task, if there is any.
    fn pop(&self) -> bool {
        self.own.pop().map(|task| self.took(task)).is_some()
    }

    fn took(&self, task: u32) {
        self.records.turn(task, Record::Pushed, Record::Taken);
    }

    /// Takes what is left and sees that it was all: `pushed` tasks.
    fn finish(&self, pushed: u32) {
        while self.pop() {}
        assert!(self.own.shared().is_empty());
        for task in 0..pushed {
            // SAFETY: loom checks that every thread is done.
            self.records.0[task as usize]
                .with(|record| assert_eq!(unsafe { *record }, Record::Taken));
        }
    }

    /// A thread that does something to this deque, with a deque of its own. It then takes what that has.
    fn thief(&self, act: impl FnOnce(&Thief) + 'static) -> thread::JoinHandle<()> {
        let victim = Arc::clone(self.own.shared());
        let records = Arc::clone(&self.records);
        thread::spawn(move || {
            let own = Owner::starting_at(FIRST);
            let thief = Thief { world: World { own, records }, victim };
            act(&thief);
            while thief.world.pop() {}
        })
    }
}

struct Thief {
    world: World,
    victim: Arc<Shared>,
}

impl Thief {
    fn steal(&self) {
        if let Some(task) = self.victim.steal(&self.world.own, |_| {}) {
            self.world.took(task);
        }
    }

    fn force(&self) {
        self.victim.force();
    }
}

fn join<const N: usize>(threads: [thread::JoinHandle<()>; N]) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn owner_and_thief_take_each_task_once() {
    check(4, || {
        let world = World::new();
        let thief = world.thief(|thief| thief.steal());
        world.push(0..2);
        world.own.publish();
        world.push([2]);
        while world.pop() {}
        join([thief]);
        world.finish(3);
    });
}

#[test]
fn what_is_public_goes_to_two_thieves_or_back() {
    check(3, || {
        let world = World::new();
        let thieves = [(); 2].map(|()| world.thief(|thief| thief.steal()));
        world.push(0..2);
        world.own.publish();
        while world.pop() {}
        join(thieves);
        world.finish(2);
    });
}

#[test]
fn a_task_taken_back_makes_room_for_another() {
    check(3, || {
        let world = World::new();
        let thief = world.thief(|thief| {
            thief.steal();
            thief.steal();
        });
        world.push(0..3);
        world.own.publish();
        world.pop();
        world.pop();
        world.push([3]);
        world.own.publish();
        world.pop();
        join([thief]);
        world.finish(4);
    });
}

#[test]
fn force_alone_keeps_nothing_from_the_owner() {
    check(4, || {
        let world = World::new();
        world.push(0..2);
        let thief = world.thief(|thief| thief.force());
        assert!(world.pop());
        assert!(world.pop());
        assert!(!world.pop());
        join([thief]);
        world.finish(2);
    });
}

#[test]
fn a_border_moved_by_force_meets_pops() {
    check(3, || {
        let world = World::new();
        world.push(0..3);
        let thief = world.thief(|thief| {
            thief.force();
            thief.steal();
        });
        while world.pop() {}
        join([thief]);
        world.finish(3);
    });
}

#[test]
fn a_border_moved_by_force_meets_pops_and_pushes() {
    check(3, || {
        let world = World::new();
        world.push(0..2);
        let thief = world.thief(|thief| {
            thief.force();
            thief.steal();
        });
        world.pop();
        world.pop();
        world.push(2..4);
        world.pop();
        join([thief]);
        world.finish(4);
    });
}

#[test]
fn force_shows_tasks_that_were_never_published() {
    check(4, || {
        let world = World::new();
        let thieves = [world.thief(|thief| thief.force()), world.thief(|thief| thief.steal())];
        world.push(0..2);
        join(thieves);
        world.finish(2);
    });
}

#[test]
fn two_thieves_force_and_steal() {
    check(3, || {
        let world = World::new();
        world.push(0..2);
        let thieves = [(); 2].map(|()| {
            world.thief(|thief| {
                thief.force();
                thief.steal();
            })
        });
        world.pop();
        join(thieves);
        world.finish(2);
    });
}

#[test]
fn a_border_moved_by_force_meets_publish() {
    check(3, || {
        let world = World::new();
        world.push(0..3);
        let thief = world.thief(|thief| {
            thief.force();
            thief.steal();
        });
        world.pop();
        world.pop();
        world.own.publish();
        world.push([3]);
        join([thief]);
        world.finish(4);
    });
}

#[test]
fn another_thief_takes_what_was_forced() {
    check(3, || {
        let world = World::new();
        world.push([0]);
        let thieves = [world.thief(|thief| thief.force()), world.thief(|thief| thief.steal())];
        world.pop();
        world.push(1..3);
        join(thieves);
        world.finish(3);
    });
}

#[test]
fn an_empty_deque_is_forced_and_popped() {
    check(3, || {
        let world = World::new();
        world.push([0]);
        let thief = world.thief(|thief| {
            thief.force();
            thief.steal();
        });
        world.pop();
        world.pop();
        world.push([1]);
        world.pop();
        join([thief]);
        world.finish(2);
    });
}

#[test]
fn a_ring_outlives_the_theft_that_reads_it() {
    check(4, || {
        let world = World::new();
        world.push(0..2);
        world.own.publish();
        let thief = world.thief(|thief| thief.steal());
        // The third task wants a larger ring, the fifth frees the smaller one.
        world.push(2..5);
        join([thief]);
        world.finish(5);
    });
}

#[test]
fn a_theft_that_is_over_does_not_stand_for_one_that_is_not() {
    check(3, || {
        let world = World::new();
        world.push(0..2);
        world.own.publish();
        let thieves = [(); 2].map(|()| world.thief(|thief| thief.steal()));
        world.push(2..5);
        join(thieves);
        world.finish(5);
    });
}

#[test]
fn entries_are_used_again_once_they_have_been_read() {
    check(4, || {
        let world = World::new();
        world.push([0]);
        world.own.publish();
        let thief = world.thief(|thief| {
            thief.steal();
            thief.steal();
        });
        world.push(1..3);
        world.own.publish();
        world.push([3]);
        join([thief]);
        world.finish(4);
    });
}

#[test]
fn thieves_follow_to_the_larger_ring() {
    check(2, || {
        let world = World::new();
        world.push([0]);
        let thieves = [
            world.thief(|thief| thief.steal()),
            world.thief(|thief| {
                thief.force();
                thief.steal();
            }),
        ];
        world.push(1..4);
        world.own.publish();
        join(thieves);
        world.finish(4);
    });
}

#[test]
fn who_is_about_to_sleep_sees_what_was_pushed() {
    check(4, || {
        let world = World::new();
        let idle = Arc::new(AtomicBool::new(false));
        let sleeper = {
            let (deque, idle) = (Arc::clone(world.own.shared()), Arc::clone(&idle));
            thread::spawn(move || {
                idle.store(true, Relaxed);
                fence::heavy();
                deque.is_empty()
            })
        };
        world.push(0..2);
        world.pop();
        // As `Sleep::anyone_idle`.
        fence::light();
        let is_seen = idle.load(Relaxed);
        let sleeps = sleeper.join().unwrap();
        assert!(is_seen || !sleeps, "a task is left, and nobody knows of it");
        world.finish(2);
    });
}

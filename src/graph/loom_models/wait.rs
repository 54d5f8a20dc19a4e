//! Waits: attached while the task closes, ended by the clock, taken up again. The waiter's side is that of
//! `runtime/wait/host.rs`.

use super::super::edges::Countdown;
use super::super::record::{Phase, kind};
use super::{World, check, count, spawn};
use crate::graph::{Cache, Handle, Slot};
use crate::sync::Parker;
use loom::sync::Arc;
use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// As `runtime/wait::begin`.
fn begin(world: &World, cache: &Cache, tasks: &[Handle]) -> (Slot, Countdown) {
    let arena = &world.arena;
    let slot = arena.begin(cache, kind::HOST_WAIT, 0, tasks.len() as u32 + 1).unwrap();
    let complete = arena.attach(slot, tasks, |_| unreachable!());
    (slot, arena.count_down(cache, slot, complete + 1))
}

/// Runs a task and fires what waits for it.
fn run_and_fire(world: &World, cache: &Cache, parker: &Parker, task: Handle, effect: usize) {
    for wait in world.run(cache, task, Some(effect)) {
        world.arena.record(wait).phase.store(Phase::Done as u8, Release);
        parker.unpark();
    }
}

fn is_fired(world: &World, wait: Slot) -> bool {
    world.arena.record(wait).phase.load(Acquire) == Phase::Done as u8
}

fn sleep_until_fired(world: &World, cache: &Cache, parker: &Parker, wait: Slot) {
    while !is_fired(world, wait) {
        parker.park(None);
    }
    world.end(cache, wait);
}

#[test]
fn a_wait_is_fired_once_or_finds_everything_done() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let parker = Arc::new(Parker::default());
        let tasks = [world.task(&cache), world.task(&cache)];
        let threads = [0, 1].map(|at| {
            let parker = Arc::clone(&parker);
            spawn(&world, move |w, cache| run_and_fire(w, cache, &parker, tasks[at], at))
        });
        match begin(&world, &cache, &tasks) {
            (wait, Countdown::Ready) => world.end(&cache, wait),
            (wait, _) => sleep_until_fired(&world, &cache, &parker, wait),
        }
        assert!(world.sees_effects());
        threads.into_iter().for_each(|t| t.join().unwrap());
        assert_eq!(count(&world.ended), 1);
    });
}

#[test]
fn a_wait_whose_time_runs_out_is_claimed_or_fired_and_its_record_ends_once() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let parker = Arc::new(Parker::default());
        let task = world.task(&cache);
        world.effects[1].store(1, Relaxed);
        let thread = {
            let parker = Arc::clone(&parker);
            spawn(&world, move |w, cache| run_and_fire(w, cache, &parker, task, 0))
        };
        let (wait, countdown) = begin(&world, &cache, &[task]);
        if countdown == Countdown::Ready {
            world.end(&cache, wait);
            assert!(world.sees_effects());
        } else if !world.arena.claim(world.arena.record(wait).handle(wait)) {
            sleep_until_fired(&world, &cache, &parker, wait);
            assert!(world.sees_effects());
        }
        thread.join().unwrap();
        assert_eq!(count(&world.ended), 1);
    });
}

#[test]
fn a_wait_that_is_taken_up_again_is_fired_or_has_ended() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let parker = Arc::new(Parker::default());
        let task = world.task(&cache);
        world.effects[1].store(1, Relaxed);
        let (wait, countdown) = begin(&world, &cache, &[task]);
        assert_eq!(countdown, Countdown::Open);
        let handle = world.arena.record(wait).handle(wait);
        assert!(world.arena.claim(handle));
        let thread = {
            let parker = Arc::clone(&parker);
            spawn(&world, move |w, cache| run_and_fire(w, cache, &parker, task, 0))
        };
        if world.arena.revive(handle, 1) {
            match world.arena.count_down(&cache, wait, 1) {
                Countdown::Ready => world.end(&cache, wait),
                Countdown::Open => sleep_until_fired(&world, &cache, &parker, wait),
                Countdown::Abandoned => unreachable!(),
            }
            assert!(world.sees_effects());
        }
        thread.join().unwrap();
        assert_eq!(count(&world.ended), 1);
    });
}

#[test]
fn of_two_who_end_a_wait_one_does() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let parker = Parker::default();
        let task = world.task(&cache);
        let (wait, _) = begin(&world, &cache, &[task]);
        let handle = world.arena.record(wait).handle(wait);
        let other = spawn(&world, move |w, _| w.arena.claim(handle));
        let mine = world.arena.claim(handle);
        assert!(mine != other.join().unwrap());
        run_and_fire(&world, &cache, &parker, task, 0);
        assert_eq!(count(&world.ended), 1);
    });
}

#[test]
fn a_late_claim_does_not_end_the_next_wait_in_the_slot() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let parker = Parker::default();
        let (first, second) = (world.task(&cache), world.task(&cache));
        let (wait, _) = begin(&world, &cache, &[first]);
        let handle = world.arena.record(wait).handle(wait);
        let clock = spawn(&world, move |w, _| w.arena.claim(handle));
        run_and_fire(&world, &cache, &parker, first, 0);
        if is_fired(&world, wait) {
            world.end(&cache, wait);
        } else {
            // Its last task has ended it, before it gave its own slot back.
            assert_eq!(cache.take(&world.arena).unwrap(), first.slot());
        }
        assert_eq!(count(&world.ended), 1);
        let (next, countdown) = begin(&world, &cache, &[second]);
        assert_eq!((next, countdown), (wait, Countdown::Open));
        clock.join().unwrap();
        assert!(world.arena.claim(world.arena.record(next).handle(next)));
    });
}

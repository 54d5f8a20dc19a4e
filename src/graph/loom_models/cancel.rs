//! Cancellation against the spawn, the last dependency and the start; and recycling afterwards.

use super::super::claim::{CancelClaim, SpawnClaim};
use super::super::edges::Countdown;
use super::{World, check, count, spawn};
use crate::graph::{Cache, Handle, Slot};
use loom::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::Ordering;

/// As `runtime/cancel::cancel`.
fn cancel(world: &World, cache: &Cache, task: Handle) -> CancelClaim {
    let claim = world.arena.claim_cancel(task);
    if matches!(claim, CancelClaim::Mine | CancelClaim::Unspawned) {
        assert!(claim == CancelClaim::Unspawned || world.effects[1].load(Relaxed) == 1);
        world.fail(cache, task);
    }
    claim
}

/// As `runtime/run::run`, of a task taken from a queue.
fn start(world: &World, cache: &Cache, task: Handle) {
    if world.arena.cancel_requested(task.slot()) {
        return world.fail(cache, task);
    }
    world.completed.fetch_add(1, Ordering::Relaxed);
    assert!(world.run(cache, task, None).is_empty());
}

fn start_all(world: &World, cache: &Cache, ready: Vec<Slot>) {
    for slot in ready {
        start(world, cache, world.arena.record(slot).handle(slot));
    }
}

/// As `runtime/spawn::spawn_element`, with room for more dependencies than it has.
fn spawn_element(world: &World, cache: &Cache, task: Handle, deps: &[Handle]) -> SpawnClaim {
    let claim = world.arena.claim_spawn(task, deps.len() as u32);
    if claim == SpawnClaim::Mine {
        // What a canceller must have before it completes the task.
        world.effects[1].store(1, Relaxed);
        let complete = world.arena.attach(task.slot(), deps, |_| unreachable!());
        match world.arena.finish_spawn(cache, task.slot(), complete) {
            (Countdown::Open, true) => {
                let _ = cancel(world, cache, task);
            }
            (Countdown::Open, false) => {}
            (Countdown::Ready, _) => start(world, cache, task),
            (Countdown::Abandoned, _) => unreachable!(),
        }
    }
    claim
}

fn element(world: &World, cache: &Cache) -> Handle {
    let slot = world.arena.begin_unspawned(cache, 0).unwrap();
    world.arena.record(slot).handle(slot)
}

#[test]
fn a_cancellation_during_the_spawn_is_carried_out_by_one_of_them() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let (dep, task) = (world.task(&cache), element(&world, &cache));
        // The dependency never completes: so it must be cancelled, by the one or the other.
        let spawner = spawn(&world, move |w, cache| spawn_element(w, cache, task, &[dep]));
        let claim = cancel(&world, &cache, task);
        let spawned = spawner.join().unwrap();
        assert_eq!(count(&world.completed), 1);
        assert_eq!(claim == CancelClaim::Unspawned, spawned == SpawnClaim::Cancelled);
    });
}

#[test]
fn a_cancellation_during_a_spawn_that_fails_is_carried_out_by_one_of_them() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let task = element(&world, &cache);
        world.effects[1].store(1, Relaxed);
        let spawner = spawn(&world, move |w, cache| {
            if w.arena.claim_spawn(task, 3) == SpawnClaim::Mine
                && w.arena.unclaim_spawn(task.slot())
            {
                let _ = cancel(w, cache, task);
            }
        });
        let _ = cancel(&world, &cache, task);
        spawner.join().unwrap();
        assert_eq!(count(&world.completed), 1);
        assert!(world.forget(&cache, task));
    });
}

#[test]
fn of_two_who_spawn_an_element_one_does() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let (dep, task) = (world.task(&cache), element(&world, &cache));
        let other = spawn(&world, move |w, cache| spawn_element(w, cache, task, &[dep]));
        let runner = spawn(&world, move |w, cache| {
            let ready = w.run(cache, dep, None);
            start_all(w, cache, ready);
        });
        let mine = spawn_element(&world, &cache, task, &[dep]);
        let theirs = other.join().unwrap();
        runner.join().unwrap();
        assert!((mine == SpawnClaim::Mine) != (theirs == SpawnClaim::Mine));
        assert_eq!(count(&world.completed), 1);
    });
}

/// A task that waits for `dep`, with an overflow record.
fn waiting(world: &World, cache: &Cache, dep: Handle) -> Handle {
    let arena = &world.arena;
    let slot = arena.begin_spawning(cache, 0, 1).unwrap();
    arena.reserve_nodes(cache, slot, 3).unwrap();
    world.effects[1].store(1, Relaxed);
    let complete = arena.attach(slot, &[dep], |_| unreachable!());
    assert_eq!(arena.finish_spawn(cache, slot, complete), (Countdown::Open, false));
    arena.record(slot).handle(slot)
}

#[test]
fn a_cancelled_task_runs_or_is_skipped_but_not_both() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let dep = world.task(&cache);
        let task = waiting(&world, &cache, dep);
        let runner = spawn(&world, move |w, cache| {
            let ready = w.run(cache, dep, None);
            start_all(w, cache, ready);
        });
        let _ = cancel(&world, &cache, task);
        runner.join().unwrap();
        assert_eq!(count(&world.completed), 1);
    });
}

#[test]
fn of_two_who_cancel_one_completes_the_task() {
    check(2, || {
        let world = World::new();
        let cache = Cache::default();
        let dep = world.task(&cache);
        let task = waiting(&world, &cache, dep);
        let other = spawn(&world, move |w, cache| {
            let _ = cancel(w, cache, task);
        });
        let runner = spawn(&world, move |w, cache| {
            let ready = w.run(cache, dep, None);
            start_all(w, cache, ready);
        });
        let _ = cancel(&world, &cache, task);
        other.join().unwrap();
        runner.join().unwrap();
        assert_eq!(count(&world.completed), 1);
    });
}

#[test]
fn a_cancelled_record_is_recycled_only_when_its_last_dependency_has_let_go() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let dep = world.task(&cache);
        let task = waiting(&world, &cache, dep);
        assert_eq!(cancel(&world, &cache, task), CancelClaim::Mine);
        let runner = spawn(&world, move |w, cache| {
            assert!(w.run(cache, dep, None).is_empty());
            w.forget(cache, task)
        });
        let mine = world.forget(&cache, task);
        if mine {
            // The next user of the slot has an overflow record too. Nobody else may free it.
            let next = world.arena.begin_spawning(&cache, 0, 1).unwrap();
            assert_eq!(next, task.slot());
            world.arena.reserve_nodes(&cache, next, 3).unwrap();
            let chain = world.arena.record(next).cold().overflow.load(Relaxed);
            let theirs = runner.join().unwrap();
            assert!(!theirs);
            assert_eq!(world.arena.record(next).cold().overflow.load(Relaxed), chain);
            assert_ne!(chain, 0);
        } else {
            let theirs = runner.join().unwrap();
            assert!(theirs || world.forget(&cache, task));
        }
        assert_eq!(count(&world.ended), 1);
    });
}

#[test]
fn who_cancels_a_continuation_has_what_the_body_did() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let (dep, task) = (world.task(&cache), world.task(&cache));
        // As `runtime/continuation::begin`, of a task that has run.
        let body = spawn(&world, move |w, cache| {
            w.effects[1].store(1, Relaxed);
            w.arena.rearm(task.slot(), 2);
            let complete = w.arena.attach(task.slot(), &[dep], |_| unreachable!());
            match w.arena.count_down(cache, task.slot(), complete + 1) {
                Countdown::Ready => start(w, cache, task),
                Countdown::Open => {}
                Countdown::Abandoned => unreachable!(),
            }
        });
        let claim = cancel(&world, &cache, task);
        let ready = world.run(&cache, dep, None);
        start_all(&world, &cache, ready);
        body.join().unwrap();
        assert_eq!(count(&world.completed), 1);
        assert!(claim != CancelClaim::Complete || world.effects[1].load(Relaxed) == 1);
    });
}

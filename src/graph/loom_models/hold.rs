//! Holds against the end of the body and against their release.

use super::super::edges::Look;
use super::super::hold::Release;
use super::{World, check, count, spawn};
use crate::graph::{Cache, Handle};
use loom::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::Ordering;

/// The task is complete; the slot is used again at once, by a task that is held too.
fn complete(world: &World, cache: &Cache, task: Handle) {
    assert!(world.sees_effects());
    world.completed.fetch_add(1, Ordering::Relaxed);
    assert_eq!(world.released(cache, world.arena.close(task.slot())).len(), 0);
    cache.give(&world.arena, task.slot());
    let next = world.task(cache);
    assert_eq!(next.slot(), task.slot());
    assert_eq!(world.arena.hold_count(next), 0);
    assert!(world.arena.hold(next));
    assert_eq!(world.arena.close_unheld(next.slot()), None);
    assert!(!world.arena.body_done(next.slot()));
    assert_eq!(world.arena.release(next), Release::Last);
}

/// The body returns, in the two ways of `runtime/completion.rs`.
fn body_ends(world: &World, cache: &Cache, task: Handle, special: bool) {
    world.effects[0].store(1, Relaxed);
    if special {
        if world.arena.seal(task.slot()) || world.arena.body_done(task.slot()) {
            complete(world, cache, task);
        }
        return;
    }
    match world.arena.close_unheld(task.slot()) {
        // Nobody holds it: its generation has ended.
        Some(_) => {
            world.completed.fetch_add(1, Ordering::Relaxed);
            cache.give(&world.arena, task.slot());
            let next = world.task(cache);
            assert_eq!((next.slot(), world.arena.hold_count(next)), (task.slot(), 0));
            // A latecomer's hold on the old one must not keep this one.
            assert!(world.arena.close_unheld(next.slot()).is_some());
        }
        None if world.arena.body_done(task.slot()) => complete(world, cache, task),
        None => {}
    }
}

fn release(world: &World, cache: &Cache, task: Handle) {
    assert_eq!(world.arena.look(task), Look::Live, "completed although it was held");
    match world.arena.release(task) {
        Release::Last => complete(world, cache, task),
        Release::Open => {}
        Release::NotHeld => panic!("it was held"),
    }
}

#[test]
fn the_end_of_the_body_and_the_last_release_complete_it_once() {
    for special in [false, true] {
        check(3, move || {
            let world = World::new();
            let task = world.task(&Cache::default());
            assert!(world.arena.hold(task));
            let body = spawn(&world, move |w, cache| body_ends(w, cache, task, special));
            world.effects[1].store(1, Relaxed);
            release(&world, &Cache::default(), task);
            body.join().unwrap();
            assert_eq!(count(&world.completed), 1);
        });
    }
}

#[test]
fn a_hold_that_comes_late_is_refused_or_keeps_the_task() {
    for special in [false, true] {
        check(3, move || {
            let world = World::new();
            let task = world.task(&Cache::default());
            let body = spawn(&world, move |w, cache| {
                w.effects[1].store(1, Relaxed);
                body_ends(w, cache, task, special);
            });
            let cache = Cache::default();
            if world.arena.hold(task) {
                release(&world, &cache, task);
            }
            body.join().unwrap();
            assert_eq!(count(&world.completed), 1);
        });
    }
}

#[test]
fn two_holders_and_the_body_complete_it_once() {
    check(2, || {
        let world = World::new();
        let task = world.task(&Cache::default());
        assert!(world.arena.hold(task));
        world.effects[1].store(1, Relaxed);
        let body = spawn(&world, move |w, cache| body_ends(w, cache, task, false));
        let late = spawn(&world, move |w, cache| {
            if w.arena.hold(task) {
                release(w, cache, task);
            }
        });
        release(&world, &Cache::default(), task);
        body.join().unwrap();
        late.join().unwrap();
        assert_eq!(count(&world.completed), 1);
    });
}

//! The countdown against edges that are added meanwhile, and slots that are used again.

use super::super::edges::Countdown;
use super::{World, check, spawn};
use crate::graph::{Cache, Handle, Slot};

/// Spawns a task that waits for `deps`; true if it is ready at once.
fn spawn_waiting(world: &World, cache: &Cache, deps: &[Handle]) -> (Slot, bool) {
    let arena = &world.arena;
    let slot = arena.begin_spawning(cache, 0, deps.len() as u32).unwrap();
    arena.reserve_nodes(cache, slot, deps.len()).unwrap();
    let complete = arena.attach(slot, deps, |_| unreachable!());
    let (countdown, cancelled) = arena.finish_spawn(cache, slot, complete);
    assert!(!cancelled);
    (slot, countdown == Countdown::Ready)
}

#[test]
fn a_task_is_released_once_and_has_what_its_dependencies_did() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let deps = [world.task(&cache), world.task(&cache)];
        let threads = [0, 1].map(|at| {
            spawn(&world, move |world, cache| {
                let ready = world.run(cache, deps[at], Some(at));
                assert!(ready.is_empty() || world.sees_effects());
                ready.len()
            })
        });
        let (_, at_once) = spawn_waiting(&world, &cache, &deps);
        assert!(!at_once || world.sees_effects());
        let released: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
        assert_eq!(released + usize::from(at_once), 1);
    });
}

#[test]
fn a_stale_edge_never_lands_on_the_next_task_in_the_slot() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let dep = world.task(&cache);
        let thread = spawn(&world, move |world, cache| {
            let mut ready = world.run(cache, dep, None).len();
            let next = world.task(cache);
            assert_eq!((next.slot(), next.generation()), (dep.slot(), dep.generation() + 2));
            // Whoever waits for the old task must not be found here.
            assert!(world.run(cache, next, None).is_empty());
            ready += world.arena.successors(world.arena.close(world.task(cache).slot())).count();
            ready
        });
        let (_, at_once) = spawn_waiting(&world, &cache, &[dep]);
        assert_eq!(thread.join().unwrap() + usize::from(at_once), 1);
    });
}

#[test]
fn two_successors_and_an_overflow_record_find_their_way_onto_one_list() {
    check(2, || {
        let world = World::new();
        let cache = Cache::default();
        let dep = world.task(&cache);
        let other = spawn(&world, move |world, cache| {
            // Three times the same one: the third node lies in an overflow record.
            usize::from(spawn_waiting(world, cache, &[dep, dep, dep]).1)
        });
        let runner = spawn(&world, move |world, cache| world.run(cache, dep, None).len());
        let (_, at_once) = spawn_waiting(&world, &cache, &[dep]);
        let released = other.join().unwrap() + runner.join().unwrap() + usize::from(at_once);
        assert_eq!(released, 2);
    });
}

#[test]
fn the_first_of_two_failures_stays_and_none_is_lost() {
    use crate::error::Status;
    use crate::graph::failure::Failure;
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let slot = world.arena.begin(&cache, 1, 0, 2).unwrap();
        let failure = |code| {
            let text = String::new();
            std::sync::Arc::new(Failure::new(
                Status::TaskFailed,
                code,
                Handle(0),
                text.clone(),
                text,
            ))
        };
        let failures = [failure(1), failure(2)];
        let threads = failures.clone().map(|failure| {
            spawn(&world, move |world, cache| {
                world.arena.record(slot).poison(&failure);
                let last = world.arena.count_down(cache, slot, 1) == Countdown::Ready;
                assert!(!last || world.arena.record(slot).is_poisoned());
                last
            })
        });
        let last = threads.into_iter().map(|t| t.join().unwrap());
        assert_eq!(last.filter(|&last| last).count(), 1);
        assert!(world.arena.record(slot).take_failure().is_some());
        assert!(failures.iter().all(|failure| std::sync::Arc::strong_count(failure) == 1));
    });
}

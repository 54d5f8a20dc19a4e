//! A look at a handle while its task completes and its slot is used again.

use super::super::edges::Look;
use super::super::record::kind;
use super::{World, check, spawn};
use crate::graph::{Cache, Slot};
use loom::sync::atomic::Ordering::Relaxed;

/// Looks twice while `reuse` does something with the slot of the completed task.
fn looks(reuse: fn(&World, &Cache, Slot)) {
    check(3, move || {
        let world = World::new();
        let cache = Cache::default();
        let task = world.task(&cache);
        let thread = spawn(&world, move |world, cache| {
            world.run(cache, task, Some(0));
            reuse(world, cache, task.slot());
        });
        let first = world.arena.look(task);
        let second = world.arena.look(task);
        for look in [first, second] {
            assert!(matches!(look, Look::Live | Look::Done), "{look:?}");
        }
        assert!(first != Look::Done || second == Look::Done);
        assert!(second != Look::Done || world.effects[0].load(Relaxed) == 1);
        thread.join().unwrap();
    });
}

#[test]
fn a_handle_stays_good_while_its_slot_becomes_a_wait() {
    looks(|world, cache, slot| {
        assert_eq!(world.arena.begin(cache, kind::HOST_WAIT, 0, 1).unwrap(), slot);
    });
}

#[test]
fn a_handle_stays_good_while_its_slot_becomes_an_overflow_record() {
    looks(|world, cache, slot| {
        // Of another cache, so that the next one from this cache is `slot`.
        let other = Cache::default();
        let owner = world.arena.begin(&other, kind::TASK, 0, 1).unwrap();
        world.arena.reserve_nodes(cache, owner, 3).unwrap();
        assert_eq!(world.arena.record(slot).kind.load(Relaxed), kind::NODES);
    });
}

#[test]
fn a_handle_stays_good_while_its_slot_becomes_another_task() {
    looks(|world, cache, slot| assert_eq!(world.task(cache).slot(), slot));
}

#[test]
fn a_failed_task_is_failed_or_done_but_not_live_again() {
    check(3, || {
        let world = World::new();
        let cache = Cache::default();
        let task = world.task(&cache);
        let thread = spawn(&world, move |world, cache| {
            world.effects[0].store(1, Relaxed);
            world.fail(cache, task);
            assert!(world.forget(cache, task));
            world.task(cache);
        });
        let order = |look| [Look::Live, Look::Failed, Look::Done].iter().position(|l| *l == look);
        let (first, second) = (world.arena.look(task), world.arena.look(task));
        assert!(order(first).unwrap() <= order(second).unwrap(), "{first:?} then {second:?}");
        assert!(second == Look::Live || world.effects[0].load(Relaxed) == 1);
        thread.join().unwrap();
    });
}

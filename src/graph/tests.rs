//! Tests of records and edges with one thread. Those with several are loom's (`loom_models`).

use super::edges::Countdown;
use super::hold::Release;
use super::record::kind;
use super::{Arena, Cache, Handle, Slot};

/// A task without dependencies, which nobody runs.
fn task(arena: &Arena, cache: &Cache) -> Handle {
    let slot = arena.begin(cache, kind::TASK, 0, 0).unwrap();
    arena.record(slot).handle(slot)
}

/// A task that waits for `deps`, all of them open.
fn waiting(arena: &Arena, cache: &Cache, deps: &[Handle]) -> Handle {
    let slot = arena.begin(cache, kind::TASK, 0, deps.len() as u32 + 1).unwrap();
    arena.reserve_nodes(cache, slot, deps.len()).unwrap();
    let handle = arena.record(slot).handle(slot);
    assert_eq!(arena.attach(slot, deps, |_| unreachable!()), 0);
    assert_eq!(arena.count_down(cache, slot, 1), Countdown::Open);
    handle
}

/// Completes a task and gives the successors that are ready.
fn complete(arena: &Arena, cache: &Cache, task: Handle) -> Vec<Slot> {
    let first = arena.close(task.slot());
    let ready = |slot: &Slot| arena.count_down(cache, *slot, 1) == Countdown::Ready;
    let next = arena.successors(first).filter(ready).collect();
    cache.give(arena, task.slot());
    next
}

#[test]
fn a_record_that_held_nodes_is_a_task_like_any_other() {
    let arena = Arena::new().unwrap();
    let cache = Cache::default();
    for n in [8, 9, 30, 31, 33, 60] {
        let deps: Vec<Handle> = (0..n).map(|_| task(&arena, &cache)).collect();
        // The second one's nodes point to the first one's, so that none of them is 0.
        let tasks = [waiting(&arena, &cache, &deps), waiting(&arena, &cache, &deps)];
        let ready: Vec<Slot> = deps.iter().flat_map(|&dep| complete(&arena, &cache, dep)).collect();
        assert_eq!(ready, [tasks[1].slot(), tasks[0].slot()]);
        for task in tasks {
            assert_eq!(complete(&arena, &cache, task), []);
        }
        // All slots again, also those that held nodes: each can be held, and gets ready once.
        let dep = task(&arena, &cache);
        let again: Vec<Handle> = (0..3 * n).map(|_| waiting(&arena, &cache, &[dep])).collect();
        for &task in &again {
            assert!(arena.hold(task));
            assert_eq!(arena.close_unheld(task.slot()), None);
            assert!(!arena.body_done(task.slot()));
            assert_eq!(arena.release(task), Release::Last);
        }
        assert_eq!(complete(&arena, &cache, dep).len(), again.len());
        again.iter().for_each(|&task| drop(complete(&arena, &cache, task)));
    }
}

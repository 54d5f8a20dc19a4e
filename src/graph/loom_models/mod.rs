//! The protocol of records under loom: every interleaving of a few threads, with stale reads where the
//! orderings allow them. ../README.md says what breaks each of them.
//!
//! The arena, its caches and every transition are the real ones. What the runtime adds (queues, parking,
//! failures) is played by a few lines here: [`World::released`] for "queued", [`World::forget`] for
//! `runtime/failures.rs`. What threads count is counted by the standard library's atomics, which order
//! nothing for loom.

mod cancel;
mod edges;
mod hold;
mod look;
mod wait;

use super::edges::{Countdown, Look};
use super::record::kind;
use super::{Arena, Cache, Handle, Slot};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::thread;
use std::sync::atomic::{AtomicU32 as Counter, Ordering};

/// Runs a model with at most `preemptions` of them, or as many as LOOM_MAX_PREEMPTIONS says.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(model);
}

/// What the threads of a model share.
struct World {
    arena: Arena,
    /// The effects of two tasks: 1 once it has run.
    effects: [AtomicU32; 2],
    /// Tasks completed, and records ended, that the model counts.
    completed: Counter,
    ended: Counter,
    /// The lock of `runtime/failures.rs`.
    failures: loom::sync::Mutex<()>,
}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            arena: Arena::new().unwrap(),
            effects: Default::default(),
            completed: Counter::new(0),
            ended: Counter::new(0),
            failures: loom::sync::Mutex::new(()),
        })
    }

    /// A task that waits for nothing.
    fn task(&self, cache: &Cache) -> Handle {
        let slot = self.arena.begin(cache, kind::TASK, 0, 0).unwrap();
        self.arena.record(slot).handle(slot)
    }

    /// Runs and completes a task that nobody holds. Gives the successors that are ready.
    fn run(&self, cache: &Cache, task: Handle, effect: Option<usize>) -> Vec<Slot> {
        if let Some(effect) = effect {
            self.effects[effect].store(1, Relaxed);
        }
        let first = self.arena.close_unheld(task.slot()).expect("nobody holds it");
        let ready = self.released(cache, first);
        cache.give(&self.arena, task.slot());
        ready
    }

    /// Counts the successors on a list down.
    fn released(&self, cache: &Cache, first: super::edges::NodeRef) -> Vec<Slot> {
        let mut ready = Vec::new();
        for successor in self.arena.successors(first) {
            match self.arena.count_down(cache, successor, 1) {
                Countdown::Open => {}
                Countdown::Ready => ready.push(successor),
                Countdown::Abandoned => self.end(cache, successor),
            }
        }
        ready
    }

    /// Completes a task as failed: the canceller's part.
    fn fail(&self, cache: &Cache, task: Handle) {
        self.completed.fetch_add(1, Ordering::Relaxed);
        let first = self.arena.close_failed(task.slot());
        assert!(self.released(cache, first).is_empty());
    }

    /// Recycles the record of a failed task, if that may be.
    fn forget(&self, cache: &Cache, task: Handle) -> bool {
        let _failures = self.failures.lock().unwrap();
        let may = self.arena.look(task) == Look::Failed && self.arena.is_settled(task.slot());
        if may {
            self.end(cache, task.slot());
        }
        may
    }

    fn end(&self, cache: &Cache, slot: Slot) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.arena.end(cache, slot);
    }

    /// Whoever owns what came of both tasks has their effects.
    fn sees_effects(&self) -> bool {
        self.effects.iter().all(|effect| effect.load(Relaxed) == 1)
    }
}

fn count(counter: &Counter) -> u32 {
    counter.load(Ordering::Relaxed)
}

/// A thread with a cache of its own.
fn spawn<R: 'static>(
    world: &Arc<World>,
    f: impl FnOnce(&World, &Cache) -> R + 'static,
) -> thread::JoinHandle<R> {
    let world = Arc::clone(world);
    thread::spawn(move || f(&world, &Cache::default()))
}

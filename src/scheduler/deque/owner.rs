//! The owner's end of a deque.

use super::ring::Ring;
use super::shared::{Range, Shared, ahead};
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{fence, hint, lock};
use std::cell::Cell;
use std::sync::Arc;

/// How often the owner looks for a moment at which no thief reads, before it takes a larger ring.
const PATIENCE: u32 = if cfg!(loom) { 1 } else { 16 };

/// The owner's end. One thread has it at a time.
#[derive(Debug)]
pub struct Owner {
    shared: Arc<Shared>,
    /// `bottom`, which only the owner writes.
    bottom: Cell<u32>,
    /// The ring in use, kept alive by `shared`.
    ring: Cell<*const Ring>,
    /// Entries before this index may be used again: a `top` that was reached with no thief reading.
    settled: Cell<u32>,
}

// SAFETY: the ring belongs to `shared`, which is shared by design; the cells are the owner's, which is
// one thread at a time.
unsafe impl Send for Owner {}

impl Owner {
    /// An empty deque.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Owner {
        Owner::starting_at(0)
    }

    /// An empty deque whose first task has the given index.
    pub(super) fn starting_at(first: u32) -> Owner {
        let shared = Shared::starting_at(first);
        let ring = shared.end.ring.load(Relaxed).cast_const();
        Owner {
            shared: Arc::new(shared),
            bottom: Cell::new(first),
            ring: Cell::new(ring),
            settled: Cell::new(first),
        }
    }

    /// What thieves see of it.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    #[inline(always)]
    fn ring(&self) -> &Ring {
        // SAFETY: the ring in use is freed with `shared`, or by `make_room` after another has taken its place.
        unsafe { &*self.ring.get() }
    }

    /// Adds the newest task, privately.
    #[inline(always)]
    pub fn push(&self, task: u32) {
        if !self.has_room() {
            self.make_room();
        }
        self.push_there(task);
    }

    /// As [`Owner::push`], if there is room.
    #[inline(always)]
    pub fn push_there(&self, task: u32) {
        debug_assert!(self.has_room());
        let bottom = self.bottom.get();
        self.ring().set(bottom, task);
        self.set_bottom(bottom.wrapping_add(1));
    }

    #[inline(always)]
    fn set_bottom(&self, bottom: u32) {
        self.bottom.set(bottom);
        // Release: partner is the Acquire in `force`: the entry, and the task's record.
        self.shared.end.bottom.store(bottom, Release);
    }

    /// Takes the newest task.
    #[inline(always)]
    pub fn pop(&self) -> Option<u32> {
        let last = self.bottom.get().wrapping_sub(1);
        self.set_bottom(last);
        fence::light(); // Partner: the heavy fence in `force`.
        if ahead(last, self.shared.end.floor.load(Relaxed)) >= 0 {
            return Some(self.ring().get(last));
        }
        self.pop_public(last)
    }

    /// No private task is left: takes half of the public ones back, the newest, and pops one of them.
    #[inline(never)]
    fn pop_public(&self, last: u32) -> Option<u32> {
        let public = &self.shared.public;
        let now = Range::of(public.range.load(Relaxed));
        if now.len() == 0 && ahead(last, now.split) < 0 {
            // Nothing private either: nobody can move the border.
            self.set_bottom(last.wrapping_add(1));
            return None;
        }
        let _border = lock(&public.border);
        let mut word = public.range.load(Relaxed);
        loop {
            let range = Range::of(word);
            if ahead(last, range.split) >= 0 {
                return Some(self.ring().get(last)); // A thief has moved less than it had announced.
            }
            if range.len() == 0 {
                self.set_bottom(last.wrapping_add(1));
                return None;
            }
            let split = range.top.wrapping_add(range.len() / 2);
            // Relaxed: what is taken back is what this thread has pushed.
            match public.range.compare_exchange_weak(
                word,
                Range { split, ..range }.word(),
                Relaxed,
                Relaxed,
            ) {
                Ok(_) => {
                    self.shared.end.floor.store(split, Relaxed);
                    return Some(self.ring().get(last));
                }
                Err(now) => word = now,
            }
        }
    }

    /// Whether a push needs no more than what is there.
    #[inline(always)]
    pub fn has_room(&self) -> bool {
        self.bottom.get().wrapping_sub(self.settled.get()) < self.ring().len()
    }

    /// Takes the newest task if it is `task`.
    #[inline(always)]
    pub fn pop_if(&self, task: u32) -> bool {
        // If the deque is empty, what lies there is stale; then `pop` finds nothing.
        let last = self.bottom.get().wrapping_sub(1);
        self.ring().get(last) == task && self.pop().is_some()
    }

    /// The newest task, if it is private.
    #[inline(always)]
    pub fn newest(&self) -> Option<u32> {
        let last = self.bottom.get().wrapping_sub(1);
        let is_private = ahead(last, self.shared.end.floor.load(Relaxed)) >= 0;
        is_private.then(|| self.ring().get(last))
    }

    /// How many tasks are private.
    #[inline(always)]
    pub fn private_len(&self) -> u32 {
        ahead(self.bottom.get(), self.shared.end.floor.load(Relaxed)).max(0) as u32
    }

    /// Makes every private task public. Does nothing while a thief is at it.
    pub fn publish(&self) {
        let Ok(_border) = self.shared.public.border.try_lock() else { return };
        let bottom = self.bottom.get();
        let moved = bottom.wrapping_sub(self.shared.end.floor.load(Relaxed));
        if moved > 0 {
            // Release: partner is the Acquire in `steal`: entries and records.
            self.shared.public.range.fetch_add(u64::from(moved) << 32, Release);
            self.shared.end.floor.store(bottom, Relaxed);
        }
    }

    /// The ring looks full: finds out how far its entries may be used again, or gets a larger one.
    #[cold]
    #[inline(never)]
    fn make_room(&self) {
        let public = &self.shared.public;
        for _ in 0..PATIENCE {
            // Acquire: partner is the Release in `steal`, whose reading of entries and rings is over.
            let copied = public.copied.load(Acquire);
            // Changes nothing, but has its place among the thefts. If those before it are as many as had been
            // copied, none of them reads any more: so it comes after the load above. Release: partner is the
            // Acquire in `steal`: those after it know of the ring in use.
            let top = Range::of(public.range.fetch_add(0, Release)).top;
            if copied == top {
                self.settled.set(top);
                self.shared.free_old_rings();
                break;
            }
            hint::spin_loop();
        }
        let (old, bottom) = (self.ring(), self.bottom.get());
        let used = bottom.wrapping_sub(self.settled.get());
        // A ring that stays nearly full would come here again soon.
        if used <= old.len() / 2 {
            return;
        }
        let ring = Ring::new(old.len() as usize * 2);
        for i in 0..used {
            let index = self.settled.get().wrapping_add(i);
            ring.set(index, old.get(index));
        }
        let mut rings = lock(&public.border);
        let address = std::ptr::from_ref(&*ring).cast_mut();
        rings.push(ring);
        self.ring.set(address);
        // Release: partner is the Acquire in `steal`.
        self.shared.end.ring.store(address, Release);
    }
}

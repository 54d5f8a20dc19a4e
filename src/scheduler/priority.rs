//! Ready tasks whose priority is not the default: they are few, so one lock per pool serves them.

use crate::graph::Slot;
use crate::sync::atomic::{AtomicI32, Ordering::Relaxed};
use crate::sync::{Mutex, lock};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A queue by priority; first in, first out among equals.
#[derive(Debug)]
pub struct PriorityQueue {
    /// Priority of the first task, [`EMPTY`] if there is none. A hint: it is read without the lock.
    best: AtomicI32,
    heap: Mutex<Heap>,
}

/// The hint of an empty queue; below every priority.
pub const EMPTY: i32 = i32::MIN;

#[derive(Debug, Default)]
struct Heap {
    entries: BinaryHeap<(i32, Reverse<u64>, u32)>,
    pushed: u64,
}

impl Default for PriorityQueue {
    fn default() -> Self {
        PriorityQueue { best: AtomicI32::new(EMPTY), heap: Mutex::default() }
    }
}

impl PriorityQueue {
    /// Priority of the first task, or [`EMPTY`].
    #[inline]
    pub fn best(&self) -> i32 {
        self.best.load(Relaxed)
    }

    /// Adds a task.
    pub fn push(&self, slot: Slot, priority: i32) {
        let mut heap = lock(&self.heap);
        let number = heap.pushed;
        heap.pushed += 1;
        heap.entries.push((priority, Reverse(number), slot.0));
        self.note(&heap);
    }

    /// Takes the first task, if its priority is above `floor`.
    pub fn pop_above(&self, floor: i32) -> Option<Slot> {
        if self.best() <= floor {
            return None;
        }
        let mut heap = lock(&self.heap);
        let (priority, ..) = *heap.entries.peek()?;
        if priority <= floor {
            return None;
        }
        let (_, _, slot) = heap.entries.pop()?;
        self.note(&heap);
        Some(Slot(slot))
    }

    fn note(&self, heap: &Heap) {
        self.best.store(heap.entries.peek().map_or(EMPTY, |entry| entry.0), Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn higher_first_then_in_order_and_never_at_or_below_the_floor() {
        let queue = PriorityQueue::default();
        for (slot, priority) in [(1, 5), (2, -3), (3, 9), (4, 5)] {
            queue.push(Slot(slot), priority);
        }
        assert_eq!(queue.best(), 9);
        let above_zero: Vec<_> = std::iter::from_fn(|| queue.pop_above(0)).collect();
        assert_eq!(above_zero, [Slot(3), Slot(1), Slot(4)]);
        assert_eq!(queue.pop_above(-3), None);
        assert_eq!(queue.pop_above(EMPTY), Some(Slot(2)));
        assert_eq!(queue.best(), EMPTY);
    }
}

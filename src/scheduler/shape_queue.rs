//! The tasks of one shape that wait at the gate: they all need the same, so only the first of them matters.

use super::shapes::Shape;
use crate::graph::Slot;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// Place in the order of all that wait: the greatest is the first. Priority, then arrival.
pub type Rank = (i16, Reverse<u64>);

/// A queue in the order of priority, then of arrival.
#[derive(Debug)]
pub struct ShapeQueue {
    /// What each of them needs.
    pub shape: Arc<Shape>,
    /// How often others were admitted before the first.
    pub passed_by: u32,
    /// Those of priority 0, which nearly all have.
    even: VecDeque<(u64, Slot)>,
    /// The others.
    ranked: BinaryHeap<(Rank, Slot)>,
}

impl ShapeQueue {
    /// An empty one.
    pub fn new(shape: Arc<Shape>) -> ShapeQueue {
        ShapeQueue { shape, passed_by: 0, even: VecDeque::new(), ranked: BinaryHeap::new() }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.even.is_empty() && self.ranked.is_empty()
    }

    /// The rank of the first.
    #[inline]
    pub fn head(&self) -> Option<Rank> {
        let even = self.even.front().map(|&(arrival, _)| (0, Reverse(arrival)));
        match self.ranked.peek() {
            None => even,
            Some(&(rank, _)) => even.max(Some(rank)),
        }
    }

    /// Adds a task, whose arrival is later than that of all before. True: it is the first now.
    #[inline]
    pub fn push(&mut self, slot: Slot, rank: Rank) -> bool {
        let is_first = self.head().is_none_or(|head| rank > head);
        match rank {
            (0, Reverse(arrival)) => self.even.push_back((arrival, slot)),
            _ => self.ranked.push((rank, slot)),
        }
        is_first
    }

    /// Takes the first; nobody has passed by the next.
    pub fn pop(&mut self) -> Option<Slot> {
        self.passed_by = 0;
        let even = self.even.front().map(|&(arrival, _)| (0, Reverse(arrival)));
        if self.ranked.peek().is_some_and(|&(rank, _)| Some(rank) > even) {
            return self.ranked.pop().map(|(_, slot)| slot);
        }
        self.even.pop_front().map(|(_, slot)| slot)
    }

    /// Whether a task waits here.
    pub fn contains(&self, slot: Slot) -> bool {
        self.tasks().any(|other| other == slot)
    }

    /// Takes a task out.
    pub fn remove(&mut self, slot: Slot) {
        self.even.retain(|entry| entry.1 != slot);
        self.ranked.retain(|entry| entry.1 != slot);
        if self.is_empty() {
            self.passed_by = 0;
        }
    }

    /// All, in no order.
    pub fn tasks(&self) -> impl Iterator<Item = Slot> + '_ {
        let even = self.even.iter().map(|entry| entry.1);
        even.chain(self.ranked.iter().map(|entry| entry.1))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::device::place::{Arch, Place};
    use crate::scheduler::shapes::{Capacity, Member, Shapes};

    fn queue() -> ShapeQueue {
        let shapes = Shapes::new(vec![Capacity { arch: Arch::Cpu, memory: 0 }]);
        let half = Member { place: Place { arch: None, index: None }, vcus: 0.5, memory: 0 };
        ShapeQueue::new(Arc::clone(shapes.get(shapes.number(&[vec![half]]).unwrap())))
    }

    #[test]
    fn higher_first_then_in_order_of_arrival_also_below_the_default() {
        let mut queue = queue();
        let firsts: Vec<bool> = [(1, 0), (2, -3), (3, 5), (4, 0), (5, 5), (6, -3)]
            .into_iter()
            .map(|(slot, priority)| queue.push(Slot(slot), (priority, Reverse(u64::from(slot)))))
            .collect();
        assert_eq!(firsts, [true, false, true, false, false, false]);
        assert_eq!(queue.head(), Some((5, Reverse(3))));
        queue.remove(Slot(5));
        assert!(!queue.contains(Slot(5)) && queue.contains(Slot(6)));
        let order: Vec<u32> = std::iter::from_fn(|| queue.pop()).map(|slot| slot.0).collect();
        assert_eq!(order, [3, 1, 4, 2, 6]);
        assert!(queue.is_empty() && queue.head().is_none());
    }
}

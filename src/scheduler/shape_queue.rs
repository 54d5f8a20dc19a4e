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
    pub fn push(&mut self, slot: Slot, (priority, Reverse(arrival)): Rank) -> bool {
        if priority == 0 {
            self.even.push_back((arrival, slot));
        } else {
            self.ranked.push(((priority, Reverse(arrival)), slot));
        }
        self.head() == Some((priority, Reverse(arrival)))
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

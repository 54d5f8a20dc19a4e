//! The workloads as graphs whose dependencies are counted by hand: each task has a countdown, and who takes the last count
//! makes it ready. The shape of a graph is compiled in, so no edge is stored, and nothing is spawned as it goes: the first
//! tasks are ready, and the others follow.

use std::iter::repeat_with;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::AcqRel};

use crate::workloads::{Chain, Flat, Nested, Stencil, Wavefront, Workload};

/// A task's place in its graph: row and column, in most.
pub type Task = (u32, u32);

pub trait Graph: Sync {
    fn tasks(&self) -> usize;

    /// The tasks without predecessors.
    fn sources(&self) -> impl Iterator<Item = Task>;

    /// Runs a task, and names those that become ready by it.
    fn run(&self, task: Task, ready: impl FnMut(Task));
}

/// A workload with a countdown for each task.
pub struct Counted<'a, W> {
    work: &'a W,
    counts: Vec<AtomicU8>,
}

impl<'a, W: Workload> Counted<'a, W> {
    fn new(work: &'a W, predecessors: impl Fn(usize) -> usize) -> Self {
        let mut i = 0..work.tasks();
        let count = || AtomicU8::new(predecessors(i.next().expect("one for each task")) as u8);
        Self { work, counts: repeat_with(count).take(work.tasks()).collect() }
    }

    fn is_last(&self, i: usize) -> bool {
        self.counts[i].fetch_sub(1, AcqRel) == 1
    }
}

impl<'a> From<&'a Chain> for Counted<'a, Chain> {
    fn from(work: &'a Chain) -> Self {
        Self::new(work, |_| 1)
    }
}

impl Graph for Counted<'_, Chain> {
    fn tasks(&self) -> usize {
        self.work.tasks()
    }
    fn sources(&self) -> impl Iterator<Item = Task> {
        std::iter::once((0, 0))
    }
    #[inline]
    fn run(&self, (_, i): Task, mut ready: impl FnMut(Task)) {
        self.work.body(i as usize);
        let next = i + 1;
        if (next as usize) < self.work.n && self.is_last(next as usize) {
            ready((0, next));
        }
    }
}

fn neighbours(column: usize, width: usize) -> Range<usize> {
    column.saturating_sub(1)..(column + 2).min(width)
}

impl<'a> From<&'a Stencil> for Counted<'a, Stencil> {
    fn from(work: &'a Stencil) -> Self {
        Self::new(work, |i| neighbours(i % work.width, work.width).len())
    }
}

impl Graph for Counted<'_, Stencil> {
    fn tasks(&self) -> usize {
        self.work.tasks()
    }
    fn sources(&self) -> impl Iterator<Item = Task> {
        (0..self.work.width as u32).map(|column| (0, column))
    }
    #[inline]
    fn run(&self, (step, column): Task, mut ready: impl FnMut(Task)) {
        let (step, column) = (step as usize, column as usize);
        self.work.body(step, column);
        let next = step + 1;
        if next == self.work.steps {
            return;
        }
        for column in neighbours(column, self.work.width) {
            if self.is_last(next * self.work.width + column) {
                ready((next as u32, column as u32));
            }
        }
    }
}

impl<'a> From<&'a Wavefront> for Counted<'a, Wavefront> {
    fn from(work: &'a Wavefront) -> Self {
        let width = work.width;
        Self::new(work, |i| usize::from(i >= width) + usize::from(i % width > 0))
    }
}

impl Graph for Counted<'_, Wavefront> {
    fn tasks(&self) -> usize {
        self.work.tasks()
    }
    fn sources(&self) -> impl Iterator<Item = Task> {
        std::iter::once((0, 0))
    }
    #[inline]
    fn run(&self, (row, column): Task, mut ready: impl FnMut(Task)) {
        let width = self.work.width;
        self.work.body(row as usize, column as usize);
        for (row, column) in [(row + 1, column), (row, column + 1)] {
            let (i, j) = (row as usize, column as usize);
            if i < width && j < width && self.is_last(i * width + j) {
                ready((row, column));
            }
        }
    }
}

/// All tasks are sources.
impl Graph for Flat {
    fn tasks(&self) -> usize {
        Workload::tasks(self)
    }
    fn sources(&self) -> impl Iterator<Item = Task> {
        (0..Graph::tasks(self) as u32).map(|i| (0, i))
    }
    #[inline]
    fn run(&self, _: Task, _: impl FnMut(Task)) {
        self.body();
    }
}

/// The row is the number of levels from the task on.
impl Graph for Nested {
    fn tasks(&self) -> usize {
        Workload::tasks(self)
    }
    fn sources(&self) -> impl Iterator<Item = Task> {
        std::iter::once((self.depth, 0))
    }
    #[inline]
    fn run(&self, (depth, _): Task, mut ready: impl FnMut(Task)) {
        self.body();
        if depth > 1 {
            ready((depth - 1, 0));
            ready((depth - 1, 0));
        }
    }
}

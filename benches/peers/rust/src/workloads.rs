//! The workloads, without any runtime: see `common/workloads.hpp`, which these follow.

use std::iter::repeat_with;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use crate::program::Options;
use crate::tally;

/// What a program does around a run that is timed.
pub trait Workload {
    fn new(options: &Options) -> Self;
    fn tasks(&self) -> usize;
    fn reset(&mut self);
    fn check(&self) -> bool;
}

fn cells(n: usize) -> Vec<AtomicU32> {
    repeat_with(AtomicU32::default).take(n).collect()
}

/// What bodies have found wrong.
#[derive(Default)]
struct Faults(AtomicU64);

impl Faults {
    #[inline]
    fn expect(&self, holds: bool) {
        if !holds {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn clear(&mut self) {
        *self.0.get_mut() = 0;
    }

    fn none(&self) -> bool {
        self.0.load(Relaxed) == 0
    }
}

/// Tasks that have nothing to do with each other.
pub struct Flat {
    n: usize,
    before: u64,
}

impl Flat {
    pub fn body(&self) {
        tally::add_one();
    }
}

impl Workload for Flat {
    fn new(options: &Options) -> Self {
        Self { n: options.tasks.unwrap_or(1_000_000), before: 0 }
    }
    fn tasks(&self) -> usize {
        self.n
    }
    fn reset(&mut self) {
        self.before = tally::total();
    }
    fn check(&self) -> bool {
        tally::total() - self.before == self.n as u64
    }
}

/// A binary tree: each task spawns two, down to the leaves, and waits for neither.
pub struct Nested {
    pub depth: u32,
    before: u64,
}

impl Nested {
    pub fn body(&self) {
        tally::add_one();
    }
}

impl Workload for Nested {
    fn new(options: &Options) -> Self {
        Self { depth: options.depth.unwrap_or(20), before: 0 }
    }
    fn tasks(&self) -> usize {
        (1 << self.depth) - 1
    }
    fn reset(&mut self) {
        self.before = tally::total();
    }
    fn check(&self) -> bool {
        tally::total() - self.before == self.tasks() as u64
    }
}

/// fib(n) by two tasks for the smaller ones, whom the task waits for; nothing is cut off.
pub struct Fib {
    pub number: u32,
    pub result: u64,
}

impl Fib {
    fn calls(n: u32) -> usize {
        if n < 2 { 1 } else { 1 + Self::calls(n - 1) + Self::calls(n - 2) }
    }

    fn expected(n: u32) -> u64 {
        if n < 2 { n.into() } else { Self::expected(n - 1) + Self::expected(n - 2) }
    }
}

impl Workload for Fib {
    fn new(options: &Options) -> Self {
        Self { number: options.number.unwrap_or(27), result: 0 }
    }
    fn tasks(&self) -> usize {
        Self::calls(self.number)
    }
    fn reset(&mut self) {
        self.result = 0;
    }
    fn check(&self) -> bool {
        self.result == Self::expected(self.number)
    }
}

/// Each task comes after the one before.
pub struct Chain {
    pub n: usize,
    last: AtomicU32,
    faults: Faults,
}

impl Chain {
    /// Link `i`, from 0.
    #[inline]
    pub fn body(&self, i: usize) {
        self.faults.expect(self.last.load(Relaxed) == i as u32);
        self.last.store(i as u32 + 1, Relaxed);
    }
}

impl Workload for Chain {
    fn new(options: &Options) -> Self {
        Self {
            n: options.tasks.unwrap_or(200_000),
            last: AtomicU32::new(0),
            faults: Faults::default(),
        }
    }
    fn tasks(&self) -> usize {
        self.n
    }
    fn reset(&mut self) {
        *self.last.get_mut() = 0;
        self.faults.clear();
    }
    fn check(&self) -> bool {
        self.last.load(Relaxed) == self.n as u32 && self.faults.none()
    }
}

/// Each place goes from step to step, after its left neighbour, itself and its right neighbour have done the step before.
pub struct Stencil {
    pub width: usize,
    pub steps: usize,
    step_of: Vec<AtomicU32>,
    faults: Faults,
}

impl Stencil {
    /// A neighbour may be one step ahead, as it depends on this place in turn.
    #[inline]
    fn expect_neighbour(&self, column: usize, before: u32) {
        let step = self.step_of[column].load(Relaxed);
        self.faults.expect(step == before || step == before + 1);
    }

    /// Step `step`, from 0, of place `column`.
    #[inline]
    pub fn body(&self, step: usize, column: usize) {
        let before = step as u32;
        self.faults.expect(self.step_of[column].load(Relaxed) == before);
        if column > 0 {
            self.expect_neighbour(column - 1, before);
        }
        if column + 1 < self.width {
            self.expect_neighbour(column + 1, before);
        }
        self.step_of[column].store(before + 1, Relaxed);
    }
}

impl Workload for Stencil {
    fn new(options: &Options) -> Self {
        let width = options.width.unwrap_or(64);
        let steps = options.steps.unwrap_or(2_000);
        Self { width, steps, step_of: cells(width), faults: Faults::default() }
    }
    fn tasks(&self) -> usize {
        self.width * self.steps
    }
    fn reset(&mut self) {
        self.step_of.fill_with(AtomicU32::default);
        self.faults.clear();
    }
    fn check(&self) -> bool {
        let done = self.step_of.iter().all(|step| step.load(Relaxed) == self.steps as u32);
        done && self.faults.none()
    }
}

/// A square in which each task comes after its left and its upper neighbour.
pub struct Wavefront {
    pub width: usize,
    done: Vec<AtomicU32>,
    faults: Faults,
}

impl Wavefront {
    fn is_done(&self, row: usize, column: usize) -> bool {
        self.done[row * self.width + column].load(Relaxed) == 1
    }

    /// Row and column count from 0.
    #[inline]
    pub fn body(&self, row: usize, column: usize) {
        self.faults.expect(row == 0 || self.is_done(row - 1, column));
        self.faults.expect(column == 0 || self.is_done(row, column - 1));
        self.faults.expect(!self.is_done(row, column));
        self.done[row * self.width + column].store(1, Relaxed);
    }
}

impl Workload for Wavefront {
    fn new(options: &Options) -> Self {
        let width = options.width.unwrap_or(512);
        Self { width, done: cells(width * width), faults: Faults::default() }
    }
    fn tasks(&self) -> usize {
        self.width * self.width
    }
    fn reset(&mut self) {
        self.done.fill_with(AtomicU32::default);
        self.faults.clear();
    }
    fn check(&self) -> bool {
        self.done.iter().all(|done| done.load(Relaxed) == 1) && self.faults.none()
    }
}

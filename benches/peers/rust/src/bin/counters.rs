//! Dependencies counted by hand, on rayon: no runtime for dependencies, but what one would write without it, and a bound for
//! those that have one. Each task has a countdown; who takes the last count spawns it. The shape of the graph is known, so no
//! edge is stored. The host spawns the tasks without predecessors, and the others follow: nothing is spawned as it goes.

use std::iter::repeat_with;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering::AcqRel};

use rayon::{Scope, ThreadPool};
use rust_peers::program::Program;
use rust_peers::workloads::{Chain, Stencil, Wavefront};

type Counts = Vec<AtomicU8>;

fn counts(n: usize, count: impl Fn(usize) -> u8) -> Counts {
    let mut i = 0..n;
    repeat_with(|| AtomicU8::new(count(i.next().expect("n of them")))).take(n).collect()
}

fn is_last(count: &AtomicU8) -> bool {
    count.fetch_sub(1, AcqRel) == 1
}

fn chain_link<'a>(work: &'a Chain, counts: &'a Counts, i: usize, scope: &Scope<'a>) {
    work.body(i);
    let next = i + 1;
    if next < work.n && is_last(&counts[next]) {
        scope.spawn(move |scope| chain_link(work, counts, next, scope));
    }
}

fn chain(pool: &ThreadPool, work: &mut Chain) -> Counts {
    let counts = counts(work.n, |_| 1);
    let work = &*work;
    pool.in_place_scope(|scope| scope.spawn(|scope| chain_link(work, &counts, 0, scope)));
    counts
}

fn neighbours(work: &Stencil, column: usize) -> std::ops::Range<usize> {
    column.saturating_sub(1)..(column + 2).min(work.width)
}

fn stencil_task<'a>(
    work: &'a Stencil,
    counts: &'a Counts,
    step: usize,
    column: usize,
    scope: &Scope<'a>,
) {
    work.body(step, column);
    let next = step + 1;
    if next == work.steps {
        return;
    }
    for column in neighbours(work, column) {
        if is_last(&counts[next * work.width + column]) {
            scope.spawn(move |scope| stencil_task(work, counts, next, column, scope));
        }
    }
}

fn stencil(pool: &ThreadPool, work: &mut Stencil) -> Counts {
    let counts = counts(work.width * work.steps, |i| neighbours(work, i % work.width).len() as u8);
    let (work, shared) = (&*work, &counts);
    pool.in_place_scope(|scope| {
        for column in 0..work.width {
            scope.spawn(move |scope| stencil_task(work, shared, 0, column, scope));
        }
    });
    counts
}

fn wavefront_task<'a>(
    work: &'a Wavefront,
    counts: &'a Counts,
    row: usize,
    column: usize,
    scope: &Scope<'a>,
) {
    work.body(row, column);
    for (row, column) in [(row + 1, column), (row, column + 1)] {
        let exists = row < work.width && column < work.width;
        if exists && is_last(&counts[row * work.width + column]) {
            scope.spawn(move |scope| wavefront_task(work, counts, row, column, scope));
        }
    }
}

fn wavefront(pool: &ThreadPool, work: &mut Wavefront) -> Counts {
    let width = work.width;
    let counts = counts(width * width, |i| u8::from(i >= width) + u8::from(i % width > 0));
    let work = &*work;
    pool.in_place_scope(|scope| scope.spawn(|scope| wavefront_task(work, &counts, 0, 0, scope)));
    counts
}

fn main() -> ExitCode {
    Program::new("counters")
        .offer("chain", chain)
        .offer("stencil", stencil)
        .offer("wavefront", wavefront)
        .run()
}

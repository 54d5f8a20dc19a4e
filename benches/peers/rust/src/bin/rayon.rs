//! rayon. Idioms: `in_place_scope` and `spawn` for tasks of the host, `scope` within the pool for tasks of a task, `join` where
//! a task spawns two and waits for them. It knows no dependencies: see the program `counters`.

use std::process::ExitCode;

use rayon::{Scope, ThreadPool};
use rust_peers::program::Program;
use rust_peers::workloads::{Fib, Flat, Nested, Workload};

fn spawn_flat<'a>(work: &'a Flat, scope: &Scope<'a>) {
    for _ in 0..work.tasks() {
        scope.spawn(|_| work.body());
    }
}

fn flat(pool: &ThreadPool, work: &mut Flat) {
    pool.in_place_scope(|scope| spawn_flat(work, scope));
}

fn flat_worker(pool: &ThreadPool, work: &mut Flat) {
    pool.scope(|scope| spawn_flat(work, scope));
}

fn nested_body<'a>(work: &'a Nested, depth: u32, scope: &Scope<'a>) {
    work.body();
    if depth > 1 {
        scope.spawn(move |scope| nested_body(work, depth - 1, scope));
        scope.spawn(move |scope| nested_body(work, depth - 1, scope));
    }
}

fn nested(pool: &ThreadPool, work: &mut Nested) {
    let work = &*work;
    pool.in_place_scope(|scope| scope.spawn(|scope| nested_body(work, work.depth, scope)));
}

/// Both smaller numbers are tasks.
fn fib_body(n: u32) -> u64 {
    if n < 2 {
        return n.into();
    }
    let (mut a, mut b) = (0, 0);
    rayon::scope(|scope| {
        scope.spawn(|_| a = fib_body(n - 1));
        scope.spawn(|_| b = fib_body(n - 2));
    });
    a + b
}

/// One is a task that can be stolen, the other is called; unless it is stolen, the task is called too.
fn fib_join_body(n: u32) -> u64 {
    if n < 2 {
        return n.into();
    }
    let (a, b) = rayon::join(|| fib_join_body(n - 1), || fib_join_body(n - 2));
    a + b
}

fn fib(body: fn(u32) -> u64) -> impl Fn(&ThreadPool, &mut Fib) {
    move |pool, work| work.result = pool.install(|| body(work.number))
}

fn main() -> ExitCode {
    Program::new("rayon")
        .offer("flat", flat)
        .offer("fib", fib(fib_body))
        .offer("fib-join", fib(fib_join_body))
        .offer("flat-worker", flat_worker)
        .offer("nested", nested)
        .run()
}

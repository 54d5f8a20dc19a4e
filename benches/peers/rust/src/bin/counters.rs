//! Dependencies counted by hand, on rayon: what one would write without a runtime for dependencies, and a bound for those that
//! have one.

use std::process::ExitCode;

use rayon::{Scope, ThreadPool};
use rust_peers::graphs::{Counted, Graph, Task};
use rust_peers::program::Program;
use rust_peers::workloads::{Chain, Stencil, Wavefront};

fn spawn<'a>(graph: &'a impl Graph, task: Task, scope: &Scope<'a>) {
    scope.spawn(move |scope| graph.run(task, |ready| spawn(graph, ready, scope)));
}

fn counted<'a, W>(pool: &ThreadPool, work: &'a W)
where
    Counted<'a, W>: Graph + From<&'a W>,
{
    let graph = Counted::from(work);
    pool.in_place_scope(|scope| graph.sources().for_each(|task| spawn(&graph, task, scope)));
}

fn main() -> ExitCode {
    Program::new("counters")
        .offer("chain", |pool, work: &mut Chain| counted(pool, work))
        .offer("stencil", |pool, work: &mut Stencil| counted(pool, work))
        .offer("wavefront", |pool, work: &mut Wavefront| counted(pool, work))
        .run()
}

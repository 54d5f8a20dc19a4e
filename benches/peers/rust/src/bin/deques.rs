//! Nothing but crossbeam-deque, and dependencies counted by hand. A task is a pair of numbers, what it does is compiled in, an
//! idle worker spins: no allocation, no closure, no sleep. It is no runtime, but the bound for what queues and a body cost.

use std::iter::repeat_with;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::yield_now;

use crossbeam_deque::{Injector, Steal, Stealer, Worker};
use rayon::ThreadPool;
use rust_peers::graphs::{Counted, Graph, Task};
use rust_peers::program::Program;
use rust_peers::workloads::{Chain, Flat, Nested, Stencil, Wavefront};

/// What the workers of one run share.
struct Shared {
    from_host: Injector<Task>,
    stealers: Vec<Stealer<Task>>,
    /// Tasks that are not known to have run.
    left: AtomicUsize,
}

impl Shared {
    fn find(&self, own: &Worker<Task>) -> Option<Task> {
        own.pop().or_else(|| {
            let others = || self.stealers.iter().map(Stealer::steal).collect::<Steal<Task>>();
            let tries = || self.from_host.steal_batch_and_pop(own).or_else(others);
            repeat_with(tries).find(|steal| !steal.is_retry()).and_then(Steal::success)
        })
    }

    fn work(&self, own: &Worker<Task>, graph: &impl Graph) {
        let mut done = 0;
        while self.left.load(Relaxed) > 0 {
            while let Some(task) = self.find(own) {
                graph.run(task, |ready| own.push(ready));
                done += 1;
            }
            // Told only where there is nothing else to do: it is a line that all workers write.
            self.left.fetch_sub(std::mem::take(&mut done), Relaxed);
            yield_now();
        }
    }
}

/// rayon lends the threads.
fn run(pool: &ThreadPool, graph: &impl Graph) {
    let own: Vec<_> = repeat_with(Worker::new_lifo).take(pool.current_num_threads()).collect();
    let shared = Shared {
        from_host: Injector::new(),
        stealers: own.iter().map(Worker::stealer).collect(),
        left: AtomicUsize::new(graph.tasks()),
    };
    let own: Vec<_> = own.into_iter().map(Mutex::new).collect();
    pool.in_place_scope(|scope| {
        scope.spawn_broadcast(|_, thread| {
            let own = own[thread.index()].lock().expect("each thread takes its own");
            shared.work(&own, graph);
        });
        graph.sources().for_each(|task| shared.from_host.push(task));
    });
}

fn counted<'a, W>(pool: &ThreadPool, work: &'a W)
where
    Counted<'a, W>: Graph + From<&'a W>,
{
    run(pool, &Counted::from(work));
}

fn main() -> ExitCode {
    Program::new("deques")
        .offer("flat", |pool, work: &mut Flat| run(pool, work))
        .offer("chain", |pool, work: &mut Chain| counted(pool, work))
        .offer("stencil", |pool, work: &mut Stencil| counted(pool, work))
        .offer("wavefront", |pool, work: &mut Wavefront| counted(pool, work))
        .offer("nested", |pool, work: &mut Nested| run(pool, work))
        .run()
}

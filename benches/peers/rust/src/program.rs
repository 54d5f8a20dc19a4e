//! The frame of a program: it offers workloads, and runs the one that the command line names on a pool of rayon.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;

use crate::workloads::Workload;

/// The command line that all programs share. Sizes that are not given are the workload's own.
#[derive(Parser)]
pub struct Options {
    /// What to run; --list names what there is
    #[arg(default_value = "")]
    pub workload: String,
    /// Threads that run tasks
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub workers: u16,
    /// Timed runs, after one that is not timed
    #[arg(long, default_value_t = 3)]
    pub repeats: u32,
    /// flat, chain: how many
    #[arg(long)]
    pub tasks: Option<usize>,
    /// stencil, wavefront: places side by side
    #[arg(long)]
    pub width: Option<usize>,
    /// stencil: steps of each place
    #[arg(long)]
    pub steps: Option<usize>,
    /// fib: whose Fibonacci number
    #[arg(long)]
    pub number: Option<u32>,
    /// nested: levels of the tree
    #[arg(long)]
    pub depth: Option<u32>,
    /// Name the workloads, and end
    #[arg(long)]
    list: bool,
}

/// One measured value: one line of JSON on stdout.
#[derive(Serialize)]
struct Sample<'a> {
    peer: &'a str,
    workload: &'a str,
    workers: u16,
    metric: &'a str,
    value: f64,
    tasks: usize,
}

type Measure = Box<dyn Fn(&Options, &ThreadPool) -> bool>;

pub struct Program {
    peer: &'static str,
    offers: Vec<(&'static str, Measure)>,
}

impl Program {
    pub fn new(peer: &'static str) -> Self {
        Self { peer, offers: Vec::new() }
    }

    /// `spawn_and_wait` spawns the tasks of the workload and returns when they are complete. What it returns is freed after
    /// the clock has stopped.
    pub fn offer<W: Workload, Left>(
        mut self,
        workload: &'static str,
        spawn_and_wait: impl Fn(&ThreadPool, &mut W) -> Left + 'static,
    ) -> Self {
        let peer = self.peer;
        let measure = move |options: &Options, pool: &ThreadPool| {
            let mut work = W::new(options);
            for run in 0..=options.repeats {
                work.reset();
                let begin = Instant::now();
                let left = spawn_and_wait(pool, &mut work);
                let elapsed = begin.elapsed();
                drop(left);
                if !work.check() {
                    return false;
                }
                let is_warm_up = run == 0;
                if !is_warm_up {
                    let tasks = work.tasks();
                    let value = elapsed.as_secs_f64() * 1e9 / tasks as f64;
                    let workers = options.workers;
                    let sample =
                        Sample { peer, workload, workers, metric: "ns_per_task", value, tasks };
                    println!("{}", serde_json::to_string(&sample).expect("plain fields"));
                }
            }
            true
        };
        self.offers.push((workload, Box::new(measure)));
        self
    }

    pub fn run(self) -> ExitCode {
        let options = Options::parse();
        if options.list {
            self.offers.iter().for_each(|(workload, _)| println!("{workload}"));
            return ExitCode::SUCCESS;
        }
        let Some((_, measure)) = self.offers.iter().find(|(name, _)| *name == options.workload)
        else {
            eprintln!("{}: no workload '{}' (--list names them)", self.peer, options.workload);
            return ExitCode::FAILURE;
        };
        if measure(&options, &pool(options.workers.into())) {
            return ExitCode::SUCCESS;
        }
        eprintln!("{}: {}: the result is wrong", self.peer, options.workload);
        ExitCode::FAILURE
    }
}

/// Each thread on a core of its own, as far as there are cores.
fn pool(workers: usize) -> ThreadPool {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let pin = move |i: usize| {
        if workers <= cores.len() {
            core_affinity::set_for_current(cores[i]);
        }
    };
    ThreadPoolBuilder::new()
        .num_threads(workers)
        .start_handler(pin)
        .build()
        .expect("threads can be started")
}

//! Random programs of thousands of tasks that use everything at once, judged by an oracle.
//!
//! Each seed is one program and one start of the runtime; seeds run in child processes, so that a crash or
//! a hang is told, with the seed and the smallest program found that fails as well. The environment:
//!
//! * `PARLA_SEEDS`: how many seeds; `PARLA_FIRST_SEED`: the first.
//! * `PARLA_TASKS`: tasks of each program; else most have fewer than 10,000.
//! * `PARLA_FEATURES`: a number, from a message of this test.
//! * `PARLA_REPEAT`: how often each seed runs.

mod random;
mod support;

use random::generate::generate;
use random::plan::{Plan, feature};
use random::run::Run;
use random::shrink::{Recipe, shrink};
use random::{drive, plan::HostStep};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};
use support::{api, child};

/// Tasks of a program at full size.
const FULL: u32 = 10_000;
/// Seconds a program may take before it counts as hanging, on a machine that does other things too.
const HANG: u64 = 30;
/// Seeds per child.
const BATCH: u64 = 10;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn recipe(seed: u64) -> Recipe {
    let full = if seed.is_multiple_of(20) { FULL } else { 300 + (seed * 37 % 1700) as u32 };
    Recipe {
        seed,
        tasks: number("PARLA_TASKS").map_or(full, |n| n as u32),
        features: number("PARLA_FEATURES").map_or(feature::ALL, |n| n as u32),
    }
}

#[test]
fn random_programs_keep_every_promise() {
    if let Some(case) = child::case() {
        return run_case(&case);
    }
    let first = number("PARLA_FIRST_SEED").unwrap_or(0);
    let seeds = number("PARLA_SEEDS").unwrap_or(if cfg!(debug_assertions) { 40 } else { 60 });
    let began = Instant::now();
    let mut tasks = 0u64;
    for from in (first..first + seeds).step_by(BATCH as usize) {
        let to = (from + BATCH).min(first + seeds);
        let batch: Vec<Recipe> = (from..to).map(recipe).collect();
        tasks += batch.iter().map(|r| u64::from(r.tasks)).sum::<u64>();
        let Err((failed, output)) = run_batch(&batch) else { continue };
        let smallest = shrink_it(failed);
        panic!(
            "seed {} failed:\n{output}\n\nsmallest: PARLA_SEEDS=1 PARLA_FIRST_SEED={} PARLA_TASKS={} \
             PARLA_FEATURES={} ({})\n{}",
            failed.seed,
            smallest.seed,
            smallest.tasks,
            smallest.features,
            Plan::feature_names(smallest.features),
            describe(&generate(smallest.seed, smallest.tasks, smallest.features)),
        );
    }
    println!("{seeds} programs, {tasks} tasks, {:.1} s", began.elapsed().as_secs_f64());
}

/// Runs recipes in one child; the one that failed, and what the child said.
fn run_batch(batch: &[Recipe]) -> Result<(), (Recipe, String)> {
    let case: Vec<String> =
        batch.iter().map(|r| format!("{} {} {}", r.seed, r.tasks, r.features)).collect();
    let limit = Duration::from_secs((HANG + 10) * batch.len() as u64);
    let name = "random_programs_keep_every_promise";
    let ended = child::run(name, &case.join(";"), &[], limit);
    if ended.ok {
        return Ok(());
    }
    // The last one announced is the one that failed.
    let last = ended.output.lines().filter_map(|line| line.strip_prefix("recipe ")).next_back();
    let at = last.and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0);
    Err((batch[at], ended.output))
}

fn shrink_it(failed: Recipe) -> Recipe {
    const PATIENCE: Duration = Duration::from_secs(120);
    const TRIES: usize = 4;
    let began = Instant::now();
    shrink(failed, |recipe| {
        (0..TRIES).any(|_| began.elapsed() < PATIENCE && run_batch(&[recipe]).is_err())
    })
}

/// In the child.
fn run_case(case: &str) {
    let repeat = number("PARLA_REPEAT").unwrap_or(1);
    for (at, text) in case.split(';').enumerate() {
        println!("recipe {at}");
        let numbers: Vec<u64> = text.split(' ').map(|n| n.parse().expect("a number")).collect();
        for _ in 0..repeat {
            let plan = generate(numbers[0], numbers[1] as u32, numbers[2] as u32);
            let (workers, nodes, mode) = (plan.workers, plan.nodes, plan.thread_mode);
            let began = Instant::now();
            let violations = drive::execute(plan, watch);
            WATCHED.fetch_add(1, SeqCst);
            println!(
                "seed {} {} tasks, {workers} workers, {nodes} nodes, thread mode {mode}: {:?}",
                numbers[0],
                numbers[1],
                began.elapsed()
            );
            if !violations.is_empty() {
                println!("{}", violations.join("\n"));
                std::process::exit(101);
            }
        }
    }
}

/// Counts programs that have ended.
static WATCHED: AtomicU64 = AtomicU64::new(0);

/// Ends the process if the program does not end, and says what is left.
fn watch(run: &Run) {
    let address = std::ptr::from_ref(run) as usize;
    let number = WATCHED.load(SeqCst);
    std::thread::spawn(move || {
        let began = Instant::now();
        while began.elapsed().as_secs() < HANG {
            std::thread::park_timeout(Duration::from_millis(500));
            if WATCHED.load(SeqCst) != number {
                return;
            }
        }
        // SAFETY: the program has not ended, so the run is alive, unless it ends just now; the process
        // ends then, too.
        let run = unsafe { &*(address as *const Run) };
        println!("HANGS after {HANG} s; tasks that are not complete:");
        let left = |id: &usize| {
            let handle = run.cells[*id].handle.load(SeqCst);
            handle != 0 && api::state(handle) < api::PARLA_STATE_DONE
        };
        for id in (0..run.cells.len()).filter(left).take(30) {
            let handle = run.cells[id].handle.load(SeqCst);
            println!("{id}: state {}: {}", api::state(handle), api::explain(handle));
        }
        let stats = api::stats();
        println!("{} spawned, {} completed", stats.spawned, stats.completed);
        println!("{:?}", run.violations.lock().unwrap());
        std::process::exit(102);
    });
}

/// A program in words, if it is short.
fn describe(plan: &Plan) -> String {
    let mut text = format!(
        "{} workers, {} nodes, {} hosts, {} lenders, thread mode {}, stall {} ms\n",
        plan.workers, plan.nodes, plan.hosts, plan.lenders, plan.thread_mode, plan.stall_ms
    );
    if plan.tasks.len() <= 60 {
        for (id, task) in plan.tasks.iter().enumerate() {
            text.push_str(&format!("{id}: {task:?} cancellable {}\n", plan.cancellable[id]));
        }
        for steps in &plan.islands {
            let more = |s: &&HostStep| !matches!(s, HostStep::Spawn(_));
            text.push_str(&format!("host: {:?}\n", steps.iter().filter(more).collect::<Vec<_>>()));
        }
    }
    text
}

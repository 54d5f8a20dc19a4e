//! Sizes that programs of days reach: deep, wide, long, many. Each case runs in a process of its own, one at
//! a time, and prints its figures.
//!
//! Builds with debug assertions do a tenth; `PARLA_SCALE=100` does all, in percent.

mod support;

use std::ffi::c_void;
use std::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use support::api::{self, element, spawn, stats, wait};
use support::child;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
const LIMIT: Duration = Duration::from_secs(300);

fn case(name: &str, body: impl FnOnce()) {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    child::isolated(name, &[], LIMIT, body);
}

/// `n`, or its part in builds that are slow.
fn scaled(n: u64) -> u64 {
    let percent = std::env::var("PARLA_SCALE").ok().and_then(|s| s.parse().ok());
    n * percent.unwrap_or(if cfg!(debug_assertions) { 10 } else { 100 }) / 100
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text.split(' ').nth(1).and_then(|p| p.parse::<u64>().ok()).expect("a number");
    pages * 4096
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

static COUNT: AtomicU64 = AtomicU64::new(0);
static MOST_STACKS: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" fn count(_: *mut c_void) -> i32 {
    COUNT.fetch_add(1, Relaxed);
    0
}

unsafe extern "C" fn fail(_: *mut c_void) -> i32 {
    1
}

fn number(n: u64) -> *mut c_void {
    std::ptr::without_provenance_mut(n as usize)
}

/// An element that can be spawned when everything is in place.
fn gate() -> u64 {
    element(api::create_space(&[], &[]), &[0])
}

fn open(gate: u64, body: api::Body) {
    let spec = api::parla_task_spec_t { task: gate, r#fn: Some(body), ..api::spec() };
    assert_eq!(api::spawn_spec(&spec), Ok(gate));
}

fn finish() {
    assert_eq!(api::parla_wait_all(-1), 0);
    let stats = stats();
    assert_eq!(stats.spawned, stats.completed);
    assert_eq!(api::parla_finalize(), 0, "{}", api::last_error());
}

/// Spawns a child and waits for it, so many levels deep.
unsafe extern "C" fn nest(ctx: *mut c_void) -> i32 {
    COUNT.fetch_add(1, Relaxed);
    let level = ctx.addr() as u64;
    if level == 0 {
        MOST_STACKS.store(stats().stacks, SeqCst);
        return 0;
    }
    let child = spawn(nest, number(level - 1), &[]);
    wait(&[child], -1)
}

#[test]
fn a_hundred_thousand_nested_waits_on_one_worker() {
    case("a_hundred_thousand_nested_waits_on_one_worker", || {
        let depth = scaled(100_000);
        api::init_threads(1);
        let began = Instant::now();
        let top = spawn(nest, number(depth), &[]);
        assert_eq!(wait(&[top], -1), 0, "{}", api::last_error());
        assert_eq!(COUNT.load(SeqCst), depth + 1);
        println!(
            "figure: {depth} deep in {:?}: {} stacks at the bottom, {} after, {:.0} MiB",
            began.elapsed(),
            MOST_STACKS.load(SeqCst),
            stats().stacks,
            mib(resident())
        );
        finish();
    });
}

/// As [`nest`], but the child depends on a task that has not run: the wait really blocks.
unsafe extern "C" fn nest_blocking(ctx: *mut c_void) -> i32 {
    COUNT.fetch_add(1, Relaxed);
    let level = ctx.addr() as u64;
    if level == 0 {
        MOST_STACKS.store(stats().stacks, SeqCst);
        return 0;
    }
    let before = spawn(count, number(0), &[]);
    let child = spawn(nest_blocking, number(level - 1), &[before]);
    wait(&[child], -1)
}

#[test]
fn thousands_of_nested_waits_that_block() {
    case("thousands_of_nested_waits_that_block", || {
        let depth = scaled(10_000).max(3000);
        api::init_threads(1);
        let began = Instant::now();
        let top = spawn(nest_blocking, number(depth), &[]);
        assert_eq!(wait(&[top], -1), 0, "{}", api::last_error());
        assert_eq!(COUNT.load(SeqCst), 2 * depth + 1);
        println!(
            "figure: {depth} deep in {:?}: {} stacks at the bottom, {} after, {} waits blocked, {:.0} MiB",
            began.elapsed(),
            MOST_STACKS.load(SeqCst),
            stats().stacks,
            stats().blocked,
            mib(resident())
        );
        finish();
    });
}

#[test]
fn memory_is_flat_over_ten_million_tasks() {
    case("memory_is_flat_over_ten_million_tasks", || {
        const WAVE: u64 = 100_000;
        let waves = scaled(10_000_000) / WAVE;
        api::init_threads(2);
        let began = Instant::now();
        // The first waves settle where records lie: threads keep some in reserve.
        let mut first = (0, 0);
        for wave in 0..waves {
            for _ in 0..WAVE {
                spawn(count, number(0), &[]);
            }
            assert_eq!(api::parla_wait_all(-1), 0);
            if wave == 1 {
                first = (stats().record_bytes, resident());
            }
        }
        let last = (stats().record_bytes, resident());
        assert_eq!(COUNT.load(SeqCst), waves * WAVE);
        println!(
            "figure: {} tasks in {:?}: records {:.1} MiB, then {:.1}; resident {:.1} MiB, then {:.1}",
            waves * WAVE,
            began.elapsed(),
            mib(first.0),
            mib(last.0),
            mib(first.1),
            mib(last.1)
        );
        // How far the spawner is ahead differs from wave to wave; a whole wave is the bound.
        assert!(last.0 <= WAVE * 128 + (1 << 20), "the records of a wave were not used again");
        assert!(last.1 <= first.1.max(mib_of(16) + WAVE * 160) + mib_of(16), "memory has grown");
        finish();
    });
}

fn mib_of(n: u64) -> u64 {
    n << 20
}

#[test]
fn a_million_successors_cost_little_each() {
    case("a_million_successors_cost_little_each", || {
        let n = scaled(1_000_000);
        api::init_threads(2);
        let gate = gate();
        let before = (stats().record_bytes, resident());
        let began = Instant::now();
        for _ in 0..n {
            spawn(count, number(0), &[gate]);
        }
        let held = began.elapsed();
        let records = (stats().record_bytes - before.0) / n;
        let memory = (resident() - before.1) / n;
        open(gate, count);
        finish();
        assert_eq!(COUNT.load(SeqCst), n + 1);
        println!(
            "figure: {n} tasks behind one: {records} bytes of records, {memory} of memory each; \
             {held:?} to spawn, {:?} in all",
            began.elapsed()
        );
        assert!(records < 200 && memory < 200);
    });
}

#[test]
fn a_million_successors_of_a_failure_are_skipped() {
    case("a_million_successors_of_a_failure_are_skipped", || {
        let n = scaled(1_000_000);
        api::init_threads(2);
        let gate = gate();
        let mut last = gate;
        for i in 0..n {
            // A fan and a chain in turn.
            last = spawn(count, number(0), &[if i % 2 == 0 { gate } else { last }]);
        }
        let began = Instant::now();
        open(gate, fail);
        assert_eq!(wait(&[last], -1), api::PARLA_ERR_TASK_FAILED);
        assert_eq!(api::parla_wait_all(-1), 0);
        assert_eq!(COUNT.load(SeqCst), 0);
        println!("figure: {n} tasks skipped in {:?}, {:.0} MiB", began.elapsed(), mib(resident()));
        finish();
    });
}

#[test]
fn a_chain_of_a_million_is_spawned_ahead() {
    case("a_chain_of_a_million_is_spawned_ahead", || {
        let n = scaled(1_000_000);
        for end in [count as api::Body, fail] {
            COUNT.store(0, SeqCst);
            api::init_threads(2);
            let gate = gate();
            let began = Instant::now();
            let mut last = gate;
            for _ in 0..n {
                last = spawn(count, number(0), &[last]);
            }
            open(gate, end);
            let fails = std::ptr::fn_addr_eq(end, fail as api::Body);
            let expected = if fails { api::PARLA_ERR_TASK_FAILED } else { 0 };
            assert_eq!(wait(&[last], -1), expected);
            println!(
                "figure: a chain of {n} {} in {:?}",
                if fails { "skipped" } else { "run" },
                began.elapsed()
            );
            finish();
            assert_eq!(COUNT.load(SeqCst), if fails { 0 } else { n + 1 });
        }
    });
}

#[test]
fn one_task_has_a_million_dependencies() {
    case("one_task_has_a_million_dependencies", || {
        let n = scaled(1_000_000);
        api::init_threads(2);
        let gate = gate();
        let deps: Vec<u64> = (0..n).map(|_| spawn(count, number(0), &[gate])).collect();
        let before = stats().record_bytes;
        let began = Instant::now();
        let last = spawn(count, number(0), &deps);
        let bytes = stats().record_bytes - before;
        let again = spawn(count, number(0), &deps);
        open(gate, count);
        assert_eq!(wait(&[last, again], -1), 0);
        println!(
            "figure: {n} dependencies, {:.1} bytes each, in {:?}",
            bytes as f64 / n as f64,
            began.elapsed()
        );
        finish();
        assert_eq!(COUNT.load(SeqCst), n + 3);
    });
}

#[test]
fn polling_an_unfinished_task_costs_a_host_no_memory() {
    /// Polls the task whose handle is the context.
    unsafe extern "C" fn poll(ctx: *mut c_void) -> i32 {
        poll_it(ctx.addr() as u64);
        0
    }
    fn poll_it(task: u64) {
        for _ in 0..scaled(100_000) {
            assert_eq!(wait(&[task], 1), api::PARLA_ERR_TIMEOUT);
        }
    }
    case("polling_an_unfinished_task_costs_a_host_no_memory", || {
        api::init_threads(2);
        let gate = gate();
        poll_it(gate); // What one round needs may stay.
        let before = stats().record_bytes;
        let began = Instant::now();
        poll_it(gate);
        let by_host = stats().record_bytes - before;
        let poller = spawn(poll, number(gate), &[]);
        assert_eq!(wait(&[poller], -1), 0);
        let by_task = stats().record_bytes - before - by_host;
        println!(
            "figure: {} polls by a host thread: {by_host} bytes of records; by a task: {by_task}; {:?}",
            scaled(100_000),
            began.elapsed()
        );
        open(gate, count);
        finish();
        // A task's wait leaves its record of 128 bytes behind until the awaited task completes.
        let most = 128 * scaled(100_000) + (1 << 20);
        assert!(by_host < 1 << 20 && by_task < most, "{by_host} and {by_task} bytes");
    });
}

#[test]
fn limits_that_never_run_out_cost_no_memory() {
    /// Waits for children with a limit of an hour.
    unsafe extern "C" fn waits(_: *mut c_void) -> i32 {
        for _ in 0..scaled(1_000_000) {
            let before = spawn(count, number(0), &[]);
            let child = spawn(count, number(0), &[before]);
            if wait(&[child], 3_600_000_000_000) != 0 {
                return 1;
            }
        }
        0
    }
    case("limits_that_never_run_out_cost_no_memory", || {
        api::init_threads(1);
        let before = resident();
        let began = Instant::now();
        let task = spawn(waits, number(0), &[]);
        assert_eq!(wait(&[task], -1), 0);
        let grown = resident() - before;
        println!(
            "figure: {} waits with a limit of an hour: {:.1} MiB more, {:?}",
            scaled(1_000_000),
            mib(grown),
            began.elapsed()
        );
        finish();
        assert!(grown < mib_of(8), "{grown} bytes");
    });
}

#[test]
fn threads_that_come_and_go_leave_nothing_behind() {
    case("threads_that_come_and_go_leave_nothing_behind", || {
        const THREADS: u64 = 1000;
        const EACH: u64 = 100;
        api::init_threads(2);
        let began = Instant::now();
        let mut halfway = (0, 0);
        for round in 0..THREADS / 8 {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| (0..EACH).for_each(|_| _ = spawn(count, number(0), &[])));
                }
            });
            if round == THREADS / 16 {
                assert_eq!(api::parla_wait_all(-1), 0);
                halfway = (stats().record_bytes, resident());
            }
        }
        assert_eq!(api::parla_wait_all(-1), 0);
        assert_eq!(COUNT.load(SeqCst), THREADS * EACH);
        let end = (stats().record_bytes, resident());
        println!(
            "figure: {THREADS} threads, {EACH} tasks each, in {:?}: records {:.2} MiB halfway, {:.2} in \
             the end; resident {:.1} and {:.1}",
            began.elapsed(),
            mib(halfway.0),
            mib(end.0),
            mib(halfway.1),
            mib(end.1)
        );
        assert!(end.0 <= halfway.0 + mib_of(2) && end.1 <= halfway.1 + mib_of(8));
        finish();
    });
}

//! What the random programs found, each as the few tasks that it takes.

mod support;

use std::ffi::c_void;
use std::time::{Duration, Instant};
use support::api::{self, element, parla_cpu, spawn, spawn_at, spawn_spec, wait};
use support::child;

const LIMIT: Duration = Duration::from_secs(60);
const SOON: i64 = 10_000_000_000;
const NONE: *mut c_void = std::ptr::null_mut();

fn handle(task: u64) -> *mut c_void {
    std::ptr::without_provenance_mut(task as usize)
}

unsafe extern "C" fn nothing(_: *mut c_void) -> i32 {
    0
}

unsafe extern "C" fn fail(_: *mut c_void) -> i32 {
    7
}

/// Waits for the task whose handle is the context.
unsafe extern "C" fn wait_for(ctx: *mut c_void) -> i32 {
    wait(&[ctx.addr() as u64], -1)
}

fn until(mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < LIMIT);
        std::thread::yield_now();
    }
}

fn blocks(task: u64) {
    until(|| api::state(task) == api::PARLA_STATE_BLOCKED);
}

/// Spawns an element with what else is in `spec`.
fn spawn_element(task: u64, body: api::Body, spec: api::parla_task_spec_t) {
    let spec = api::parla_task_spec_t { task, r#fn: Some(body), ..spec };
    assert_eq!(spawn_spec(&spec), Ok(task));
}

#[test]
fn a_stand_in_is_dismissed_on_its_own_device() {
    child::isolated("a_stand_in_is_dismissed_on_its_own_device", &[], LIMIT, || {
        let config = api::parla_config_t {
            num_threads: 2,
            wait_mode: api::PARLA_WAIT_THREAD,
            stall_ms: -1,
            ..api::config()
        };
        api::init(config, "numa:2 core:1 pu:1");
        let space = api::create_space(&[], &[]);
        let gates = [element(space, &[0]), element(space, &[1])];
        let waiters =
            [0, 1].map(|i| spawn_at(wait_for, handle(gates[i]), parla_cpu(i as u32), 0.0));
        waiters.into_iter().for_each(blocks);
        spawn_element(gates[0], nothing, api::spec());
        assert_eq!(wait(&[waiters[0]], SOON), 0);
        // The worker of device 0 is back, that of device 1 is not.
        for _ in 0..10 {
            let task = spawn_at(nothing, NONE, parla_cpu(1), 0.0);
            assert_eq!(wait(&[task], SOON), 0, "nobody serves device 1");
        }
        spawn_element(gates[1], nothing, api::spec());
        assert_eq!(api::parla_finalize(), 0);
    });
}

#[test]
fn a_cancelled_clean_up_task_is_cancelled_not_skipped() {
    child::isolated("a_cancelled_clean_up_task_is_cancelled_not_skipped", &[], LIMIT, || {
        api::init_threads(1);
        let space = api::create_space(&[], &[]);
        let (task, open) = (element(space, &[0]), element(space, &[1]));
        let failed = spawn(fail, NONE, &[]);
        assert_eq!(wait(&[failed], SOON), api::PARLA_ERR_TASK_FAILED);
        let deps = [failed, open];
        let spec = api::parla_task_spec_t {
            flags: api::PARLA_TASK_RUN_ANYWAY,
            deps: deps.as_ptr(),
            n_deps: 2,
            ..api::spec()
        };
        spawn_element(task, nothing, spec);
        assert_eq!(api::parla_task_cancel(task), 0);
        assert_eq!(api::state(task), api::PARLA_STATE_CANCELLED);
        assert_eq!(wait(&[task], SOON), api::PARLA_ERR_CANCELLED);
        assert_eq!(api::failure(task), Ok((api::PARLA_ERR_CANCELLED, task)));
        spawn_element(open, nothing, api::spec());
        assert_eq!(api::parla_finalize(), 0);
    });
}

#[test]
fn a_skip_on_a_thread_of_the_host_wakes_who_waits_for_all() {
    child::isolated("a_skip_on_a_thread_of_the_host_wakes_who_waits_for_all", &[], LIMIT, || {
        let config = api::parla_config_t { num_threads: 1, stall_ms: -1, ..api::config() };
        api::init(config, "");
        let failed = spawn(fail, NONE, &[]);
        assert_eq!(wait(&[failed], SOON), api::PARLA_ERR_TASK_FAILED);
        for _ in 0..100 {
            let began = Instant::now();
            let gate = element(api::create_space(&[], &[]), &[0]);
            let task = spawn(nothing, NONE, &[failed, gate]);
            let waiter = std::thread::spawn(|| api::parla_wait_all(SOON));
            // Spawning the gate after a failure skips it here, and the task with it.
            let deps = [failed];
            let spec = api::parla_task_spec_t { deps: deps.as_ptr(), n_deps: 1, ..api::spec() };
            spawn_element(gate, nothing, spec);
            assert_eq!(api::state(task), api::PARLA_STATE_SKIPPED);
            assert_eq!(waiter.join().unwrap(), 0);
            assert!(began.elapsed() < Duration::from_secs(5), "it woke up late");
        }
        assert_eq!(api::parla_finalize(), 0);
    });
}

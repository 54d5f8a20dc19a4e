//! Runs a program: host threads spawn its islands, a helper does errands, lenders lend themselves.

use super::body::{body, cancel, drop_context, look};
use super::oracle;
use super::plan::{HostStep, Plan, Target};
use super::run::{Errand, Run, count};
use crate::support::api;
use crate::support::rng::Rng;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, channel};

/// Starts a runtime, runs the program, ends the runtime; gives what was wrong.
pub fn execute(plan: Plan, watch: impl FnOnce(&Run)) -> Vec<String> {
    start(&plan);
    let (sender, receiver) = channel();
    let run = Run::new(plan, sender);
    watch(&run);
    for (at, space) in run.plan.spaces.iter().enumerate() {
        let members = space.members.len() as i64;
        let (lower, shape) = match (space.ndim, space.bounded) {
            (1, true) => (vec![-3], vec![members]),
            (1, false) => (vec![-3], vec![api::PARLA_UNBOUNDED]),
            (_, true) => (vec![0, 0], vec![members / 7 + 1, 7]),
            _ => (vec![0, 0], vec![api::PARLA_UNBOUNDED; 2]),
        };
        run.spaces[at].store(api::create_space(&lower, &shape), SeqCst);
        if space.eager {
            space.members.iter().for_each(|&task| _ = run.handle(task));
        }
    }
    let gate_space = api::create_space(&[], &[]);
    let gate = api::element(gate_space, &[0]);
    let run = &*run;
    std::thread::scope(|scope| {
        scope.spawn(move || help(run, receiver));
        for _ in 0..run.plan.lenders {
            scope.spawn(move || {
                let status = api::run_until(&[gate], -1);
                run.check(status == 0, || format!("a lender was told {status}"));
            });
        }
        std::thread::scope(|hosts| {
            for host in 0..run.plan.hosts {
                hosts.spawn(move || drive(run, host));
            }
        });
        settle(run);
        open(run, gate);
        settle(run);
        run.errand(Errand::End);
    });
    oracle::judge(run)
}

fn start(plan: &Plan) {
    let config = api::parla_config_t {
        num_threads: plan.workers,
        wait_mode: if plan.thread_mode { api::PARLA_WAIT_THREAD } else { api::PARLA_WAIT_STACK },
        stack_size: 128 * 1024,
        cpu_memory: plan.memory,
        stall_ms: plan.stall_ms,
        max_spare_threads: 48,
        ..api::config()
    };
    api::init(config, &plan.topology());
}

/// Waits until nothing is left, errands included.
fn settle(run: &Run) {
    loop {
        let status = api::parla_wait_all(-1);
        run.check(status == 0, || format!("parla_wait_all: {status} {}", api::last_error()));
        let (sender, receiver) = channel();
        run.errand(Errand::Flush(sender));
        if receiver.recv().expect("the helper answers") == 0 {
            return;
        }
    }
}

/// Lets the lenders go.
fn open(run: &Run, gate: u64) {
    unsafe extern "C" fn nothing(_: *mut std::ffi::c_void) -> i32 {
        0
    }
    let spec = api::parla_task_spec_t { task: gate, r#fn: Some(nothing), ..api::spec() };
    let spawned = api::spawn_spec(&spec);
    run.check(spawned == Ok(gate), || format!("the gate: {spawned:?}"));
}

/// What a host thread does.
fn drive(run: &Run, host: usize) {
    for steps in run.plan.islands.iter().skip(host).step_by(run.plan.hosts) {
        for step in steps {
            match step {
                HostStep::Spawn(id) if run.plan.tasks[*id as usize].spawned_by_helper => {
                    run.errand(Errand::Spawn(*id));
                }
                HostStep::Spawn(id) => spawn(run, *id),
                HostStep::Again(id) => again(run, *id),
                HostStep::Cancel(target) => cancel(run, *target),
                HostStep::Look(id) => look(run, *id),
                HostStep::Wait { targets, timeout_ns } => {
                    let known: Vec<Target> =
                        (targets.iter().copied()).filter(|&t| run.handles(&[t])[0] != 0).collect();
                    let status = api::wait(&run.handles(&known), *timeout_ns);
                    run.note_wait(None, &known, status, *timeout_ns);
                }
            }
        }
    }
}

/// Spawns task `id`, unless it has been cancelled already.
pub fn spawn(run: &Run, id: u32) {
    let (task, cell) = (&run.plan.tasks[id as usize], run.cell(id));
    let deps = run.handles(&task.deps);
    let element = if task.element.is_some() { run.handle(id) } else { 0 };
    let members: Vec<Vec<api::parla_member_t>> = (task.alternatives.iter())
        .map(|members| {
            let convert = |m: &super::plan::Member| api::parla_member_t {
                place: m.place,
                reserved: 0,
                vcus: m.vcus,
                memory: m.memory,
            };
            members.iter().map(convert).collect()
        })
        .collect();
    let alternatives: Vec<_> = (members.iter())
        .map(|m| api::parla_alternative_t { members: m.as_ptr(), n_members: m.len() })
        .collect();
    let flag = |on: bool, flag: u32| if on { flag } else { 0 };
    let spec = api::parla_task_spec_t {
        flags: flag(task.anyway, api::PARLA_TASK_RUN_ANYWAY)
            | flag(task.wait_thread, api::PARLA_TASK_WAIT_THREAD)
            | flag(task.held_at_spawn, api::PARLA_TASK_HOLD),
        task: element,
        r#fn: Some(body),
        ctx: run.context(id),
        drop: if task.has_drop { Some(drop_context) } else { None },
        deps: deps.as_ptr(),
        n_deps: deps.len(),
        priority: task.priority,
        alternatives: if alternatives.is_empty() {
            std::ptr::null()
        } else {
            alternatives.as_ptr()
        },
        n_alternatives: alternatives.len(),
        ..api::spec()
    };
    // Set first: whoever looks may see the task at work before this call returns.
    cell.spawned.store(true, SeqCst);
    match api::spawn_spec(&spec) {
        Ok(handle) => {
            run.check(element == 0 || handle == element, || format!("{id} got another handle"));
            cell.handle.store(handle, SeqCst);
        }
        Err(status) => {
            cell.spawned.store(false, SeqCst);
            cell.unspawned.store(true, SeqCst);
            let cancelled = status == api::PARLA_ERR_CANCELLED && run.plan.cancellable[id as usize];
            run.check(cancelled, || format!("spawning {id} gave {status}: {}", api::last_error()));
            run.abandon_children(id);
        }
    }
}

/// Tries to spawn an element for the second time.
fn again(run: &Run, id: u32) {
    if !run.cell(id).spawned.load(SeqCst) || run.plan.tasks[id as usize].spawned_by_helper {
        return; // It was cancelled, or the helper may be just about to spawn it.
    }
    let spec = api::parla_task_spec_t {
        task: run.handle(id),
        r#fn: Some(body),
        ctx: run.context(id),
        ..api::spec()
    };
    let status = api::spawn_spec(&spec);
    let right = status == Err(api::PARLA_ERR_ALREADY_SPAWNED)
        || run.plan.cancellable[id as usize] && status == Err(api::PARLA_ERR_CANCELLED);
    run.check(right, || format!("spawning {id} again gave {status:?}"));
}

/// The helper: releases holds in another order, spawns elements, sees to the children of tasks that never
/// ran.
fn help(run: &Run, errands: Receiver<Errand>) {
    let mut rng = Rng::new(run.plan.seed ^ 1);
    let mut releases: Vec<u32> = Vec::new();
    let mut done = 0u64;
    loop {
        // Holds are released when there is nothing else to do, or when there are many.
        let next = errands.try_recv().ok();
        let next = match next {
            Some(errand) => errand,
            None => {
                rng.shuffle(&mut releases);
                done += releases.len() as u64;
                releases.drain(..).for_each(|id| release(run, id));
                errands.recv().expect("the run holds a sender")
            }
        };
        done += 1;
        match next {
            Errand::Release(id) => releases.push(id),
            Errand::Spawn(id) => spawn(run, id),
            Errand::End => return,
            Errand::Ended(id) => {
                if run.cell(id).started.load(SeqCst) == 0 {
                    run.abandon_children(id);
                } else {
                    done -= 1;
                }
            }
            Errand::Flush(answer) => {
                done -= 1;
                if !releases.is_empty() {
                    done += releases.len() as u64;
                    releases.drain(..).for_each(|id| release(run, id));
                }
                answer.send(done).expect("it waits for the answer");
                done = 0;
            }
        }
    }
}

fn release(run: &Run, id: u32) {
    count(&run.cell(id).releases);
    let status = api::parla_task_release(run.cell(id).handle.load(SeqCst));
    let gone = status == api::PARLA_ERR_COMPLETED && run.plan.cancellable[id as usize];
    run.check(status == 0 || gone, || format!("releasing {id} gave {status}"));
}

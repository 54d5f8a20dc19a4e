//! The bodies: they check that they may run, and do what their task's steps say.

use super::plan::{Member, Step, Target, Task};
use super::run::{Context, Errand, Run, count};
use crate::support::api;
use std::ffi::c_void;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

/// # Safety
/// `ctx` is a [`Context`] whose run is alive.
unsafe fn context<'a>(ctx: *mut c_void) -> (&'a Run, u32) {
    // SAFETY: the caller's contract.
    let context = unsafe { &*ctx.cast::<Context>() };
    // SAFETY: as above.
    (unsafe { &*context.run }, context.id)
}

/// The body of every task.
pub unsafe extern "C" fn body(ctx: *mut c_void) -> i32 {
    // SAFETY: the driver spawns tasks with the contexts of a run that outlives the runtime.
    let (run, id) = unsafe { context(ctx) };
    let (task, cell) = (&run.plan.tasks[id as usize], run.cell(id));
    run.bodies.fetch_add(1, Relaxed);
    let before = count(&cell.started);
    run.check(before == 0, || format!("task {id} runs for the second time"));
    run.check(cell.dropped.load(Relaxed) == 0, || format!("task {id} runs after its drop"));
    check_identity(run, id, task);
    if task.anyway {
        check_over(run, id, &task.deps);
    } else {
        check_done(run, id, &task.deps);
    }
    if task.held_at_spawn {
        count(&cell.holds);
        run.errand(Errand::Release(id));
    }
    let members = placed(run, id, task);
    run.take(id, &members);
    work(task.spins);
    for step in &task.steps {
        perform(run, id, step, &members);
    }
    let code = go_on(run, id, task);
    run.give(&members, true);
    code
}

/// How the body ends: with its code, or with a continuation.
fn go_on(run: &Run, id: u32, task: &Task) -> i32 {
    let cell = run.cell(id);
    if let Some(targets) = &task.continuation {
        cell.will_continue.store(true, Relaxed);
        let status = api::continue_with(second, run.context(id), &run.handles(targets));
        run.check(status == 0, || format!("parla_continue in {id} gave {status}"));
        return 0;
    }
    count(&cell.ended);
    if task.fails { id as i32 + 1 } else { 0 }
}

/// The second body of a task that continues.
pub unsafe extern "C" fn second(ctx: *mut c_void) -> i32 {
    // SAFETY: as in `body`.
    let (run, id) = unsafe { context(ctx) };
    let (task, cell) = (&run.plan.tasks[id as usize], run.cell(id));
    let before = count(&cell.continued);
    run.check(before == 0, || format!("the continuation of {id} runs for the second time"));
    run.check(cell.started.load(Relaxed) == 1, || format!("{id} continues before it began"));
    check_identity(run, id, task);
    check_over(run, id, task.continuation.as_deref().unwrap_or_default());
    let members = placed(run, id, task);
    run.take(id, &members);
    work(task.spins);
    count(&cell.ended);
    run.give(&members, true);
    if task.fails { id as i32 + 1 } else { 0 }
}

/// Releases the context of a task.
pub unsafe extern "C" fn drop_context(ctx: *mut c_void) {
    // SAFETY: as in `body`.
    let (run, id) = unsafe { context(ctx) };
    let before = count(&run.cell(id).dropped);
    run.check(before == 0, || format!("the context of {id} is dropped for the second time"));
    run.errand(Errand::Ended(id));
}

fn check_identity(run: &Run, id: u32, task: &Task) {
    let own = api::parla_current_task();
    if task.element.is_some() {
        run.check(own == run.handle(id), || format!("{id} is told that it is {own:#x}"));
    }
    // The call that spawns it may not have returned yet.
    run.cell(id).handle.store(own, SeqCst);
    let worker = api::parla_current_worker();
    run.check(worker >= 0, || format!("{id} runs on worker {worker}"));
    if !run.plan.cancellable[id as usize] {
        let requested = api::parla_cancel_requested();
        run.check(requested == 0, || format!("{id}: nobody has requested its cancellation"));
    }
}

/// Every dependency has run to its end, well.
fn check_done(run: &Run, id: u32, targets: &[Target]) {
    run.plan.each(targets, |dep| {
        let cell = run.cell(dep);
        let ended = cell.ended.load(Relaxed) == 1 && !run.plan.tasks[dep as usize].fails;
        if !ended && !is_absent(run, dep) {
            run.cell(id).in_spite_of.store(dep + 1, Relaxed);
        }
        check_evidence(run, id, dep);
    });
}

/// Every target is over, well or not.
fn check_over(run: &Run, id: u32, targets: &[Target]) {
    run.plan.each(targets, |dep| check_evidence(run, id, dep));
}

/// An anonymous child that was never spawned.
pub fn is_absent(run: &Run, id: u32) -> bool {
    let task = &run.plan.tasks[id as usize];
    task.element.is_none() && task.parent.is_some() && !run.cell(id).spawned.load(SeqCst)
}

/// What must be visible of `dep` if it is complete: its drop, and the releases of its holds.
fn check_evidence(run: &Run, id: u32, dep: u32) {
    if is_absent(run, dep) {
        return;
    }
    let (task, cell) = (&run.plan.tasks[dep as usize], run.cell(dep));
    let unspawned = cell.orphan.load(SeqCst) || cell.unspawned.load(SeqCst);
    if task.has_drop && !run.plan.cancellable[dep as usize] && !unspawned {
        let dropped = cell.dropped.load(Relaxed);
        run.check(dropped == 1, || format!("{id} goes on, but {dep} has {dropped} drops"));
    }
    let state = api::state(run.handle(dep));
    run.check(state >= api::PARLA_STATE_DONE, || {
        format!("{id} goes on, but {dep} is in state {state}")
    });
    if state == api::PARLA_STATE_DONE && cell.ended.load(Relaxed) == 1 {
        let (holds, releases) = (cell.holds.load(Relaxed), cell.releases.load(Relaxed));
        run.check(holds == releases, || {
            format!("{id} goes on, but {dep} has {holds} holds and {releases} releases")
        });
    }
}

/// The devices the task got, with what it takes of each.
fn placed(run: &Run, id: u32, task: &Task) -> Vec<(usize, Member)> {
    if task.alternatives.is_empty() {
        return vec![];
    }
    let places = api::current_places();
    if let Some(&first) = places.first() {
        let before = run.cell(id).place.swap(first as u32, Relaxed);
        run.check(before == 0 || before == first as u32, || {
            format!("{id} began at {before:#x} and goes on at {first:#x}")
        });
    }
    let fits = |members: &&Vec<Member>| {
        members.len() == places.len()
            && members.iter().zip(&places).all(|(member, &place)| {
                member.place == place || matches!(member.place, api::PARLA_ANY | api::PARLA_CPU)
            })
    };
    let Some(members) = task.alternatives.iter().find(fits) else {
        run.violation(format!("{id} was placed on {places:x?}, not as {:?}", task.alternatives));
        return vec![];
    };
    // Two alternatives may fit the places; count the least of them.
    let least = task.alternatives.iter().filter(fits).fold(members.clone(), |least, other| {
        let lower = |(a, b): (&Member, &Member)| Member {
            place: a.place,
            vcus: a.vcus.min(b.vcus),
            memory: a.memory.min(b.memory),
        };
        least.iter().zip(other).map(lower).collect()
    });
    places
        .iter()
        .zip(least)
        .filter_map(|(&place, member)| {
            let device = (place - api::parla_cpu(0)) as usize;
            run.check(device < run.plan.nodes, || format!("{id} is at place {place:#x}"));
            (device < run.plan.nodes).then_some((device, member))
        })
        .collect()
}

fn work(spins: u32) {
    for _ in 0..spins {
        std::hint::spin_loop();
    }
}

fn perform(run: &Run, id: u32, step: &Step, members: &[(usize, Member)]) {
    match step {
        Step::Spawn(child) => super::drive::spawn(run, *child),
        Step::Cancel(target) => cancel(run, *target),
        Step::Wait { targets, timeout_ns } => {
            let handles = run.handles(targets);
            run.give(members, false);
            let status = api::wait(&handles, *timeout_ns);
            run.note_wait(Some(id), targets, status, *timeout_ns);
            run.take_vcus(id, members);
        }
        Step::Hold => {
            let status = api::parla_task_hold(api::parla_current_task());
            run.check(status == 0, || format!("{id} cannot hold itself: {status}"));
            count(&run.cell(id).holds);
            run.errand(Errand::Release(id));
        }
        Step::Look(other) => look(run, *other),
    }
}

/// Requests a cancellation.
pub fn cancel(run: &Run, target: Target) {
    let status = match target {
        Target::Task(task) => match run.handle(task) {
            0 => 0,
            handle => api::parla_task_cancel(handle),
        },
        Target::Space(space) => api::parla_taskspace_cancel(run.space(space)),
    };
    run.check(status == 0, || format!("the cancellation of {target:?} gave {status}"));
}

/// Asks about a task: nothing may come of it.
pub fn look(run: &Run, id: u32) {
    let handle = run.handle(id);
    if handle != 0 {
        let state = api::state(handle);
        run.check((0..=9).contains(&state), || format!("{id} is in state {state}"));
        let _ = api::explain(handle);
        let _ = api::stats();
    }
}

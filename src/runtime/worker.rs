//! The life of a worker: find a task, run it, look up when called, sleep when there is nothing.
//!
//! The loop runs on a switchable stack (`fiber.rs`); [`drive`] runs on the thread's own stack and moves
//! between the stacks. Where stacks must not be left at all (`PARLA_WAIT=thread`), the loop runs on the
//! thread's own stack and `drive` is not used.

use super::fiber::{self, Blocked, Fiber, Switch};
use super::local::Local;
use super::{hooks, quiesce, run, search, spares};
use crate::error::Result;
use crate::graph::Slot;
use crate::scheduler::queues;
use crate::scheduler::seat::bump;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use corosensei::stack::DefaultStack;
use std::ops::ControlFlow;

/// Runs the worker that this thread is until the runtime stops. `stack`: what its tasks run on first, unless
/// that is the thread's own.
pub fn main(local: &Local, is_spare: bool, stack: Option<DefaultStack>) {
    if let Some(stack) = stack {
        local.fibers.keep(fiber_on(local, stack));
    }
    hooks::update(local.seat().index);
    let mut role = if is_spare { Role::Dormant } else { Role::Pool };
    local.seat().own.endless.store(true, Relaxed);
    serve(local, &mut role, &|| Lent::Goes);
    hooks::leave(local.seat().index);
}

/// Whether a thread of the host that lends itself wants itself back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lent {
    /// Not yet.
    Goes,
    /// Yes, once what it has begun has ended.
    Done,
    /// Yes, and what it has begun will never end by itself: its waits give STALLED.
    Hopeless,
}

/// Makes this thread of the host a worker until `done`, and until what it has begun has ended.
pub fn lend(local: &Local, done: impl Fn() -> Lent) -> Result<()> {
    let seat = local.seat();
    if !local.runtime.config.own_stacks {
        local.fibers.ensure_spare(|| new_fiber(local))?;
    }
    if local.runtime.lent.fetch_add(1, Relaxed) >= MAX_LENT {
        local.runtime.lent.fetch_sub(1, Relaxed);
        return crate::error::fail!(OutOfThreads, "{MAX_LENT} threads lend themselves already");
    }
    local.is_worker.set(true);
    local.is_lent.set(true);
    seat.is_worker.store(true, Relaxed);
    hooks::update(seat.index);
    serve(local, &mut Role::Lent, &done);
    hooks::leave(seat.index);
    seat.is_worker.store(false, Relaxed);
    local.is_worker.set(false);
    local.is_lent.set(false);
    local.runtime.lent.fetch_sub(1, Relaxed);
    super::ready::leave_to_others(local);
    Ok(())
}

/// Threads that may lend themselves at the same time.
const MAX_LENT: u32 = 64;

/// Tasks that a worker runs one after the other, each released by the one before, until it looks around.
const LONGEST_CHAIN: u32 = 64;

/// What kind of worker a thread is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// One of the pool.
    Pool,
    /// A host thread.
    Lent,
    /// A spare thread that stands in for a frozen one.
    StandIn,
    /// A spare thread that starts no tasks.
    Dormant,
}

/// What the loop needs besides the thread's own things.
struct Loop<'a> {
    role: &'a mut Role,
    done: &'a dyn Fn() -> Lent,
}

thread_local! {
    /// The loop of this thread, for the stacks it runs on.
    static LOOP: std::cell::Cell<*mut Loop<'static>> = const { std::cell::Cell::new(std::ptr::null_mut()) };
}

fn serve(local: &Local, role: &mut Role, done: &dyn Fn() -> Lent) {
    let mut state = Loop { role, done };
    local.fibers.calm.set(false);
    local.seat().own.serves.store(true, Release);
    if local.runtime.config.own_stacks {
        local.fibers.enter(super::fiber::own_stack_limit(), local.runtime.config.stack_size);
        look_for_work(local, &mut state);
        local.fibers.enter(0, 0);
        local.seat().own.serves.store(false, Release);
        return;
    }
    // The stacks live no longer than this function, so they may borrow what it borrows.
    LOOP.set(std::ptr::from_mut(&mut state).cast());
    drive(local);
    LOOP.set(std::ptr::null_mut());
    local.seat().own.serves.store(false, Release);
}

/// A stack with the worker's loop on it.
pub fn new_fiber(local: &Local) -> Result<Fiber> {
    Ok(fiber_on(local, fiber::new_stack(local.runtime.config.stack_size)?))
}

fn fiber_on(local: &Local, stack: DefaultStack) -> Fiber {
    let local = std::ptr::from_ref(local);
    Fiber::new(stack, move |suspend| {
        // SAFETY: a stack is resumed only by `drive`, on the thread of `local`, while `serve` keeps the
        // loop's state alive.
        let (local, state) = unsafe { (&*local, &mut *LOOP.get()) };
        local.fibers.suspend.set(suspend);
        look_for_work(local, state);
    })
}

/// Moves between stacks until the loop ends.
fn drive(local: &Local) {
    let fibers = &local.fibers;
    let mut active = fibers.take_spare().expect("a worker starts with a stack");
    loop {
        fibers.enter(active.limit, local.runtime.config.stack_size);
        match active.resume() {
            Some(Switch::Block(wait)) => active = leave(local, active, wait),
            Some(Switch::Freeze(wait)) => {
                fibers.calm.set(false);
                fibers.frozen.set(fibers.frozen.get() + 1);
                local.seat().is_worker.store(false, Relaxed);
                active = leave(local, active, wait);
            }
            Some(Switch::Resume(blocked)) => {
                // SAFETY: delivered once, so still blocked; see `wait::task::go_on`.
                let blocked = unsafe { &*blocked };
                bump(&local.seat().own.moves, 1);
                let next = blocked.fiber.take().expect("a blocked wait has left its stack");
                fibers.blocked.set(fibers.blocked.get() - 1);
                // It may be the last that keeps the loop from ending.
                fibers.looks_again.set(true);
                fibers.calm.set(false);
                if blocked.freezes {
                    fibers.frozen.set(fibers.frozen.get() - 1);
                    local.seat().is_worker.store(true, Relaxed);
                    spares::dismiss(local);
                }
                let left = std::mem::replace(&mut active, next);
                if let Some(surplus) = fibers.keep(left) {
                    end(local, surplus);
                }
            }
            None => break,
        }
    }
    drop(active);
    while let Some(fiber) = fibers.take_spare() {
        end(local, fiber);
    }
    fibers.suspend.set(std::ptr::null());
    fibers.enter(0, 0);
}

/// The stack in use is left for `wait`; gives the one to go on with.
fn leave(local: &Local, active: Fiber, wait: Slot) -> Fiber {
    let record = local.arena().record(wait);
    // SAFETY: the context of a task's wait is its `Blocked`, on the stack that has just been left.
    let blocked = unsafe { &*record.ctx().cast::<Blocked>() };
    blocked.fiber.set(Some(active));
    local.fibers.blocked.set(local.fibers.blocked.get() + 1);
    let next = local.fibers.take_spare().expect("a wait has made sure of a spare stack");
    super::wait::left(local, wait);
    next
}

/// Lets the loop on a spare stack return, so that the stack can be freed.
fn end(local: &Local, mut fiber: Fiber) {
    local.fibers.end_loop.set(true);
    local.fibers.calm.set(false);
    local.fibers.enter(fiber.limit, local.runtime.config.stack_size);
    let switch = fiber.resume();
    debug_assert!(switch.is_none());
    local.fibers.end_loop.set(false);
}

/// The loop.
fn look_for_work(local: &Local, state: &mut Loop<'_>) {
    let runtime = &*local.runtime;
    let seat = local.seat();
    let own = local.fibers.suspend.get();
    loop {
        if (!local.fibers.calm.get() || seat.post.attention.load(Relaxed))
            && let Some(end) = see_to_the_rest(local, state, own)
        {
            if end {
                return;
            }
            continue;
        }
        let tick = local.tick.get().wrapping_add(1);
        local.tick.set(tick);
        let device = local.device.get();
        let queues = &runtime.queues;
        super::ready::share(local);
        let is_usual = !queues::looks_around(tick) && !queues.is_urgent(device);
        let own = if is_usual { local.deque.pop() } else { None };
        let mut next = match own {
            Some(slot) => Some(Slot(slot)),
            None => look_around(local, state, tick),
        };
        let mut chain = 0;
        while let Some(slot) = next {
            next = run::run(local, slot).next();
            chain += 1;
            // A chain of tasks must not keep the worker from what the loop sees to.
            if let Some(slot) = next
                && (chain == LONGEST_CHAIN
                    || seat.post.attention.load(Relaxed)
                    || local.fibers.has_arrived()
                    || queues.is_urgent(device))
            {
                super::ready::set_aside(local, slot);
                break;
            }
        }
    }
}

/// The next task when it is not simply the newest of this thread.
#[inline(never)]
fn look_around(local: &Local, state: &Loop<'_>, tick: u32) -> Option<Slot> {
    let queues = &local.runtime.queues;
    let taker = local.taker();
    let found = queues.next_of_others(&taker, tick).or_else(|| queues.next_local(&taker, tick));
    if found.is_some() {
        // It may not be what this worker has set aside. And while the rest of a theft was in no deque, whoever went to
        // sleep did not see it.
        super::ready::share_all(local);
        return found;
    }
    let lent = (*state.role == Role::Lent).then_some(state.done);
    search::search(local, lent)
}

/// What the loop does between two tasks, unless all is calm. None: go on with a task; true: the loop ends.
#[inline(never)]
fn see_to_the_rest(
    local: &Local,
    state: &mut Loop<'_>,
    own: *const super::fiber::Suspend,
) -> Option<bool> {
    let fibers = &local.fibers;
    super::ready::share_all(local); // What was set aside, if this thread is going to do something else.
    if fibers.end_loop.get() {
        return Some(true);
    }
    let must_look = local.seat().post.attention.load(Relaxed)
        || fibers.has_arrived()
        || fibers.looks_again.get()
        || (*state.role == Role::StandIn && spares::any_dismissed(local))
        || fibers.has_deadline();
    if must_look && look_up(local, state, own).is_break() || fibers.end_loop.get() {
        return Some(true);
    }
    if *state.role == Role::Dormant || fibers.frozen.get() > 0 {
        rest(local);
        return Some(false);
    }
    let is_steady = matches!(*state.role, Role::Pool | Role::Lent);
    fibers.steady.set(is_steady);
    fibers.calm.set(is_steady && !fibers.has_deadline() && !fibers.has_arrived());
    None
}

/// Sees to everything that is not a task. Break: the loop ends.
fn look_up(
    local: &Local,
    state: &mut Loop<'_>,
    own: *const super::fiber::Suspend,
) -> ControlFlow<()> {
    let seat = local.seat();
    let runtime = &*local.runtime;
    local.fibers.looks_again.set(false);
    if seat.heed() {
        hooks::update(seat.index);
    }
    super::wait::fire_timers(local);
    let idle = local.fibers.blocked.get() == 0;
    if idle
        && (runtime.stop.load(Acquire)
            || (*state.role == Role::Lent && (state.done)() != Lent::Goes))
    {
        return ControlFlow::Break(());
    }
    match *state.role {
        Role::StandIn if local.fibers.frozen.get() == 0 && spares::is_dismissed(local) => {
            *state.role = Role::Dormant;
            seat.is_worker.store(false, Relaxed);
            super::ready::leave_to_others(local);
            spares::lie_down(local);
        }
        Role::Dormant if seat.post.revived.swap(false, Relaxed) => {
            *state.role = Role::StandIn;
            seat.is_worker.store(true, Relaxed);
        }
        _ => {}
    }
    // Last, since other stacks of this thread do not know what it was called for.
    if !own.is_null()
        && let Some(blocked) = local.fibers.take_arrived(&seat.post.inbox)
    {
        // SAFETY: `own` belongs to the stack this loop runs on.
        unsafe { (*own).suspend(Switch::Resume(blocked)) };
        local.fibers.suspend.set(own);
    }
    ControlFlow::Continue(())
}

/// Sleeps until called: this thread may start no task.
fn rest(local: &Local) {
    let seat = local.seat();
    if seat.post.attention.load(Acquire) || local.fibers.has_arrived() {
        return;
    }
    super::ready::leave_to_others(local);
    quiesce::poke(&local.runtime);
    seat.sleep(local.fibers.next_deadline());
}

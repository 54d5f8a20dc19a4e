//! Where a task goes when nothing keeps it any more.

use super::local::Local;
use super::{admit, completion, wait};
use crate::graph::record::{Phase, flag, kind};
use crate::graph::{Record, Slot};
use crate::mapper;
use crate::scheduler::seat::NOWHERE;
use crate::scheduler::sleep::Aside;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::current_cpu;

/// Whether a worker may run it straight from its own deque.
#[inline(always)]
pub fn is_plain(record: &Record) -> bool {
    !record.has(flag::ROUTED) && !record.is_poisoned()
}

/// The last dependency of `slot` is complete. The caller owns the record and hands it on.
#[inline]
pub fn ready(local: &Local, slot: Slot) {
    let record = local.arena().record(slot);
    if is_plain(record) {
        record.set_phase(Phase::Ready);
        local.deque.push(slot.0);
        offer(local);
    } else {
        ready_special(local, slot, record);
    }
}

/// A task has just been pushed to the thread's own deque: shows it to others if one of them could take it.
#[inline(always)]
pub fn offer(local: &Local) {
    if local.runtime.sleep.anyone_idle() {
        publish_and_notify(local);
    } else if !local.is_worker.get() && local.deque.private_len() >= HOST_BATCH {
        publish(local);
    }
}

fn publish(local: &Local) {
    local.deque.publish();
    tell_where(local);
}

/// A thread that runs no tasks says now and then where it spawns.
pub fn tell_where(local: &Local) {
    if !local.is_worker.get() {
        local.seat().own.cpu.store(current_cpu(), Relaxed);
    }
}

/// As [`offer`], by a worker.
#[inline(always)]
pub fn offer_by_worker(local: &Local) {
    debug_assert!(local.is_worker.get());
    if local.runtime.sleep.anyone_idle() {
        publish_and_notify(local);
    }
}

/// Tasks that a thread which runs none shows to others at once. (A worker keeps what nobody asks for.)
const HOST_BATCH: u32 = 16;

#[inline(never)]
fn publish_and_notify(local: &Local) {
    publish(local);
    notify(local);
}

/// A task that this worker has kept for itself and does not run now. A plain one it is about to take up again, unless
/// something is more urgent: others are shown that only then ([`share_all`]), as a chain would go from core to core
/// otherwise. Any other goes to the end of its queue, so that those before it get their turn.
pub fn set_aside(local: &Local, slot: Slot) {
    if is_plain(local.arena().record(slot)) {
        local.deque.push(slot.0);
    } else {
        ready(local, slot);
    }
}

/// Before this worker does something else than take its newest task: shows what it has to others, if one is idle.
#[inline(always)]
pub fn share_all(local: &Local) {
    if local.runtime.sleep.anyone_idle() && local.deque.private_len() > 0 {
        publish_and_notify(local);
    }
}

/// Shows all that this thread has left to others: it is going to block, or takes no more tasks itself.
pub fn leave_to_others(local: &Local) {
    if local.deque.private_len() > 0 {
        publish_and_notify(local);
    }
}

/// A thread of the host is going to sleep, or to work: whoever has left it its processor can have that back.
pub fn give_back_processor(local: &Local) {
    // So that it does not step aside again at once, before this thread sleeps.
    local.seat().own.cpu.store(NOWHERE, Relaxed);
    let here = current_cpu();
    recall(local, |aside| aside.cpu == here);
}

fn recall(local: &Local, whom: impl Fn(&Aside) -> bool) {
    local.runtime.sleep.recall(whom, |seat| {
        local.runtime.queues.seat(seat).post.parker.unpark();
    });
}

/// Between two tasks: shows what this worker has left to others, if one of them is idle.
#[inline(always)]
pub fn share(local: &Local) {
    if local.runtime.sleep.anyone_idle() && local.deque.private_len() > 1 {
        publish_and_notify(local);
    }
}

/// Wakes a worker, if one must be woken for a task that any may take.
#[inline]
pub fn notify(local: &Local) {
    let queues = &local.runtime.queues;
    notify_devices(local, &queues.order[local.device.get() as usize]);
}

fn notify_devices(local: &Local, order: &[u16]) {
    let runtime = &*local.runtime;
    if runtime.sleep.anyone_idle() {
        runtime.sleep.notify(order, |seat| {
            runtime.queues.seat(seat).post.parker.unpark();
        });
    }
}

#[cold]
fn ready_special(local: &Local, slot: Slot, record: &Record) {
    if record.kind.load(Relaxed) != kind::TASK {
        return wait::fire(local, slot);
    }
    record.set_phase(Phase::Ready);
    if record.is_poisoned() && !record.has(flag::RUN_ANYWAY) {
        return skip_all(local, slot);
    }
    let shape = record.shape();
    if shape == 0 {
        let queues = &local.runtime.queues;
        match record.priority() {
            0 => queues.any.injector.push(slot.0),
            priority => queues.any.priority.push(slot, i32::from(priority)),
        }
        return notify(local);
    }
    if record.has(flag::CONTINUES) || record.has(flag::RESERVED) {
        return admit::resume_task(local, slot);
    }
    let runtime = &local.runtime;
    let wanted = runtime.shapes.get(shape);
    if wanted.reserves {
        return admit::submit(local, slot, shape, wanted, record.priority());
    }
    let load = |device: u16| {
        let pool = &runtime.queues.devices[device as usize];
        pool.injector.len() as u64 * 1000
            / u64::from(runtime.devices[device as usize].workers.max(1))
    };
    let device = mapper::least_loaded(&wanted.homes, load).expect("a shape has devices");
    to_device(local, slot, device);
}

/// Skips a task, and all that are skipped because of it, here and now: no worker need be free for that.
/// One after the other, so that a long chain does not need a deep stack.
fn skip_all(local: &Local, slot: Slot) {
    let mut list = local.to_skip.take();
    list.push(slot);
    local.to_skip.set(list);
    if local.skips.replace(true) {
        return; // A skip below on the stack goes on with it.
    }
    loop {
        let mut list = local.to_skip.take();
        let next = list.pop();
        local.to_skip.set(list);
        let Some(slot) = next else { break };
        if let Some(released) = completion::skip(local, slot) {
            ready(local, released);
        }
    }
    local.skips.set(false);
    if !local.is_worker.get() {
        // This may have been the last task, and only workers look after that before they sleep.
        super::quiesce::poke(&local.runtime);
    }
}

/// Queues a task for the workers of one device.
pub fn to_device(local: &Local, slot: Slot, device: u16) {
    let queues = &local.runtime.queues;
    let pool = &queues.devices[device as usize];
    match local.arena().record(slot).priority() {
        0 => pool.injector.push(slot.0),
        priority => pool.priority.push(slot, i32::from(priority)),
    }
    notify_devices(local, &[device]);
    recall(local, |aside| aside.device == device); // It may be the only one that is free.
}

//! Spare threads: they take the place of workers that wait without leaving their thread.
//!
//! The number of threads that start tasks stays what it was: a wait that freezes its thread starts a
//! stand-in; when the wait is over, one stand-in is dismissed, at its next look around, and lies dormant
//! until it is needed again.

use super::lifecycle::start_thread;
use super::local::Local;
use crate::error::{Result, fail};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::{Mutex, lock};

/// The spare threads of a runtime.
#[derive(Debug)]
pub struct Spares {
    /// Threads that exist or are promised to waits.
    count: AtomicU32,
    /// A thread stays with its device: it is bound there, and tasks of the device may be blocked on it.
    devices: Box<[Device]>,
}

#[derive(Debug, Default)]
struct Device {
    /// Stand-ins that are to lie down.
    excess: AtomicU32,
    /// Seats of those that lie dormant.
    dormant: Mutex<Vec<u32>>,
}

impl Spares {
    /// None yet.
    pub fn new(devices: usize) -> Spares {
        Spares {
            count: AtomicU32::new(0),
            devices: (0..devices).map(|_| Device::default()).collect(),
        }
    }
}

fn of_device(local: &Local) -> &Device {
    &local.runtime.spares.devices[local.device.get() as usize]
}

/// The promise of a thread.
#[must_use]
pub struct StandIn {
    seat: Option<u32>,
}

/// Promises a thread to take the caller's place.
pub fn reserve(local: &Local) -> Result<StandIn> {
    let spares = &local.runtime.spares;
    if is_dismissed(local) {
        return Ok(StandIn { seat: None }); // It has not lain down yet, and stays.
    }
    if let Some(seat) = lock(&of_device(local).dormant).pop() {
        return Ok(StandIn { seat: Some(seat) });
    }
    let most = local.runtime.config.max_spare_threads;
    if spares.count.fetch_add(1, Relaxed) >= most {
        spares.count.fetch_sub(1, Relaxed);
        return fail!(
            OutOfThreads,
            "{most} waits block their threads at the same time; raise PARLA_MAX_SPARE_THREADS, or let \
             the tasks leave their stacks (no PARLA_TASK_WAIT_THREAD)"
        );
    }
    match start_thread(&local.runtime, local.device.get(), true) {
        Ok(seat) => Ok(StandIn { seat: Some(seat) }),
        Err(error) => {
            spares.count.fetch_sub(1, Relaxed);
            Err(error)
        }
    }
}

impl StandIn {
    /// The caller stops starting tasks: the stand-in begins.
    pub fn start(self, local: &Local) {
        if let Some(seat) = self.seat {
            let seat = local.runtime.queues.seat(seat);
            seat.post.revived.store(true, Relaxed);
            seat.call();
        }
    }

    /// It is not needed after all.
    pub fn cancel(self, local: &Local) {
        match self.seat {
            Some(seat) => lock(&of_device(local).dormant).push(seat),
            None => dismiss(local),
        }
    }
}

/// A frozen thread starts tasks again: one stand-in of its device is too many.
pub fn dismiss(local: &Local) {
    of_device(local).excess.fetch_add(1, Relaxed);
}

/// Whether a stand-in of this thread's device is to lie down.
pub fn any_dismissed(local: &Local) -> bool {
    of_device(local).excess.load(Relaxed) > 0
}

/// Whether the spare thread that asks is to lie down; then it does so, by `lie_down`.
pub fn is_dismissed(local: &Local) -> bool {
    let excess = &of_device(local).excess;
    let mut now = excess.load(Relaxed);
    while now > 0 {
        match excess.compare_exchange_weak(now, now - 1, Relaxed, Relaxed) {
            Ok(_) => return true,
            Err(again) => now = again,
        }
    }
    false
}

/// The spare thread on this seat can be revived from now on.
pub fn lie_down(local: &Local) {
    lock(&of_device(local).dormant).push(local.seat().index);
}

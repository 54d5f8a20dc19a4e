//! Waits whose time ran out, kept for the next try.
//!
//! Such a wait stays on the lists of its tasks until they complete, and so does its record. A program that
//! polls (wait a millisecond, do something, wait again) would leave one behind with each try. So a thread
//! of the host remembers its last few, and a wait for the same tasks takes up the old record again. The
//! waits of tasks are not taken up: their handle must name one wait only, for timers and verdicts go by it.

use crate::graph::edges::Look;
use crate::graph::{Handle, Slot};
use crate::runtime::local::Local;
use std::collections::VecDeque;

/// Waits a thread remembers.
const KEPT: usize = 8;

/// A wait whose time ran out.
pub struct TimedOut {
    wait: Handle,
    kind: u8,
    tasks: Vec<Handle>,
}

/// Remembers a wait of this thread that it has claimed.
pub fn keep(local: &Local, wait: Handle, kind: u8, tasks: &[Handle]) {
    let mut kept: VecDeque<TimedOut> = local.timed_out.take();
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(TimedOut { wait, kind, tasks: tasks.to_vec() });
    local.timed_out.set(kept);
}

/// A wait for the same tasks, with `guards` to hold it.
pub fn take_up(local: &Local, kind: u8, tasks: &[Handle], guards: u32) -> Option<Slot> {
    let mut kept = local.timed_out.take();
    let arena = local.arena();
    let is_live = |task: &Handle| arena.look(*task) == Look::Live;
    let same = |old: &TimedOut| {
        old.kind == kind && old.tasks.iter().filter(|t| is_live(t)).eq(tasks.iter())
    };
    let found = if kept.is_empty() || !tasks.iter().all(is_live) {
        None
    } else {
        kept.iter().position(same).and_then(|at| kept.remove(at))
    };
    local.timed_out.set(kept);
    let wait = found?.wait;
    arena.revive(wait, guards).then_some(wait.slot())
}

//! Failed tasks, until somebody has been told.

use super::local::Local;
use crate::graph::failure::Failure;
use crate::graph::{Handle, Slot};
use crate::sync::{Mutex, lock};
use std::collections::VecDeque;
use std::sync::Arc;

/// Observed failures of anonymous tasks that stay answerable.
const KEPT: usize = 1024;

/// The failures of a runtime.
///
/// Its lock also guards the failure and the side record of every task against those who ask about tasks
/// that are not theirs: they are freed under it.
#[derive(Debug, Default)]
pub struct Failures {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What finalize may have to report, in order.
    unobserved: Vec<Arc<Failure>>,
    /// Failed anonymous tasks whose records are kept, in order.
    kept: VecDeque<(Handle, Arc<Failure>)>,
    /// Length of `kept` at which it is looked through for those that may go.
    sweep_at: usize,
}

impl Failures {
    /// Runs `f` while no record that is kept is freed.
    pub fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        let _guard = lock(&self.inner);
        f()
    }

    /// Keeps the record of a task that has been closed as failed. Elements stay until their space goes.
    pub fn retain(&self, local: &Local, task: Handle, is_element: bool, failure: &Arc<Failure>) {
        let mut inner = lock(&self.inner);
        if failure.origin == task && !failure.is_observed() {
            if inner.unobserved.len() >= 2 * KEPT {
                // The first one must stay for finalize; what has been observed may go.
                inner.unobserved.retain(|f| !f.is_observed());
            }
            inner.unobserved.push(Arc::clone(failure));
        }
        if is_element {
            return;
        }
        inner.kept.push_back((task, Arc::clone(failure)));
        if inner.kept.len() >= inner.sweep_at.max(2 * KEPT) {
            inner.sweep(local);
        }
    }

    /// The failure of a task that has been closed as failed, if its record is still kept.
    pub fn of(&self, local: &Local, task: Handle) -> Option<Arc<Failure>> {
        let _guard = lock(&self.inner);
        let arena = local.arena();
        if arena.look(task) != crate::graph::edges::Look::Failed {
            return None;
        }
        // SAFETY: kept failures are taken away under this lock only.
        unsafe { arena.record(task.slot()).failure() }
    }

    /// The first failure nobody has been told of.
    pub fn first_unobserved(&self) -> Option<Arc<Failure>> {
        lock(&self.inner).unobserved.iter().find(|f| !f.is_observed()).cloned()
    }

    /// Forgets the failed element of a space that is going.
    pub fn forget(&self, local: &Local, task: Handle) {
        let mut inner = lock(&self.inner);
        if !free(local, task) {
            // Its dependencies still have nodes in the record: later.
            if let Some(failure) = failure_of(local, task) {
                failure.observe();
                inner.kept.push_front((task, failure));
            }
        }
    }

    /// Forgets everything; the workers have ended.
    pub fn clear(&self, local: &Local) {
        let mut inner = lock(&self.inner);
        for (task, _) in std::mem::take(&mut inner.kept) {
            free(local, task);
        }
        inner.unobserved.clear();
    }
}

impl Inner {
    fn sweep(&mut self, local: &Local) {
        let mut spare = self.kept.len().saturating_sub(KEPT);
        self.kept.retain(|(task, failure)| {
            let goes = spare > 0 && failure.is_observed() && free(local, *task);
            if goes {
                spare -= 1;
            }
            !goes
        });
        self.sweep_at = 2 * self.kept.len();
    }
}

fn failure_of(local: &Local, task: Handle) -> Option<Arc<Failure>> {
    if local.arena().look(task) != crate::graph::edges::Look::Failed {
        return None;
    }
    // SAFETY: the caller holds the failures' lock.
    unsafe { local.arena().record(task.slot()).failure() }
}

/// Recycles the record of a failed task; false if its dependencies are still open. Under the lock.
fn free(local: &Local, task: Handle) -> bool {
    let arena = local.arena();
    if arena.look(task) != crate::graph::edges::Look::Failed {
        return true;
    }
    let slot: Slot = task.slot();
    if !arena.is_settled(slot) {
        return false;
    }
    let record = arena.record(slot);
    record.take_failure();
    // SAFETY: closed and under the lock: nobody else frees or reads it.
    unsafe { record.free_side() };
    arena.end(&local.cache, slot);
    true
}

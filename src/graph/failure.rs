//! Why a task did not do what it was spawned for.

use super::handle::Handle;
use crate::error::Status;
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The failure of one task, shared by everything that was skipped because of it.
#[derive(Debug)]
pub struct Failure {
    /// What a waiter gets: TaskFailed, Cancelled or Deadlock.
    pub status: Status,
    /// What the body returned; the status if the runtime failed the task.
    pub code: i32,
    /// The task that failed first.
    pub origin: Handle,
    /// What happened: the body's own words, if it has set any.
    pub text: String,
    /// What a waiter is told: the task's name, the text and the code.
    pub message: String,
    /// Whether anybody has been told.
    observed: AtomicBool,
}

impl Failure {
    /// A failure that nobody has been told of.
    pub fn new(
        status: Status,
        code: i32,
        origin: Handle,
        text: String,
        message: String,
    ) -> Failure {
        Failure { status, code, origin, text, message, observed: AtomicBool::new(false) }
    }

    /// Notes that somebody has been told.
    pub fn observe(&self) {
        // A flag by itself: nothing is handed over with it.
        self.observed.store(true, Relaxed);
    }

    /// Whether somebody has been told.
    pub fn is_observed(&self) -> bool {
        self.observed.load(Relaxed)
    }
}

//! The only place that names atomics, locks and parking, so that loom can stand in for all of them.
//!
//! Under `cfg(loom)` the types come from loom, and [`fence`] and [`Parker`] have models that use only
//! what loom understands.

pub mod atomic {
    //! Atomic integers and pointers, of the standard library or of loom.
    #[cfg(loom)]
    pub use loom::sync::atomic::*;
    #[cfg(not(loom))]
    pub use std::sync::atomic::*;
}

pub mod hint {
    //! What a loop that spins tells the processor, or loom.
    #[cfg(loom)]
    pub use loom::hint::spin_loop;
    #[cfg(not(loom))]
    pub use std::hint::spin_loop;
}

mod biased;
pub mod fence;
mod parker;

pub use biased::Biased;
pub use parker::Parker;

#[cfg(loom)]
pub use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(loom))]
pub use process::{Condvar, Mutex, MutexGuard};

#[cfg(parla_tsan)]
mod tsan;

pub mod process {
    //! Locks that loom does not model: those of the process, which outlive every runtime.
    #[cfg(parla_tsan)]
    pub use super::tsan::{Condvar, Mutex, MutexGuard};
    #[cfg(not(parla_tsan))]
    pub use std::sync::{Condvar, Mutex, MutexGuard};
}

/// Locks, whether or not a thread has panicked while it held the lock: what our locks guard is
/// consistent at every point where a panic could start.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// The processor that runs the calling thread, at this moment.
#[cfg(not(loom))]
pub fn current_cpu() -> u32 {
    // SAFETY: takes nothing and reads only the calling thread's state.
    unsafe { libc::sched_getcpu() as u32 }
}

/// The model: all run on one.
#[cfg(loom)]
pub fn current_cpu() -> u32 {
    0
}

/// A value on cache lines of its own: 128 bytes, since processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

impl<T> std::ops::Deref for Padded<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

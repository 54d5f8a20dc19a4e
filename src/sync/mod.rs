//! Atomics and locks, from std or from loom.

#[cfg(not(loom))]
pub use std::sync::{Mutex, OnceLock, RwLock};

#[cfg(loom)]
pub use loom::sync::{Mutex, RwLock};

/// Atomic types.
pub mod atomic {
    #[cfg(loom)]
    pub use loom::sync::atomic::*;
    #[cfg(not(loom))]
    pub use std::sync::atomic::*;
}

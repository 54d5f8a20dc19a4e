//! libparla: one task runtime for every language in a process.
//!
//! The C ABI is in [`ffi`], generated into `include/parla.h`. ARCHITECTURE.md is the map of the rest;
//! each module uses only the ones that stand before it here.

pub mod sync;

pub mod error;

pub mod topology;

pub mod graph;

pub mod mapper;

pub mod device;

pub mod scheduler;

// The two below need threads, stacks and the system: loom's models are of what stands above.
#[cfg(not(loom))]
pub mod runtime;

#[cfg(not(loom))]
pub mod ffi;

//! Tasks, what they wait for, and their names. No threads, no devices: only records, and the protocol
//! by which a task learns that it may run. `README.md` beside this file states and argues the protocol.

pub mod arena;
pub mod claim;
pub mod edges;
pub mod failure;
pub mod handle;
pub mod hold;
pub mod peek;
pub mod placement;
pub mod record;
pub mod space;

#[cfg(all(test, loom))]
mod loom_models;
#[cfg(all(test, not(loom)))]
mod tests;

pub use arena::{Arena, Cache};
pub use handle::{Handle, Slot};
pub use record::Record;

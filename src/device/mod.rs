//! Where bodies and copies run.
//!
//! * [`cpu`]: NUMA nodes: binding threads, placing memory.

pub mod cpu;
pub mod place;

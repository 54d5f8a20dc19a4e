//! libparla: one task runtime for every language in a process.

pub mod graph;
pub mod sync;

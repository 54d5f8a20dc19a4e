//! libparla: one task runtime for every language in a process.

pub mod device;
pub mod topology;

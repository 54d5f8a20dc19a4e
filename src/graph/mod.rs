//! The task graph.

pub mod space;

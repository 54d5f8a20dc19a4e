//! What the peers in Rust share: the same workloads, checks and protocol as the C++ programs have from `common/`.

pub mod graphs;
pub mod program;
pub mod tally;
pub mod workloads;

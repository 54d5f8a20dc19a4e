//! What the test programs share: the C functions behind plain Rust, and tests in processes of their own.
//!
//! Each program uses a part of it.
#![allow(dead_code, unused_imports)]

pub mod api;
pub mod child;
pub mod rng;

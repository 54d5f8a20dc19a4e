//! Places, devices, and what a device needs of the system.

pub mod cpu;
pub mod place;

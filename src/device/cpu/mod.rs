//! A NUMA node as a device: the binding of its workers and its memory.
//!
//! Both are hints to the kernel that it may refuse (a container without the permission, a
//! kernel without NUMA). A refusal is reported as a value and never stops the runtime:
//! tasks then run unbound and memory lands where it is first touched.

pub mod bind;
pub mod memory;

pub use bind::{AffinityMask, bind_current_thread};
pub use memory::{Allocation, MemoryError, NodeMemory};

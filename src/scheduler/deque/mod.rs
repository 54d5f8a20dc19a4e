//! A thread's deque of ready tasks: the thread works at one end, thieves take from the other.
//!
//! It is split, after Dinan, Larkins, Sadayappan, Krishnamoorthy and Nieplocha ("Scalable Work Stealing", SC 2009) and
//! van Dijk and van de Pol ("Lace", 2014): the newest tasks are private to the thread, which pushes and pops them
//! without a fence and without an atomic read-modify-write; the oldest are public, and a thief takes a whole batch
//! of them by one compare-and-swap. The thread moves the border when somebody is idle. If it does not get round to
//! that, because a body runs for long, a thief can: [`Shared::force`]. README.md beside this file argues why no
//! task is lost or taken twice.

#[cfg(all(test, loom))]
mod loom_models;
mod owner;
mod ring;
mod shared;
#[cfg(all(test, not(loom)))]
mod tests;

pub use owner::Owner;
pub use shared::Shared;

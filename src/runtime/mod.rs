//! The runtime: threads that sit on the scheduler's seats, and everything a call of the ABI does.

pub mod admit;
pub mod cancel;
pub mod collect;
pub mod completion;
pub mod config;
pub mod continuation;
pub mod current;
pub mod diagnosis;
pub mod failures;
pub mod fiber;
pub mod hold;
pub mod hooks;
pub mod inspect;
pub mod lifecycle;
pub mod local;
pub mod memory;
pub mod overflow;
pub mod quiesce;
pub mod ready;
pub mod run;
pub mod spaces;
pub mod spares;
pub mod spawn;
pub mod stall;
pub mod wait;
pub mod worker;

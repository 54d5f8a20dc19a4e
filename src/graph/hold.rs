//! Holds: what keeps a task incomplete after its body has returned.
//!
//! A task that nobody holds pays nothing: only if HELD is set in `link` does completion look at `holds`.
//!
//! ```text
//! holds    63..36 generation | 32 BODY_DONE | 31..0 holds
//! ```
//! A word of an earlier generation counts as "no holds, body not done", so it never needs a reset.

use super::arena::Arena;
use super::edges::{CLOSED, GENERATION_SHIFT, HELD, SEALED, generation_of};
use super::handle::{Handle, Slot};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

const BODY_DONE: u64 = 1 << 32;
const COUNT: u64 = 0xffff_ffff;

/// What releasing a hold gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Release {
    /// There was no hold.
    NotHeld,
    /// The task stays as it is: more holds, or its body still runs.
    Open,
    /// The last hold of a task whose body is done: the caller completes it.
    Last,
}

impl Arena {
    /// Adds a hold. False: too late, the task is complete or just completing.
    pub fn hold(&self, handle: Handle) -> bool {
        let record = self.record(handle.slot());
        let mut link = record.link.load(Acquire);
        loop {
            if generation_of(link) != handle.generation() || link & (CLOSED | SEALED) != 0 {
                return false;
            }
            if link & HELD != 0 {
                break;
            }
            match record.link.compare_exchange_weak(link, link | HELD, AcqRel, Acquire) {
                Ok(_) => break,
                Err(now) => link = now,
            }
        }
        // From here on completion passes through `body_done`, which leaves this generation in the word:
        // so a word of a later generation, or with the body done and no holds, means "too late".
        self.change(handle, |holds| (holds != BODY_DONE).then_some(holds + 1)).is_some()
    }

    /// Releases one hold.
    pub fn release(&self, handle: Handle) -> Release {
        let link = self.record(handle.slot()).link.load(Acquire);
        if generation_of(link) != handle.generation() || link & HELD == 0 {
            return Release::NotHeld;
        }
        match self.change(handle, |holds| (holds & COUNT > 0).then(|| holds - 1)) {
            None => Release::NotHeld,
            Some(BODY_DONE) => Release::Last,
            Some(_) => Release::Open,
        }
    }

    /// Releases every hold of a task whose body is done. True: there were some, the caller completes it.
    #[must_use]
    pub fn release_all_holds(&self, handle: Handle) -> bool {
        let take = |holds: u64| (holds & BODY_DONE != 0 && holds & COUNT > 0).then_some(BODY_DONE);
        self.is_held(handle.slot()) && self.change(handle, take).is_some()
    }

    /// The body of a task that uses holds is done. True: no hold is left, the caller completes it.
    #[must_use]
    pub fn body_done(&self, slot: Slot) -> bool {
        let handle = self.record(slot).handle(slot);
        self.change(handle, |holds| Some(holds | BODY_DONE)) == Some(BODY_DONE)
    }

    /// Whether holds are in use.
    pub fn is_held(&self, slot: Slot) -> bool {
        self.record(slot).link.load(Relaxed) & HELD != 0
    }

    /// Holds on a task, for diagnostics.
    pub fn hold_count(&self, handle: Handle) -> u32 {
        let word = self.record(handle.slot()).cold().holds.load(Relaxed);
        if generation_of(word) == handle.generation() { (word & COUNT) as u32 } else { 0 }
    }

    /// Changes the word of this generation; `None` if `step` refuses or a later generation has begun.
    fn change(&self, handle: Handle, step: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        let record = self.record(handle.slot());
        let generation = u64::from(handle.generation()) << GENERATION_SHIFT;
        let mut word = record.cold().holds.load(Acquire);
        loop {
            let current = match generation_of(word).cmp(&handle.generation()) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => word & (BODY_DONE | COUNT),
                std::cmp::Ordering::Greater => return None,
            };
            let next = step(current)?;
            // AcqRel: whoever takes the last one gets what body and holders have done.
            match record.cold().holds.compare_exchange_weak(
                word,
                generation | next,
                AcqRel,
                Acquire,
            ) {
                Ok(_) => return Some(next),
                Err(now) => word = now,
            }
        }
    }
}

//! Spawning an element once, and completing a record ahead of its dependencies.
//!
//! Both are decided in `pending`, whose generation makes a stale decision fail.

use super::arena::{Arena, Cache};
use super::edges::{
    CANCEL, CLAIMED, CLOSED, COUNT, Countdown, POISONED, SPAWNING, UNSPAWNED, generation_of,
};
use super::handle::{Handle, Slot};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

/// What has become of an attempt to spawn an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum SpawnClaim {
    /// The caller spawns it.
    Mine,
    /// Somebody has spawned it.
    Spawned,
    /// It was cancelled before anybody spawned it.
    Cancelled,
}

/// What has become of a request to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum CancelClaim {
    /// The caller completes the task as cancelled: nobody else will.
    Mine,
    /// The same, and nobody had spawned it.
    Unspawned,
    /// It is noted; whoever starts or spawns the task will see it.
    Noted,
    /// The task is complete.
    Complete,
}

impl Arena {
    /// Claims the element for spawning with `deps` dependencies and one guard.
    pub fn claim_spawn(&self, handle: Handle, deps: u32) -> SpawnClaim {
        let record = self.record(handle.slot());
        let mut pending = record.pending.load(Acquire);
        loop {
            if generation_of(pending) != handle.generation() {
                return SpawnClaim::Spawned;
            }
            if pending & UNSPAWNED == 0 {
                return SpawnClaim::Spawned;
            }
            if pending & CLAIMED != 0 {
                return SpawnClaim::Cancelled;
            }
            let mine = pending & !(UNSPAWNED | COUNT) | SPAWNING | u64::from(deps + 1);
            // AcqRel: partner is the creator's Release, and another claimant.
            match record.pending.compare_exchange_weak(pending, mine, AcqRel, Acquire) {
                Ok(_) => return SpawnClaim::Mine,
                Err(now) => pending = now,
            }
        }
    }

    /// Gives a claim back: the spawn failed after it. True: a cancellation came meanwhile and is the
    /// caller's to carry out.
    #[must_use]
    pub fn unclaim_spawn(&self, slot: Slot) -> bool {
        let record = self.record(slot);
        let generation = record.pending.load(Relaxed)
            & (!((1 << super::edges::GENERATION_SHIFT) - 1) | POISONED);
        // As in `finish_spawn`.
        record.pending.swap(generation | UNSPAWNED | 1, AcqRel);
        record.link.load(Relaxed) & CANCEL != 0
    }

    /// Ends a claim: the task is spawned. Counts down the guard and `complete` dependencies. True in
    /// the second place: a cancellation came meanwhile and is the caller's to carry out (if `Open`).
    pub fn finish_spawn(&self, cache: &Cache, slot: Slot, complete: u32) -> (Countdown, bool) {
        let record = self.record(slot);
        let n = complete + 1;
        // Partner: the read-modify-write of `pending` in `claim_cancel`. Of the two, one comes second and
        // sees what was before the other: this thread sees CANCEL, or the canceller that SPAWNING has
        // gone. The generation is this thread's, so it is looked up first: the task may be complete, and
        // its record reused, right after the countdown.
        let handle = record.handle(slot);
        let before = record.pending.fetch_sub(SPAWNING | u64::from(n), AcqRel);
        let countdown = self.counted(cache, slot, before, n);
        let cancelled = countdown == Countdown::Open && {
            let link = record.link.load(Relaxed);
            generation_of(link) == handle.generation() && link & CANCEL != 0
        };
        (countdown, cancelled)
    }

    /// Requests the cancellation of a task, and claims its completion if it is certain not to have
    /// started: then the caller must fail and close it. Its record is not free until its dependencies
    /// have been counted down ([`Arena::is_settled`]).
    pub fn claim_cancel(&self, handle: Handle) -> CancelClaim {
        let record = self.record(handle.slot());
        let mut link = record.link.load(Acquire);
        loop {
            if generation_of(link) != handle.generation() || link & CLOSED != 0 {
                return CancelClaim::Complete;
            }
            match record.link.compare_exchange_weak(link, link | CANCEL, AcqRel, Acquire) {
                Ok(_) => break,
                Err(now) => link = now,
            }
        }
        // Changes nothing, but takes its place among the changes: see `finish_spawn`.
        record.pending.fetch_or(0, AcqRel);
        match self.claim_open(handle) {
            None => CancelClaim::Noted,
            Some(pending) if pending & UNSPAWNED != 0 => CancelClaim::Unspawned,
            Some(_) => CancelClaim::Mine,
        }
    }

    /// Claims the completion of a record whose dependencies are open. False: they are not (any more),
    /// it is being spawned, or it is claimed already.
    #[must_use]
    pub fn claim(&self, handle: Handle) -> bool {
        self.claim_open(handle).is_some()
    }

    /// The word as it was, if the claim succeeded.
    fn claim_open(&self, handle: Handle) -> Option<u64> {
        let record = self.record(handle.slot());
        let mut pending = record.pending.load(Acquire);
        loop {
            if generation_of(pending) != handle.generation()
                || pending & COUNT == 0
                || pending & (CLAIMED | SPAWNING) != 0
            {
                return None;
            }
            // An unspawned element has no dependencies, only the guard of its spawn.
            let claimed = if pending & UNSPAWNED != 0 {
                pending & !COUNT | CLAIMED
            } else {
                pending | CLAIMED
            };
            // Acquire: partner is the Release of the last change, of which the owner's was one. Release:
            // whoever takes the last dependency of a wait owns its record next.
            match record.pending.compare_exchange_weak(pending, claimed, AcqRel, Acquire) {
                Ok(_) => return Some(pending),
                Err(now) => pending = now,
            }
        }
    }

    /// Takes a claim on a wait back, with `guards` to hold it: the same wait begins again. False: its last
    /// dependency has completed meanwhile.
    #[must_use]
    pub fn revive(&self, handle: Handle, guards: u32) -> bool {
        let record = self.record(handle.slot());
        let mut pending = record.pending.load(Acquire);
        loop {
            let open = pending & COUNT;
            if generation_of(pending) != handle.generation() || pending & CLAIMED == 0 || open == 0
            {
                return false;
            }
            let revived = (pending & !CLAIMED) + u64::from(guards);
            match record.pending.compare_exchange_weak(pending, revived, AcqRel, Acquire) {
                Ok(_) => return true,
                Err(now) => pending = now,
            }
        }
    }

    /// Whether the cancellation of the task in `slot` has been requested.
    #[inline]
    pub fn cancel_requested(&self, slot: Slot) -> bool {
        self.record(slot).link.load(Relaxed) & CANCEL != 0
    }

    /// Whether the cancellation of this very task has been requested, by somebody who may not have seen what
    /// the caller has just made claimable by counting its guard down. As in `finish_spawn`: that count and the
    /// change of `pending` in `claim_cancel` come one after the other, and the second sees what was before.
    pub fn cancel_seen(&self, handle: Handle) -> bool {
        let link = self.record(handle.slot()).link.load(Relaxed);
        generation_of(link) == handle.generation() && link & CANCEL != 0
    }

    /// Whether nobody has spawned the element.
    pub fn is_unspawned(&self, slot: Slot) -> bool {
        self.record(slot).pending.load(Relaxed) & (UNSPAWNED | CLAIMED) == UNSPAWNED
    }
}

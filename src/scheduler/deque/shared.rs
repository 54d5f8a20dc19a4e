//! What others see of a deque, and how they take from it.

use super::owner::Owner;
use super::ring::{Ring, SMALLEST};
use crate::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::{Mutex, Padded, fence, lock};

/// Most tasks that one theft takes.
const MAX_THEFT: u32 = 64;

/// A deque as its thieves know it. Indices count tasks; `top <= split <= bottom`, all wrapping.
#[derive(Debug)]
pub struct Shared {
    /// The owner's end: its own line, which thieves only read.
    pub(super) end: Padded<End>,
    /// The thieves' end.
    pub(super) public: Padded<Public>,
}

#[derive(Debug)]
pub(super) struct End {
    /// One past the newest task. Written by the owner only.
    pub bottom: AtomicU32,
    /// The owner pops down to here without asking. `split`, but for a moment while a thief moves that.
    /// Written under the border's lock.
    pub floor: AtomicU32,
    /// Where the tasks lie. Written by the owner only.
    pub ring: AtomicPtr<Ring>,
}

#[derive(Debug)]
pub(super) struct Public {
    /// `split << 32 | top`: tasks from `top` to below `split` are anybody's. Thieves add to `top`; who
    /// holds the lock changes `split`.
    pub range: AtomicU64,
    /// Tasks that thieves have taken and have read out of the ring, in all: equal to `top` when no thief
    /// is at it.
    pub copied: AtomicU32,
    /// See [`Shared::is_stuck`].
    pub seen: AtomicU32,
    /// The lock of `split` and `floor`; the ring in use, and those that thieves may still read.
    #[allow(clippy::vec_box, reason = "rings are known by address")]
    pub border: Mutex<Vec<Box<Ring>>>,
}

/// The public range as two indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub top: u32,
    pub split: u32,
}

impl Range {
    #[inline(always)]
    pub fn of(word: u64) -> Range {
        Range { top: word as u32, split: (word >> 32) as u32 }
    }

    #[inline(always)]
    pub fn word(self) -> u64 {
        u64::from(self.split) << 32 | u64::from(self.top)
    }

    #[inline(always)]
    pub fn len(self) -> u32 {
        self.split.wrapping_sub(self.top)
    }
}

/// How much further `a` is than `b`: negative if it comes before.
#[inline(always)]
pub(super) fn ahead(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

impl Shared {
    pub(super) fn starting_at(first: u32) -> Shared {
        let mut ring = Ring::new(SMALLEST);
        let address = std::ptr::from_mut(&mut *ring);
        Shared {
            end: Padded(End {
                bottom: AtomicU32::new(first),
                floor: AtomicU32::new(first),
                ring: AtomicPtr::new(address),
            }),
            public: Padded(Public {
                range: AtomicU64::new(Range { top: first, split: first }.word()),
                copied: AtomicU32::new(first),
                seen: AtomicU32::new(0),
                border: Mutex::new(vec![ring]),
            }),
        }
    }

    /// Whether there is nothing, public or private. A thief's or sleeper's guess: exact if the owner and
    /// all thieves stand still.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Acquire: so that a look after a heavy fence does not move up.
        let bottom = self.end.bottom.load(Acquire);
        ahead(bottom, Range::of(self.public.range.load(Acquire)).top) <= 0
    }

    /// How many tasks thieves can take; a guess.
    pub fn public_len(&self) -> u32 {
        Range::of(self.public.range.load(Relaxed)).len()
    }

    /// Changes with each push and pop; a guess.
    pub fn bottom(&self) -> u32 {
        self.end.bottom.load(Relaxed)
    }

    /// Takes half of the public tasks, the oldest: gives the oldest of all, and leaves the others to `thief`, so
    /// that it pops them in order. `seen` hears of each.
    #[inline]
    pub fn steal(&self, thief: &Owner, seen: impl Fn(u32)) -> Option<u32> {
        let mut word = self.public.range.load(Relaxed);
        loop {
            let range = Range::of(word);
            if range.len() == 0 {
                return None;
            }
            let taken = range.len().div_ceil(2).min(MAX_THEFT);
            let after = Range { top: range.top.wrapping_add(taken), ..range };
            // Acquire: partner is the Release of whoever made these tasks public, and the owner's in `make_room`.
            match self.public.range.compare_exchange_weak(word, after.word(), Acquire, Relaxed) {
                Err(now) => word = now,
                Ok(_) => {
                    // SAFETY: rings are freed only when `copied` equals `top`, so not before the
                    // addition below. Acquire: partner is the Release in `Owner::make_room`; the ring has
                    // all that is public now.
                    let ring = unsafe { &*self.end.ring.load(Acquire) };
                    let first = ring.get(range.top);
                    seen(first);
                    for i in (1..taken).rev() {
                        let task = ring.get(range.top.wrapping_add(i));
                        seen(task);
                        thief.push(task);
                    }
                    // Release: partner is the Acquire in `Owner::make_room`: the entries may be used again.
                    self.public.copied.fetch_add(taken, Release);
                    return Some(first);
                }
            }
        }
    }

    /// Whether there are private tasks whose owner has neither pushed nor popped since a thief last asked: it may be busy
    /// with something else. An owner that moves makes them public itself, as it sees that somebody is idle.
    pub fn is_stuck(&self) -> bool {
        let bottom = self.end.bottom.load(Relaxed);
        let private = ahead(bottom, Range::of(self.public.range.load(Relaxed)).split) > 0;
        private && self.public.seen.swap(bottom, Relaxed) == bottom
    }

    /// Makes half of the private tasks public in the owner's place. False: there are none, or the owner or
    /// another thief is moving the border itself.
    ///
    /// Costs a heavy fence: for an owner that is busy with something else.
    pub fn force(&self) -> bool {
        let Ok(_border) = self.public.border.try_lock() else { return false };
        let Range { split, .. } = Range::of(self.public.range.load(Relaxed));
        let private = ahead(self.end.bottom.load(Relaxed), split); // A first guess.
        if private <= 0 {
            return false;
        }
        let wanted = split.wrapping_add((private as u32).div_ceil(2));
        self.end.floor.store(wanted, Relaxed);
        fence::heavy(); // Partner: the light fence in `Owner::pop`.
        // From here on the owner takes nothing below `wanted` without the lock; what it took before is
        // seen in `bottom`. Acquire: partner is the Release in `Owner::push`; `range` passes it on to thieves.
        let bottom = self.end.bottom.load(Acquire);
        let lowest = if ahead(bottom, wanted) < 0 { bottom } else { wanted };
        let border = if ahead(lowest, split) < 0 { split } else { lowest };
        let moved = border.wrapping_sub(split);
        // Release: partner is the Acquire in `steal`.
        self.public.range.fetch_add(u64::from(moved) << 32, Release);
        self.end.floor.store(border, Relaxed);
        moved > 0
    }

    /// Frees the rings that are not in use. The caller is the owner and knows that no thief reads.
    pub(super) fn free_old_rings(&self) {
        let mut rings = lock(&self.public.border);
        let current = self.end.ring.load(Relaxed);
        rings.retain(|ring| std::ptr::eq(&raw const **ring, current));
    }
}

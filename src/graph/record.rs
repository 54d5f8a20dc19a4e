//! The record of a task: two cache lines in the arena, of which most tasks use one.
//!
//! A wait and the overflow of a dependency list are records too: one allocator, one numbering. Every
//! field is atomic, because diagnostics may look at any record at any time; where no ordering is named,
//! a field is written only by the record's owner of the moment (README.md says who that is) and handed
//! on by the ordering of `link`, `pending` or a queue.

use super::edges::POISONED;
use super::failure::Failure;
use super::handle::{GENERATION_MAX, Handle, Kind, Slot};
use crate::sync::atomic::{
    AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use smallvec::SmallVec;
use std::ffi::c_void;
use std::sync::Arc;

/// Dependencies that fit in the record itself.
pub const INLINE_NODES: usize = if cfg!(loom) { 2 } else { 8 };

/// What a record is used for.
pub mod kind {
    /// Nothing yet.
    pub const NONE: u8 = 0;
    /// A task.
    pub const TASK: u8 = 1;
    /// A wait of a host thread.
    pub const HOST_WAIT: u8 = 2;
    /// A wait of a task, whose stack has been left.
    pub const TASK_WAIT: u8 = 3;
    /// More dependency nodes of another record.
    pub const NODES: u8 = 4;
    /// A task whose handle nobody has been given: nobody else touches its record. See [`Record::name`](super::Record::name).
    pub const UNNAMED: u8 = 5;
}

/// Bits of [`Record::flags`].
pub mod flag {
    /// `drop` is to be called with the context.
    pub const HAS_DROP: u16 = 1;
    /// `side` is set.
    pub const HAS_SIDE: u16 = 2;
    /// The task holds VCUs or memory while it runs.
    pub const RESERVED: u16 = 4;
    /// It runs even if a dependency failed.
    pub const RUN_ANYWAY: u16 = 8;
    /// Its waits keep the thread.
    pub const WAIT_THREAD: u16 = 16;
    /// It is an element of a space.
    pub const ELEMENT: u16 = 32;
    /// It has a continuation to run.
    pub const CONTINUES: u16 = 64;
    /// It goes another way than through a worker's deque when it is ready: it has a shape or a priority, or
    /// it is a wait.
    pub const ROUTED: u16 = 128;
    /// It has records of overflow nodes.
    pub const OVERFLOWS: u16 = 256;
    /// The VCUs that it holds have been given back for the time being.
    pub const VCUS_OUT: u16 = 512;
}

/// Values of [`Record::phase`]: where a task is, for those who ask. Not used to decide anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not spawned.
    Created = 0,
    /// Waits for dependencies.
    Waiting = 1,
    /// Waits for a worker or for resources.
    Ready = 2,
    /// Runs.
    Running = 3,
    /// Blocked in a wait.
    Blocked = 4,
    /// Body done, held.
    Held = 5,
    /// Completed.
    Done = 6,
    /// Failed.
    Failed = 7,
    /// Skipped.
    Skipped = 8,
    /// Cancelled.
    Cancelled = 9,
}

impl Phase {
    /// The phase of that number.
    pub fn from_u8(number: u8) -> Phase {
        use Phase::*;
        [Created, Waiting, Ready, Running, Blocked, Held, Done, Failed, Skipped, Cancelled]
            .get(number as usize)
            .copied()
            .unwrap_or(Created)
    }
}

/// A task's body.
pub type Body = unsafe extern "C" fn(*mut c_void) -> i32;
/// Releases a context.
pub type Drop = unsafe extern "C" fn(*mut c_void);

/// What a task holds of one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The device.
    pub device: u16,
    /// VCU units.
    pub vcus: u64,
    /// Bytes.
    pub memory: u64,
}

/// What tasks rarely have, behind one pointer.
#[derive(Debug, Default)]
pub struct Side {
    /// Name given by the user.
    pub name: Option<Box<str>>,
    /// Text that the body has set for its failure.
    pub failure_text: Option<String>,
    /// Bodies per tuple of architectures.
    pub variants: Vec<(Vec<u8>, Body)>,
    /// Where the body goes on.
    pub continuation: Option<Continuation>,
    /// The first context, if a continuation has replaced it.
    pub drop_ctx: Option<usize>,
    /// What a task of several members holds of devices, by member.
    pub grant: Vec<Held>,
}

/// What `parla_continue` has asked for.
#[derive(Debug)]
pub struct Continuation {
    /// The next body.
    pub body: Body,
    /// Its context, as an address.
    pub ctx: usize,
    /// What it waits for.
    pub deps: SmallVec<[Handle; 4]>,
}

/// The record: the line of it that every task uses. `link` and `pending` are the protocol; `edges.rs` has every
/// transition of both. Behind it lies the rest, [`Cold`].
#[repr(C, align(64))]
#[derive(Debug, Default)]
pub struct Record {
    /// Generation, flags and the head of the list of successors.
    pub(super) link: AtomicU64,
    /// One of [`kind`]; of a free record, what it was.
    pub kind: AtomicU8,
    /// A [`Phase`].
    pub phase: AtomicU8,
    /// Bits of [`flag`].
    pub flags: AtomicU16,
    /// Shape in the low half, priority in the high one.
    routing: AtomicU32,
    /// Generation, flags and the number of dependencies that are not complete.
    pub(super) pending: AtomicU64,
    /// Two of the successors before the newest: what to fetch ahead. Nothing else depends on it. A latecomer may
    /// write it when the record has another use already, so it lies before all nodes.
    earlier: AtomicU64,
    body: AtomicPtr<()>,
    ctx: AtomicPtr<c_void>,
    pub(super) nodes: [AtomicU32; HOT_NODES],
    #[cfg(loom)]
    cold: Cold,
}

/// The line of a record that few tasks use. The lines of 64 records lie together, as do their cold ones after them
/// ([`Block`]): so a million plain tasks in flight move half the memory.
#[repr(C, align(64))]
#[derive(Debug, Default)]
pub struct Cold {
    pub(super) nodes: [AtomicU32; INLINE_NODES - HOT_NODES],
    /// Owned; valid with [`flag::HAS_SIDE`].
    side: AtomicPtr<Side>,
    /// Number of the element in its space, and where the task was put (`placement.rs`).
    pub(super) element: AtomicU64,
    /// Valid with [`flag::HAS_DROP`].
    drop: AtomicPtr<()>,
    /// See `hold.rs`.
    pub(super) holds: AtomicU64,
    /// An element's space (slot); an overflow's owner (slot); a wait's host seat.
    pub owner: AtomicU32,
    /// First record of overflow nodes, valid with [`flag::OVERFLOWS`]; in such a record the next one.
    pub(super) overflow: AtomicU32,
    /// The failure of the task, or that of the first dependency that failed. Owned reference; null whenever
    /// the record is free.
    failure: AtomicPtr<Failure>,
}

/// Dependencies whose nodes are on the line that is used anyway.
pub(super) const HOT_NODES: usize = if cfg!(loom) { 2 } else { 4 };

/// Records of a [`Block`].
pub(super) const BLOCK: usize = 64;

/// How the records lie in the arena.
#[repr(C)]
pub(super) struct Block {
    pub hot: [Record; BLOCK],
    pub cold: [Cold; BLOCK],
}

/// From a record to its cold line.
#[cfg(not(loom))]
pub(super) const COLD_DISTANCE: usize = std::mem::offset_of!(Block, cold);

/// Where words may be nodes: from here on.
#[cfg(not(loom))]
pub(super) const FIRST_NODE_OFFSET: usize = std::mem::offset_of!(Record, earlier) + 8;

#[cfg(not(loom))]
const _: () = assert!(size_of::<Record>() == 64 && size_of::<Cold>() == 64);

impl Record {
    /// The rest of it.
    #[cfg(not(loom))]
    #[inline(always)]
    pub fn cold(&self) -> &Cold {
        let address = std::ptr::from_ref(self).addr() + COLD_DISTANCE;
        // SAFETY: records exist only in blocks of the arena, whose memory is exposed, is never unmapped, and is
        // valid when zeroed; cold lines lie as far behind the records as the blocks say.
        unsafe { &*std::ptr::with_exposed_provenance::<Cold>(address) }
    }

    /// The rest of it.
    #[cfg(loom)]
    pub fn cold(&self) -> &Cold {
        &self.cold
    }

    /// Sets what every use of a record sets. The caller owns it and has not published it.
    #[inline(always)]
    pub fn reset(&self, kind: u8, flags: u16, phase: Phase) {
        debug_assert!(self.cold().failure.load(Relaxed).is_null());
        // Release: partner is the Acquire in `look`, which then sees the end of what was before.
        self.kind.store(kind, Release);
        self.phase.store(phase as u8, Relaxed);
        self.flags.store(flags, Relaxed);
        self.routing.store(0, Relaxed);
    }

    /// What it needs of devices: number of a shape in the scheduler's table; 0: any worker.
    #[inline]
    pub fn shape(&self) -> u32 {
        self.routing.load(Relaxed) & 0xffff
    }

    /// Priority.
    #[inline]
    pub fn priority(&self) -> i16 {
        (self.routing.load(Relaxed) >> 16) as i16
    }

    /// Sets shape and priority; by the owner only.
    #[inline]
    pub fn route(&self, shape: u32, priority: i16) {
        debug_assert!(shape <= 0xffff);
        self.routing.store(u32::from(priority as u16) << 16 | shape, Relaxed);
        if (shape, priority) != (0, 0) {
            self.add_flags(flag::ROUTED);
        }
    }

    /// `before` was the newest successor until another came. Threads may overwrite each other's notes.
    #[inline(always)]
    pub(super) fn note_earlier(&self, before: u32) {
        let old = if before == 0 { 0 } else { self.earlier.load(Relaxed) << 32 };
        self.earlier.store(old | u64::from(before), Relaxed);
    }

    /// The generation, odd while the record is in use.
    #[inline]
    pub fn generation(&self) -> u32 {
        (self.link.load(Relaxed) >> super::edges::GENERATION_SHIFT) as u32 & GENERATION_MAX
    }

    /// The handle of the task in this record, which is in `slot`.
    #[inline]
    pub fn handle(&self, slot: Slot) -> Handle {
        Handle::new(Kind::Task, self.generation(), slot.0)
    }

    /// The handle of the task in this record, for others to use from now on. The caller runs the task.
    #[inline]
    pub fn name(&self, slot: Slot) -> Handle {
        if self.kind.load(Relaxed) == kind::UNNAMED {
            // Release: as in `reset`.
            self.kind.store(kind::TASK, Release);
        }
        self.handle(slot)
    }

    /// Whether all `bits` of [`flag`] are set.
    #[inline]
    pub fn has(&self, bits: u16) -> bool {
        self.flags.load(Relaxed) & bits == bits
    }

    /// Sets flags; by the owner only.
    #[inline]
    pub fn add_flags(&self, bits: u16) {
        self.flags.store(self.flags.load(Relaxed) | bits, Relaxed);
    }

    /// Clears flags; by the owner only.
    #[inline]
    pub fn clear_flags(&self, bits: u16) {
        self.flags.store(self.flags.load(Relaxed) & !bits, Relaxed);
    }

    /// Where the task is, for those who ask.
    #[inline]
    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
    }

    /// Sets body and context.
    #[inline]
    pub fn set_body(&self, body: Body, ctx: *mut c_void) {
        self.body.store(body as *mut (), Relaxed);
        self.ctx.store(ctx, Relaxed);
    }

    /// The body.
    ///
    /// # Safety
    /// The record is a task whose body has been set, and the caller owns it.
    #[inline]
    pub unsafe fn body(&self) -> Body {
        // SAFETY: `set_body` stored a `Body`, by the caller's word.
        unsafe { std::mem::transmute::<*mut (), Body>(self.body.load(Relaxed)) }
    }

    /// The context.
    #[inline]
    pub fn ctx(&self) -> *mut c_void {
        self.ctx.load(Relaxed)
    }

    /// Sets the context alone.
    #[inline]
    pub fn set_ctx(&self, ctx: *mut c_void) {
        self.ctx.store(ctx, Relaxed);
    }

    /// Sets what releases the context.
    pub fn set_drop(&self, drop: Drop) {
        self.cold().drop.store(drop as *mut (), Relaxed);
        self.add_flags(flag::HAS_DROP);
    }

    /// Takes what releases the context; the second time it is none.
    #[inline]
    pub fn take_drop(&self) -> Option<Drop> {
        if !self.has(flag::HAS_DROP) {
            return None;
        }
        self.clear_flags(flag::HAS_DROP);
        // SAFETY: HAS_DROP is only set by `set_drop`, which stored a `Drop`.
        Some(unsafe { std::mem::transmute::<*mut (), Drop>(self.cold().drop.load(Relaxed)) })
    }

    /// The side record, made if there is none.
    ///
    /// # Safety
    /// The caller owns the record, and no other reference to its side record is alive.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn side_mut(&self) -> &mut Side {
        if !self.has(flag::HAS_SIDE) {
            // Release: partner is the Acquire in `side`, for those who ask about a task not theirs.
            self.cold().side.store(Box::into_raw(Box::default()), Release);
            self.add_flags(flag::HAS_SIDE);
        }
        // SAFETY: HAS_SIDE means that `side` is a live box that this record owns; alone by contract.
        unsafe { &mut *self.cold().side.load(Relaxed) }
    }

    /// The side record, if there is one.
    ///
    /// # Safety
    /// The caller owns the record, or keeps its owner from freeing and changing the side record.
    #[inline]
    pub unsafe fn side(&self) -> Option<&Side> {
        if !self.has(flag::HAS_SIDE) {
            return None;
        }
        // SAFETY: as in `side_mut`.
        unsafe { self.cold().side.load(Acquire).as_ref() }
    }

    /// Frees the side record.
    ///
    /// # Safety
    /// The caller owns the record, and no reference to its side record is alive.
    pub unsafe fn free_side(&self) {
        if self.has(flag::HAS_SIDE) {
            self.clear_flags(flag::HAS_SIDE);
            // SAFETY: as in `side_mut`; HAS_SIDE is clear now, so it is freed once.
            drop(unsafe { Box::from_raw(self.cold().side.swap(std::ptr::null_mut(), Relaxed)) });
        }
    }

    /// Two successors that were noted, in the halves; 0: none.
    #[inline(always)]
    pub(super) fn earlier(&self) -> u64 {
        self.earlier.load(Relaxed)
    }

    /// Whether a failure is set: the record's own or a dependency's.
    #[inline(always)]
    pub fn is_poisoned(&self) -> bool {
        self.pending.load(Relaxed) & POISONED != 0
    }

    /// Sets the failure if there is none yet. The caller owns the record or one of its open
    /// dependencies, so that it cannot be recycled meanwhile.
    pub fn poison(&self, failure: &Arc<Failure>) {
        let raw = Arc::into_raw(Arc::clone(failure)).cast_mut();
        // Release: the reader gets the pointer's target through it too (`failure`). The countdown orders
        // it for the record's own owner.
        let cell = &self.cold().failure;
        if cell.compare_exchange(std::ptr::null_mut(), raw, AcqRel, Acquire).is_err() {
            // SAFETY: `raw` came from `into_raw` just now and was not stored.
            drop(unsafe { Arc::from_raw(raw) });
        }
        // Acquire, Release: with `take_failure`, which goes the other way round.
        self.pending.fetch_or(POISONED, AcqRel);
    }

    /// The failure, shared.
    ///
    /// # Safety
    /// Nobody takes the failure away meanwhile: the caller owns the record, or holds the lock of the
    /// retained failures.
    pub unsafe fn failure(&self) -> Option<Arc<Failure>> {
        let raw = self.cold().failure.load(Acquire);
        if raw.is_null() {
            return None;
        }
        // SAFETY: the record owns one reference, which stays by contract; this makes a second.
        unsafe {
            Arc::increment_strong_count(raw);
            Some(Arc::from_raw(raw))
        }
    }

    /// Takes the failure away; by the owner.
    pub fn take_failure(&self) -> Option<Arc<Failure>> {
        // The bit first, so that a pointer never stays without it: whoever poisons the record sets the pointer first. Others may
        // be about to claim the task, so it is not just a store. Release: partner is the Acquire in `poison`.
        self.pending.fetch_and(!POISONED, Release);
        let raw = self.cold().failure.swap(std::ptr::null_mut(), AcqRel);
        // SAFETY: a non-null pointer is an owned reference, and the swap takes it once.
        (!raw.is_null()).then(|| unsafe { Arc::from_raw(raw) })
    }
}

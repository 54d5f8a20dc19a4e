//! Where records live: one reservation of address space, cut into slots that are never unmapped.
//!
//! Because a slot is a record for ever, anything may be looked up by number at any time, and a stale
//! handle meets a newer generation, not foreign memory. Threads allocate from and free into a [`Cache`]
//! of their own; full batches travel through the depot, so a shared line is touched once per
//! [`BATCH`] records (the magazines of Bonwick and Adams, USENIX 2001).

use super::handle::Slot;
use super::record::{BLOCK, Block, Record};
use crate::error::{Result, fail};
use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
use crate::sync::{Mutex, lock};
use std::cell::Cell;

/// Bits of a slot number that are used: the other five of a [`NodeRef`](super::edges::NodeRef) number
/// the node within the record.
pub const SLOT_BITS: u32 = 27;

/// Bytes of a record, both lines of it.
const RECORD: usize = size_of::<Block>() / BLOCK;

/// Records that travel together.
pub const BATCH: u32 = if cfg!(loom) { 2 } else { 128 };

/// The records.
#[derive(Debug)]
pub struct Arena {
    memory: memory::Memory,
    /// Slots that have ever been handed to a cache; slot 0 is none.
    len: AtomicU32,
    /// Batches of free slots.
    depot: Mutex<Vec<Batch>>,
}

/// Free slots that travel together: `len` of them, fewer than it holds only if a thread has ended.
#[derive(Debug)]
struct Batch {
    len: usize,
    slots: [u32; BATCH as usize],
}

impl Arena {
    /// Reserves address space for as many records as the system lets us number.
    pub fn new() -> Result<Arena> {
        Ok(Arena {
            memory: memory::Memory::reserve()?,
            len: AtomicU32::new(1),
            depot: Mutex::new(Vec::new()),
        })
    }

    /// The record in a slot that has been handed out.
    #[inline(always)]
    pub fn record(&self, slot: Slot) -> &Record {
        debug_assert!(self.is_slot(slot));
        self.memory.record(slot.0)
    }

    /// Has the processor fetch a record that will be written soon. The number may be anything.
    #[inline(always)]
    pub fn prefetch(&self, slot: Slot) {
        prefetch_for_write(self.memory.address(slot.0));
    }

    /// Whether there is a record of that number, used or not.
    #[inline(always)]
    pub(super) fn is_slot(&self, slot: Slot) -> bool {
        slot.0 < self.memory.capacity()
    }

    /// Whether `slot` has ever been handed to a cache.
    #[inline]
    pub fn contains(&self, slot: Slot) -> bool {
        // Relaxed: whoever holds a genuine handle got it after the slot was handed out.
        slot.0 > 0 && slot.0 < self.len.load(Relaxed)
    }

    /// Every slot that has ever been handed out, for diagnostics.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (1..self.len.load(Relaxed)).map(Slot)
    }

    /// Bytes of records that have ever been used.
    pub fn bytes(&self) -> u64 {
        u64::from(self.len.load(Relaxed)) * RECORD as u64
    }

    /// Address of a node, for [`super::edges`].
    #[inline(always)]
    pub(super) fn node(&self, slot: u32, index: u32) -> &AtomicU32 {
        self.memory.node(slot, index)
    }

    /// A batch of free slots.
    fn refill(&self) -> Result<Batch> {
        if let Some(batch) = lock(&self.depot).pop() {
            return Ok(batch);
        }
        let capacity = self.memory.capacity();
        let mut first = self.len.load(Relaxed);
        loop {
            if first.saturating_add(BATCH) > capacity {
                return fail!(OutOfMemory, "all {capacity} task records are in use");
            }
            match self.len.compare_exchange_weak(first, first + BATCH, Relaxed, Relaxed) {
                Ok(_) => break,
                Err(now) => first = now,
            }
        }
        // The last one is taken first.
        let slots = std::array::from_fn(|i| first + BATCH - 1 - i as u32);
        Ok(Batch { len: slots.len(), slots })
    }
}

#[inline(always)]
fn prefetch_for_write<T>(address: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which reads and writes nothing. PREFETCHW is a no-op on processors without it.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, readonly, preserves_flags));
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}

/// A thread's free slots, at most two batches: a thread that allocates and frees in turn never goes to the
/// depot. They are kept apart from the records, so that a record can be fetched before it is needed.
#[derive(Debug)]
pub struct Cache {
    count: Cell<usize>,
    /// The slots below this came from the depot and have not been used since.
    from_depot: Cell<usize>,
    slots: Box<[Cell<u32>; CACHE]>,
}

const CACHE: usize = 2 * BATCH as usize;

/// How many takes ahead a record is fetched.
const AHEAD: usize = 12;

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            count: Cell::new(0),
            from_depot: Cell::new(0),
            slots: Box::new([const { Cell::new(0) }; CACHE]),
        }
    }
}

impl Cache {
    /// Whether the next take goes to the depot.
    pub fn is_empty(&self) -> bool {
        self.count.get() == 0
    }

    /// As [`Cache::take`], from what this thread has.
    #[inline(always)]
    pub fn take_one(&self, arena: &Arena) -> Option<Slot> {
        let at = self.count.get().checked_sub(1)?;
        self.count.set(at);
        // What this thread has given back itself it has in its cache; the rest is fetched ahead.
        if at < self.from_depot.get() {
            self.from_depot.set(at);
            // Below the first entry it comes round to a slot that was free once: a needless hint, no harm.
            arena.prefetch(Slot(self.slots[at.wrapping_sub(AHEAD) % CACHE].get()));
        }
        Some(Slot(self.slots[at % CACHE].get()))
    }

    /// Takes a free slot; its record has an even generation.
    #[inline]
    pub fn take(&self, arena: &Arena) -> Result<Slot> {
        if self.count.get() == 0 {
            self.refill(arena)?;
        }
        Ok(self.take_one(arena).expect("the cache has been filled"))
    }

    #[cold]
    #[inline(never)]
    fn refill(&self, arena: &Arena) -> Result<()> {
        let batch = arena.refill()?;
        self.slots.iter().zip(batch.slots).for_each(|(cell, slot)| cell.set(slot));
        self.count.set(batch.len);
        self.from_depot.set(batch.len);
        Ok(())
    }

    /// Gives a slot back. Its generation is even; the caller is done with the record.
    #[inline(always)]
    pub fn give(&self, arena: &Arena, slot: Slot) {
        let record = arena.record(slot);
        debug_assert!(record.generation().is_multiple_of(2) && !record.is_poisoned());
        if record.generation() >= super::handle::GENERATION_MAX - 1 {
            return; // Retired: its handles must never repeat.
        }
        if self.count.get() == CACHE {
            self.flush(arena);
        }
        let at = self.count.get();
        self.slots[at % CACHE].set(slot.0);
        self.count.set(at + 1);
    }

    /// Moves the batch that has been free for longer to the depot.
    #[cold]
    #[inline(never)]
    fn flush(&self, arena: &Arena) {
        let slots = std::array::from_fn(|i| self.slots[i].get());
        for i in 0..CACHE / 2 {
            self.slots[i].set(self.slots[i + CACHE / 2].get());
        }
        self.count.set(CACHE / 2);
        self.from_depot.set(0);
        lock(&arena.depot).push(Batch { len: slots.len(), slots });
    }

    /// Gives everything back to the depot: the thread ends.
    pub fn empty_into(&self, arena: &Arena) {
        let slots = &self.slots[..self.count.take()];
        for part in slots.chunks(BATCH as usize) {
            let slots = std::array::from_fn(|i| part.get(i).map_or(0, Cell::get));
            lock(&arena.depot).push(Batch { len: part.len(), slots });
        }
    }
}

#[cfg(not(loom))]
mod memory {
    use super::{AtomicU32, RECORD, Record, Result, SLOT_BITS, fail};
    use crate::graph::edges::HOT_WORDS;
    use crate::graph::record::{BLOCK, COLD_DISTANCE, FIRST_NODE_OFFSET};

    /// Zeroed pages, which are valid records: every field is an integer or a null pointer, and
    /// generation 0 is "free".
    #[derive(Debug)]
    pub(super) struct Memory {
        base: *mut Record,
        capacity: u32,
    }

    // SAFETY: a region of atomics, shared by design.
    unsafe impl Send for Memory {}
    // SAFETY: as above.
    unsafe impl Sync for Memory {}

    impl Memory {
        /// Asks for less where the address space is limited (`ulimit -v`).
        pub(super) fn reserve() -> Result<Memory> {
            for bits in (16..=SLOT_BITS).rev().step_by(2) {
                let bytes = (1usize << bits) * RECORD;
                // SAFETY: a new private mapping, at a place the kernel chooses.
                let base = unsafe {
                    libc::mmap(
                        std::ptr::null_mut(),
                        bytes,
                        libc::PROT_READ | libc::PROT_WRITE,
                        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                        -1,
                        0,
                    )
                };
                if base != libc::MAP_FAILED {
                    // SAFETY: the mapping is ours. Advice only: the records are never forked for use.
                    unsafe { libc::madvise(base, bytes, libc::MADV_DONTDUMP) };
                    base.expose_provenance(); // See `Record::cold`.
                    return Ok(Memory { base: base.cast(), capacity: 1 << bits });
                }
            }
            fail!(OutOfMemory, "no address space for task records (is `ulimit -v` set?)")
        }

        pub(super) fn capacity(&self) -> u32 {
            self.capacity
        }

        /// Blocks of 64 records and their 64 cold lines: so a block's records lie at twice the block's number.
        #[inline(always)]
        fn index(slot: u32) -> usize {
            (slot as usize & !(BLOCK - 1)) + slot as usize
        }

        /// Where the record would be.
        #[inline(always)]
        pub(super) fn address(&self, slot: u32) -> *const Record {
            self.base.wrapping_add(Memory::index(slot))
        }

        #[inline(always)]
        pub(super) fn record(&self, slot: u32) -> &Record {
            // SAFETY: slots below `capacity` lie in the mapping, which is never unmapped; zeroed memory
            // is a valid `Record`.
            unsafe { &*self.base.add(Memory::index(slot)) }
        }

        #[inline(always)]
        pub(super) fn node(&self, slot: u32, index: u32) -> &AtomicU32 {
            let on_cold_line = index >= HOT_WORDS;
            let skip = if on_cold_line { COLD_DISTANCE - size_of::<Record>() } else { 0 };
            // SAFETY: as in `record`; `index` is below 18, so the word lies within the record after `pending`, or
            // on its cold line before `holds`. Overflow records use it for nothing else (their kind says so).
            unsafe {
                &*self
                    .base
                    .add(Memory::index(slot))
                    .byte_add(FIRST_NODE_OFFSET + 4 * index as usize + skip)
                    .cast::<AtomicU32>()
            }
        }
    }
}

#[cfg(loom)]
mod memory {
    use super::{AtomicU32, Record, Result};
    use crate::graph::edges::INLINE_FIRST;

    const SLOTS: u32 = 9;

    /// A few records, made of loom's atomics.
    #[derive(Debug)]
    pub(super) struct Memory(Vec<Record>);

    impl Memory {
        pub(super) fn reserve() -> Result<Memory> {
            Ok(Memory((0..SLOTS).map(|_| Record::default()).collect()))
        }

        pub(super) fn capacity(&self) -> u32 {
            SLOTS
        }

        pub(super) fn address(&self, slot: u32) -> *const Record {
            self.0.as_ptr().wrapping_add(slot as usize)
        }

        pub(super) fn record(&self, slot: u32) -> &Record {
            &self.0[slot as usize]
        }

        pub(super) fn node(&self, slot: u32, index: u32) -> &AtomicU32 {
            &self.0[slot as usize].nodes[(index - INLINE_FIRST) as usize]
        }
    }
}

//! Where the numbers of tasks lie: a buffer that is used round and round.

use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Entries of the smallest ring.
pub const SMALLEST: usize = if cfg!(loom) { 2 } else { 256 };

/// A ring. An index means the same entry in every ring that holds it: indices grow for ever, and wrap.
#[derive(Debug)]
pub struct Ring {
    entries: Box<[AtomicU32]>,
    /// Tells loom who reads the ring and who frees it: it reports those that are not in an order.
    #[cfg(loom)]
    freed: loom::cell::UnsafeCell<bool>,
}

#[cfg(loom)]
impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: loom checks that nobody reads meanwhile; that is what the cell is for.
        self.freed.with_mut(|freed| unsafe { *freed = true });
    }
}

impl Ring {
    /// A ring of `len` entries, a power of two.
    pub fn new(len: usize) -> Box<Ring> {
        debug_assert!(len.is_power_of_two());
        Box::new(Ring {
            entries: (0..len).map(|_| AtomicU32::new(0)).collect(),
            #[cfg(loom)]
            freed: loom::cell::UnsafeCell::new(false),
        })
    }

    /// How many entries it has.
    pub fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// What lies at `index`.
    #[inline(always)]
    pub fn get(&self, index: u32) -> u32 {
        self.at(index).load(Relaxed)
    }

    /// Puts `task` at `index`.
    #[inline(always)]
    pub fn set(&self, index: u32, task: u32) {
        self.at(index).store(task, Relaxed);
    }

    #[inline(always)]
    fn at(&self, index: u32) -> &AtomicU32 {
        #[cfg(loom)]
        // SAFETY: as in `drop`.
        self.freed.with(|freed| assert!(!unsafe { *freed }, "a ring is read after its end"));
        let at = index as usize & (self.entries.len() - 1);
        // SAFETY: the length is a power of two, so the mask keeps `at` below it.
        unsafe { self.entries.get_unchecked(at) }
    }
}

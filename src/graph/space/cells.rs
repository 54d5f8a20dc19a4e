//! An array of handles that grows without moving, lock-free.
//!
//! Chunks of [`CHUNK`] cells are found through directories that double in size, as in the segmented
//! array of Dechev, Pirkelbauer and Stroustrup ("Lock-free dynamically resizable arrays", 2006):
//! directory `k` has the addresses of 2^k chunks. Both are allocated when first needed and stay until
//! the array is dropped, so a reference to a chunk is good as long as the array's. The protocol is
//! in `README.md`.

use std::ptr;

use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// Cells per chunk: 4 KiB of them. Small where tests want many chunks for few cells.
pub(super) const CHUNK: usize = if cfg!(loom) {
    2
} else if cfg!(miri) {
    16
} else {
    512
};

/// The most cells an array can have: 32 GiB of handles.
pub(super) const MAX_CELLS: u64 = 1 << 32;

const DIRECTORIES: usize = (MAX_CELLS / CHUNK as u64).ilog2() as usize + 1;

/// An array of `len` cells, each empty (0) or set once to a handle.
pub(super) struct Cells {
    len: u64,
    /// Directory `k` is null or an array of [`Cells::directory_len`]`(k)` addresses of chunks.
    directories: [AtomicPtr<AtomicPtr<Chunk>>; DIRECTORIES],
    /// How many chunks were allocated; only an estimate of cost hangs on it.
    chunks: AtomicU64,
    /// Every chunk below this number is [`DONE`]. Only grows.
    done_prefix: AtomicU64,
}

struct Chunk {
    /// [`OPEN`], [`FULL`] or [`DONE`]. Only grows, and may lag behind the cells.
    state: AtomicU64,
    cells: [AtomicU64; CHUNK],
}

/// A cell may be empty.
const OPEN: u64 = 0;
/// Every cell is set.
const FULL: u64 = 1;
/// Every cell is set, and a caller of [`Cells::for_each_pending`] found every handle done.
const DONE: u64 = 2;

impl Chunk {
    fn new() -> Box<Chunk> {
        Box::new(Chunk {
            state: AtomicU64::new(OPEN),
            cells: std::array::from_fn(|_| AtomicU64::new(0)),
        })
    }
}

/// Puts `fresh` where there is still null. Of several callers one wins; each of the others drops
/// its `fresh` by returning it beside the winner's.
fn install<T>(place: &AtomicPtr<T>, fresh: *mut T) -> Result<*mut T, *mut T> {
    // Release publishes what `fresh` points to, to the Acquire here (of a loser) and in `directory`
    // and `chunk`.
    place
        .compare_exchange(ptr::null_mut(), fresh, Ordering::Release, Ordering::Acquire)
        .map(|_| fresh)
}

/// The directory that has a chunk's address, and where in it.
fn locate(chunk: u64) -> (usize, usize) {
    let nth = chunk + 1;
    let directory = nth.ilog2();
    (directory as usize, (nth - (1 << directory)) as usize)
}

/// An array of null addresses. A large one costs no memory until it is touched.
fn new_directory(len: usize) -> Box<[AtomicPtr<Chunk>]> {
    #[cfg(not(loom))]
    {
        let layout = std::alloc::Layout::array::<AtomicPtr<Chunk>>(len).expect("2^23 addresses");
        assert_ne!(len, 0);
        // SAFETY: the layout has a size above 0, since `len` is not 0.
        let memory = unsafe { std::alloc::alloc_zeroed(layout) };
        if memory.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        // SAFETY: the memory is from the global allocator with the layout that a box of `len`
        // elements frees it with, nobody else has it, and all zeros are null addresses.
        unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(memory.cast(), len)) }
    }
    #[cfg(loom)]
    (0..len).map(|_| AtomicPtr::new(ptr::null_mut())).collect()
}

impl Cells {
    /// `len` empty cells, at most [`MAX_CELLS`].
    pub(super) fn new(len: u64) -> Cells {
        assert!(len <= MAX_CELLS);
        Cells {
            len,
            directories: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())),
            chunks: AtomicU64::new(0),
            done_prefix: AtomicU64::new(0),
        }
    }

    /// The handle in a cell; 0 if it is empty or there is no such cell.
    #[inline]
    pub(super) fn get(&self, cell: u64) -> u64 {
        if cell >= self.len {
            return 0;
        }
        match self.chunk(cell / CHUNK as u64) {
            // Acquire pairs with the Release in `get_or_insert_with`: who has the handle sees what
            // its maker wrote before.
            Some(chunk) => chunk.cells[cell as usize % CHUNK].load(Ordering::Acquire),
            None => 0,
        }
    }

    /// The handle in a cell. If there is none, `make` makes one; if another thread sets the cell
    /// meanwhile, that handle is returned and the one made goes to `discard`. If `make` gives 0 the
    /// cell stays as it is.
    ///
    /// # Panics
    ///
    /// If there is no such cell.
    pub(super) fn get_or_insert_with(
        &self,
        cell: u64,
        make: impl FnOnce() -> u64,
        discard: impl FnOnce(u64),
    ) -> u64 {
        assert!(cell < self.len, "cell {cell} of {}", self.len);
        let chunk = self.chunk_or_new(cell / CHUNK as u64);
        let place = &chunk.cells[cell as usize % CHUNK];
        // Acquire: as in `get`.
        let existing = place.load(Ordering::Acquire);
        if existing != 0 {
            return existing;
        }
        let made = make();
        if made == 0 {
            return 0;
        }
        // Release pairs with the Acquire of `get`, of `scan`, and of a loser here.
        match place.compare_exchange(0, made, Ordering::Release, Ordering::Acquire) {
            Ok(_) => made,
            Err(winner) => {
                discard(made);
                winner
            }
        }
    }

    /// As [`Cells::get_or_insert_with`], if the cell is empty and there is memory for it. False: it was not, or
    /// another thread has set it meanwhile.
    ///
    /// # Panics
    ///
    /// If there is no such cell.
    #[inline]
    pub(super) fn try_insert(&self, cell: u64, make: impl FnOnce() -> u64) -> bool {
        assert!(cell < self.len, "cell {cell} of {}", self.len);
        let Some(chunk) = self.chunk(cell / CHUNK as u64) else { return false };
        let place = &chunk.cells[cell as usize % CHUNK];
        if place.load(Ordering::Relaxed) != 0 {
            return false;
        }
        let made = make();
        // Release: as in `get_or_insert_with`.
        made != 0 && place.compare_exchange(0, made, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Visits each set cell and its handle, in order. Cells set meanwhile may be missed.
    pub(super) fn for_each(&self, mut visit: impl FnMut(u64, u64)) {
        self.for_each_chunk(0, |number, chunk| {
            self.scan(number, chunk, &mut visit);
        });
    }

    /// Visits each handle for which `is_done` is false, in order. Chunks of which every handle was
    /// found done are remembered and not looked at again.
    pub(super) fn for_each_pending(
        &self,
        is_done: impl Fn(u64) -> bool,
        mut visit: impl FnMut(u64),
    ) {
        // Acquire pairs with the Release below: who skips chunks on the word of another thread
        // sees what that thread saw when it found their handles done.
        let start = self.done_prefix.load(Ordering::Acquire);
        let mut prefix = start;
        self.for_each_chunk(start, |number, chunk| {
            // Acquire pairs with the Release below, for the same reason.
            let mut done = chunk.state.load(Ordering::Acquire) == DONE;
            if !done {
                let mut pending = 0;
                let full = self.scan(number, chunk, &mut |_, handle| {
                    if !is_done(handle) {
                        pending += 1;
                        visit(handle);
                    }
                });
                done = full && pending == 0;
                if done {
                    // Release pairs with the Acquire above.
                    chunk.state.fetch_max(DONE, Ordering::Release);
                }
            }
            if done && number == prefix {
                prefix += 1;
            }
        });
        if prefix > start {
            // Release pairs with the Acquire at the top; updates by others in between carry it on.
            self.done_prefix.fetch_max(prefix, Ordering::Release);
        }
    }

    /// The number of set cells: a walk over the chunks that are not known to be full.
    pub(super) fn count(&self) -> u64 {
        let mut count = 0;
        self.for_each_chunk(0, |number, chunk| {
            if chunk.state.load(Ordering::Relaxed) >= FULL {
                count += self.cells_in(number) as u64;
            } else {
                self.scan(number, chunk, &mut |_, _| count += 1);
            }
        });
        count
    }

    /// The number of cells for which there is memory: what a walk over the array looks at.
    pub(super) fn allocated(&self) -> u64 {
        self.chunks.load(Ordering::Relaxed) * CHUNK as u64
    }

    /// Visits each set cell of a chunk. True if all of them are set.
    fn scan(&self, number: u64, chunk: &Chunk, visit: &mut impl FnMut(u64, u64)) -> bool {
        let cells = self.cells_in(number);
        let first = number * CHUNK as u64;
        let mut set = 0;
        for (cell, place) in (first..).zip(&chunk.cells[..cells]) {
            // Acquire: as in `get`.
            let handle = place.load(Ordering::Acquire);
            if handle != 0 {
                set += 1;
                visit(cell, handle);
            }
        }
        if set == cells {
            // Relaxed: nothing but the count is concluded from it, and cells never empty again.
            chunk.state.fetch_max(FULL, Ordering::Relaxed);
        }
        set == cells
    }

    /// The number of a chunk's cells that belong to the array: all but in the last chunk.
    fn cells_in(&self, chunk: u64) -> usize {
        (self.len - chunk * CHUNK as u64).min(CHUNK as u64) as usize
    }

    /// The length of directory `k`: 2^k addresses, less where the array ends before; 0 past it.
    fn directory_len(&self, k: usize) -> usize {
        let first_chunk = (1 << k) - 1;
        let chunks = self.len.div_ceil(CHUNK as u64);
        chunks.saturating_sub(first_chunk).min(1 << k) as usize
    }

    /// Directory `k`, if it was allocated.
    #[inline]
    fn directory(&self, k: usize) -> Option<&[AtomicPtr<Chunk>]> {
        // Acquire pairs with the Release in `install`.
        let first = self.directories[k].load(Ordering::Acquire);
        if first.is_null() {
            return None;
        }
        // SAFETY: an address here was installed by `chunk_or_new` with `directory_len(k)` elements
        // behind it, and is freed only by `drop`, which has the array for itself.
        Some(unsafe { std::slice::from_raw_parts(first, self.directory_len(k)) })
    }

    /// A chunk of the array, if it was allocated.
    #[inline]
    fn chunk(&self, number: u64) -> Option<&Chunk> {
        debug_assert!(number * (CHUNK as u64) < self.len);
        let (k, offset) = locate(number);
        // Acquire pairs with the Release in `install`.
        let first = self.directories[k].load(Ordering::Acquire);
        if first.is_null() {
            return None;
        }
        // SAFETY: the directory has an address for each chunk of the array that is its, and is freed only by
        // `drop`, which has the array for itself.
        let place = unsafe { &*first.add(offset) };
        // Acquire pairs with the Release in `install`.
        let chunk = place.load(Ordering::Acquire);
        // SAFETY: an address here is null or was installed by `chunk_or_new`, and is freed only by
        // `drop`, which has the array for itself.
        unsafe { chunk.as_ref() }
    }

    /// A chunk, allocated now if it was not: by several threads at once if need be, of which one's
    /// stays.
    fn chunk_or_new(&self, number: u64) -> &Chunk {
        if let Some(chunk) = self.chunk(number) {
            return chunk;
        }
        let (k, offset) = locate(number);
        if self.directory(k).is_none() {
            let len = self.directory_len(k);
            let fresh = Box::into_raw(new_directory(len)).cast();
            if install(&self.directories[k], fresh).is_err() {
                // SAFETY: `fresh` came from a box of `len` elements above and lost, so nobody else
                // knows it.
                drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(fresh, len)) });
            }
        }
        let directory = self.directory(k).expect("installed by us or before us");
        let fresh = Box::into_raw(Chunk::new());
        let chunk = match install(&directory[offset], fresh) {
            Ok(ours) => {
                self.chunks.fetch_add(1, Ordering::Relaxed);
                ours
            }
            Err(theirs) => {
                // SAFETY: `fresh` came from a box above and lost, so nobody else knows it.
                drop(unsafe { Box::from_raw(fresh) });
                theirs
            }
        };
        // SAFETY: the address is installed and not null, and is freed only by `drop`, which has the
        // array for itself.
        unsafe { &*chunk }
    }

    /// Visits the allocated chunks from number `start` on, in order.
    fn for_each_chunk(&self, start: u64, mut visit: impl FnMut(u64, &Chunk)) {
        let (first_directory, first_offset) = locate(start);
        for k in first_directory..DIRECTORIES {
            let Some(directory) = self.directory(k) else {
                continue;
            };
            let skip = if k == first_directory { first_offset } else { 0 };
            for (offset, place) in directory.iter().enumerate().skip(skip) {
                // Acquire pairs with the Release in `install`.
                let chunk = place.load(Ordering::Acquire);
                // SAFETY: as in `chunk`.
                if let Some(chunk) = unsafe { chunk.as_ref() } {
                    visit((1 << k) - 1 + offset as u64, chunk);
                }
            }
        }
    }
}

impl Drop for Cells {
    fn drop(&mut self) {
        // Relaxed throughout: whoever drops the array has it for itself.
        for k in 0..DIRECTORIES {
            let first = self.directories[k].load(Ordering::Relaxed);
            if first.is_null() {
                continue;
            }
            let directory = ptr::slice_from_raw_parts_mut(first, self.directory_len(k));
            // SAFETY: `chunk_or_new` installed the address, from a box of `directory_len(k)`
            // elements, and nobody uses the array any more.
            let directory = unsafe { Box::from_raw(directory) };
            for place in &directory {
                let chunk = place.load(Ordering::Relaxed);
                if !chunk.is_null() {
                    // SAFETY: `chunk_or_new` installed the address, from a box, and nobody uses the
                    // array any more.
                    drop(unsafe { Box::from_raw(chunk) });
                }
            }
        }
    }
}

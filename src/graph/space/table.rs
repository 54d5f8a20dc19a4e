//! The table: a grid and its cells, and the sparse rest.

use std::ops::ControlFlow;

use super::bounds::Bounds;
use super::cells::{Cells, MAX_CELLS};
use super::grid::Grid;
use super::key::{KeyPart, OwnedKey, integer_index, integer_key};
use super::range::{Range, RangeError, Slice};
use super::sparse::Sparse;

/// The element number of the first sparse slot. Below are the elements of the grid.
const FIRST_SLOT: u64 = MAX_CELLS;

/// The handles of a task space's elements, by index. May be used from any thread.
///
/// An element *exists* once it has a handle; it then keeps that handle until the table is dropped.
/// Its *number* never changes either, and is below 2^33: its place in the row-major order of the
/// space if it lies in the part kept dense, otherwise 2^32 plus its rank of insertion.
///
/// Dense, so without a lock: spaces of up to 2^32 indices, and up to the first 2^24 indices of spaces
/// without upper bound in dimension 0 only. Everything else, and every key with a string in it, is
/// found through one of 16 locks.
pub struct Table {
    bounds: Bounds,
    grid: Grid,
    dense: Cells,
    sparse: Sparse,
}

/// What asking for an element to be created came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The space has no such index.
    Outside,
    /// The element's handle; 0 only if `make` returned that, and then the element does not exist.
    Handle(u64),
}

impl Table {
    /// An empty table.
    pub fn new(bounds: Bounds) -> Table {
        let grid = Grid::of(&bounds);
        Table { dense: Cells::new(grid.len()), sparse: Sparse::new(bounds.ndim()), grid, bounds }
    }

    /// The indices of the space.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The handle at an index, if the element exists.
    #[inline]
    pub fn get(&self, index: &[i64]) -> Option<u64> {
        match self.grid.number(index) {
            Some(number) => Some(self.dense.get(number)).filter(|&handle| handle != 0),
            None => self.get_sparse(index),
        }
    }

    /// The handle at an index, 0 outside the space, if that can be told without a lock. None: the element does
    /// not exist, or it takes [`Table::get`] to know.
    #[inline]
    pub fn look(&self, index: &[i64]) -> Option<u64> {
        match self.grid.number(index) {
            Some(number) => Some(self.dense.get(number)).filter(|&handle| handle != 0),
            None => self.grid.is_whole().then_some(0),
        }
    }

    /// Makes the element at an index if it does not exist, without a lock and without allocating. `make` is
    /// told its number and returns its handle. False: this was not possible, or another thread was faster; a
    /// handle that was made is the caller's to discard.
    #[inline]
    pub fn try_insert(&self, index: &[i64], make: impl FnOnce(u64) -> u64) -> bool {
        let number = self.grid.number(index);
        number.is_some_and(|number| self.dense.try_insert(number, || make(number)))
    }

    /// The handle at an index, made now if the element does not exist.
    ///
    /// `make` is told the element's number and returns its handle. If another thread was faster, the
    /// handle made is given to `discard`, and every caller gets the other one. So each handle made
    /// is either the element's for ever or discarded once. No lock is held while they run. A `make`
    /// that returns 0 leaves the element as it was.
    ///
    /// An index of another number of dimensions is outside.
    pub fn get_or_insert_with(
        &self,
        index: &[i64],
        make: impl FnOnce(u64) -> u64,
        discard: impl FnOnce(u64),
    ) -> Outcome {
        if let Some(number) = self.grid.number(index) {
            let make = || make(number);
            return Outcome::Handle(self.dense.get_or_insert_with(number, make, discard));
        }
        if self.grid.is_whole() || !self.bounds.contains(index) {
            return Outcome::Outside;
        }
        self.insert_sparse(&integer_key(index)[..index.len()], make, discard)
    }

    /// As [`Table::get`], for a key with strings. A key of integers only is the same element as the
    /// index.
    pub fn get_key(&self, key: &[KeyPart<'_>]) -> Option<u64> {
        if key.len() != self.bounds.ndim() {
            return None;
        }
        match integer_index(key.iter().copied()) {
            Some(index) => self.get(&index[..key.len()]),
            None => self.sparse.get(key),
        }
    }

    /// As [`Table::get_or_insert_with`], for a key with strings. The integers among its parts obey
    /// the bounds of their dimension, strings have none. A key of integers only is the same element
    /// as the index.
    pub fn get_key_or_insert_with(
        &self,
        key: &[KeyPart<'_>],
        make: impl FnOnce(u64) -> u64,
        discard: impl FnOnce(u64),
    ) -> Outcome {
        if !self.bounds.contains_key(key) {
            return Outcome::Outside;
        }
        match integer_index(key.iter().copied()) {
            Some(index) => self.get_or_insert_with(&index[..key.len()], make, discard),
            None => self.insert_sparse(key, make, discard),
        }
    }

    /// The key of an element by its number, for names; `None` if no element has it. In the dense
    /// part an element need not exist to have its number.
    pub fn key_of(&self, element: u64) -> Option<OwnedKey> {
        if let Some(slot) = element.checked_sub(FIRST_SLOT) {
            return self.sparse.key_of(slot);
        }
        (element < self.grid.len()).then(|| {
            let index = self.grid.index(element);
            OwnedKey::new(&integer_key(&index)[..self.bounds.ndim()])
        })
    }

    /// The number of existing elements. It is counted, at about a nanosecond for each, except in
    /// chunks that an earlier count or walk found full.
    pub fn len(&self) -> u64 {
        self.dense.count() + self.sparse.handles().count()
    }

    /// Does no element exist?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Visits each existing element's number and handle: the dense part in the order of its
    /// indices, then the sparse part in the order of insertion. Elements that other threads (or
    /// `visit`) insert meanwhile may or may not be seen.
    pub fn for_each(&self, mut visit: impl FnMut(u64, u64)) {
        self.dense.for_each(&mut visit);
        self.sparse.handles().for_each(|slot, handle| visit(FIRST_SLOT + slot, handle));
    }

    /// Visits each existing handle for which `is_done` is false, in the order of
    /// [`Table::for_each`].
    ///
    /// Once `is_done` said true of a handle it must always do so: where it did for a whole chunk of
    /// elements (512 in that order, all existing), neither closure is called for them again, in any
    /// thread. Whatever the calls that said true happened after also happens before the return of
    /// this function. Elements inserted meanwhile may or may not be seen.
    pub fn for_each_pending(&self, is_done: impl Fn(u64) -> bool, mut visit: impl FnMut(u64)) {
        self.dense.for_each_pending(&is_done, &mut visit);
        self.sparse.handles().for_each_pending(&is_done, &mut visit);
    }

    /// Visits the indices that ranges (one per dimension) stand for when elements are to be
    /// created, in row-major order. [`Table::count`] says how many there are.
    ///
    /// # Errors
    ///
    /// A wrong number of ranges, or a step below 1.
    pub fn slice(&self, ranges: &[Range], mut visit: impl FnMut(&[i64])) -> Result<(), RangeError> {
        let _: ControlFlow<()> = Slice::for_creation(&self.bounds, ranges)?.for_each(|index| {
            visit(index);
            ControlFlow::Continue(())
        });
        Ok(())
    }

    /// The number of indices [`Table::slice`] visits; `u64::MAX` stands for that or more.
    ///
    /// # Errors
    ///
    /// As [`Table::slice`].
    pub fn count(&self, ranges: &[Range]) -> Result<u64, RangeError> {
        Ok(Slice::for_creation(&self.bounds, ranges)?.count())
    }

    /// Visits the handles of the elements in ranges (one per dimension) that exist, in row-major
    /// order of their indices. Elements with a string in their key are in no range. An open stop
    /// without upper bound means every element from the start on.
    ///
    /// Costs a look-up per index or a walk over what exists, whichever is less.
    ///
    /// # Errors
    ///
    /// As [`Table::slice`].
    pub fn view(&self, ranges: &[Range], mut visit: impl FnMut(u64)) -> Result<(), RangeError> {
        let slice = Slice::for_view(&self.bounds, ranges)?;
        if slice.count() <= self.dense.allocated() + self.sparse.slots() {
            let _: ControlFlow<()> = slice.for_each(|index| {
                self.get(index).into_iter().for_each(&mut visit);
                ControlFlow::Continue(())
            });
            return Ok(());
        }
        let ndim = self.bounds.ndim();
        self.dense.for_each(|number, handle| {
            if slice.contains(&self.grid.index(number)[..ndim]) {
                visit(handle);
            }
        });
        // The grid is the first rows of the space, so what lies outside it comes after.
        self.sparse.view(&slice, ndim, visit);
        Ok(())
    }

    fn get_sparse(&self, index: &[i64]) -> Option<u64> {
        if self.grid.is_whole() || index.len() != self.bounds.ndim() {
            return None;
        }
        self.sparse.get(&integer_key(index)[..index.len()])
    }

    fn insert_sparse(
        &self,
        key: &[KeyPart<'_>],
        make: impl FnOnce(u64) -> u64,
        discard: impl FnOnce(u64),
    ) -> Outcome {
        let make = |slot| make(FIRST_SLOT + slot);
        Outcome::Handle(self.sparse.get_or_insert_with(key, make, discard))
    }
}

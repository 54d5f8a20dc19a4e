//! The elements outside the grid: a map from keys to *slots*, and an array with a handle per slot.
//!
//! A key gets the next slot when it is first asked for to be created, and keeps it. Slots are in
//! order of insertion. The map is an index map in shards: entries are only added, and each shard has
//! a table of entry numbers with linear probing. Its lock is held to find or add an entry, never
//! while a closure of the caller runs; the handle itself is set in [`Cells`], without a lock.

use std::sync::PoisonError;

use super::bounds::MAX_DIMS;
use super::cells::{Cells, MAX_CELLS};
use super::key::{self, KeyPart, OwnedKey, OwnedPart};
use super::range::Slice;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Locks that inserts and look-ups spread over; a power of two.
const SHARDS: usize = if cfg!(loom) { 2 } else { 16 };

pub(super) struct Sparse {
    shards: Box<[Shard]>,
    /// The number of slots given out.
    slots: AtomicU64,
    /// The handle of each slot.
    handles: Cells,
    /// Where the key of each slot is, as [`Place::packed`].
    places: Cells,
}

/// On a cache line of its own, so that threads in different shards do not disturb each other.
#[repr(align(64))]
struct Shard(Mutex<IndexMap>);

/// Where a key is: the entry of a shard.
#[derive(Clone, Copy)]
struct Place {
    shard: usize,
    entry: usize,
}

impl Place {
    /// As a nonzero number.
    fn packed(self) -> u64 {
        (self.entry * SHARDS + self.shard) as u64 + 1
    }

    fn unpacked(packed: u64) -> Option<Place> {
        let place = packed.checked_sub(1)? as usize;
        Some(Place { shard: place % SHARDS, entry: place / SHARDS })
    }
}

impl Sparse {
    /// Nothing, for keys of `ndim` parts.
    pub(super) fn new(ndim: usize) -> Sparse {
        Sparse {
            shards: (0..SHARDS).map(|_| Shard(Mutex::new(IndexMap::new(ndim)))).collect(),
            slots: AtomicU64::new(0),
            handles: Cells::new(MAX_CELLS),
            places: Cells::new(MAX_CELLS),
        }
    }

    /// The handle of a key, if it exists.
    pub(super) fn get(&self, key: &[KeyPart<'_>]) -> Option<u64> {
        let hash = key::hash(key);
        let slot = self.with_shard(shard_of(hash), |map| map.find(hash, key))?;
        // The slot may have been given out a moment ago and have no handle yet.
        Some(self.handles.get(slot)).filter(|&handle| handle != 0)
    }

    /// The handle of a key; as [`Cells::get_or_insert_with`], with `make` told the slot.
    ///
    /// # Panics
    ///
    /// If [`MAX_CELLS`] slots were given out.
    pub(super) fn get_or_insert_with(
        &self,
        key: &[KeyPart<'_>],
        make: impl FnOnce(u64) -> u64,
        discard: impl FnOnce(u64),
    ) -> u64 {
        let slot = self.slot_of(key);
        self.handles.get_or_insert_with(slot, || make(slot), discard)
    }

    /// The key of a slot, if it was given out.
    pub(super) fn key_of(&self, slot: u64) -> Option<OwnedKey> {
        let place = Place::unpacked(self.places.get(slot))?;
        self.with_shard(place.shard, |map| map.key(place.entry).map(OwnedKey::of))
    }

    /// The handle of each slot.
    pub(super) fn handles(&self) -> &Cells {
        &self.handles
    }

    /// The number of keys that have a slot.
    pub(super) fn slots(&self) -> u64 {
        self.slots.load(Ordering::Relaxed)
    }

    /// Visits the handles of the integer keys in a slice, in order of their indices.
    pub(super) fn view(&self, slice: &Slice, ndim: usize, mut visit: impl FnMut(u64)) {
        let mut found: Vec<([i64; MAX_DIMS], u64)> = Vec::new();
        for shard in 0..SHARDS {
            self.with_shard(shard, |map| {
                let hits = map.iter().filter_map(|(slot, key)| {
                    let index = key::integer_index(key.iter().map(OwnedPart::borrowed))?;
                    slice.contains(&index[..ndim]).then_some((index, slot))
                });
                found.extend(hits);
            });
        }
        found.sort_unstable();
        for (_, slot) in found {
            match self.handles.get(slot) {
                0 => {}
                handle => visit(handle),
            }
        }
    }

    /// The slot of a key, given out now if it has none.
    fn slot_of(&self, key: &[KeyPart<'_>]) -> u64 {
        let hash = key::hash(key);
        let shard = shard_of(hash);
        self.with_shard(shard, |map| {
            if let Some(slot) = map.find(hash, key) {
                return slot;
            }
            // Relaxed: that each slot is given out once is all that is asked.
            let slot = self.slots.fetch_add(1, Ordering::Relaxed);
            let entry = map.add(hash, key, slot);
            let place = Place { shard, entry };
            self.places.get_or_insert_with(slot, || place.packed(), |_| {});
            slot
        })
    }

    fn with_shard<R>(&self, shard: usize, work: impl FnOnce(&mut IndexMap) -> R) -> R {
        let lock = self.shards[shard].0.lock();
        // Poisoned only by a panic of our own, after which an entry may be missing but none is wrong.
        work(&mut lock.unwrap_or_else(PoisonError::into_inner))
    }
}

/// From bits that the table of the shard does not begin with.
fn shard_of(hash: u64) -> usize {
    (hash >> 48) as usize % SHARDS
}

/// Keys and their slots, found by hash. Nothing is ever removed.
struct IndexMap {
    ndim: usize,
    entries: Vec<Entry>,
    /// The keys of the entries one after another, `ndim` parts each: no allocation for each of them.
    parts: Vec<OwnedPart>,
    /// For the hash of each entry, at the first free position from `hash % len` on: its number + 1.
    /// 0 is free. The length is a power of two, and at least half of the positions are free.
    table: Vec<u32>,
}

struct Entry {
    hash: u64,
    slot: u64,
}

impl IndexMap {
    /// The length of the table for the first entry.
    const FIRST_LEN: usize = 8;

    fn new(ndim: usize) -> IndexMap {
        IndexMap { ndim, entries: Vec::new(), parts: Vec::new(), table: Vec::new() }
    }

    /// The key of an entry, if there is one of that number.
    fn key(&self, entry: usize) -> Option<&[OwnedPart]> {
        self.parts.get(entry * self.ndim..)?.get(..self.ndim)
    }

    /// Every slot and its key.
    fn iter(&self) -> impl Iterator<Item = (u64, &[OwnedPart])> {
        let slots = self.entries.iter().map(|entry| entry.slot);
        slots.zip(self.parts.chunks_exact(self.ndim))
    }

    fn find(&self, hash: u64, key: &[KeyPart<'_>]) -> Option<u64> {
        let mut position = hash as usize;
        // The table is empty, or has a free position at which this ends.
        let mask = self.table.len().checked_sub(1)?;
        loop {
            let number = self.table[position & mask].checked_sub(1)? as usize;
            let entry = &self.entries[number];
            if entry.hash == hash && self.key(number).is_some_and(|own| key::same(own, key)) {
                return Some(entry.slot);
            }
            position = position.wrapping_add(1);
        }
    }

    /// Adds a key that is not there. Returns the entry's number.
    fn add(&mut self, hash: u64, key: &[KeyPart<'_>], slot: u64) -> usize {
        let number = self.entries.len();
        self.parts.extend(key.iter().map(|part| part.to_owned_part()));
        self.entries.push(Entry { hash, slot });
        if self.entries.len() * 2 > self.table.len() {
            self.rebuild();
        } else {
            Self::enter(&mut self.table, hash, number);
        }
        number
    }

    fn rebuild(&mut self) {
        let len = (self.table.len() * 2).max(Self::FIRST_LEN);
        let mut table = vec![0; len];
        for (number, entry) in self.entries.iter().enumerate() {
            Self::enter(&mut table, entry.hash, number);
        }
        self.table = table;
    }

    fn enter(table: &mut [u32], hash: u64, number: usize) {
        let mask = table.len() - 1;
        let mut position = hash as usize & mask;
        while table[position] != 0 {
            position = (position + 1) & mask;
        }
        table[position] = u32::try_from(number + 1).expect("a shard has fewer entries than slots");
    }
}

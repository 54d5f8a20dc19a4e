//! Task spaces: tables of handles, by number and by name.

use super::cancel;
use super::collect::invalid;
use super::lifecycle::grace;
use super::local::Local;
use crate::error::{Result, fail};
use crate::graph::edges::Look;
use crate::graph::handle::Kind;
use crate::graph::record::flag;
use crate::graph::space::{Bounds, KeyPart, Outcome, Range, Table};
use crate::graph::{Handle, Record, Slot};
use crate::sync::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::sync::{Mutex, lock};
use std::collections::HashMap;
use std::ptr::null_mut;

/// Spaces that may exist at the same time.
const MAX_SPACES: usize = 65_536;

/// A task space.
pub struct Space {
    handle: Handle,
    name: Option<Box<str>>,
    table: Table,
}

impl Space {
    /// Its handle.
    pub fn handle(&self) -> u64 {
        self.handle.0
    }

    /// Its table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Its dimensions.
    pub fn ndim(&self) -> usize {
        self.table.bounds().ndim()
    }
}

/// The spaces of a runtime.
pub struct Spaces {
    cells: Box<[AtomicPtr<Space>]>,
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    by_name: HashMap<Box<str>, u64>,
    vacant: Vec<u32>,
    used: u32,
}

/// Counts the spaces of the process: the generation of the next one, so that handles never repeat.
static GENERATION: AtomicU32 = AtomicU32::new(0);

impl Default for Spaces {
    fn default() -> Self {
        Spaces {
            cells: (0..MAX_SPACES).map(|_| AtomicPtr::new(null_mut())).collect(),
            names: Mutex::default(),
        }
    }
}

/// `parla_taskspace_create`.
pub fn create(local: &Local, name: Option<&str>, bounds: Bounds) -> Result<u64> {
    let spaces = &local.runtime.spaces;
    let mut names = lock(&spaces.names);
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = name
        && names.by_name.contains_key(name)
    {
        return fail!(AlreadyExists, "a task space named \"{name}\" exists already");
    }
    let number = match names.vacant.pop() {
        Some(number) => number,
        None if (names.used as usize) < MAX_SPACES => {
            names.used += 1;
            names.used - 1
        }
        None => return fail!(OutOfMemory, "{MAX_SPACES} task spaces exist already"),
    };
    let generation =
        GENERATION.fetch_add(1, Relaxed).wrapping_add(1) & crate::graph::handle::GENERATION_MAX;
    let handle = Handle::new(Kind::Space, generation, number);
    let space = Box::new(Space { handle, name: name.map(Into::into), table: Table::new(bounds) });
    if let Some(name) = name {
        names.by_name.insert(name.into(), handle.0);
    }
    // Release: partner is the Acquire in `get`.
    spaces.cells[number as usize].store(Box::into_raw(space), Release);
    Ok(handle.0)
}

/// `parla_taskspace_find`.
pub fn find(local: &Local, name: &str) -> Result<u64> {
    match lock(&local.runtime.spaces.names).by_name.get(name) {
        Some(handle) => Ok(*handle),
        None => fail!(NotFound, "there is no task space named \"{name}\""),
    }
}

/// The space of a handle. It lives until the caller's call ends: destroy waits for that.
#[inline]
pub fn get(local: &Local, handle: u64) -> Result<&Space> {
    match get_quickly(local, handle) {
        Some(space) => Ok(space),
        None => no_space(handle),
    }
}

/// As [`get`], without a word about what is wrong.
#[inline(always)]
pub fn get_quickly(local: &Local, handle: u64) -> Option<&Space> {
    // The handle of a space has its kind in its bits.
    peek(local, Handle(handle).slot().0).filter(|space| space.handle.0 == handle)
}

#[cold]
fn no_space<T>(handle: u64) -> Result<T> {
    fail!(InvalidHandle, "{handle:#x} is not the handle of a task space (that exists)")
}

#[inline]
fn peek(local: &Local, number: u32) -> Option<&Space> {
    let cell = local.runtime.spaces.cells.get(number as usize)?;
    // SAFETY: a pointer in a cell is a live box; `destroy` frees it only after every call that could
    // have read it has ended, and the caller is inside one.
    unsafe { cell.load(Acquire).as_ref() }
}

fn take(local: &Local, number: u32) -> Option<Box<Space>> {
    let taken = local.runtime.spaces.cells[number as usize].swap(null_mut(), AcqRel);
    // SAFETY: the swap takes the box once.
    (!taken.is_null()).then(|| unsafe { Box::from_raw(taken) })
}

/// `parla_taskspace_destroy`.
pub fn destroy(local: &Local, handle: u64) -> Result<()> {
    local.may_block()?;
    let name = get(local, handle)?.name.clone();
    let number = Handle(handle).slot().0;
    let space = {
        let mut names = lock(&local.runtime.spaces.names);
        get(local, handle)?; // Somebody else may have destroyed it meanwhile.
        if let Some(name) = name {
            names.by_name.remove(&name);
        }
        take(local, number)
    };
    let Some(space) = space else { return invalid(Handle(handle)) };
    // Two destroyers must not wait for each other: this one is not inside a call while it waits.
    local.seat().leave();
    grace(&local.runtime, Some(local));
    local.seat().enter();
    empty(local, &space);
    drop(space);
    lock(&local.runtime.spaces.names).vacant.push(number);
    Ok(())
}

/// Lets go of the elements of a space that nobody can reach through it any more.
fn empty(local: &Local, space: &Space) {
    space.table.for_each(|_, task| {
        let task = Handle(task);
        match local.arena().look(task) {
            Look::Failed => local.runtime.failures.forget(local, task),
            Look::Live if local.arena().is_unspawned(task.slot()) => {
                // Cancelled, and nobody is left to ask: its record goes with its failure.
                cancel::cancel(local, task);
                local.runtime.failures.forget(local, task);
            }
            _ => {}
        }
    });
}

/// Destroys every space: the runtime ends.
pub fn clear(local: &Local) {
    let used = lock(&local.runtime.spaces.names).used;
    for number in 0..used {
        if let Some(space) = take(local, number) {
            empty(local, &space);
        }
    }
    *lock(&local.runtime.spaces.names) = Names::default();
}

fn make(
    local: &Local,
    space: &Space,
    element: u64,
    error: &mut Option<crate::error::Error>,
) -> u64 {
    let arena = local.arena();
    match arena.begin_unspawned(&local.cache, flag::ELEMENT) {
        Ok(slot) => {
            let record = arena.record(slot);
            mark(record, space, element);
            record.handle(slot).0
        }
        Err(failed) => {
            *error = Some(failed);
            0
        }
    }
}

/// Makes the record that of an element of the space; by its owner, before others know it.
#[inline]
pub fn mark(record: &Record, space: &Space, element: u64) {
    record.cold().owner.store(space.handle.slot().0, Relaxed);
    record.cold().set_element(element);
}

fn discard(local: &Local, handle: u64) {
    let slot: Slot = Handle(handle).slot();
    // Unless finalize, which cancels whatever it meets, was faster: then the record is its own.
    if local.arena().claim(Handle(handle)) {
        local.arena().end(&local.cache, slot);
    }
}

fn outcome(outcome: Outcome, error: Option<crate::error::Error>) -> Result<u64> {
    match (outcome, error) {
        (_, Some(error)) => Err(error),
        (Outcome::Outside, _) => Ok(0),
        (Outcome::Handle(handle), _) => Ok(handle),
    }
}

/// The handle of an element; 0 outside the bounds.
#[inline]
pub fn element(local: &Local, space: &Space, index: &[i64]) -> Result<u64> {
    let mut error = None;
    let found = space.table.get_or_insert_with(
        index,
        |number| make(local, space, number, &mut error),
        |loser| discard(local, loser),
    );
    outcome(found, error)
}

/// As [`element`], by a mixed key.
pub fn element_key(local: &Local, space: &Space, key: &[KeyPart<'_>]) -> Result<u64> {
    let mut error = None;
    let found = space.table.get_key_or_insert_with(
        key,
        |number| make(local, space, number, &mut error),
        |loser| discard(local, loser),
    );
    outcome(found, error)
}

/// `parla_taskspace_slice`.
pub fn slice(
    local: &Local,
    space: &Space,
    ranges: &[Range],
    out: &mut [u64],
    count: impl FnOnce(usize),
) -> Result<()> {
    let bad = |error: crate::graph::space::RangeError| {
        crate::error::Error::new(crate::error::Status::InvalidArgument, error.to_string())
    };
    let wanted = usize::try_from(space.table.count(ranges).map_err(bad)?).unwrap_or(usize::MAX);
    count(wanted);
    if wanted > out.len() {
        return fail!(
            BufferTooSmall,
            "the slice has {wanted} elements, the buffer room for {}",
            out.len()
        );
    }
    let mut at = 0;
    let mut error = None;
    space
        .table
        .slice(ranges, |index| {
            match element(local, space, index) {
                Ok(task) => out[at] = task,
                Err(failed) => error = Some(failed),
            }
            at += 1;
        })
        .map_err(bad)?;
    error.map_or(Ok(()), Err)
}

/// `parla_taskspace_view`.
pub fn view(
    space: &Space,
    ranges: Option<&[Range]>,
    out: &mut [u64],
    count: impl FnOnce(usize),
) -> Result<()> {
    let mut found = 0;
    let mut visit = |task: u64| {
        if let Some(place) = out.get_mut(found) {
            *place = task;
        }
        found += 1;
    };
    match ranges {
        None => space.table.for_each(|_, task| visit(task)),
        Some(ranges) => space.table.view(ranges, visit).map_err(|error| {
            crate::error::Error::new(crate::error::Status::InvalidArgument, error.to_string())
        })?,
    }
    count(found);
    if found > out.len() {
        return fail!(
            BufferTooSmall,
            "the view has {found} elements, the buffer room for {}",
            out.len()
        );
    }
    Ok(())
}

/// Every element that is not complete, or failed.
pub fn for_each_pending(local: &Local, space: &Space, mut visit: impl FnMut(Handle)) {
    let arena = local.arena();
    space.table.for_each_pending(
        |task| arena.look(Handle(task)) == Look::Done,
        |task| visit(Handle(task)),
    );
}

/// The name of an element: its space's and its index. The space must not go meanwhile: the caller is
/// inside a call, or runs the element and its space is looked up anew.
pub fn name_of(local: &Local, slot: Slot) -> Option<String> {
    let record = local.arena().record(slot);
    if !record.has(flag::ELEMENT) {
        return None;
    }
    let handle = record.handle(slot).0;
    // A worker that names a task it has run is not inside a call; naming is one.
    local.seat().nested(|| {
        let space = peek(local, record.cold().owner.load(Relaxed))?;
        let key = space.table.key_of(record.cold().element())?;
        let parts: Vec<KeyPart<'_>> = key.parts().collect();
        // The number may be another space's by now.
        let same = space.table.get_key(&parts) == Some(handle);
        let name = space.name.as_deref().unwrap_or("taskspace");
        same.then(|| format!("{name}[{key}]"))
    })
}

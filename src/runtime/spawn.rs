//! Spawning: from a call's arguments to a task that waits or is ready.

use super::collect::collect;
use super::local::Local;
use super::spaces::{self, Space};
use super::{cancel, ready, wait};
use crate::device::place::{Arch, Place};
use crate::error::{Result, fail};
use crate::graph::claim::SpawnClaim;
use crate::graph::edges::{Countdown, Look};
use crate::graph::record::{self, Body, Phase, flag, kind};
use crate::graph::{Handle, Record, Slot};
use crate::scheduler::seat::bump;
use crate::scheduler::shapes::Member;
use std::ffi::c_void;

/// The quick ways of `parla_spawn`, for a task that any worker may run and that depends on a few tasks at most, none of
/// them failed. They know no errors and allocate nothing. None: nothing has happened, and [`simple`] is to be asked.
pub mod quick {
    use super::*;

    /// A task without dependencies; `offer` shows it to others. It writes the handle itself, so that nothing is left to do after the task
    /// has been shown to others.
    ///
    /// # Safety
    /// `task` is NULL or writable.
    #[inline(always)]
    pub unsafe fn independent(
        local: &Local,
        body: Body,
        ctx: *mut c_void,
        task: *mut u64,
        offer: impl FnOnce(&Local),
    ) -> Option<()> {
        if !local.deque.has_room() {
            return None;
        }
        let arena = local.arena();
        let kind = if task.is_null() { kind::UNNAMED } else { kind::TASK };
        let (slot, handle) = arena.begin_ready(&local.cache, kind, local.base_flags)?;
        arena.record(slot).set_body(body, ctx);
        bump(&local.seat().own.spawned, 1);
        if !task.is_null() {
            // SAFETY: the caller's contract.
            unsafe { *task = handle.0 };
        }
        local.deque.push_there(slot.0);
        offer(local);
        Some(())
    }

    /// A task with at most [`record::INLINE_NODES`] dependencies.
    ///
    /// # Safety
    /// `deps` is readable; `task` is NULL or writable, and may lie in `deps`.
    #[inline(always)]
    pub unsafe fn dependent(
        local: &Local,
        body: Body,
        ctx: *mut c_void,
        deps: *const [u64],
        task: *mut u64,
    ) -> Option<()> {
        // SAFETY: the caller's contract; nobody writes there before `task` is written.
        if !any_open(local, unsafe { &*deps })? {
            // SAFETY: the caller's contract.
            return unsafe { independent(local, body, ctx, task, ready::offer) };
        }
        let arena = local.arena();
        let count = deps.len() as u32;
        let (slot, handle) = arena.begin_waiting(&local.cache, local.base_flags, count)?;
        arena.record(slot).set_body(body, ctx);
        // SAFETY: as above; and the last look at `deps`.
        let done = attach(local, handle, unsafe { &*deps });
        if !task.is_null() {
            // SAFETY: the caller's contract.
            unsafe { *task = handle.0 };
        }
        finish(local, handle, done);
        Some(())
    }
}

/// Everything a task can have, checked as far as it can be without the runtime.
pub struct Spec<'a> {
    /// An element, or none.
    pub task: u64,
    /// Bits of [`flag`].
    pub flags: u16,
    /// Starts with a hold.
    pub hold: bool,
    /// Name.
    pub name: Option<&'a str>,
    /// Body; `None`: variants cover everything.
    pub body: Option<Body>,
    /// Context.
    pub ctx: *mut c_void,
    /// Releases it.
    pub drop: Option<record::Drop>,
    /// Dependencies.
    pub deps: &'a [u64],
    /// What it asks of devices.
    pub request: Request,
    /// Priority.
    pub priority: i16,
    /// Bodies per tuple of architectures.
    pub variants: Vec<(Vec<u8>, Body)>,
}

/// What a task asks of devices.
pub enum Request {
    /// One member, and no alternative.
    One {
        /// Code of the place.
        place: i32,
        /// Fraction.
        vcus: f64,
        /// Bytes.
        memory: u64,
    },
    /// Alternatives; at least one, each with at least one member.
    Any(Vec<Vec<Member>>),
}

/// What goes into the record.
struct Draft<'a> {
    flags: u16,
    hold: bool,
    body: Body,
    ctx: *mut c_void,
    shape: u32,
    priority: i16,
    name: Option<&'a str>,
    drop: Option<record::Drop>,
}

impl Draft<'_> {
    #[inline]
    fn fill(&self, record: &Record) {
        record.set_body(self.body, self.ctx);
        record.route(self.shape, self.priority);
        if let Some(drop) = self.drop {
            record.set_drop(drop);
        }
        if let Some(name) = self.name {
            // SAFETY: the record is this thread's until it is published.
            unsafe { record.side_mut() }.name = Some(name.into());
        }
    }
}

/// `parla_spawn` and `parla_taskspace_spawn`.
#[inline]
pub fn simple(
    local: &Local,
    element: Option<(&Space, &[i64])>,
    body: Body,
    ctx: *mut c_void,
    place: i32,
    vcus: f64,
    deps: &[u64],
) -> Result<u64> {
    let shape = shape_of(local, place, vcus, 0)?;
    let flags = local.base_flags;
    let draft = Draft { flags, hold: false, body, ctx, shape, priority: 0, name: None, drop: None };
    // The dependencies are checked before the element is made: a call that fails leaves none behind that
    // nobody spawns, for which whoever waits for the space would wait too.
    with_deps(local, deps, |open| {
        let Some((space, index)) = element else {
            return anonymous(local, &draft, open);
        };
        if deps.contains(&space.handle()) && space.table().get(index).is_none() {
            return own_space(index);
        }
        match spaces::element(local, space, index)? {
            0 => outside(index),
            task => spawn_element(local, Handle(task), &draft, open),
        }
    })
}

#[cold]
fn own_space(index: &[i64]) -> Result<u64> {
    fail!(Deadlock, "the element at {index:?} would depend on its own task space, and so on itself")
}

#[cold]
fn outside(index: &[i64]) -> Result<u64> {
    fail!(InvalidArgument, "the index {index:?} is outside the task space")
}

/// Looks a request up; the same one as last time at no cost.
#[inline]
fn shape_of(local: &Local, place: i32, vcus: f64, memory: u64) -> Result<u32> {
    match known_shape(local, place, vcus, memory) {
        Some(shape) => Ok(shape),
        None => look_up_shape(local, place, vcus, memory),
    }
}

#[inline(always)]
fn known_shape(local: &Local, place: i32, vcus: f64, memory: u64) -> Option<u32> {
    let request = (place, vcus.to_bits(), memory);
    let (last, shape) = local.last_shape.get();
    if request == (0, 0, 0) { Some(0) } else { (last == request).then_some(shape) }
}

#[inline(never)]
fn look_up_shape(local: &Local, place: i32, vcus: f64, memory: u64) -> Result<u32> {
    let member = Member { place: Place::from_code(place)?, vcus, memory };
    let shape = local.runtime.shapes.number(&[vec![member]])?;
    local.last_shape.set(((place, vcus.to_bits(), memory), shape));
    Ok(shape)
}

/// `parla_spawn_task`.
pub fn full(local: &Local, spec: &Spec<'_>) -> Result<u64> {
    let shape = match &spec.request {
        &Request::One { place, vcus, memory } => shape_of(local, place, vcus, memory)?,
        Request::Any(alternatives) => local.runtime.shapes.number(alternatives)?,
    };
    let body = choose_body(spec)?;
    let draft = Draft {
        flags: spec.flags | local.base_flags,
        hold: spec.hold,
        body,
        ctx: spec.ctx,
        shape,
        priority: spec.priority,
        name: spec.name,
        drop: spec.drop,
    };
    with_deps(local, spec.deps, |open| match spec.task {
        0 => anonymous(local, &draft, open),
        task => spawn_element(local, Handle(task), &draft, open),
    })
}

/// Every device is a CPU so far, so the body follows from the number of members alone. Alternatives of
/// different sizes with different variants would need the choice at the start.
fn choose_body(spec: &Spec<'_>) -> Result<Body> {
    let Request::Any(alternatives) = &spec.request else { return body_for(spec, 1) };
    let mut chosen: Option<Body> = None;
    for members in alternatives {
        let body = body_for(spec, members.len())?;
        if chosen.is_some_and(|other| !std::ptr::fn_addr_eq(other, body)) {
            return fail!(
                Unsupported,
                "alternatives with different numbers of members that have different variants"
            );
        }
        chosen = Some(body);
    }
    match chosen {
        Some(body) => Ok(body),
        None => fail!(InvalidArgument, "no alternatives"),
    }
}

/// The body for so many CPU devices.
fn body_for(spec: &Spec<'_>, members: usize) -> Result<Body> {
    let is_it =
        |archs: &[u8]| archs.len() == members && archs.iter().all(|a| *a == Arch::Cpu as u8);
    let variant = spec.variants.iter().find(|(archs, _)| is_it(archs)).map(|(_, body)| *body);
    match variant.or(spec.body) {
        Some(body) => Ok(body),
        None => fail!(
            Infeasible,
            "there is no body for {members} CPU device(s): no variant matches and fn is NULL"
        ),
    }
}

/// `parla_spawn_batch`: as many single spawns; what they share is the call.
pub fn batch(
    local: &Local,
    n: usize,
    mut spawn: impl FnMut(&Local, usize) -> Result<()>,
) -> Result<()> {
    (0..n).try_for_each(|i| spawn(local, i))
}

#[inline]
fn with_deps(
    local: &Local,
    deps: &[u64],
    spawn: impl FnOnce(&[Handle]) -> Result<u64>,
) -> Result<u64> {
    if deps.is_empty() {
        return spawn(&[]);
    }
    let mut open = local.scratch.take();
    open.clear();
    let result = collect(local, deps, &mut open).and_then(|()| spawn(&open));
    local.scratch.set(open);
    result
}

#[inline]
fn anonymous(local: &Local, draft: &Draft<'_>, open: &[Handle]) -> Result<u64> {
    if local.cache.is_empty() {
        ready::tell_where(local);
    }
    let arena = local.arena();
    let slot = if open.is_empty() {
        arena.begin(&local.cache, kind::TASK, draft.flags, 0)?
    } else {
        arena.begin_spawning(&local.cache, draft.flags, open.len() as u32)?
    };
    let record = arena.record(slot);
    let handle = record.handle(slot);
    if open.len() > record::INLINE_NODES
        && let Err(error) = arena.reserve_nodes(&local.cache, slot, open.len())
    {
        arena.rearm(slot, 0);
        arena.end(&local.cache, slot);
        return Err(error);
    }
    draft.fill(record);
    if draft.hold {
        let held = arena.hold(handle);
        debug_assert!(held);
    }
    bump(&local.seat().own.spawned, 1);
    if open.is_empty() {
        ready::ready(local, slot);
        return Ok(handle.0);
    }
    record.set_phase(Phase::Waiting);
    let complete = arena.attach(slot, open, |failed| wait::poison_by(local, slot, failed));
    finish(local, handle, complete);
    Ok(handle.0)
}

/// The record of `task` is filled, and counts on `deps`: few, and possibly 0. Gives how many of them are complete.
#[inline(always)]
fn attach(local: &Local, task: Handle, deps: &[u64]) -> u32 {
    bump(&local.seat().own.spawned, 1);
    let slot = task.slot();
    local.arena().attach_few(slot, deps, |dep| wait::poison_by(local, slot, dep))
}

/// The task is spawned. Nobody could claim it before: whoever walks all records (`stall.rs`) may have met it
/// half made.
#[inline(always)]
fn finish(local: &Local, task: Handle, complete: u32) {
    match local.arena().finish_spawn(&local.cache, task.slot(), complete) {
        (Countdown::Open, true) => cancel::cancel(local, task),
        (Countdown::Ready, _) => ready::ready(local, task.slot()),
        (Countdown::Open | Countdown::Abandoned, _) => {}
    }
}

/// Whether one of few dependencies is not complete. None: one of them has failed, or is no task.
#[inline(always)]
fn any_open(local: &Local, deps: &[u64]) -> Option<bool> {
    let mut is_open = false;
    for &dep in deps {
        match local.arena().look(Handle(dep)) {
            Look::Live => is_open = true,
            Look::Done => {}
            Look::Invalid if dep == 0 => {}
            Look::Failed | Look::Invalid => return None,
        }
    }
    Some(is_open)
}

/// The quick way of `parla_spawn` for a task that asks for the same as the last one of this thread, with at most
/// [`record::INLINE_NODES`] dependencies, none of them failed. None: nothing has happened.
#[inline]
pub fn like_the_last(
    local: &Local,
    body: Body,
    ctx: *mut c_void,
    place: i32,
    vcus: f64,
    deps: &[u64],
) -> Option<u64> {
    let shape = known_shape(local, place, vcus, 0)?;
    let is_open = any_open(local, deps)?;
    let arena = local.arena();
    let (slot, handle) = if is_open {
        arena.begin_waiting(&local.cache, local.base_flags, deps.len() as u32)?
    } else {
        arena.begin_ready(&local.cache, kind::TASK, local.base_flags)?
    };
    let record = arena.record(slot);
    record.set_body(body, ctx);
    record.route(shape, 0);
    if is_open {
        finish(local, handle, attach(local, handle, deps));
    } else {
        bump(&local.seat().own.spawned, 1);
        ready::ready(local, slot);
    }
    Some(handle.0)
}

/// The quick way of `parla_taskspace_spawn`: makes and spawns, in one, an element that nobody has asked for yet, which
/// any worker may run and which depends on at most [`record::INLINE_NODES`] tasks, none of them failed. None: nothing
/// has happened.
#[inline]
pub fn new_element(
    local: &Local,
    (space, index): (&Space, &[i64]),
    body: Body,
    ctx: *mut c_void,
    deps: &[u64],
) -> Option<u64> {
    let arena = local.arena();
    any_open(local, deps)?;
    let mut made = None;
    let inserted = space.table().try_insert(index, |number| {
        let flags = local.base_flags | flag::ELEMENT;
        let count = deps.len() as u32;
        made = arena.begin_waiting(&local.cache, flags, count);
        let Some((slot, task)) = made else { return 0 };
        let record = arena.record(slot);
        record.set_body(body, ctx);
        spaces::mark(record, space, number);
        task.0
    });
    let (slot, task) = made?;
    if !inserted {
        // Another thread was faster; nobody has seen this record.
        arena.rearm(slot, 0);
        arena.end(&local.cache, slot);
        return None;
    }
    finish(local, task, attach(local, task, deps));
    Some(task.0)
}

fn spawn_element(local: &Local, task: Handle, draft: &Draft<'_>, open: &[Handle]) -> Result<u64> {
    let arena = local.arena();
    if let Look::Invalid = arena.look(task) {
        return super::collect::invalid(task);
    }
    let slot: Slot = task.slot();
    if open.contains(&task) {
        let name = super::inspect::name_of(local, slot);
        return fail!(Deadlock, "{name} would depend on itself: {name} -> {name}");
    }
    match arena.claim_spawn(task, open.len() as u32) {
        SpawnClaim::Mine => {}
        SpawnClaim::Spawned => return fail!(AlreadySpawned, "the task has already been spawned"),
        SpawnClaim::Cancelled => {
            return fail!(Cancelled, "the task was cancelled before it was spawned");
        }
    }
    let record = arena.record(slot);
    if open.len() > record::INLINE_NODES
        && let Err(error) = arena.reserve_nodes(&local.cache, slot, open.len())
    {
        if arena.unclaim_spawn(slot) {
            cancel::cancel(local, task);
        }
        return Err(error);
    }
    record.add_flags(draft.flags);
    // Others may look at an element's name at any time: they do under this lock.
    match draft.name {
        Some(_) => local.runtime.failures.locked(|| draft.fill(record)),
        None => draft.fill(record),
    }
    if draft.hold {
        let held = arena.hold(task);
        debug_assert!(held);
    }
    record.set_phase(Phase::Waiting);
    bump(&local.seat().own.spawned, 1);
    let complete = arena.attach(slot, open, |failed| wait::poison_by(local, slot, failed));
    finish(local, task, complete);
    Ok(task.0)
}

//! From C values to checked Rust values, and back.

use super::pointers::{list, optional_text, sized, text};
use super::types::*;
use crate::device::place::Place;
use crate::error::{Error, Result, Status, fail};
use crate::graph::Handle;
use crate::graph::handle::Kind;
use crate::graph::record::{self, Body, flag};
use crate::graph::space::{Bounds, KeyPart, Range};
use crate::runtime::config::Settings;
use crate::runtime::hooks::Hooks;
use crate::runtime::inspect::{DeviceInfo, Stats};
use crate::runtime::spaces::Space;
use crate::runtime::spawn::{Request, Spec};
use crate::scheduler::shapes::Member;

/// Version as one number.
pub const VERSION: u32 = parse(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
    + parse(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
    + parse(env!("CARGO_PKG_VERSION_PATCH"));

const fn parse(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("cargo gives numbers"),
    }
}

/// A body.
#[inline]
pub fn body(body: parla_task_fn) -> Result<Body> {
    match body {
        Some(body) => Ok(body),
        None => fail!(InvalidArgument, "fn is NULL"),
    }
}

/// The handle of a task, as far as its bits tell.
pub fn task_handle(task: u64) -> Result<Handle> {
    let handle = Handle(task);
    match handle.kind() {
        Some(Kind::Task) => Ok(handle),
        _ => fail!(InvalidHandle, "{task:#x} is not the handle of a task"),
    }
}

/// The handle of a space, as far as its bits tell.
pub fn space_handle(space: u64) -> Result<()> {
    match Handle(space).kind() {
        Some(Kind::Space) => Ok(()),
        _ => fail!(InvalidHandle, "{space:#x} is not the handle of a task space"),
    }
}

/// The configuration struct.
///
/// # Safety
/// As [`sized`].
pub unsafe fn config(pointer: *const parla_config_t) -> Result<Settings> {
    if pointer.is_null() {
        return Ok(Settings::default());
    }
    // SAFETY: the caller's contract.
    let c = unsafe { sized(pointer, "config")? };
    let named = |value: i32, names: [&str; 3], what| match value {
        0 => Ok(None),
        1..=3 if !names[value as usize - 1].is_empty() => {
            Ok(Some(names[value as usize - 1].to_owned()))
        }
        _ => fail!(InvalidArgument, "config->{what} is {value}"),
    };
    let number = |value: i32| (value != 0).then_some(i64::from(value));
    Ok(Settings {
        num_threads: number(c.num_threads),
        bind: named(c.bind, ["core", "node", "none"], "bind")?,
        wait: named(c.wait_mode, ["stack", "thread", ""], "wait_mode")?,
        // SAFETY: the caller's contract.
        topology: unsafe { optional_text(c.topology, "config->topology")? }.map(str::to_owned),
        stack_size: (c.stack_size != 0).then_some(c.stack_size as u64),
        cpu_memory: (c.cpu_memory != 0).then_some(c.cpu_memory),
        stall_ms: number(c.stall_ms),
        hold_stall_ms: number(c.hold_stall_ms),
        max_spare_threads: number(c.max_spare_threads),
        spin_us: number(c.spin_us),
    })
}

fn priority(value: i32) -> Result<i16> {
    if (PARLA_PRIORITY_MIN..=PARLA_PRIORITY_MAX).contains(&value) {
        return Ok(value as i16);
    }
    fail!(
        InvalidArgument,
        "priority is {value}; it must be {PARLA_PRIORITY_MIN} to {PARLA_PRIORITY_MAX}"
    )
}

fn member(m: &parla_member_t) -> Result<Member> {
    Ok(Member { place: Place::from_code(m.place)?, vcus: m.vcus, memory: m.memory })
}

/// A specification that asks for no more than `parla_spawn` for any worker, and its body.
///
/// # Safety
/// As [`spec`].
#[inline(always)]
pub unsafe fn plain_spec<'a>(
    pointer: *const parla_task_spec_t,
) -> Option<(Body, &'a parla_task_spec_t)> {
    if pointer.is_null() || !pointer.is_aligned() {
        return None;
    }
    // SAFETY: every such struct begins with its size; the caller's contract.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    if size != size_of::<parla_task_spec_t>() {
        return None;
    }
    // SAFETY: the caller's contract: it is as large as it says.
    let s = unsafe { &*pointer };
    let numbers = [
        s.task,
        s.name.addr() as u64,
        s.vcus.to_bits(),
        s.memory,
        s.n_alternatives as u64,
        s.n_variants as u64,
        u64::from(s.flags),
        u64::from(s.place as u32),
        u64::from(s.priority as u32),
    ];
    let is_plain = numbers.iter().fold(0, |all, number| all | number) == 0 && s.drop.is_none();
    if is_plain { Some((s.r#fn?, s)) } else { None }
}

/// A task's specification.
///
/// # Safety
/// `pointer` is NULL or points to a specification of the size it says, whose pointers are as documented.
pub unsafe fn spec<'a>(pointer: *const parla_task_spec_t) -> Result<Spec<'a>> {
    // SAFETY: here and below: the caller's contract.
    let s = unsafe { sized(pointer, "spec")? };
    const KNOWN: u32 = PARLA_TASK_RUN_ANYWAY | PARLA_TASK_WAIT_THREAD | PARLA_TASK_HOLD;
    if s.flags & !KNOWN != 0 {
        return fail!(InvalidArgument, "spec->flags is {:#x}: unknown flags", s.flags);
    }
    let mut flags = 0;
    for (bit, flag) in
        [(PARLA_TASK_RUN_ANYWAY, flag::RUN_ANYWAY), (PARLA_TASK_WAIT_THREAD, flag::WAIT_THREAD)]
    {
        flags |= if s.flags & bit != 0 { flag } else { 0 };
    }
    if s.task != 0 {
        task_handle(s.task)?;
    }
    if s.n_alternatives > 64 || s.n_variants > 64 {
        return fail!(InvalidArgument, "more than 64 alternatives or variants");
    }
    let mut alternatives = Vec::new();
    // SAFETY: the caller's contract.
    for alternative in unsafe { list(s.alternatives, s.n_alternatives, "spec->alternatives")? } {
        if !(1..=16).contains(&alternative.n_members) {
            return fail!(InvalidArgument, "an alternative has {} members", alternative.n_members);
        }
        // SAFETY: the caller's contract.
        let members = unsafe { list(alternative.members, alternative.n_members, "members")? };
        alternatives.push(members.iter().map(member).collect::<Result<_>>()?);
    }
    let mut variants = Vec::new();
    // SAFETY: the caller's contract.
    for variant in unsafe { list(s.variants, s.n_variants, "spec->variants")? } {
        if !(1..=16).contains(&variant.n_archs) {
            return fail!(InvalidArgument, "a variant has {} architectures", variant.n_archs);
        }
        // SAFETY: the caller's contract.
        let archs = unsafe { list(variant.archs, variant.n_archs, "archs")? };
        let arch = |&code: &i32| match Place::from_code(code)? {
            Place { arch: Some(arch), index: None } => Ok(arch as u8),
            place => fail!(InvalidArgument, "{place} is not an architecture"),
        };
        variants.push((archs.iter().map(arch).collect::<Result<_>>()?, body(variant.r#fn)?));
    }
    if s.r#fn.is_none() && variants.is_empty() {
        return fail!(InvalidArgument, "fn is NULL and there are no variants");
    }
    Ok(Spec {
        task: s.task,
        flags,
        hold: s.flags & PARLA_TASK_HOLD != 0,
        // SAFETY: the caller's contract.
        name: unsafe { optional_text(s.name, "spec->name")? },
        body: s.r#fn,
        ctx: s.ctx,
        drop: s.drop.map(|drop| drop as record::Drop),
        // SAFETY: the caller's contract.
        deps: unsafe { list(s.deps, s.n_deps, "spec->deps")? },
        request: match s.n_alternatives {
            0 => Request::One { place: s.place, vcus: s.vcus, memory: s.memory },
            _ => Request::Any(alternatives),
        },
        priority: priority(s.priority)?,
        variants,
    })
}

/// Bounds of a space.
///
/// # Safety
/// `lower` and `shape` are NULL or point to `ndim` numbers.
pub unsafe fn bounds(ndim: u32, lower: *const i64, shape: *const i64) -> Result<Bounds> {
    if !(1..=8).contains(&ndim) {
        return fail!(InvalidArgument, "ndim is {ndim}; it must be 1 to 8");
    }
    // SAFETY: the caller's contract.
    let numbers = |pointer: *const i64| unsafe {
        (!pointer.is_null()).then(|| list(pointer, ndim as usize, "bounds")).transpose()
    };
    Bounds::new(ndim, numbers(lower)?, numbers(shape)?)
        .map_err(|error| Error::new(Status::InvalidArgument, error.to_string()))
}

/// An index.
///
/// # Safety
/// `index` points to as many numbers as the space has dimensions.
#[inline]
pub unsafe fn index<'a>(space: &Space, index: *const i64) -> Result<&'a [i64]> {
    // SAFETY: the caller's contract.
    unsafe { list(index, space.ndim(), "index") }
}

/// A mixed key.
///
/// # Safety
/// `key` points to as many parts as the space has dimensions.
pub unsafe fn key<'a>(space: &Space, key: *const parla_key_t) -> Result<Vec<KeyPart<'a>>> {
    // SAFETY: the caller's contract.
    let parts = unsafe { list(key, space.ndim(), "key")? };
    parts
        .iter()
        .map(|part| match part.kind {
            PARLA_KEY_INT => Ok(KeyPart::Int(part.integer)),
            // SAFETY: the caller's contract.
            PARLA_KEY_STRING => Ok(KeyPart::Str(unsafe { text(part.string, "a string key")? })),
            kind => fail!(InvalidArgument, "a key's kind is {kind}"),
        })
        .collect()
}

/// Ranges of a slice.
///
/// # Safety
/// `ranges` points to as many ranges as the space has dimensions.
pub unsafe fn ranges(space: &Space, ranges: *const parla_range_t) -> Result<Vec<Range>> {
    // SAFETY: the caller's contract.
    let ranges = unsafe { list(ranges, space.ndim(), "ranges")? };
    let open = |bound: i64| (bound != PARLA_OPEN).then_some(bound);
    let convert = |r: &parla_range_t| match r.step {
        step if step < 0 => {
            fail!(InvalidArgument, "a range's step is {step}; it must be at least 1")
        }
        step => Ok(Range { start: open(r.start), stop: open(r.stop), step: step.max(1) }),
    };
    ranges.iter().map(convert).collect()
}

/// Ranges of a view, or NULL.
///
/// # Safety
/// As [`ranges`], or NULL.
pub unsafe fn optional_ranges(
    space: &Space,
    pointer: *const parla_range_t,
) -> Result<Option<Vec<Range>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's contract.
    unsafe { ranges(space, pointer) }.map(Some)
}

/// A host's hooks.
///
/// # Safety
/// As [`sized`].
pub unsafe fn hooks(pointer: *const parla_hooks_t) -> Result<Hooks> {
    // SAFETY: the caller's contract.
    let h = unsafe { sized(pointer, "hooks")? };
    Ok(Hooks {
        user: h.user as usize,
        thread_start: h.thread_start,
        thread_stop: h.thread_stop,
        before_task: h.before_task,
        after_task: h.after_task,
        before_block: h.before_block,
        after_block: h.after_block,
    })
}

impl From<Stats> for parla_stats_t {
    fn from(s: Stats) -> Self {
        parla_stats_t {
            size: 0,
            num_workers: s.num_workers,
            spawned: s.spawned,
            completed: s.completed,
            stolen: s.stolen,
            blocked: s.blocked,
            woken: s.woken,
            stacks: s.stacks,
            record_bytes: s.record_bytes,
        }
    }
}

impl From<DeviceInfo> for parla_device_info_t {
    fn from(d: DeviceInfo) -> Self {
        parla_device_info_t {
            size: 0,
            place: d.place,
            num_workers: d.num_workers,
            num_cores: d.num_cores,
            os_index: d.os_index,
            described: u32::from(d.described),
            memory: d.memory,
            memory_free: d.memory_free,
            vcus_free: d.vcus_free,
        }
    }
}

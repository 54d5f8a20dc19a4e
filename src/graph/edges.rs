//! The protocol of dependencies: who waits for whom, and when that ends.
//!
//! Two words of each record carry it; all their transitions are here and in `claim.rs` and `hold.rs`:
//!
//! ```text
//! link     63..36 generation  | 35 SEALED | 34 CLOSED | 33 HELD | 32 CANCEL | 31..0 newest successor node
//! pending  63..36 generation  | 35 POISONED | 34 SPAWNING | 33 UNSPAWNED | 32 CLAIMED | 31..0 open dependencies + guards
//! ```
//! README.md states the steps, the races and why they cannot go wrong.

use super::arena::{Arena, Cache};
use super::handle::{Handle, Kind, Slot};
#[cfg(not(loom))]
use super::record::{Cold, FIRST_NODE_OFFSET, HOT_NODES};
use super::record::{INLINE_NODES, Phase, Record, flag, kind};
use crate::error::Result;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

pub(super) const GENERATION_SHIFT: u32 = 36;
const ONE_GENERATION: u64 = 1 << GENERATION_SHIFT;
const HEAD: u64 = 0xffff_ffff;

/// In `link`: cancellation has been requested.
pub(super) const CANCEL: u64 = 1 << 32;
/// In `link`: completion must look at `holds`.
pub(super) const HELD: u64 = 1 << 33;
/// In `link`: completed, and kept because it failed.
pub(super) const CLOSED: u64 = 1 << 34;

/// In `link`: no new holds.
pub(super) const SEALED: u64 = 1 << 35;

/// In `pending`: somebody has completed the record ahead of its dependencies. A task loses the flag again
/// with its last dependency; with UNSPAWNED it was completed before anybody spawned it, and keeps both.
pub(super) const CLAIMED: u64 = 1 << 32;
/// In `pending`: an element that nobody has spawned.
pub(super) const UNSPAWNED: u64 = 1 << 33;
/// In `pending`: one thread is spawning it; nobody can claim it meanwhile.
pub(super) const SPAWNING: u64 = 1 << 34;
/// In `pending`: the record has a failure, its own or a dependency's.
pub(super) const POISONED: u64 = 1 << 35;
/// In `pending`: dependencies and guards.
pub(super) const COUNT: u64 = 0xffff_ffff;

/// Nodes are the words of a record from [`FIRST_NODE_OFFSET`] on, and those of its cold line; which of them are in
/// use depends on its kind. So many lie on the first line.
#[cfg(not(loom))]
pub(super) const HOT_WORDS: u32 = ((size_of::<Record>() - FIRST_NODE_OFFSET) / 4) as u32;
/// Index of the first inline node of a task or wait.
#[cfg(not(loom))]
pub(super) const INLINE_FIRST: u32 =
    ((std::mem::offset_of!(Record, nodes) - FIRST_NODE_OFFSET) / 4) as u32;
/// Loom's atomics have other sizes: there only the inline nodes are nodes (`arena.rs`).
#[cfg(loom)]
pub(super) const INLINE_FIRST: u32 = 0;
// Overflow nodes end before `holds`: it is never reset, and a latecomer may still change it by
// compare-and-swap after the slot has become an overflow record; and before the fields of overflow records.
#[cfg(not(loom))]
const _: () = assert!(
    INLINE_FIRST == 4
        && INLINE_FIRST + HOT_NODES as u32 == HOT_WORDS
        && std::mem::offset_of!(Cold, nodes) == 0
        && std::mem::offset_of!(Cold, holds) == 4 * (OVERFLOW_NODES - HOT_WORDS) as usize
        && std::mem::offset_of!(Cold, overflow) > std::mem::offset_of!(Cold, holds)
        && std::mem::offset_of!(Cold, owner) > std::mem::offset_of!(Cold, holds)
);
/// Nodes of an overflow record.
const OVERFLOW_NODES: u32 = if cfg!(loom) { INLINE_NODES as u32 } else { 18 };
/// Indices of nodes are below this.
pub(super) const NODE_LIMIT: u32 = OVERFLOW_NODES;
const OVERFLOW_FIRST: u32 = if cfg!(loom) { INLINE_FIRST } else { 0 };

/// A node of a successor list: `slot << 5 | index`; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRef(pub(super) u32);

impl NodeRef {
    /// Whether it is none.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
    fn new(slot: Slot, index: u32) -> NodeRef {
        NodeRef(slot.0 << 5 | index)
    }
    fn slot(self) -> Slot {
        Slot(self.0 >> 5)
    }
    fn index(self) -> u32 {
        self.0 & 31
    }
}

/// What a handle of a task stands for right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Not complete, created or spawned.
    Live,
    /// Complete.
    Done,
    /// Complete and failed; its record is kept.
    Failed,
    /// No task has ever had this handle.
    Invalid,
}

/// What has become of a countdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Countdown {
    /// The caller has nothing to do: others are to come, or it was the last one of a task that was
    /// completed ahead of it.
    Open,
    /// This was the last one: the caller owns the record and must act.
    Ready,
    /// This was the last one of a wait that was ended ahead of it ([`CLAIMED`]): the caller owns the
    /// record and must end it.
    Abandoned,
}

#[inline]
pub(super) fn generation_of(word: u64) -> u32 {
    (word >> GENERATION_SHIFT) as u32
}

impl Arena {
    /// Takes a free slot, resets its record and starts a generation. `guards` keep it from getting
    /// ready until they are counted down too; `unspawned` makes it an element nobody has spawned.
    #[inline]
    pub fn begin(&self, cache: &Cache, kind: u8, flags: u16, guards: u32) -> Result<Slot> {
        self.begin_with(cache, kind, flags, Phase::Created, u64::from(guards))
    }

    /// As [`Arena::begin`]: an element that waits to be spawned.
    pub fn begin_unspawned(&self, cache: &Cache, flags: u16) -> Result<Slot> {
        self.begin_with(cache, kind::TASK, flags, Phase::Created, UNSPAWNED | 1)
    }

    /// As [`Arena::begin`]: a task whose spawn goes on until [`Arena::finish_spawn`], with `deps`
    /// dependencies. Nobody can claim it before.
    #[inline]
    pub fn begin_spawning(&self, cache: &Cache, flags: u16, deps: u32) -> Result<Slot> {
        let pending = SPAWNING | u64::from(deps + 1);
        self.begin_with(cache, kind::TASK, flags, Phase::Waiting, pending)
    }

    /// As [`Arena::begin`]: a task or an unnamed one without dependencies, which is ready; from what the cache has.
    #[inline(always)]
    pub fn begin_ready(&self, cache: &Cache, kind: u8, flags: u16) -> Option<(Slot, Handle)> {
        let slot = cache.take_one(self)?;
        Some((slot, self.begin_in(slot, kind, flags, Phase::Ready, 0)))
    }

    /// As [`Arena::begin_spawning`], from what the cache has.
    #[inline(always)]
    pub fn begin_waiting(&self, cache: &Cache, flags: u16, deps: u32) -> Option<(Slot, Handle)> {
        let slot = cache.take_one(self)?;
        let pending = SPAWNING | u64::from(deps + 1);
        Some((slot, self.begin_in(slot, kind::TASK, flags, Phase::Waiting, pending)))
    }

    #[inline(always)]
    fn begin_with(
        &self,
        cache: &Cache,
        kind: u8,
        flags: u16,
        phase: Phase,
        pending: u64,
    ) -> Result<Slot> {
        let slot = cache.take(self)?;
        self.begin_in(slot, kind, flags, phase, pending);
        Ok(slot)
    }

    #[inline(always)]
    fn begin_in(&self, slot: Slot, kind: u8, flags: u16, phase: Phase, pending: u64) -> Handle {
        let record = self.record(slot);
        record.reset(kind, flags, phase);
        let link = (record.link.load(Relaxed) & !(ONE_GENERATION - 1)) + ONE_GENERATION;
        record.pending.store(link | pending, Relaxed);
        // Release: partner is the Acquire in `look` and `add_edge` of whoever gets the handle.
        record.link.store(link, Release);
        Handle::new(Kind::Task, generation_of(link), slot.0)
    }

    /// What `handle` stands for.
    #[inline(always)]
    pub fn look(&self, handle: Handle) -> Look {
        let Some(generation) = handle.task_generation() else { return Look::Invalid };
        // A slot that was never handed out has generation 0.
        if !self.is_slot(handle.slot()) {
            return Look::Invalid;
        }
        let record = self.record(handle.slot());
        // Acquire: partner is the Release of completion, so "done" comes with the task's effects.
        let link = record.link.load(Acquire);
        let now = generation_of(link);
        if generation != now {
            return if generation < now { Look::Done } else { Look::Invalid };
        }
        if record.kind.load(Acquire) != kind::TASK {
            // A wait, whose handle nobody was given; unless the task has completed since `link` was read.
            let same = generation_of(record.link.load(Relaxed)) == generation;
            return if same { Look::Invalid } else { Look::Done };
        }
        if link & CLOSED != 0 { Look::Failed } else { Look::Live }
    }

    /// Gets overflow records for `n` dependencies of `slot`, so that [`Arena::attach`] cannot fail.
    pub fn reserve_nodes(&self, cache: &Cache, slot: Slot, n: usize) -> Result<()> {
        let record = self.record(slot);
        // A task that continues may have had some before, which were freed with the last of its dependencies.
        record.clear_flags(flag::OVERFLOWS);
        let mut missing = n.saturating_sub(INLINE_NODES);
        let mut chain = 0;
        while missing > 0 {
            let block = match cache.take(self) {
                Ok(block) => block,
                Err(error) => {
                    self.free_chain(cache, chain);
                    return Err(error);
                }
            };
            let overflow = self.record(block);
            // Release: partner is the Acquire in `look`, as in `Record::reset`.
            overflow.kind.store(kind::NODES, Release);
            overflow.cold().owner.store(slot.0, Relaxed);
            overflow.cold().overflow.store(chain, Relaxed);
            chain = block.0;
            missing = missing.saturating_sub(OVERFLOW_NODES as usize);
        }
        if chain != 0 {
            record.cold().overflow.store(chain, Relaxed);
            record.add_flags(flag::OVERFLOWS);
        }
        Ok(())
    }

    /// Makes `slot` a successor of each of `deps`. The caller holds a guard of `slot`, and has counted
    /// every dependency into `pending` beforehand. Gives the number that are complete already, which the
    /// caller counts down with its guard; `failed` hears of those that failed.
    pub fn attach(&self, slot: Slot, deps: &[Handle], mut failed: impl FnMut(Handle)) -> u32 {
        let record = self.record(slot);
        let mut block =
            Slot(if deps.len() > INLINE_NODES { record.cold().overflow.load(Relaxed) } else { 0 });
        let mut inline_used = 0;
        let mut used = 0;
        let mut complete = 0;
        for dep in deps {
            let node = if inline_used < INLINE_NODES as u32 {
                NodeRef::new(slot, INLINE_FIRST + inline_used)
            } else {
                if used == OVERFLOW_NODES {
                    block = Slot(self.record(block).cold().overflow.load(Relaxed));
                    used = 0;
                }
                NodeRef::new(block, OVERFLOW_FIRST + used)
            };
            match self.add_edge(*dep, node) {
                Look::Live if inline_used < INLINE_NODES as u32 => inline_used += 1,
                Look::Live => used += 1,
                Look::Failed => {
                    failed(*dep);
                    complete += 1;
                }
                Look::Done | Look::Invalid => complete += 1,
            }
        }
        complete
    }

    /// As [`Arena::attach`], for at most [`INLINE_NODES`] dependencies, of which some may be 0.
    #[inline(always)]
    pub fn attach_few(&self, slot: Slot, deps: &[u64], mut failed: impl FnMut(Handle)) -> u32 {
        debug_assert!(deps.len() <= INLINE_NODES);
        let mut used = 0;
        for &dep in deps.iter().filter(|dep| **dep != 0) {
            let node = NodeRef::new(slot, INLINE_FIRST + used);
            match self.add_edge(Handle(dep), node) {
                Look::Live => used += 1,
                Look::Failed => failed(Handle(dep)),
                Look::Done | Look::Invalid => {}
            }
        }
        deps.len() as u32 - used
    }

    /// Puts `node` on the list of successors of `dep`, unless `dep` is complete.
    #[inline]
    fn add_edge(&self, dep: Handle, node: NodeRef) -> Look {
        let record = self.record(dep.slot());
        let mut link = record.link.load(Acquire);
        loop {
            if generation_of(link) != dep.generation() {
                return Look::Done;
            }
            if link & CLOSED != 0 {
                return Look::Failed;
            }
            self.node(node.slot().0, node.index()).store((link & HEAD) as u32, Relaxed);
            // Release: partner is the Acquire of `close`, which follows the node. The generation in the
            // word makes it impossible to land on the list of a later task in the same slot.
            match record.link.compare_exchange_weak(
                link,
                link & !HEAD | u64::from(node.0),
                Release,
                Acquire,
            ) {
                Ok(_) => {
                    record.note_earlier((link & HEAD) as u32);
                    return Look::Live;
                }
                Err(now) => link = now,
            }
        }
    }

    /// Has the processor fetch the records of successors that are known so far, ahead of [`Arena::successors`].
    /// They lie on a list, of which each entry must be there before the next is known.
    #[inline(always)]
    pub fn prefetch_successors(&self, slot: Slot) {
        let record = self.record(slot);
        let newest = NodeRef((record.link.load(Relaxed) & HEAD) as u32);
        if newest.is_none() {
            return;
        }
        self.prefetch(newest.slot());
        let mut earlier = record.earlier();
        while earlier != 0 {
            self.prefetch(NodeRef(earlier as u32).slot());
            earlier >>= 32;
        }
    }

    /// Completes the task in `slot` and ends its generation: from now on its handle means "completed".
    /// The caller releases the successors, and gives the slot back to a cache once it is done with the
    /// record. None: holds are in use, and nothing has changed (`hold.rs`).
    #[inline(always)]
    #[must_use]
    pub fn close_unheld(&self, slot: Slot) -> Option<NodeRef> {
        let record = self.record(slot);
        if record.kind.load(Relaxed) == kind::UNNAMED {
            // Nobody else knows the record, so there is no successor, no hold and no race.
            self.end_generation(record);
            return Some(NodeRef(0));
        }
        self.close_as(slot, HELD, |link| (link & !(ONE_GENERATION - 1)) + ONE_GENERATION)
    }

    /// As [`Arena::close_unheld`], for a task whose holds do not matter any more.
    #[must_use]
    pub fn close(&self, slot: Slot) -> NodeRef {
        self.close_as(slot, 0, |link| (link & !(ONE_GENERATION - 1)) + ONE_GENERATION)
            .expect("nothing forbids it")
    }

    /// Completes the task in `slot` as failed: its record stays, with its failure.
    #[must_use]
    pub fn close_failed(&self, slot: Slot) -> NodeRef {
        self.close_as(slot, 0, |link| link & !HEAD | CLOSED).expect("nothing forbids it")
    }

    /// Forbids new holds. False: holds are in use, and nothing has changed.
    #[must_use]
    pub fn seal(&self, slot: Slot) -> bool {
        self.close_as(slot, HELD, |link| link | SEALED).is_some()
    }

    #[inline(always)]
    fn close_as(&self, slot: Slot, unless: u64, closed: impl Fn(u64) -> u64) -> Option<NodeRef> {
        let record = self.record(slot);
        let mut link = record.link.load(Relaxed);
        loop {
            if link & unless != 0 {
                return None;
            }
            // Release: partners are `look` and `add_edge`. Acquire: partner is `add_edge`, whose nodes
            // are followed next.
            match record.link.compare_exchange_weak(link, closed(link), AcqRel, Relaxed) {
                Ok(_) => return Some(NodeRef((link & HEAD) as u32)),
                Err(now) => link = now,
            }
        }
    }

    /// Ends the generation of a record that is not a live task: a wait, or a failed task that is
    /// forgotten. The caller owns it.
    pub fn end(&self, cache: &Cache, slot: Slot) {
        self.end_generation(self.record(slot));
        cache.give(self, slot);
    }

    #[inline(always)]
    fn end_generation(&self, record: &Record) {
        let link = record.link.load(Relaxed);
        // Release: partner is the Acquire in `look`.
        record.link.store((link & !(ONE_GENERATION - 1)) + ONE_GENERATION, Release);
    }

    /// The owners of the nodes of a closed record's list. Each has one dependency less, which the
    /// caller counts down; the list is read ahead of that, as the node may be reused right after.
    pub fn successors(&self, first: NodeRef) -> Successors<'_> {
        Successors { arena: self, at: first }
    }

    /// Counts `n` dependencies or guards down. Whoever takes the last one frees the overflow records:
    /// by then every node has been visited.
    #[inline(always)]
    pub fn count_down(&self, cache: &Cache, slot: Slot, n: u32) -> Countdown {
        let record = self.record(slot);
        // Release: what this thread has done goes to whoever takes the last one. Acquire: the last one
        // gets what all others have done.
        let before = record.pending.fetch_sub(u64::from(n), AcqRel);
        self.counted(cache, slot, before, n)
    }

    #[inline(always)]
    pub(super) fn counted(&self, cache: &Cache, slot: Slot, before: u64, n: u32) -> Countdown {
        debug_assert!(before & COUNT >= u64::from(n));
        if before & COUNT != u64::from(n) {
            return Countdown::Open;
        }
        let record = self.record(slot);
        if record.has(flag::OVERFLOWS) {
            self.free_chain(cache, record.cold().overflow.load(Relaxed));
        }
        if before & CLAIMED == 0 {
            return Countdown::Ready;
        }
        if record.kind.load(Relaxed) != kind::TASK {
            return Countdown::Abandoned;
        }
        // The last touch. Release: partner is the Acquire in `is_settled`, since the record may be
        // recycled from here on.
        record.pending.fetch_and(!CLAIMED, Release);
        Countdown::Open
    }

    /// Whether nobody but its owner touches the record any more: every dependency has been counted down,
    /// and whoever took the last one of a claimed task is done with it.
    pub fn is_settled(&self, slot: Slot) -> bool {
        // Acquire: partner is the Release in `counted`.
        let pending = self.record(slot).pending.load(Acquire);
        pending & COUNT == 0 && pending & (CLAIMED | UNSPAWNED) != CLAIMED
    }

    #[cold]
    fn free_chain(&self, cache: &Cache, mut chain: u32) {
        while chain != 0 {
            let block = Slot(chain);
            chain = self.record(block).cold().overflow.load(Relaxed);
            cache.give(self, block);
        }
    }

    /// Sets the number of dependencies and guards of a record that the caller owns and that has none:
    /// a task about to continue.
    pub fn rearm(&self, slot: Slot, count: u32) {
        let record = self.record(slot);
        let kept = record.pending.load(Relaxed) & (!(ONE_GENERATION - 1) | POISONED);
        // Release: partner is the Acquire of `claim`, which may come before the owner counts its guard down.
        record.pending.swap(kept | u64::from(count), Release);
    }

    /// How many dependencies and guards are open, for diagnostics.
    pub fn open_count(&self, slot: Slot) -> u32 {
        (self.record(slot).pending.load(Relaxed) & COUNT) as u32
    }
}

/// See [`Arena::successors`].
#[derive(Debug)]
pub struct Successors<'a> {
    arena: &'a Arena,
    at: NodeRef,
}

impl Iterator for Successors<'_> {
    type Item = Slot;

    #[inline]
    fn next(&mut self) -> Option<Slot> {
        let node = self.at;
        if node.0 == 0 {
            return None;
        }
        self.at = NodeRef(self.arena.node(node.slot().0, node.index()).load(Relaxed));
        let record = self.arena.record(node.slot());
        Some(if record.kind.load(Relaxed) == kind::NODES {
            Slot(record.cold().owner.load(Relaxed))
        } else {
            node.slot()
        })
    }
}

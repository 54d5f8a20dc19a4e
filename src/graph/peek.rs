//! Looking at records that are not one's own, for diagnostics. Nothing is locked: what is seen may be a
//! mixture of moments, so every number that is read is checked before it is followed.

use super::arena::Arena;
use super::edges::{CLOSED, COUNT, generation_of};
use super::handle::{Handle, Kind, Slot};
use super::record::kind;
use crate::sync::atomic::Ordering::{Acquire, Relaxed};

impl Arena {
    /// Tasks that are not complete, and waits that are not over, as handles.
    pub fn peek_open(&self) -> impl Iterator<Item = (Handle, u8)> + '_ {
        self.slots().filter_map(|slot| {
            let record = self.record(slot);
            let link = record.link.load(Acquire);
            let kind = match record.kind.load(Acquire) {
                kind::UNNAMED => kind::TASK,
                kind => kind,
            };
            let same = generation_of(record.link.load(Acquire)) == generation_of(link);
            let live = generation_of(link) % 2 == 1 && link & CLOSED == 0 && same;
            let handle = Handle::new(Kind::Task, generation_of(link), slot.0);
            (live && matches!(kind, kind::TASK | kind::TASK_WAIT | kind::HOST_WAIT))
                .then_some((handle, kind))
        })
    }

    /// The successors of a task, at most `limit`.
    pub fn peek_successors(&self, slot: Slot, limit: usize) -> Vec<Slot> {
        let mut found = Vec::new();
        let mut node = (self.record(slot).link.load(Acquire) & 0xffff_ffff) as u32;
        while node != 0 && found.len() < limit {
            let (at, index) = (Slot(node >> 5), node & 31);
            if !self.contains(at) || index >= super::edges::NODE_LIMIT {
                break;
            }
            let record = self.record(at);
            let owner = match record.kind.load(Relaxed) {
                kind::NODES => Slot(record.cold().owner.load(Relaxed)),
                _ => at,
            };
            if !self.contains(owner) {
                break;
            }
            found.push(owner);
            node = self.node(at.0, index).load(Relaxed);
        }
        found
    }

    /// Whether dependencies or guards of the record are open.
    pub fn peek_waits(&self, slot: Slot) -> bool {
        self.record(slot).pending.load(Relaxed) & COUNT > 0
    }

    /// The handle of the record as it is now.
    pub fn peek_handle(&self, slot: Slot) -> Handle {
        let record = self.record(slot);
        // Acquire: partner is the Release of `begin`, so that what is read next is not older.
        let generation = super::edges::generation_of(record.link.load(Acquire));
        Handle::new(Kind::Task, generation, slot.0)
    }
}

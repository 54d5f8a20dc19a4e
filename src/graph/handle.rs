//! Handles: the 64-bit values by which every language names a task or a space.
//!
//! ```text
//!   63..60 kind   59..32 generation   31..0 slot
//! ```
//! A slot's generation is odd while it is in use and even while it is free, and never repeats: a slot
//! whose generations are used up is retired. So a handle names one task for ever.

/// The number of a record in the arena; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Slot(pub u32);

impl Slot {
    /// No slot.
    pub const NONE: Slot = Slot(0);

    /// Whether it is [`Slot::NONE`].
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Bits of a generation.
pub const GENERATION_BITS: u32 = 28;
/// The last generation a slot may reach; odd ones are in use.
pub const GENERATION_MAX: u32 = (1 << GENERATION_BITS) - 1;

const KIND_SHIFT: u32 = 60;
const GENERATION_SHIFT: u32 = 32;

/// What a handle names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A task.
    Task = 1,
    /// A task space.
    Space = 2,
}

/// A handle as it crosses the border; not yet checked against anything but its own bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Handle(pub u64);

impl Handle {
    /// The handle of a thing in a slot.
    #[inline]
    pub fn new(kind: Kind, generation: u32, slot: u32) -> Handle {
        Handle(
            (kind as u64) << KIND_SHIFT
                | u64::from(generation) << GENERATION_SHIFT
                | u64::from(slot),
        )
    }

    /// The kind, if there is one of that number.
    #[inline]
    pub fn kind(self) -> Option<Kind> {
        match self.0 >> KIND_SHIFT {
            1 => Some(Kind::Task),
            2 => Some(Kind::Space),
            _ => None,
        }
    }

    /// The generation, if it is that of a task: no handle of a task has ever had an even one.
    #[inline(always)]
    pub fn task_generation(self) -> Option<u32> {
        const TASK: u64 = (Kind::Task as u64) << KIND_SHIFT | 1 << GENERATION_SHIFT;
        const MASK: u64 = 0xf << KIND_SHIFT | 1 << GENERATION_SHIFT;
        (self.0 & MASK == TASK).then(|| self.generation())
    }

    /// The generation of the slot that it names.
    #[inline]
    pub fn generation(self) -> u32 {
        (self.0 >> GENERATION_SHIFT) as u32 & GENERATION_MAX
    }

    /// The slot.
    #[inline]
    pub fn slot(self) -> Slot {
        Slot(self.0 as u32)
    }
}

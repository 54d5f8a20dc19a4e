//! Stacks that a worker can leave and come back to.
//!
//! A worker's loop runs on such a stack itself, so a task that never waits pays nothing; one that blocks
//! leaves its stack behind, and the worker goes on with another (`worker.rs`). Stacks have a guard page
//! and are only backed by memory as far as they have been used. The switch is corosensei's.

use crate::error::{Result, fail};
use crate::graph::{Handle, Slot};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};
use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Instant;

/// What a stack asks of its thread when it is left.
#[derive(Debug)]
pub enum Switch {
    /// The task on it waits; the record of the wait.
    Block(Slot),
    /// As `Block`, but the thread may start no other task meanwhile.
    Freeze(Slot),
    /// Go on with the stack that was blocked there.
    Resume(*const Blocked),
}

/// Suspends the stack in use.
pub type Suspend = Yielder<(), Switch>;

/// A stack and where it stands.
pub struct Fiber {
    coroutine: Coroutine<(), Switch, ()>,
    /// Lowest address of the stack, the guard page included.
    pub limit: usize,
}

/// A wait that has left its stack; lives on that stack.
pub struct Blocked {
    /// The stack, once it has been left.
    pub fiber: Cell<Option<Fiber>>,
    /// The seat of its thread.
    pub seat: u32,
    /// Whether it was claimed ahead of its tasks: its time ran out, or it can never end.
    pub claimed: Cell<bool>,
    /// What it gives, if it was claimed and not for its time.
    pub verdict: Cell<Option<crate::error::Error>>,
    /// Whether its thread starts no other task meanwhile.
    pub freezes: bool,
    /// The task that waits.
    pub task: Handle,
    /// VCUs to be had again before it goes on.
    pub vcus: RefCell<Vec<crate::graph::record::Held>>,
    /// What it waits for.
    pub targets: Vec<Handle>,
    /// Tasks below it on the same stack, each of which waits for the one above.
    pub below: Vec<Handle>,
    /// Its record.
    pub wait: Cell<Handle>,
}

/// A deadline of a wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timer {
    /// When.
    pub deadline: Instant,
    /// The wait's record, as a handle.
    pub wait: u64,
    /// Alive if the wait can still be claimed.
    pub blocked: *const Blocked,
}

/// The stacks of one thread.
#[derive(Default)]
pub struct Fibers {
    /// The way out of the stack in use; null: the thread's own stack, which cannot be left.
    pub suspend: Cell<*const Suspend>,
    /// Stacks to go on with.
    spare: RefCell<Vec<Fiber>>,
    /// Lowest address of the stack in use; 0: the thread's own.
    pub limit: Cell<usize>,
    /// Stacks of this thread that are blocked.
    pub blocked: Cell<usize>,
    /// Of these, the ones that keep the thread from starting other tasks.
    pub frozen: Cell<usize>,
    /// The loop on the stack that is resumed next is to end.
    pub end_loop: Cell<bool>,
    /// When a host thread wants itself back.
    pub lent_until: Cell<Option<Instant>>,
    /// Deadlines of blocked waits.
    pub timers: RefCell<BTreeSet<Timer>>,
}

/// Spare stacks a thread keeps.
const MAX_SPARE: usize = 32;

/// Stacks that exist, in the process.
pub static STACKS: AtomicU64 = AtomicU64::new(0);

/// Memory for a stack of `size` bytes.
pub fn new_stack(size: usize) -> Result<DefaultStack> {
    match DefaultStack::new(size) {
        Ok(stack) => Ok(stack),
        Err(error) => fail!(
            OutOfMemory,
            "no memory for another task stack: {error} ({} stacks exist; the system's limit on \
             mappings, vm.max_map_count, is one reason)",
            STACKS.load(Relaxed)
        ),
    }
}

impl Fiber {
    /// A stack on which `body` will run.
    pub fn new(stack: DefaultStack, body: impl FnOnce(&Suspend) + 'static) -> Fiber {
        let limit = stack.limit().get();
        STACKS.fetch_add(1, Relaxed);
        Fiber { coroutine: Coroutine::with_stack(stack, move |suspend, ()| body(suspend)), limit }
    }

    /// Goes on with the stack until it is left. None: its body has ended.
    pub fn resume(&mut self) -> Option<Switch> {
        match self.coroutine.resume(()) {
            CoroutineResult::Yield(switch) => Some(switch),
            CoroutineResult::Return(()) => None,
        }
    }
}

/// Lowest address of the calling thread's own stack; 0 if the system does not tell.
pub fn own_stack_limit() -> usize {
    // SAFETY: the attributes are filled in before they are read, and destroyed once.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return 0;
        }
        let mut lowest = std::ptr::null_mut();
        let mut size = 0;
        let told = libc::pthread_attr_getstack(&attributes, &mut lowest, &mut size) == 0;
        libc::pthread_attr_destroy(&mut attributes);
        if told { lowest as usize } else { 0 }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        STACKS.fetch_sub(1, Relaxed);
    }
}

impl Fibers {
    /// Makes sure that there is a stack to go on with, should the one in use be left.
    pub fn ensure_spare(&self, make: impl FnOnce() -> Result<Fiber>) -> Result<()> {
        if self.spare.borrow().is_empty() {
            let fiber = make()?;
            self.spare.borrow_mut().push(fiber);
        }
        Ok(())
    }

    /// Takes a stack to go on with.
    pub fn take_spare(&self) -> Option<Fiber> {
        self.spare.borrow_mut().pop()
    }

    /// Keeps a stack for later use; gives it back if there are enough.
    pub fn keep(&self, fiber: Fiber) -> Option<Fiber> {
        let mut spare = self.spare.borrow_mut();
        if spare.len() >= MAX_SPARE {
            return Some(fiber);
        }
        spare.push(fiber);
        None
    }

    /// Bytes left on the stack in use, as seen from the caller's frame.
    #[inline]
    pub fn bytes_left(&self) -> usize {
        let here = 0u8;
        (std::ptr::from_ref(&here) as usize).saturating_sub(self.limit.get())
    }

    /// Whether the clock matters.
    #[inline]
    pub fn has_deadline(&self) -> bool {
        !self.timers.borrow().is_empty() || self.lent_until.get().is_some()
    }

    /// The next deadline.
    pub fn next_deadline(&self) -> Option<Instant> {
        let first = self.timers.borrow().first().map(|timer| timer.deadline);
        [first, self.lent_until.get()].into_iter().flatten().min()
    }
}

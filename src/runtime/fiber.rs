//! Stacks that a worker can leave and come back to.
//!
//! A worker's loop runs on such a stack itself, so a task that never waits pays nothing; one that blocks
//! leaves its stack behind, and the worker goes on with another (`worker.rs`). Stacks have a guard page
//! and are only backed by memory as far as they have been used. The switch is corosensei's.

use super::local::Frame;
use super::wait::Exceptions;
use crate::error::{Result, fail};
use crate::graph::{Handle, Slot};
use crate::scheduler::inbox::{Inbox, Letter, Tray};
use crate::scheduler::seat::Seat;
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
    #[cfg(parla_tsan)]
    shadow: tsan::Shadow,
    /// Lowest address of the stack, the guard page included.
    pub limit: usize,
}

/// A wait that has left its stack; lives on that stack.
#[repr(C)]
pub struct Blocked {
    /// By which it is delivered; first of all, so that its address is that of the wait.
    pub letter: Letter,
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
    pub vcus: RefCell<crate::scheduler::grant::Grant>,
    /// What it waits for: a list further down on its stack.
    pub targets: *const [Handle],
    /// The frame of its task, on its stack as are those below it, each of which waits for the one above.
    pub frame: *const Frame,
    /// Its record.
    pub wait: Cell<Handle>,
    /// Whether it has a time limit.
    pub is_timed: bool,
    /// Its neighbours on the list of its seat, as addresses; 0: none.
    pub older: Cell<usize>,
    /// See `older`.
    pub newer: Cell<usize>,
}

impl Blocked {
    /// Puts it on the list of `seat`, for those who look at what is blocked.
    ///
    /// # Safety
    /// The seat is that of the calling thread. The wait gets off the list before it ends or moves.
    pub unsafe fn enlist(&self, seat: &Seat) {
        let here = std::ptr::from_ref(self).expose_provenance();
        // SAFETY: the thread on the seat owns its list; what is on it is alive.
        unsafe {
            seat.blocked.own(|newest| {
                self.older.set(*newest);
                if let Some(older) = Blocked::at(*newest) {
                    older.newer.set(here);
                }
                *newest = here;
            });
        }
    }

    /// Takes it off the list again.
    ///
    /// # Safety
    /// It is on the list of `seat`, which is that of the calling thread.
    pub unsafe fn delist(&self, seat: &Seat) {
        // SAFETY: as in `enlist`.
        unsafe {
            seat.blocked.own(|newest| {
                let (older, newer) = (self.older.get(), self.newer.get());
                match Blocked::at(newer) {
                    Some(newer) => newer.older.set(older),
                    None => *newest = older,
                }
                if let Some(older) = Blocked::at(older) {
                    older.newer.set(newer);
                }
            });
        }
    }

    /// What it is delivered by; its address is also that of the wait.
    pub fn letter(&self) -> *const Letter {
        std::ptr::from_ref(self).cast()
    }

    /// Calls `see` for each wait on the list of a seat. They are alive until it returns.
    pub fn each(seat: &Seat, mut see: impl FnMut(&Blocked)) {
        seat.blocked.look(|newest| {
            let mut at = *newest;
            // SAFETY: a wait gets off the list before it ends, and the list cannot change while it is looked at.
            while let Some(blocked) = unsafe { Blocked::at(at) } {
                see(blocked);
                at = blocked.older.get();
            }
        });
    }

    /// # Safety
    /// The address is 0, or one that `enlist` has exposed of a wait that is alive.
    unsafe fn at<'a>(address: usize) -> Option<&'a Blocked> {
        // SAFETY: the caller's contract.
        unsafe { std::ptr::with_exposed_provenance::<Blocked>(address).as_ref() }
    }
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
    /// The middle of it.
    middle: Cell<usize>,
    /// Stacks of this thread that are blocked.
    pub blocked: Cell<usize>,
    /// Of these, the ones that keep the thread from starting other tasks.
    pub frozen: Cell<usize>,
    /// The loop on the stack that is resumed next is to end.
    pub end_loop: Cell<bool>,
    /// Nothing but the attention of others need keep this thread from going from task to task: no deadline,
    /// no frozen stack, no loop to end, no wait that is over, and a role that does not change by itself.
    pub calm: Cell<bool>,
    /// The role of this thread does not change by itself.
    pub steady: Cell<bool>,
    /// When a host thread wants itself back.
    pub lent_until: Cell<Option<Instant>>,
    /// Deadlines of blocked waits.
    pub timers: RefCell<BTreeSet<Timer>>,
    /// Waits of this thread that are over and go on one after the other.
    arrived: Tray,
    /// A stack goes on that was blocked: the loop must look up once more after that.
    pub looks_again: Cell<bool>,
    /// The exceptions that this thread handles.
    pub exceptions: Exceptions,
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
        Fiber {
            coroutine: Coroutine::with_stack(stack, move |suspend, ()| body(suspend)),
            #[cfg(parla_tsan)]
            shadow: tsan::Shadow::new(),
            limit,
        }
    }

    /// Goes on with the stack until it is left. None: its body has ended.
    pub fn resume(&mut self) -> Option<Switch> {
        #[cfg(parla_tsan)]
        let home = self.shadow.enter();
        let result = self.coroutine.resume(());
        #[cfg(parla_tsan)]
        home.go_back();
        match result {
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

    /// A wait of this thread is over, says the thread itself: it goes on when the thread next looks up.
    ///
    /// # Safety
    /// It has not been delivered, and is blocked until then.
    pub unsafe fn arrive(&self, blocked: &Blocked) {
        // SAFETY: the caller's contract.
        unsafe { self.arrived.put(blocked.letter()) };
        self.calm.set(false);
    }

    /// Whether a wait can go on of which this thread knows. It must look after that before it sleeps.
    #[inline(always)]
    pub fn has_arrived(&self) -> bool {
        !self.arrived.is_empty()
    }

    /// Takes a wait that is over, of those that have arrived and those in the thread's `inbox`.
    pub fn take_arrived(&self, inbox: &Inbox) -> Option<*const Blocked> {
        let letter = self.arrived.take(inbox);
        self.calm.set(self.calm.get() && !self.has_arrived());
        (!letter.is_null()).then_some(letter.cast())
    }

    /// Enters another stack, of `size` bytes from `limit` on.
    pub fn enter(&self, limit: usize, size: usize) {
        self.limit.set(limit);
        self.middle.set(limit + size / 2);
    }

    /// Whether half of the stack in use is free, as seen from the caller's frame: what every body may count on.
    #[inline(always)]
    pub fn has_half_left(&self) -> bool {
        let here = 0u8;
        std::ptr::from_ref(&here).addr() > self.middle.get()
    }

    /// Whether the loop has more to do than to go from task to task, but for what a loop that has just gone on must do.
    pub fn is_called_for(&self) -> bool {
        !self.calm.get() && (!self.steady.get() || self.has_deadline() || self.has_arrived())
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

/// ThreadSanitizer keeps a call stack and a clock for each thread. It must be told that another stack goes
/// on, or it takes returns on one for returns on the other. `ci/test-tsan.sh` sets the cfg.
#[cfg(parla_tsan)]
mod tsan {
    use std::ffi::c_void;

    unsafe extern "C" {
        fn __tsan_get_current_fiber() -> *mut c_void;
        fn __tsan_create_fiber(flags: u32) -> *mut c_void;
        fn __tsan_destroy_fiber(fiber: *mut c_void);
        fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: u32);
    }

    /// What the sanitizer keeps of one stack.
    pub struct Shadow(*mut c_void);

    /// The stack that was left.
    pub struct Home(*mut c_void);

    impl Shadow {
        pub fn new() -> Shadow {
            // SAFETY: a plain constructor of the sanitizer's runtime, which is linked in under this cfg.
            Shadow(unsafe { __tsan_create_fiber(0) })
        }

        /// To be called right before the switch. Inlined, as is `go_back`: a function that is entered on one
        /// stack and returns on the other is what the sanitizer must not see.
        #[inline(always)]
        pub fn enter(&self) -> Home {
            // SAFETY: the fiber is alive as long as `self`, and only the thread it belongs to resumes it.
            unsafe {
                let home = Home(__tsan_get_current_fiber());
                __tsan_switch_to_fiber(self.0, 0);
                home
            }
        }
    }

    impl Home {
        /// To be called right after the switch back.
        #[inline(always)]
        pub fn go_back(self) {
            // SAFETY: the stack that called `enter` is alive: it is the one that calls this.
            unsafe { __tsan_switch_to_fiber(self.0, 0) }
        }
    }

    impl Drop for Shadow {
        fn drop(&mut self) {
            // SAFETY: the stack is not in use: its coroutine is being dropped.
            unsafe { __tsan_destroy_fiber(self.0) }
        }
    }
}

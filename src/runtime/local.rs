//! What a thread has of its own: its seat, its deque, its free records, the task it runs.

use super::fiber::Fibers;
use super::lifecycle::{EPOCH, FORKED, Runtime, current_runtime};
use super::patience::Patience;
use super::stall::Alarm;
use super::thread_pointer;
use super::wait::TimedOut;
use crate::error::{Result, fail};
use crate::graph::record::flag;
use crate::graph::{Arena, Cache, Handle, Slot};
use crate::scheduler::admission::Admitted;
use crate::scheduler::deque;
use crate::scheduler::queues::Taker;
use crate::scheduler::seat::Seat;
use crate::sync::atomic::Ordering::Relaxed;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;

/// A thread that takes part. Only that thread uses it; tasks never leave their thread, so a reference
/// stays good across a switch of stacks.
pub struct Local {
    /// The runtime, kept alive.
    pub runtime: Arc<Runtime>,
    arena: &'static Arena,
    /// Which start of the runtime this belongs to.
    epoch: u64,
    seat: *const Seat,
    /// The thread's own end of its deque.
    pub deque: deque::Owner,
    /// Free records.
    pub cache: Cache,
    /// The innermost task on the stack in use; null: none.
    pub frame: Cell<*const Frame>,
    /// Device the thread belongs to; host threads: the first.
    pub device: Cell<u16>,
    /// Whether the thread takes tasks.
    pub is_worker: Cell<bool>,
    /// Whether it is a thread of the host that lends itself.
    pub is_lent: Cell<bool>,
    /// Stacks, and what is blocked on them.
    pub fibers: Fibers,
    /// Memory that is used again by calls that list handles.
    pub scratch: Cell<Vec<Handle>>,
    /// Memory that is used again by calls at the gate.
    pub admitted: Cell<Vec<Admitted>>,
    /// How many `drop`s and thread hooks of the host run on this thread: they may not block.
    pub callbacks: Cell<u32>,
    /// Tasks that this thread is about to skip, and whether it is at it.
    pub to_skip: Cell<Vec<Slot>>,
    /// See `to_skip`.
    pub skips: Cell<bool>,
    /// Waits whose time ran out.
    pub timed_out: Cell<VecDeque<TimedOut>>,
    /// Rounds of its loop.
    pub tick: Cell<u32>,
    /// See [`Taker::leaves_alone`].
    pub leaves_alone: Cell<u32>,
    /// See [`Taker::left_alone`].
    pub left_alone: Cell<(u32, u32)>,
    /// Tasks that it has run in place of a wait.
    pub in_place: Cell<u32>,
    /// When it steps aside instead of looking for work.
    pub patience: Patience,
    /// When it last looked for stalls.
    pub alarm: Alarm,
    /// Flags of every task that this thread spawns.
    pub base_flags: u16,
    /// Flags of tasks on top of which no other may run; see `wait/in_place.rs`.
    pub bars_nesting: u16,
    /// The last request that was looked up, and its shape.
    pub last_shape: Cell<((i32, u64, u64), u32)>,
}

/// See [`Local::quick_call`].
pub struct QuickCall {
    local: &'static Local,
    /// None: a task's, which keeps the runtime alive.
    announced: Option<&'static Seat>,
}

impl Deref for QuickCall {
    type Target = Local;
    #[inline(always)]
    fn deref(&self) -> &Local {
        self.local
    }
}

impl Drop for QuickCall {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(seat) = self.announced {
            seat.leave();
        }
    }
}

/// A task that runs, on the stack of its worker.
pub struct Frame {
    /// The task.
    pub slot: Slot,
    /// The task below on the same stack, which waits for this one.
    pub below: *const Frame,
}

/// The tasks of a frame and of those below it, the innermost first.
///
/// # Safety
/// The frame is null, or lies on a stack that is kept as long as the iterator.
pub unsafe fn frames<'a>(frame: *const Frame) -> impl Iterator<Item = Slot> + 'a {
    let mut at = frame;
    std::iter::from_fn(move || {
        // SAFETY: the caller's contract; frames below outlive those above.
        let frame = unsafe { at.as_ref() }?;
        at = frame.below;
        Some(frame.slot)
    })
}

thread_local! {
    static OWNER: RefCell<Option<Owner>> = const { RefCell::new(None) };
}

/// Stands up from the seat when the thread ends.
struct Owner(Option<Box<Local>>);

impl Drop for Owner {
    fn drop(&mut self) {
        let Some(mut local) = self.0.take() else { return };
        if local.current().is_some() {
            // A task calls `exit`: it is a task still, as handlers that finalize must be told, and what it
            // runs on must stay.
            std::mem::forget(local);
            return;
        }
        thread_pointer::set(std::ptr::null());
        local.stand_up();
    }
}

impl Local {
    /// This thread's place in the runtime; it takes one if it has none.
    #[inline]
    pub fn get() -> Result<&'static Local> {
        Local::peek().map_or_else(Local::attach, Ok)
    }

    /// This thread's place, if it has one in the runtime that runs.
    #[inline(always)]
    pub fn peek() -> Option<&'static Local> {
        // SAFETY: the thread's pointer is null or points to the box in `OWNER`, which only `attach` and the
        // end of the thread replace; both are calls of this thread that no reference outlives: the
        // reference is used within one call of the ABI, or by the worker's loop while it is attached.
        unsafe { thread_pointer::get().cast::<Local>().as_ref() }
            .filter(|l| l.epoch == EPOCH.load(Relaxed) || l.is_worker.get())
    }

    #[cold]
    fn attach() -> Result<&'static Local> {
        if EPOCH.load(Relaxed) == FORKED {
            return fail!(Forked, "this process was forked from one that runs libparla");
        }
        let Some((runtime, epoch)) = current_runtime() else {
            return fail!(NotInitialized, "parla_init has not been called, or parla_finalize has");
        };
        let Some((seat, deque)) = runtime.queues.sit(false, 0) else {
            return fail!(OutOfThreads, "more than 4,096 threads use libparla at the same time");
        };
        let seat = seat.index;
        Local::sit(runtime, epoch, seat, deque, false, 0)
    }

    /// Takes a seat for this thread.
    pub fn sit(
        runtime: Arc<Runtime>,
        epoch: u64,
        seat: u32,
        deque: deque::Owner,
        is_worker: bool,
        device: u16,
    ) -> Result<&'static Local> {
        let seat = std::ptr::from_ref(runtime.queues.seat(seat));
        let base_flags = if runtime.config.own_stacks { flag::WAIT_THREAD } else { 0 };
        // A thread's own stack goes nowhere, so there a task that must keep its frames may have others on top.
        let stays = if runtime.config.own_stacks { 0 } else { flag::WAIT_THREAD };
        let bars_nesting = flag::RESERVED | stays;
        let local = Box::new(Local {
            arena: runtime.arena,
            runtime,
            epoch,
            seat,
            deque,
            cache: Cache::default(),
            frame: Cell::new(std::ptr::null()),
            device: Cell::new(device),
            is_worker: Cell::new(is_worker),
            is_lent: Cell::new(false),
            fibers: Fibers::default(),
            scratch: Cell::default(),
            admitted: Cell::default(),
            callbacks: Cell::new(0),
            to_skip: Cell::default(),
            skips: Cell::new(false),
            timed_out: Cell::default(),
            tick: Cell::default(),
            leaves_alone: Cell::default(),
            left_alone: Cell::default(),
            in_place: Cell::new(0),
            patience: Patience::default(),
            alarm: Alarm::default(),
            base_flags,
            bars_nesting,
            last_shape: Cell::default(),
        });
        let pointer = std::ptr::from_ref(&*local);
        // If this thread is ending, the owner is dropped here, and stands up.
        let owner = Owner(Some(local));
        let Ok(old) = OWNER.try_with(move |own| own.borrow_mut().replace(owner)) else {
            return fail!(NotInitialized, "this thread is ending");
        };
        drop(old); // Clears the thread's pointer.
        thread_pointer::set(pointer.cast());
        // SAFETY: the box is in `OWNER` now; see `get`.
        Ok(unsafe { &*pointer })
    }

    /// In a forked child: forgets the place that the parent's thread has, without touching what other
    /// threads, which do not exist here, may have locked.
    pub fn forget_thread() {
        thread_pointer::set(std::ptr::null());
        let _ = OWNER.try_with(|owner| std::mem::forget(owner.take()));
    }

    /// Gives up this thread's seat, if it has one.
    pub fn leave_thread() {
        let _ = OWNER.try_with(|owner| owner.borrow_mut().take());
    }

    fn stand_up(&mut self) {
        while let Some(slot) = self.deque.pop() {
            self.runtime.queues.any.injector.push(slot);
        }
        super::ready::notify(self);
        self.cache.empty_into(self.arena());
        let deque = std::mem::replace(&mut self.deque, deque::Owner::new());
        self.seat().vacate(deque);
    }

    /// The seat.
    #[inline(always)]
    pub fn seat(&self) -> &Seat {
        // SAFETY: seats live as long as the runtime, which `self` keeps alive.
        unsafe { &*self.seat }
    }

    /// This thread as one that looks for tasks.
    #[inline(always)]
    pub fn taker(&self) -> Taker<'_> {
        Taker {
            seat: self.seat(),
            device: self.device.get(),
            deque: &self.deque,
            arena: self.arena,
            leaves_alone: &self.leaves_alone,
            left_alone: &self.left_alone,
        }
    }

    /// The records.
    #[inline(always)]
    pub fn arena(&self) -> &'static Arena {
        self.arena
    }

    /// The place of a thread that runs a task, which keeps the runtime alive: no more need be asked.
    #[inline(always)]
    pub fn in_task() -> Option<&'static Local> {
        // SAFETY: as in `peek`.
        unsafe { thread_pointer::get().cast::<Local>().as_ref() }
            .filter(|local| !local.frame.get().is_null())
    }

    /// The task that runs, if one does.
    #[inline(always)]
    pub fn current(&self) -> Option<Slot> {
        // SAFETY: `frame` points to a frame of the stack in use, which is set and reset by `run`.
        unsafe { self.frame.get().as_ref() }.map(|frame| frame.slot)
    }

    /// Runs a callback of the host that may not block.
    pub fn in_callback<R>(&self, f: impl FnOnce() -> R) -> R {
        self.callbacks.set(self.callbacks.get() + 1);
        let result = f();
        self.callbacks.set(self.callbacks.get() - 1);
        result
    }

    /// Refuses a call that blocks inside a `drop` or a thread hook.
    pub fn may_block(&self) -> Result<()> {
        if self.callbacks.get() > 0 {
            return fail!(InTask, "a drop or a hook may not block");
        }
        Ok(())
    }

    /// The tasks on the stack in use, the innermost first.
    pub fn frames(&self) -> impl Iterator<Item = Slot> + '_ {
        // SAFETY: as in `current`.
        unsafe { frames(self.frame.get()) }
    }

    /// The place of this thread for a quick call, announced to finalize and destroy as long as the result lives. None:
    /// it has none, is inside a call, or the runtime has ended.
    #[inline(always)]
    pub fn quick_call() -> Option<QuickCall> {
        // SAFETY: as in `peek`.
        let local = unsafe { thread_pointer::get().cast::<Local>().as_ref() }?;
        if !local.frame.get().is_null() {
            return Some(QuickCall { local, announced: None });
        }
        Local::announce(local)
    }

    /// As [`Local::quick_call`], announced by tasks too: for calls that use what destroy frees.
    #[inline(always)]
    pub fn announced_call() -> Option<QuickCall> {
        // SAFETY: as in `peek`.
        Local::announce(unsafe { thread_pointer::get().cast::<Local>().as_ref() }?)
    }

    #[inline(always)]
    fn announce(local: &'static Local) -> Option<QuickCall> {
        let seat = local.seat();
        if seat.own.in_call.load(Relaxed) % 2 == 1 {
            return None;
        }
        seat.enter();
        if local.epoch == EPOCH.load(Relaxed) || local.is_worker.get() {
            return Some(QuickCall { local, announced: Some(seat) });
        }
        seat.leave();
        None
    }

    /// Runs `f` as a call of the library that finalize and destroy wait for.
    #[inline(always)]
    pub fn in_call<R>(&self, f: impl FnOnce(&Local) -> Result<R>) -> Result<R> {
        /// A call that panics ends too: whoever waits for calls to end must not wait for ever.
        struct Call<'a>(&'a Seat);
        impl Drop for Call<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        if self.seat().own.in_call.load(Relaxed) % 2 == 1 {
            return f(self); // A `drop` calls from inside a call.
        }
        self.seat().enter();
        let _call = Call(self.seat());
        // `enter` has a light fence; its partner is the heavy one in finalize after it has set EPOCH.
        if self.epoch == EPOCH.load(Relaxed) || self.is_worker.get() {
            f(self)
        } else {
            fail!(NotInitialized, "parla_finalize has ended the runtime")
        }
    }
}

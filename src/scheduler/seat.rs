//! A seat: what one thread shows to the others. Every thread that spawns or runs tasks sits on one.

use super::deque;
use super::inbox::{Inbox, Letter};
use crate::sync::atomic::{
    AtomicBool, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};
use crate::sync::{Biased, Mutex, Padded, Parker, lock};
use std::sync::Arc;
use std::time::Instant;

/// The seat of a thread.
#[derive(Debug)]
pub struct Seat {
    /// Its number, which is the worker's number.
    pub index: u32,
    /// Whether its thread takes tasks.
    pub is_worker: AtomicBool,
    /// The device of its thread.
    pub device: AtomicU16,
    /// The thread's deque, for thieves.
    pub deque: Arc<deque::Shared>,
    /// The deque's own end, while nobody sits here.
    vacant: Mutex<Option<deque::Owner>>,
    /// The newest of the waits of tasks that have left a stack of this thread, by address, for diagnostics; 0: none.
    /// What they are, and how they are linked, is the runtime's affair. The owner is the thread that sits here.
    pub blocked: Biased<usize>,
    /// Written by the thread that sits here, read by others.
    pub own: Padded<Own>,
    /// Written by others.
    pub post: Padded<Post>,
}

/// No processor.
pub const NOWHERE: u32 = u32::MAX;

/// What the thread writes.
#[derive(Debug, Default)]
pub struct Own {
    /// Odd while the thread is inside a call of the library (not while it is blocked or runs a body).
    pub in_call: AtomicU32,
    /// Whether it takes part as a worker at all, also while it may start no task.
    pub serves: AtomicBool,
    /// Whether it sleeps in the library.
    pub asleep: AtomicBool,
    /// Whether that sleep ends only if something happens: no time limit.
    pub endless: AtomicBool,
    /// Times it was woken, or has gone on with another stack.
    pub moves: AtomicU64,
    /// Tasks it has spawned.
    pub spawned: AtomicU64,
    /// Tasks it has completed.
    pub completed: AtomicU64,
    /// Tasks it has stolen.
    pub stolen: AtomicU64,
    /// Where a thread that runs no tasks last made some public.
    pub cpu: AtomicU32,
    /// Waits in which it has left a stack behind.
    pub blocked: AtomicU64,
}

/// What others write.
#[derive(Debug, Default)]
pub struct Post {
    /// Set if the thread must look at more than its queues before its next task.
    pub attention: AtomicBool,
    /// Waits of tasks of this thread that are over; what they are is the runtime's affair.
    pub inbox: Inbox,
    /// A spare thread is to start tasks again.
    pub revived: AtomicBool,
    /// Where the thread sleeps.
    pub parker: Parker,
}

/// Adds to a counter that only one thread writes.
#[inline(always)]
pub fn bump(counter: &AtomicU64, n: u64) {
    // Release: partner is the Acquire of `quiesce`, so that "completed" comes after "spawned".
    counter.store(counter.load(Relaxed) + n, Release);
}

impl Seat {
    /// An empty seat.
    pub fn new(index: u32) -> Seat {
        let deque = deque::Owner::new();
        Seat {
            index,
            is_worker: AtomicBool::new(false),
            device: AtomicU16::new(0),
            deque: Arc::clone(deque.shared()),
            vacant: Mutex::new(Some(deque)),
            blocked: Biased::default(),
            own: Padded(Own { cpu: AtomicU32::new(NOWHERE), ..Own::default() }),
            post: Padded::default(),
        }
    }

    /// Sits down: the deque's own end. None if somebody sits here.
    pub fn occupy(&self) -> Option<deque::Owner> {
        lock(&self.vacant).take()
    }

    /// Whether nobody sits here.
    pub fn is_vacant(&self) -> bool {
        lock(&self.vacant).is_some()
    }

    /// Stands up.
    pub fn vacate(&self, deque: deque::Owner) {
        self.is_worker.store(false, Relaxed);
        self.own.endless.store(false, Relaxed);
        self.own.cpu.store(NOWHERE, Relaxed);
        *lock(&self.vacant) = Some(deque);
    }

    /// Asks the thread to look up, and wakes it.
    pub fn call(&self) {
        // Release: partner is the Acquire in the worker's loop. AcqRel, and a swap, so that of two calls the
        // later one passes on what the earlier one says. The parker's token settles the race with falling
        // asleep, since the worker looks at `attention` before it parks.
        self.post.attention.swap(true, AcqRel);
        self.post.parker.unpark();
    }

    /// The thread heeds the calls so far. True: there were some.
    #[inline]
    pub fn heed(&self) -> bool {
        // Acquire: partner is the Release in `call`. A swap, as all writes of the flag are: so it has what
        // every call before it has to say, also if another call or the thread itself came between.
        self.post.attention.load(Relaxed) && self.post.attention.swap(false, Acquire)
    }

    /// The thread is to look up once more.
    pub fn remind(&self) {
        self.post.attention.swap(true, AcqRel); // See `heed`.
    }

    /// Tells the thread, from another, that a wait of one of its tasks is over.
    ///
    /// # Safety
    /// See [`Inbox::put`].
    pub unsafe fn deliver(&self, letter: *const Letter) {
        // SAFETY: the caller's contract.
        if unsafe { self.post.inbox.put(letter) } {
            self.call();
        }
    }

    /// Sleeps until somebody wakes the thread, or until `deadline`. True: somebody did.
    pub fn sleep(&self, deadline: Option<Instant>) -> bool {
        // Release: partner is the Acquire in `stall::still`, which then sees what this thread has counted.
        self.own.asleep.store(true, Release);
        let woken = self.post.parker.park(deadline);
        if woken {
            bump(&self.own.moves, 1);
        }
        self.own.asleep.store(false, Release);
        woken
    }

    /// Enters a call of the library.
    #[inline(always)]
    pub fn enter(&self) {
        self.own.in_call.store(self.own.in_call.load(Relaxed).wrapping_add(1), Relaxed);
        // Partner: the heavy fence of whoever waits for calls to end.
        crate::sync::fence::light();
    }

    /// Runs `f` as part of a call, whether or not the thread is inside one already.
    pub fn nested<R>(&self, f: impl FnOnce() -> R) -> R {
        let outer = self.own.in_call.load(Relaxed) % 2 == 1;
        if !outer {
            self.enter();
        }
        let result = f();
        if !outer {
            self.leave();
        }
        result
    }

    /// Leaves it.
    #[inline(always)]
    pub fn leave(&self) {
        self.own.in_call.store(self.own.in_call.load(Relaxed).wrapping_add(1), Release);
    }
}

//! What other threads hand to one thread: a stack without a lock (Treiber), of which that thread takes all at once.
//!
//! Who puts a letter into an empty inbox calls the thread; others need not, as the letter that they found there
//! has been called for, or is just being: the thread clears its flag first and then takes all.

use crate::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};

/// A link in an inbox, and later in the list of what its thread has taken. It lies in what is handed over.
#[derive(Debug, Default)]
pub struct Letter {
    next: AtomicPtr<Letter>,
}

/// Letters on their way to a thread.
#[derive(Debug, Default)]
pub struct Inbox {
    newest: AtomicPtr<Letter>,
}

impl Inbox {
    /// Puts a letter there. True: there was none before, so the thread must be called.
    ///
    /// # Safety
    /// The letter is in no inbox or list, and stays where it is until the thread has taken it.
    #[must_use]
    pub unsafe fn put(&self, letter: *const Letter) -> bool {
        let mut newest = self.newest.load(Relaxed);
        loop {
            // SAFETY: the letter is alive until it is taken, which it is not before the exchange.
            unsafe { &*letter }.next.store(newest, Relaxed);
            // Release: partner is the Acquire in `take`. Of letters below, too: the chain of exchanges carries it on.
            match self.newest.compare_exchange_weak(newest, letter.cast_mut(), Release, Relaxed) {
                Ok(_) => return newest.is_null(),
                Err(now) => newest = now,
            }
        }
    }

    /// Takes all letters: the newest, to which the others are linked; null: there are none. By the thread alone.
    pub fn take(&self) -> *const Letter {
        if self.newest.load(Relaxed).is_null() {
            return std::ptr::null();
        }
        // Acquire: partner is the Release in `put`.
        self.newest.swap(std::ptr::null_mut(), Acquire)
    }

    /// Whether there is nothing to be taken.
    pub fn is_empty(&self) -> bool {
        self.newest.load(Acquire).is_null()
    }
}

impl Letter {
    /// The letter after this one; null: none. By the thread that has taken it.
    #[inline]
    pub fn next(&self) -> *const Letter {
        self.next.load(Relaxed)
    }

    /// Links another after this one, which is in no inbox.
    #[inline]
    pub fn link(&self, next: *const Letter) {
        self.next.store(next.cast_mut(), Relaxed);
    }
}

//! What other threads hand to one thread: a stack without a lock (Treiber), of which that thread takes all at once.
//!
//! Who puts a letter into an empty inbox calls the thread; others need not, as the letter that they found there
//! has been called for, or is just being: the thread clears its flag first and then takes all.

use crate::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};
use std::cell::Cell;

/// A link in an inbox, and then in a [`Tray`]. It lies in what is handed over.
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
    /// The letter is in no inbox or tray, and stays where it is until the thread has taken it.
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
    fn take(&self) -> *const Letter {
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

/// What a thread has been handed, or has handed to itself, and will see to one after the other.
#[derive(Debug, Default)]
pub struct Tray {
    newest: Cell<*const Letter>,
}

impl Tray {
    /// Whether there is nothing in it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.newest.get().is_null()
    }

    /// Puts a letter there.
    ///
    /// # Safety
    /// The letter is in no inbox or tray, and stays where it is until it has been taken.
    pub unsafe fn put(&self, letter: *const Letter) {
        // SAFETY: the caller's contract.
        unsafe { &*letter }.next.store(self.newest.get().cast_mut(), Relaxed);
        self.newest.set(letter);
    }

    /// Empties the `inbox` of the thread into the tray, and takes a letter; null: there is none. All of the inbox,
    /// since the call for it has been heeded and will not come again.
    pub fn take(&self, inbox: &Inbox) -> *const Letter {
        let new = inbox.take();
        if !new.is_null() {
            if !self.is_empty() {
                let mut last = new;
                loop {
                    // SAFETY: letters stay until they have been taken from the tray.
                    let link = unsafe { &(*last).next };
                    match link.load(Relaxed) {
                        next if !next.is_null() => last = next,
                        _ => break link.store(self.newest.get().cast_mut(), Relaxed),
                    }
                }
            }
            self.newest.set(new);
        }
        let taken = self.newest.get();
        // SAFETY: as above.
        if let Some(letter) = unsafe { taken.as_ref() } {
            self.newest.set(letter.next.load(Relaxed));
        }
        taken
    }
}

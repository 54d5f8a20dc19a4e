//! A lock that costs its owner no atomic instruction as long as nobody else wants it.
//!
//! Dekker's pattern with the asymmetric fences of `fence.rs`: each side says that it comes and then looks whether the
//! other is there. The owner is inside for a few instructions at a time, again and again; others come seldom,
//! and pay for both.

use super::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};
use super::{Mutex, fence, hint, lock};
use std::cell::UnsafeCell;

/// A value that one thread changes and others look at now and then.
#[derive(Debug, Default)]
pub struct Biased<T> {
    /// The owner is inside, or is about to look whether it may be.
    inside: AtomicBool,
    /// Somebody else is inside, or waits for the owner to leave.
    wanted: AtomicBool,
    /// Held by whoever is inside and has not come the owner's quick way.
    others: Mutex<()>,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached by one thread at a time (see the methods), as with a mutex.
unsafe impl<T: Send> Sync for Biased<T> {}

impl<T> Biased<T> {
    /// Changes the value.
    ///
    /// # Safety
    /// One thread is the owner, and `change` does not come back here: so this is called once at a time.
    #[inline(always)]
    pub unsafe fn own<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        self.inside.store(true, Relaxed);
        fence::light(); // Partner: the heavy one in `look`.
        // Acquire: partner is the Release in `look`, which has left.
        let wanted = self.wanted.load(Acquire);
        let turn = wanted.then(|| self.wait_for_turn());
        // SAFETY: with the lock nobody else is inside. Without it: whoever says that the value is wanted, and was not
        // seen to, sees that the owner is inside, and waits.
        let result = change(unsafe { &mut *self.value.get() });
        match turn {
            Some(turn) => drop(turn),
            // Release: partner is the Acquire in `look`.
            None => self.inside.store(false, Release),
        }
        result
    }

    #[cold]
    #[inline(never)]
    fn wait_for_turn(&self) -> super::MutexGuard<'_, ()> {
        self.inside.store(false, Release);
        lock(&self.others)
    }

    /// Looks at the value, from any thread that is not inside already.
    pub fn look<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        let _others = lock(&self.others);
        self.wanted.store(true, Relaxed);
        fence::heavy(); // Partner: the light one in `own`.
        // Acquire: partner is the Release in `own`.
        while self.inside.load(Acquire) {
            hint::spin_loop();
        }
        // SAFETY: the owner either has seen that the value is wanted, and waits for the lock; or it has left.
        let result = look(unsafe { &*self.value.get() });
        // Release: partner is the Acquire in `own`.
        self.wanted.store(false, Release);
        result
    }
}

#[cfg(all(test, loom))]
mod loom_models {
    use super::Biased;
    use crate::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use loom::sync::Arc;
    use loom::thread;

    #[test]
    fn nobody_sees_half_of_a_change() {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(4));
        builder.check(|| {
            let pair: Arc<Biased<[AtomicU32; 2]>> = Arc::default();
            let other = {
                let pair = Arc::clone(&pair);
                thread::spawn(move || {
                    pair.look(|[a, b]| assert_eq!(a.load(Relaxed), b.load(Relaxed)));
                })
            };
            for _ in 0..2 {
                // SAFETY: this thread is the owner.
                unsafe {
                    pair.own(|[a, b]| {
                        a.store(a.load(Relaxed) + 1, Relaxed);
                        b.store(b.load(Relaxed) + 1, Relaxed);
                    });
                }
            }
            other.join().unwrap();
        });
    }
}

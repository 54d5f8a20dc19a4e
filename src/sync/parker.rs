//! Puts one thread to sleep until another wakes it. A wake-up before the sleep is kept, once.

#[cfg(not(loom))]
pub use real::Parker;

#[cfg(not(loom))]
mod real {
    use crate::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    const EMPTY: u32 = 0;
    const NOTIFIED: u32 = 1;
    const PARKED: u32 = 2;

    /// One token; [`Parker::unpark`] puts it there, [`Parker::park`] takes it. One thread parks, any
    /// thread unparks. A futex on Linux.
    #[derive(Debug, Default)]
    pub struct Parker {
        state: AtomicU32,
    }

    impl Parker {
        /// Sleeps until the token is there and takes it; or until `deadline`. True: took the token.
        pub fn park(&self, deadline: Option<Instant>) -> bool {
            // Acquire: partner is the Release in `unpark`, so what was done before it is seen here.
            if self
                .state
                .compare_exchange(EMPTY, PARKED, Ordering::Acquire, Ordering::Acquire)
                .is_err()
            {
                self.state.swap(EMPTY, Ordering::Acquire);
                return true;
            }
            loop {
                let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
                if left == Some(Duration::ZERO) {
                    return self.state.swap(EMPTY, Ordering::Acquire) == NOTIFIED;
                }
                self.futex_wait(left);
                if self
                    .state
                    .compare_exchange(NOTIFIED, EMPTY, Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
                {
                    return true;
                }
            }
        }

        /// Puts the token there and wakes the thread if it sleeps. True: it slept.
        pub fn unpark(&self) -> bool {
            // Release: partner is the Acquire in `park`.
            if self.state.swap(NOTIFIED, Ordering::Release) != PARKED {
                return false;
            }
            // SAFETY: the futex word lives as long as `self`; FUTEX_WAKE reads no other memory.
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.state.as_ptr(),
                    libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                    1,
                );
            }
            true
        }

        fn futex_wait(&self, left: Option<Duration>) {
            let spec = left.map(|d| libc::timespec {
                tv_sec: d.as_secs().min(i64::MAX as u64) as libc::time_t,
                tv_nsec: d.subsec_nanos() as libc::c_long,
            });
            let spec = spec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
            // SAFETY: the word and the timespec outlive the call. It returns early at will; the caller
            // looks at the state again.
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.state.as_ptr(),
                    libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                    PARKED,
                    spec,
                );
            }
        }
    }
}

#[cfg(loom)]
pub use model::Parker;

#[cfg(loom)]
mod model {
    use loom::sync::{Condvar, Mutex};
    use std::time::Instant;

    /// The model of the parker; deadlines never come.
    #[derive(Debug, Default)]
    pub struct Parker {
        token: Mutex<bool>,
        arrived: Condvar,
    }

    impl Parker {
        /// Sleeps until the token is there and takes it.
        pub fn park(&self, _deadline: Option<Instant>) -> bool {
            let mut token = self.token.lock().unwrap();
            while !*token {
                token = self.arrived.wait(token).unwrap();
            }
            *token = false;
            true
        }

        /// Puts the token there.
        pub fn unpark(&self) -> bool {
            *self.token.lock().unwrap() = true;
            self.arrived.notify_one();
            true
        }
    }
}

//! The standard library's locks, for ThreadSanitizer.
//!
//! The standard library that comes with the toolchain is not instrumented, so the sanitizer does not see that
//! one thread unlocks and another locks. These tell it; they lock nothing by themselves.

use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult, WaitTimeoutResult};
use std::time::Duration;

unsafe extern "C" {
    fn __tsan_acquire(address: *mut c_void);
    fn __tsan_release(address: *mut c_void);
}

/// See [`std::sync::Mutex`].
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

/// See [`std::sync::MutexGuard`].
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// `None` while a [`Condvar`] has it.
    guard: Option<std::sync::MutexGuard<'a, T>>,
}

/// See [`std::sync::Condvar`].
#[derive(Debug, Default)]
pub struct Condvar(std::sync::Condvar);

impl<T> Mutex<T> {
    /// See [`std::sync::Mutex::new`].
    pub const fn new(value: T) -> Mutex<T> {
        Mutex(std::sync::Mutex::new(value))
    }

    /// See [`std::sync::Mutex::lock`].
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        Ok(self.locked(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// See [`std::sync::Mutex::try_lock`].
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Ok(self.locked(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Ok(self.locked(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        }
    }

    fn locked<'a>(&'a self, guard: std::sync::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        // SAFETY: the address is only a name for the sanitizer.
        unsafe { __tsan_acquire(std::ptr::from_ref(self).cast_mut().cast()) };
        MutexGuard { mutex: self, guard: Some(guard) }
    }
}

impl<'a, T> MutexGuard<'a, T> {
    fn unlocked(mut self) -> (&'a Mutex<T>, std::sync::MutexGuard<'a, T>) {
        self.tell();
        (self.mutex, self.guard.take().expect("it is locked"))
    }

    fn tell(&self) {
        // SAFETY: as in `locked`.
        unsafe { __tsan_release(std::ptr::from_ref(self.mutex).cast_mut().cast()) };
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.guard.is_some() {
            self.tell();
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.guard.as_ref().expect("it is locked")
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("it is locked")
    }
}

impl Condvar {
    /// See [`std::sync::Condvar::new`].
    pub const fn new() -> Condvar {
        Condvar(std::sync::Condvar::new())
    }

    /// See [`std::sync::Condvar::wait`].
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let (mutex, guard) = guard.unlocked();
        Ok(mutex.locked(self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)))
    }

    /// See [`std::sync::Condvar::wait_timeout`].
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (mutex, guard) = guard.unlocked();
        let (guard, result) =
            self.0.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner);
        Ok((mutex.locked(guard), result))
    }

    /// See [`std::sync::Condvar::notify_one`].
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// See [`std::sync::Condvar::notify_all`].
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

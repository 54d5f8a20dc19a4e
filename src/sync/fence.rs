//! An asymmetric pair of fences for store-then-load races (Dekker's pattern).
//!
//! The side that runs for every task calls [`light`], which costs nothing: it only keeps the compiler
//! from reordering. The side that runs before a thread sleeps calls [`heavy`], which makes every other
//! thread of the process execute a full barrier (Linux `membarrier`, private expedited). Together they
//! order as two sequentially consistent fences would. Where the kernel lacks the call, both are fences.

#[cfg(not(loom))]
use super::atomic::{AtomicBool, Ordering, compiler_fence, fence};

/// Whether [`heavy`] reaches other threads by itself. Written once, by [`prepare`], before any thread
/// that uses the fences exists.
#[cfg(not(loom))]
static ASYMMETRIC: AtomicBool = AtomicBool::new(false);

/// Finds out what the kernel offers. Must return before the first [`light`] of any protocol.
#[cfg(not(loom))]
pub fn prepare() {
    const CMD_QUERY: libc::c_int = 0;
    const CMD_PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const CMD_REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
    // SAFETY: membarrier takes plain integers and touches no memory of ours.
    let ready = unsafe {
        let offered = libc::syscall(libc::SYS_membarrier, CMD_QUERY, 0, 0);
        offered > 0
            && (offered as libc::c_int) & CMD_PRIVATE_EXPEDITED != 0
            && libc::syscall(libc::SYS_membarrier, CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0
            && libc::syscall(libc::SYS_membarrier, CMD_PRIVATE_EXPEDITED, 0, 0) == 0
    };
    ASYMMETRIC.store(ready, Ordering::SeqCst);
}

/// The frequent side. Partner: [`heavy`].
#[cfg(not(loom))]
#[inline(always)]
pub fn light() {
    if ASYMMETRIC.load(Ordering::Relaxed) {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// The rare side. Partner: [`light`].
#[cfg(not(loom))]
pub fn heavy() {
    if ASYMMETRIC.load(Ordering::Relaxed) {
        const CMD_PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
        // SAFETY: as in `prepare`.
        let rc = unsafe { libc::syscall(libc::SYS_membarrier, CMD_PRIVATE_EXPEDITED, 0, 0) };
        // It succeeded once after registration, so by its contract it cannot fail.
        debug_assert_eq!(rc, 0);
    }
    fence(Ordering::SeqCst);
}

/// The model: both sides are fences.
#[cfg(loom)]
pub fn light() {
    loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
}

/// The model: both sides are fences.
#[cfg(loom)]
pub fn heavy() {
    loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
}

/// A full fence, for races that neither side runs often.
pub fn full() {
    super::atomic::fence(super::atomic::Ordering::SeqCst);
}

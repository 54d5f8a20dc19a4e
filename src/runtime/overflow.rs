//! A task that overruns its stack runs into the guard page below it. This handler says so before the
//! process ends as it would have ended anyway; every other fault goes to whoever handled it before.

use super::local::Local;
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};
use crate::sync::process::Mutex;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::sync::PoisonError;

/// Who handled the faults before, while ours are in place.
static BEFORE: Mutex<Option<[libc::sigaction; 2]>> = Mutex::new(None);
/// A copy for the handler, which may not lock.
static mut BEFORE_COPY: [MaybeUninit<libc::sigaction>; 2] = [MaybeUninit::uninit(); 2];
static INSTALLED: AtomicBool = AtomicBool::new(false);
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// Bytes of the stack on which the handler runs.
const HANDLER_STACK: usize = 64 * 1024;

thread_local! {
    static MINE: Cell<*mut c_void> = const { Cell::new(std::ptr::null_mut()) };
}

/// Puts the handler in place.
pub fn install() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: plain calls with local structs; the handler is async-signal-safe. The copy is written
    // before any signal can reach the handler, under the lock.
    unsafe {
        let mut old: [libc::sigaction; 2] = std::mem::zeroed();
        for (at, signal) in SIGNALS.into_iter().enumerate() {
            libc::sigaction(signal, std::ptr::null(), &mut old[at]);
            (&raw mut BEFORE_COPY).cast::<libc::sigaction>().add(at).write(old[at]);
        }
        INSTALLED.store(true, Relaxed);
        for signal in SIGNALS {
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = handler as *const () as usize;
            new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut new.sa_mask);
            libc::sigaction(signal, &new, std::ptr::null_mut());
        }
        *before = Some(old);
    }
}

/// Gives the signals back to who had them, unless somebody else has taken them since.
pub fn uninstall() {
    let Some(old) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    for (at, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: as in `install`.
        unsafe {
            let mut now: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &mut now);
            if now.sa_sigaction == handler as *const () as usize {
                libc::sigaction(signal, &old[at], std::ptr::null_mut());
            }
        }
    }
}

/// Gives this worker a stack for the handler: the one it stands on may be the one that is full.
pub fn prepare_thread() {
    // SAFETY: a mapping of our own, registered for this thread until `leave_thread`.
    unsafe {
        let base = libc::mmap(
            std::ptr::null_mut(),
            HANDLER_STACK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if base == libc::MAP_FAILED {
            return; // Without it an overflow ends the process all the same, only silently.
        }
        let stack = libc::stack_t { ss_sp: base, ss_flags: 0, ss_size: HANDLER_STACK };
        libc::sigaltstack(&stack, std::ptr::null_mut());
        MINE.set(base);
    }
}

/// Takes it back.
pub fn leave_thread() {
    let base = MINE.replace(std::ptr::null_mut());
    if base.is_null() {
        return;
    }
    // SAFETY: `base` is the mapping of `prepare_thread`; it is not in use after SS_DISABLE.
    unsafe {
        let off = libc::stack_t {
            ss_sp: std::ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: HANDLER_STACK,
        };
        libc::sigaltstack(&off, std::ptr::null_mut());
        libc::munmap(base, HANDLER_STACK);
    }
}

/// Writes without allocating.
fn say(parts: &[&str]) {
    for part in parts {
        // SAFETY: a write of a valid buffer; there is nobody to tell if it fails.
        unsafe { libc::write(libc::STDERR_FILENO, part.as_ptr().cast(), part.len()) };
    }
}

extern "C" fn handler(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo for these signals.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some(local) = Local::peek() {
        let limit = local.fibers.limit.get();
        // The guard page, and what a large frame may step over.
        const NEAR: usize = 64 * 1024;
        if limit != 0 && address < limit + 4096 && address + NEAR > limit {
            say(&["parla: a task overflowed its stack; raise PARLA_STACK_SIZE (or stack_size in \
                 parla_config_t), or keep large arrays off the stack\n"]);
        }
    }
    let at = usize::from(signal == libc::SIGBUS);
    // SAFETY: `install` has written the copy before it put this handler in place.
    let before = unsafe { (&raw const BEFORE_COPY).cast::<libc::sigaction>().add(at).read() };
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: back to the default; the fault happens again when this returns, and ends the
            // process as it would have without us.
            unsafe {
                let mut default: libc::sigaction = std::mem::zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &default, std::ptr::null_mut());
            }
        }
        address if before.sa_flags & libc::SA_SIGINFO != 0 => {
            type Full = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
            // SAFETY: SA_SIGINFO says that the handler has this type.
            unsafe { std::mem::transmute::<usize, Full>(address)(signal, info, context) }
        }
        address => {
            type Short = extern "C" fn(c_int);
            // SAFETY: without SA_SIGINFO the handler has this type.
            unsafe { std::mem::transmute::<usize, Short>(address)(signal) }
        }
    }
}

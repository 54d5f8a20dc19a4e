//! One pointer for each thread, as cheap as the processor allows: every call of the ABI begins with it.
//!
//! A `thread_local!` of a shared library costs a call of the dynamic linker's `__tls_get_addr`, since the library
//! might be loaded later. A pointer of eight bytes always has room in the space that the C library keeps for
//! that ("initial-exec" in Drepper, "ELF Handling For Thread-Local Storage"), so one load gets it; but Rust has no
//! stable way to ask for that, other than to write the load. Elsewhere it is a `thread_local!`: musl, for one, refuses to load such a
//! library later.

pub use imp::{get, set};

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu", not(miri)))]
mod imp {
    use std::arch::{asm, global_asm};

    global_asm!(
        ".pushsection .tbss.parla_thread_pointer, \"awT\", @nobits",
        ".p2align 3",
        ".globl parla_thread_pointer",
        ".hidden parla_thread_pointer",
        ".type parla_thread_pointer, @object",
        ".size parla_thread_pointer, 8",
        "parla_thread_pointer:",
        ".zero 8",
        ".popsection",
    );

    /// The pointer of this thread; null until it is set.
    #[inline(always)]
    pub fn get() -> *const () {
        let pointer: *const ();
        // SAFETY: loads the thread's own variable, through its offset that the dynamic linker has filled in.
        unsafe {
            asm!(
                "mov {0}, qword ptr [rip + parla_thread_pointer@GOTTPOFF]",
                "mov {0}, qword ptr fs:[{0}]",
                out(reg) pointer,
                options(pure, readonly, nostack, preserves_flags),
            );
        }
        pointer
    }

    /// Sets it.
    pub fn set(pointer: *const ()) {
        // SAFETY: as in `get`.
        unsafe {
            asm!(
                "mov {offset}, qword ptr [rip + parla_thread_pointer@GOTTPOFF]",
                "mov qword ptr fs:[{offset}], {pointer}",
                offset = out(reg) _,
                pointer = in(reg) pointer,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu", not(miri))))]
mod imp {
    use std::cell::Cell;

    thread_local! {
        static POINTER: Cell<*const ()> = const { Cell::new(std::ptr::null()) };
    }

    /// The pointer of this thread; null until it is set.
    #[inline(always)]
    pub fn get() -> *const () {
        POINTER.get()
    }

    /// Sets it.
    pub fn set(pointer: *const ()) {
        POINTER.set(pointer);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_thread_has_its_own() {
        let here = 0u8;
        super::set((&raw const here).cast());
        std::thread::spawn(|| assert!(super::get().is_null())).join().unwrap();
        assert_eq!(super::get(), (&raw const here).cast());
        super::set(std::ptr::null());
    }
}

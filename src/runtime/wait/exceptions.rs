//! The C++ runtime keeps the exceptions being handled in thread-local storage. A task that waits inside
//! a `catch` block must find them again, and the task that runs meanwhile must not.

use once_cell::sync::OnceCell;
use std::ffi::c_void;

/// `__cxa_eh_globals` of the Itanium C++ ABI: caught exceptions, and the number of uncaught ones.
type Globals = [usize; 2];
type GetGlobals = unsafe extern "C" fn() -> *mut Globals;

fn get_globals() -> Option<GetGlobals> {
    static FOUND: OnceCell<Option<GetGlobals>> = OnceCell::new();
    *FOUND.get_or_init(|| {
        // SAFETY: a lookup by name in what is loaded; it is there if the process uses C++.
        let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__cxa_get_globals".as_ptr()) };
        // SAFETY: the symbol is a function of that type by the C++ ABI.
        (!symbol.is_null())
            .then(|| unsafe { std::mem::transmute::<*mut c_void, GetGlobals>(symbol) })
    })
}

/// The state of this thread, which is empty afterwards.
pub fn take() -> Globals {
    match get_globals() {
        None => [0; 2],
        // SAFETY: the function gives this thread's state, valid while the thread lives. The second
        // word's upper half is padding.
        Some(get) => unsafe { std::mem::take(&mut *get()) },
    }
}

/// Puts the state back.
pub fn put(globals: Globals) {
    if let Some(get) = get_globals() {
        // SAFETY: as in `take`.
        unsafe { *get() = globals };
    }
}

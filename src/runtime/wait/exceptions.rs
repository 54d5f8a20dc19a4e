//! The C++ runtime keeps the exceptions being handled in thread-local storage. A task that waits inside
//! a `catch` block must find them again, and the task that runs meanwhile must not.

use once_cell::sync::OnceCell;
use std::cell::Cell;
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

/// Where the state of a thread lies. Only that thread uses it.
#[derive(Default)]
pub struct Exceptions {
    /// None: not looked for yet. Null: the process has no such thing.
    place: Cell<Option<*mut Globals>>,
}

impl Exceptions {
    #[inline]
    fn place(&self) -> *mut Globals {
        self.place.get().unwrap_or_else(|| self.find())
    }

    #[cold]
    fn find(&self) -> *mut Globals {
        // SAFETY: the function takes nothing; it gives this thread's state, which stays there while the thread lives.
        let place = get_globals().map_or(std::ptr::null_mut(), |get| unsafe { get() });
        self.place.set(Some(place));
        place
    }

    /// The state of this thread, which is empty afterwards.
    #[inline]
    pub fn take(&self) -> Globals {
        // SAFETY: the state of this thread, as in `find`. The second word's upper half is padding.
        unsafe { self.place().as_mut() }.map(std::mem::take).unwrap_or_default()
    }

    /// Puts the state back.
    #[inline]
    pub fn put(&self, globals: Globals) {
        // SAFETY: as in `take`.
        if let Some(place) = unsafe { self.place().as_mut() } {
            *place = globals;
        }
    }
}

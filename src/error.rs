//! Statuses, errors with a text, and each thread's last error.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::fmt;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why a call failed. The numbers are those of the C header and are never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        pub enum Status { $($(#[$doc])* $name = $code,)* }

        impl Status {
            /// What a status code means, in a few words.
            pub fn text_of(code: i32) -> &'static CStr {
                match code {
                    0 => c"success",
                    $($code => {
                        const TEXT: &CStr =
                            match CStr::from_bytes_with_nul(concat!($text, "\0").as_bytes()) {
                                Ok(text) => text,
                                Err(_) => panic!("a NUL inside"),
                            };
                        TEXT
                    })*
                    _ => c"unknown status",
                }
            }
        }
    };
}

statuses! {
    /// An argument is NULL, out of range or malformed.
    InvalidArgument = -1, "invalid argument";
    /// A handle of the wrong kind, or never issued.
    InvalidHandle = -2, "invalid handle";
    /// The runtime does not run.
    NotInitialized = -3, "the runtime is not initialized";
    /// The task has been spawned before.
    AlreadySpawned = -4, "the task has already been spawned";
    /// No device could ever do it.
    Infeasible = -5, "no device can satisfy the request";
    /// A task failed.
    TaskFailed = -6, "a task failed";
    /// A task was cancelled.
    Cancelled = -7, "a task was cancelled";
    /// The time limit ran out.
    Timeout = -8, "the time limit ran out";
    /// A cycle.
    Deadlock = -9, "deadlock: a cycle of dependencies or waits";
    /// Tasks are left that can never run.
    Stalled = -10, "stalled: tasks are left and none can run";
    /// No memory.
    OutOfMemory = -11, "out of memory";
    /// No thread.
    OutOfThreads = -12, "out of threads";
    /// Called in a forked child.
    Forked = -13, "not available in a forked child";
    /// Only legal inside a task.
    NotInTask = -14, "only legal inside a task";
    /// Not legal inside a task.
    InTask = -15, "not legal inside a task";
    /// The task has completed.
    Completed = -16, "the task has already completed";
    /// Nothing of that name.
    NotFound = -17, "not found";
    /// The name is taken.
    AlreadyExists = -18, "exists already";
    /// Bad configuration.
    Config = -19, "invalid configuration";
    /// The buffer is too small.
    BufferTooSmall = -20, "the buffer is too small";
    /// Cannot be done here.
    Unsupported = -21, "not supported";
    /// A defect of the library.
    Internal = -22, "internal error";
}

/// A status with a text that explains it. Boxed, so that results stay one word.
#[derive(Debug)]
pub struct Error(Box<(Status, String)>);

/// The result of a call that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with its explanation.
    #[cold]
    pub fn new(status: Status, text: impl Into<String>) -> Error {
        Error(Box::new((status, text.into())))
    }

    /// The status.
    pub fn status(&self) -> Status {
        self.0.0
    }

    /// The explanation.
    pub fn text(&self) -> &str {
        &self.0.1
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Error {}

/// `Err` with a formatted text: `fail!(InvalidArgument, "vcus is {v}")`.
macro_rules! fail {
    ($status:ident, $($format:tt)*) => {
        Err($crate::error::Error::new($crate::error::Status::$status, format!($($format)*)))
    };
}
pub(crate) use fail;

thread_local! {
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Keeps the error as this thread's last one and gives its code.
#[cold]
pub fn remember(error: &Error) -> i32 {
    let text = CString::new(error.text().replace('\0', " ")).unwrap_or_default();
    // A thread that is ending has lost its storage: the code must do.
    let _ = LAST.try_with(|last| *last.borrow_mut() = Some(text));
    error.status() as i32
}

/// A copy of this thread's last error text.
pub fn last_text() -> String {
    LAST.try_with(|last| last.borrow().as_ref().map(|text| text.to_string_lossy().into_owned()))
        .ok()
        .flatten()
        .unwrap_or_default()
}

/// This thread's last error text; "" if there is none.
pub fn last_message() -> *const c_char {
    LAST.try_with(|last| last.borrow().as_ref().map_or(c"".as_ptr(), |text| text.as_ptr()))
        .unwrap_or(c"".as_ptr())
}

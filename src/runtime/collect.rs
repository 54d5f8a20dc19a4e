//! From the handles of a call to the tasks that are meant.

use super::local::Local;
use super::spaces;
use crate::error::{Result, fail};
use crate::graph::Handle;
use crate::graph::edges::Look;
use crate::graph::handle::Kind;

/// Appends to `open` the tasks among `handles` that are not complete, and those that failed. A space
/// stands for its elements. Nothing is appended for 0 and for tasks that completed without failure.
pub fn collect(local: &Local, handles: &[u64], open: &mut impl Extend<Handle>) -> Result<()> {
    let mut n = 0;
    let mut push = |handle| {
        n += 1;
        open.extend([handle]);
    };
    for &handle in handles {
        if handle == 0 {
            continue;
        }
        let handle = Handle(handle);
        match local.arena().look(handle) {
            Look::Live | Look::Failed => push(handle),
            Look::Done => {}
            Look::Invalid if handle.kind() == Some(Kind::Space) => {
                let space = spaces::get(local, handle.0)?;
                spaces::for_each_pending(local, space, &mut push);
            }
            Look::Invalid => return invalid(handle),
        }
    }
    if n > MAX_DEPENDENCIES {
        return fail!(InvalidArgument, "more than {MAX_DEPENDENCIES} tasks at once");
    }
    Ok(())
}

/// What a count of dependencies can hold with room for guards.
const MAX_DEPENDENCIES: usize = u32::MAX as usize - 16;

/// The error for a handle that never was one.
#[cold]
pub fn invalid<T>(handle: Handle) -> Result<T> {
    fail!(InvalidHandle, "{:#x} is not the handle of a task or a task space", handle.0)
}

/// Checks the handle of a task: one that was issued.
pub fn task(local: &Local, handle: Handle) -> Result<Look> {
    match local.arena().look(handle) {
        Look::Invalid => invalid(handle),
        look => Ok(look),
    }
}

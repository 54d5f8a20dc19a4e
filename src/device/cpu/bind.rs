//! Binding the calling thread to processors.
//!
//! A worker binds itself as its first act, before it touches its stack or its deque, so
//! that their pages come from its own node. A host thread that lends itself to the runtime
//! keeps [`AffinityMask::current`] and applies it again when it leaves.

use std::io;

pub use crate::topology::AffinityMask;

/// Binds the calling thread to `pus` and returns what it may now run on.
///
/// The result can be smaller than asked for: the kernel takes the intersection with the
/// process's cpuset. Threads spawned later by this thread inherit the binding.
///
/// Not for the processors of a described topology, whose numbers are made up.
///
/// # Errors
/// `EINVAL` when `pus` is empty or no processor of it exists and is allowed; `EPERM` in a
/// sandbox. The thread is then bound as before.
pub fn bind_current_thread(pus: &[u32]) -> io::Result<AffinityMask> {
    AffinityMask::from_pus(pus.iter().copied()).apply()?;
    AffinityMask::current()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// On a thread of its own, since a failed assertion would leave the thread bound.
    fn on_a_thread(test: impl FnOnce() + Send + 'static) {
        thread::spawn(test).join().unwrap();
    }

    #[test]
    fn a_bound_thread_runs_where_it_was_told_to() {
        on_a_thread(|| {
            for pu in AffinityMask::current().unwrap().pus() {
                let bound = bind_current_thread(&[pu]).unwrap();
                assert_eq!(bound, AffinityMask::from_pus([pu]));
                // SAFETY: takes nothing and reads only the calling thread's state.
                assert_eq!(unsafe { libc::sched_getcpu() }, pu as i32);
            }
        });
    }

    #[test]
    fn a_saved_mask_can_be_restored() {
        on_a_thread(|| {
            let saved = AffinityMask::current().unwrap();
            bind_current_thread(&[saved.pus().next().unwrap()]).unwrap();
            saved.apply().unwrap();
            assert_eq!(AffinityMask::current().unwrap(), saved);
        });
    }

    #[test]
    fn processors_that_do_not_exist_are_refused_or_ignored() {
        on_a_thread(|| {
            let saved = AffinityMask::current().unwrap();
            for pus in [&[][..], &[100_000], &[u32::MAX]] {
                let error = bind_current_thread(pus).unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::EINVAL), "{pus:?}");
            }
            assert_eq!(AffinityMask::current().unwrap(), saved);

            let first = saved.pus().next().unwrap();
            let bound = bind_current_thread(&[first, 100_000]).unwrap();
            assert_eq!(bound, AffinityMask::from_pus([first]));
        });
    }
}

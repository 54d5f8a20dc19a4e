//! The processors a thread may run on: read, built, applied.
//!
//! The one place with `sched_getaffinity` and `sched_setaffinity`. The masks are sized
//! at run time, since a fixed `cpu_set_t` stops at 1024 processors.

use std::io;

use libc::c_ulong;

const BITS: usize = c_ulong::BITS as usize;

/// The first size tried, in bits: that of `cpu_set_t`, enough for most machines.
const FIRST_BITS: usize = 1024;

/// Where growing stops: far beyond any kernel, so that a kernel that refuses every
/// size cannot make us loop or allocate for ever.
const MAX_BITS: usize = 1 << 20;

/// A set of processors, by the kernel's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AffinityMask {
    /// Bit `n % BITS` of word `n / BITS` is processor `n`, as the kernel wants it;
    /// no trailing zero words, so that equal sets are equal values.
    words: Vec<c_ulong>,
}

impl AffinityMask {
    /// The processors on which the calling thread may run now.
    ///
    /// # Errors
    /// What the kernel answers; only a sandbox that forbids the call makes it fail.
    pub fn current() -> io::Result<Self> {
        let mut bits = FIRST_BITS;
        loop {
            let mut words: Vec<c_ulong> = vec![0; bits / BITS];
            // SAFETY: the buffer is `bits / 8` writable bytes, aligned to the kernel's unit
            // (an unsigned long), and outlives the call.
            let rc = unsafe {
                libc::sched_getaffinity(0, bits / 8, words.as_mut_ptr().cast::<libc::cpu_set_t>())
            };
            if rc == 0 {
                return Ok(Self::trimmed(words));
            }
            let error = io::Error::last_os_error();
            // EINVAL: the kernel knows more processors than the buffer has bits.
            if error.raw_os_error() != Some(libc::EINVAL) || bits >= MAX_BITS {
                return Err(error);
            }
            bits *= 2;
        }
    }

    /// The set of the given processors. Numbers that no kernel can have are ignored, as
    /// the kernel ignores numbers it does not have.
    pub fn from_pus(pus: impl IntoIterator<Item = u32>) -> Self {
        let mut words: Vec<c_ulong> = Vec::new();
        for pu in pus.into_iter().map(|pu| pu as usize) {
            if pu >= MAX_BITS {
                continue;
            }
            if words.len() <= pu / BITS {
                words.resize(pu / BITS + 1, 0);
            }
            words[pu / BITS] |= 1 << (pu % BITS);
        }
        Self::trimmed(words)
    }

    /// Lets the calling thread run on these processors only.
    ///
    /// The kernel takes the intersection with what the process's cpuset allows; read
    /// [`AffinityMask::current`] back to see it.
    ///
    /// # Errors
    /// `EINVAL` when that intersection is empty, `EPERM` in a sandbox. The thread is
    /// then bound as before.
    pub fn apply(&self) -> io::Result<()> {
        // An empty mask would be a zero-length buffer; the kernel refuses it the same way.
        let words: &[c_ulong] = if self.words.is_empty() { &[0] } else { &self.words };
        // SAFETY: the buffer is `size_of_val(words)` readable bytes, a whole number of
        // unsigned longs, and outlives the call, which does not write to it.
        let rc = unsafe {
            libc::sched_setaffinity(0, size_of_val(words), words.as_ptr().cast::<libc::cpu_set_t>())
        };
        if rc == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The processors of the set, ascending.
    pub fn pus(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            (0..BITS)
                .filter(move |bit| word & (1 << bit) != 0)
                .map(move |bit| (index * BITS + bit) as u32)
        })
    }

    /// Whether processor `pu` is in the set.
    pub fn contains(&self, pu: u32) -> bool {
        let pu = pu as usize;
        self.words.get(pu / BITS).is_some_and(|word| word & (1 << (pu % BITS)) != 0)
    }

    /// How many processors the set has.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether the set has no processor.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn trimmed(mut words: Vec<c_ulong>) -> Self {
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_its_processors_in_order() {
        let mask = AffinityMask::from_pus([64, 3, 0, 5000, 3]);
        assert_eq!(mask.pus().collect::<Vec<_>>(), [0, 3, 64, 5000]);
        assert_eq!(mask.len(), 4);
        assert!(mask.contains(5000) && !mask.contains(1) && !mask.contains(u32::MAX));
    }

    #[test]
    fn equal_sets_are_equal_values() {
        assert_eq!(AffinityMask::from_pus([1, 2]), AffinityMask::from_pus([2, 1, 1]));
        assert_eq!(AffinityMask::from_pus([u32::MAX]), AffinityMask::default());
    }

    #[test]
    fn the_calling_thread_has_a_mask() {
        assert!(!AffinityMask::current().unwrap().is_empty());
    }

    #[test]
    fn an_empty_set_is_refused_and_changes_nothing() {
        let before = AffinityMask::current().unwrap();
        let error = AffinityMask::default().apply().unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
        assert_eq!(AffinityMask::current().unwrap(), before);
    }
}

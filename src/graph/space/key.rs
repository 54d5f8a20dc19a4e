//! An index whose parts may be strings, borrowed and owned.

use std::fmt;

use super::bounds::MAX_DIMS;

/// One dimension of a mixed key, as in `T["cpu", 3]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyPart<'a> {
    /// An integer, within the bounds of its dimension.
    Int(i64),
    /// A string. It has no bounds and may stand in any dimension; `"3"` is not `3`.
    Str(&'a str),
}

impl KeyPart<'_> {
    pub(super) fn to_owned_part(self) -> OwnedPart {
        match self {
            KeyPart::Int(i) => OwnedPart::Int(i),
            KeyPart::Str(s) => OwnedPart::Str(s.into()),
        }
    }
}

impl From<i64> for KeyPart<'_> {
    fn from(i: i64) -> Self {
        KeyPart::Int(i)
    }
}

impl<'a> From<&'a str> for KeyPart<'a> {
    fn from(s: &'a str) -> Self {
        KeyPart::Str(s)
    }
}

/// A key that outlives its caller. It displays as its parts with commas between: `3,4`, `cpu,3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OwnedKey {
    parts: Box<[OwnedPart]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum OwnedPart {
    Int(i64),
    Str(Box<str>),
}

impl OwnedPart {
    pub(super) fn borrowed(&self) -> KeyPart<'_> {
        match self {
            OwnedPart::Int(i) => KeyPart::Int(*i),
            OwnedPart::Str(s) => KeyPart::Str(s),
        }
    }
}

impl OwnedKey {
    /// A copy of a borrowed key.
    pub fn new(key: &[KeyPart<'_>]) -> OwnedKey {
        OwnedKey { parts: key.iter().map(|part| part.to_owned_part()).collect() }
    }

    /// A copy of a key kept as its parts.
    pub(super) fn of(parts: &[OwnedPart]) -> OwnedKey {
        OwnedKey { parts: parts.into() }
    }

    /// The parts, one per dimension.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = KeyPart<'_>> {
        self.parts.iter().map(OwnedPart::borrowed)
    }
}

impl fmt::Display for OwnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (dim, part) in self.parts.iter().enumerate() {
            if dim > 0 {
                f.write_str(",")?;
            }
            match part {
                OwnedPart::Int(i) => write!(f, "{i}")?,
                OwnedPart::Str(s) => f.write_str(s)?,
            }
        }
        Ok(())
    }
}

/// An integer index as a key; parts past the index's length are 0 and to be cut off.
pub(super) fn integer_key(index: &[i64]) -> [KeyPart<'static>; MAX_DIMS] {
    let mut key = [KeyPart::Int(0); MAX_DIMS];
    for (part, &i) in key.iter_mut().zip(index) {
        *part = KeyPart::Int(i);
    }
    key
}

/// The integer index a key is (entries past the key's length are 0); `None` if a part is a string.
pub(super) fn integer_index<'a>(
    key: impl IntoIterator<Item = KeyPart<'a>>,
) -> Option<[i64; MAX_DIMS]> {
    let mut index = [0; MAX_DIMS];
    for (entry, part) in index.iter_mut().zip(key) {
        *entry = match part {
            KeyPart::Int(i) => i,
            KeyPart::Str(_) => return None,
        };
    }
    Some(index)
}

/// Are these the same key, one kept and one borrowed?
pub(super) fn same(own: &[OwnedPart], key: &[KeyPart<'_>]) -> bool {
    own.iter().map(OwnedPart::borrowed).eq(key.iter().copied())
}

/// A hash of a key by folded multiplication (the low and the high half of a 128-bit product), as
/// in wyhash. It is not keyed: a program can only slow its own spaces down.
pub(super) fn hash(key: &[KeyPart<'_>]) -> u64 {
    /// Odd, with as many ones as zeros, so that a product depends on every bit.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    /// Told apart from an integer: strings start from another seed.
    const STRING: u64 = 0xd1b5_4a32_d192_ed03;
    fn fold(seed: u64, word: u64) -> u64 {
        let product = u128::from(seed ^ word) * u128::from(MULTIPLIER);
        (product as u64) ^ ((product >> 64) as u64)
    }
    // Each step adds to the state, so that a zero product does not swallow what came before.
    let step = |state: u64, word: u64| fold(state, word).wrapping_add(state.rotate_left(23));
    let mut state = MULTIPLIER;
    for part in key {
        match *part {
            KeyPart::Int(i) => state = step(state, i as u64),
            KeyPart::Str(s) => {
                state = step(state, STRING ^ s.len() as u64);
                for word in s.as_bytes().chunks(8) {
                    let mut bytes = [0; 8];
                    bytes[..word.len()].copy_from_slice(word);
                    state = step(state, u64::from_le_bytes(bytes));
                }
            }
        }
    }
    fold(state, STRING)
}

//! Which indices a space has.

use std::error::Error;
use std::fmt;

use super::key::KeyPart;

/// The most dimensions a space may have.
pub const MAX_DIMS: usize = 8;

/// What a shape entry says of a dimension without an upper bound.
const UNBOUNDED: i64 = -1;

/// The indices of a space: in each dimension the integers from a lower bound (included) to an
/// upper bound (excluded), or without an upper bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    ndim: usize,
    /// Entries past `ndim` are 0.
    lower: [i64; MAX_DIMS],
    /// One past the last index; `None` is no bound. Entries past `ndim` are `None`.
    upper: [Option<i64>; MAX_DIMS],
}

/// Why bounds were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundsError {
    /// The number of dimensions is not 1 to [`MAX_DIMS`].
    Dimensions(u32),
    /// `lower` or `shape` has another length than the number of dimensions.
    Length {
        /// The number of dimensions.
        expected: usize,
        /// The length given.
        found: usize,
    },
    /// A shape entry below -1.
    Shape {
        /// The dimension, from 0.
        dim: usize,
        /// The entry.
        extent: i64,
    },
    /// The lower bound plus the shape is no `i64`.
    Overflow {
        /// The dimension, from 0.
        dim: usize,
    },
}

impl fmt::Display for BoundsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            BoundsError::Dimensions(ndim) => {
                write!(f, "a task space has 1 to {MAX_DIMS} dimensions, not {ndim}")
            }
            BoundsError::Length { expected, found } => {
                write!(f, "{found} bounds given for {expected} dimensions")
            }
            BoundsError::Shape { dim, extent } => {
                write!(f, "shape[{dim}] is {extent}: 0 or more is a size, -1 is no upper bound")
            }
            BoundsError::Overflow { dim } => {
                write!(f, "lower[{dim}] + shape[{dim}] is outside int64_t")
            }
        }
    }
}

impl Error for BoundsError {}

impl Bounds {
    /// The bounds of a space with `ndim` dimensions.
    ///
    /// `lower` has one lower bound per dimension; without it they are 0. `shape` has one extent per
    /// dimension: 0 or more is the number of indices (0: the space is empty), -1 is no upper bound;
    /// without `shape` no dimension has one.
    ///
    /// # Errors
    ///
    /// See [`BoundsError`].
    pub fn new(
        ndim: u32,
        lower: Option<&[i64]>,
        shape: Option<&[i64]>,
    ) -> Result<Bounds, BoundsError> {
        let dims = ndim as usize;
        if dims == 0 || dims > MAX_DIMS {
            return Err(BoundsError::Dimensions(ndim));
        }
        for given in [lower, shape].into_iter().flatten() {
            if given.len() != dims {
                return Err(BoundsError::Length { expected: dims, found: given.len() });
            }
        }
        let mut bounds = Bounds { ndim: dims, lower: [0; MAX_DIMS], upper: [None; MAX_DIMS] };
        if let Some(lower) = lower {
            bounds.lower[..dims].copy_from_slice(lower);
        }
        for (dim, &extent) in shape.unwrap_or(&[]).iter().enumerate() {
            bounds.upper[dim] = match extent {
                UNBOUNDED => None,
                i64::MIN..UNBOUNDED => return Err(BoundsError::Shape { dim, extent }),
                0.. => Some(
                    bounds.lower[dim].checked_add(extent).ok_or(BoundsError::Overflow { dim })?,
                ),
            };
        }
        Ok(bounds)
    }

    /// The number of dimensions, 1 to [`MAX_DIMS`].
    pub fn ndim(&self) -> usize {
        self.ndim
    }

    /// The first index of a dimension (from 0).
    pub fn lower(&self, dim: usize) -> i64 {
        self.lower[dim]
    }

    /// One past the last index of a dimension (from 0), `None` without an upper bound.
    pub fn upper(&self, dim: usize) -> Option<i64> {
        self.upper[dim]
    }

    /// The number of indices in a dimension (from 0), `None` without an upper bound.
    pub fn extent(&self, dim: usize) -> Option<u64> {
        // `new` refused a sum that leaves i64, so the difference is the shape given there.
        self.upper[dim].map(|upper| (upper - self.lower[dim]) as u64)
    }

    /// Is this one of the space's indices? An index of another number of dimensions is not.
    pub fn contains(&self, index: &[i64]) -> bool {
        index.len() == self.ndim
            && index.iter().enumerate().all(|(dim, &i)| self.contains_in(dim, i))
    }

    /// Is this one of the space's keys? Integer parts obey the bounds of their dimension, strings
    /// have none. A key of another number of dimensions is not.
    pub fn contains_key(&self, key: &[KeyPart<'_>]) -> bool {
        key.len() == self.ndim
            && key.iter().enumerate().all(|(dim, part)| match *part {
                KeyPart::Int(i) => self.contains_in(dim, i),
                KeyPart::Str(_) => true,
            })
    }

    fn contains_in(&self, dim: usize, i: i64) -> bool {
        i >= self.lower[dim] && self.upper[dim].is_none_or(|upper| i < upper)
    }
}

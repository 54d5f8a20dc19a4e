//! Slices: one range per dimension, and the indices they stand for.

use std::error::Error;
use std::fmt;
use std::ops::ControlFlow;

use super::bounds::{Bounds, MAX_DIMS};

/// Every `step`-th index of one dimension from `start` (included) to `stop` (excluded), as in
/// `T[start:stop:step]`.
///
/// A start that is missing or too small is the lower bound, a stop that is missing or too large the
/// upper bound. A missing stop where there is no upper bound means nothing when elements are to be
/// created, and every existing element in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first index.
    pub start: Option<i64>,
    /// One past the last index.
    pub stop: Option<i64>,
    /// From each index to the next, at least 1.
    pub step: i64,
}

/// Why ranges were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeError {
    /// Another number of ranges than the space has dimensions.
    Dimensions {
        /// The number of dimensions.
        expected: usize,
        /// The number of ranges given.
        found: usize,
    },
    /// A step below 1.
    Step {
        /// The dimension, from 0.
        dim: usize,
        /// The step.
        step: i64,
    },
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            RangeError::Dimensions { expected, found } => {
                write!(f, "{found} ranges given for {expected} dimensions")
            }
            RangeError::Step { dim, step } => {
                write!(f, "the step in dimension {dim} is {step}, not 1 or more")
            }
        }
    }
}

impl Error for RangeError {}

impl Range {
    /// The whole dimension: `T[:]`.
    pub const ALL: Range = Range { start: None, stop: None, step: 1 };

    /// From `start` to before `stop`: `T[start:stop]`.
    pub fn new(start: i64, stop: i64) -> Range {
        Range { start: Some(start), stop: Some(stop), step: 1 }
    }

    /// The one index `i`, as in the first dimension of `T[i, :]`.
    pub fn at(i: i64) -> Range {
        Range {
            start: Some(i),
            // One past the largest i64 is no i64; a dimension that reaches it has no upper bound.
            stop: i.checked_add(1),
            step: 1,
        }
    }
}

/// Ranges that were resolved against the bounds of a space: a set of indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    ndim: usize,
    axes: [Progression; MAX_DIMS],
}

/// The integers from `first` to `last` by `step`. Empty when `last < first`, otherwise `last` is
/// one of them, so that counting up to it cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progression {
    first: i64,
    last: i64,
    step: u64,
}

impl Progression {
    const EMPTY: Progression = Progression { first: 0, last: -1, step: 1 };

    fn between(first: i64, last: i64, step: u64) -> Progression {
        if last < first {
            return Progression::EMPTY;
        }
        let past_aligned = last.abs_diff(first) % step;
        Progression { first, last: last.wrapping_sub_unsigned(past_aligned), step }
    }

    fn is_empty(&self) -> bool {
        self.last < self.first
    }

    fn count(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        (self.last.abs_diff(self.first) / self.step).saturating_add(1)
    }

    fn contains(&self, i: i64) -> bool {
        self.first <= i && i <= self.last && i.abs_diff(self.first).is_multiple_of(self.step)
    }
}

/// What an open end of a dimension without upper bound stands for.
#[derive(Clone, Copy)]
enum OpenEnd {
    Nothing,
    Everything,
}

impl Slice {
    /// The indices to create elements at.
    pub(super) fn for_creation(bounds: &Bounds, ranges: &[Range]) -> Result<Slice, RangeError> {
        Slice::resolve(bounds, ranges, OpenEnd::Nothing)
    }

    /// The indices to look for existing elements at.
    pub(super) fn for_view(bounds: &Bounds, ranges: &[Range]) -> Result<Slice, RangeError> {
        Slice::resolve(bounds, ranges, OpenEnd::Everything)
    }

    fn resolve(bounds: &Bounds, ranges: &[Range], open: OpenEnd) -> Result<Slice, RangeError> {
        if ranges.len() != bounds.ndim() {
            return Err(RangeError::Dimensions { expected: bounds.ndim(), found: ranges.len() });
        }
        let mut slice = Slice { ndim: ranges.len(), axes: [Progression::EMPTY; MAX_DIMS] };
        for (dim, range) in ranges.iter().enumerate() {
            let step = match u64::try_from(range.step) {
                Ok(step @ 1..) => step,
                _ => {
                    return Err(RangeError::Step { dim, step: range.step });
                }
            };
            let lower = bounds.lower(dim);
            let first = range.start.map_or(lower, |start| start.max(lower));
            let stop = match (range.stop, bounds.upper(dim)) {
                (Some(stop), Some(upper)) => Some(stop.min(upper)),
                (stop, upper) => stop.or(upper),
            };
            slice.axes[dim] = match (stop, open) {
                // A stop of i64::MIN has nothing before it.
                (Some(stop), _) => stop
                    .checked_sub(1)
                    .map_or(Progression::EMPTY, |last| Progression::between(first, last, step)),
                (None, OpenEnd::Everything) => Progression::between(first, i64::MAX, step),
                (None, OpenEnd::Nothing) => Progression::EMPTY,
            };
        }
        Ok(slice)
    }

    /// The number of indices, `u64::MAX` if it is that or more. Visits none.
    pub fn count(&self) -> u64 {
        let axes = &self.axes[..self.ndim];
        // An empty dimension must win over a product that saturated before it.
        if axes.iter().any(Progression::is_empty) {
            return 0;
        }
        axes.iter().fold(1, |count: u64, axis| count.saturating_mul(axis.count()))
    }

    /// Is this one of the indices?
    pub fn contains(&self, index: &[i64]) -> bool {
        index.len() == self.ndim && self.axes.iter().zip(index).all(|(a, &i)| a.contains(i))
    }

    /// Visits the indices in row-major order (the last dimension changes fastest) until `visit`
    /// breaks. The array passed has one entry per dimension.
    pub fn for_each<B>(&self, mut visit: impl FnMut(&[i64]) -> ControlFlow<B>) -> ControlFlow<B> {
        let axes = &self.axes[..self.ndim];
        if axes.iter().any(Progression::is_empty) {
            return ControlFlow::Continue(());
        }
        let mut index = self.axes.map(|axis| axis.first);
        loop {
            visit(&index[..self.ndim])?;
            // Count up like an odometer: the last dimension that is not at its end takes a step,
            // and those behind it start again.
            let mut dim = self.ndim;
            loop {
                if dim == 0 {
                    return ControlFlow::Continue(());
                }
                dim -= 1;
                if index[dim] != axes[dim].last {
                    index[dim] = index[dim].wrapping_add_unsigned(axes[dim].step);
                    break;
                }
                index[dim] = axes[dim].first;
            }
        }
    }
}

//! The box of indices that are numbered one after another, row-major.

use super::bounds::{Bounds, MAX_DIMS};
use super::cells::MAX_CELLS;

/// How many elements of a space without upper bound in dimension 0 are numbered. At worst each of
/// them sits alone in its chunk: 32768 chunks of 4 KiB, 128 MiB.
const GROWING_CELLS: u64 = 1 << 24;

/// A box at the lower corner of a space whose indices have numbers from 0 to [`Grid::len`].
///
/// It is the whole space when that has at most [`MAX_CELLS`] indices. When only dimension 0 is
/// unbounded it is the first rows, [`GROWING_CELLS`] indices or a little less. Otherwise it is empty.
#[derive(Debug)]
pub(super) struct Grid {
    ndim: usize,
    axes: [Axis; MAX_DIMS],
    len: u64,
    whole: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Axis {
    lower: i64,
    extent: u64,
}

impl Grid {
    pub(super) fn of(bounds: &Bounds) -> Grid {
        let ndim = bounds.ndim();
        let row: Option<u64> = (1..ndim).try_fold(1u64, |product, dim| {
            // A product out of range means more than MAX_CELLS, whatever follows, except by 0.
            Some(product.saturating_mul(bounds.extent(dim)?))
        });
        let (rows, whole) = match (row, bounds.extent(0)) {
            (Some(row), Some(rows)) if rows.saturating_mul(row) <= MAX_CELLS => (rows, true),
            (Some(0), None) => (0, true),
            (Some(row), None) => {
                // The last index of a space can be i64::MAX; it is left to the sparse part.
                let to_the_end = i64::MAX.abs_diff(bounds.lower(0));
                ((GROWING_CELLS / row).min(to_the_end), false)
            }
            _ => (0, false),
        };
        let mut axes = [Axis::default(); MAX_DIMS];
        for (dim, axis) in axes[..ndim].iter_mut().enumerate() {
            *axis = Axis {
                lower: bounds.lower(dim),
                extent: match dim {
                    0 => rows,
                    _ if rows == 0 => 0,
                    _ => bounds.extent(dim).unwrap_or(0),
                },
            };
        }
        if axes[..ndim].iter().any(|axis| axis.extent == 0) {
            // Nothing is in the box: let that be seen at the first dimension, before large extents of others
            // are multiplied.
            axes.iter_mut().for_each(|axis| axis.extent = 0);
        }
        let len = axes[..ndim].iter().map(|axis| axis.extent).product();
        Grid { ndim, len, axes, whole }
    }

    /// The number of indices in the box.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Is every index of the space in the box?
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The number of an index; `None` if it is not in the box.
    #[inline]
    pub(super) fn number(&self, index: &[i64]) -> Option<u64> {
        if index.len() != self.ndim {
            return None;
        }
        let mut number = 0;
        for (axis, &i) in self.axes.iter().zip(index) {
            // Right for i >= lower even where the difference is no i64.
            let offset = i.wrapping_sub(axis.lower) as u64;
            if i < axis.lower || offset >= axis.extent {
                return None;
            }
            number = number * axis.extent + offset;
        }
        Some(number)
    }

    /// The index of a number below [`Grid::len`]; entries past the dimensions are 0.
    pub(super) fn index(&self, mut number: u64) -> [i64; MAX_DIMS] {
        debug_assert!(number < self.len);
        let mut index = [0; MAX_DIMS];
        for dim in (0..self.ndim).rev() {
            let axis = self.axes[dim];
            index[dim] = axis.lower.wrapping_add_unsigned(number % axis.extent);
            number /= axis.extent;
        }
        index
    }
}

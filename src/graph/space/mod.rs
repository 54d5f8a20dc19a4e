//! The table of a task space: which handle belongs to which index.
//!
//! A [`Table`] maps an index of up to [`MAX_DIMS`] dimensions to a *handle*, a nonzero `u64` that
//! means nothing here (0 is "none"). Parts of an index may be strings: `T["cpu", 3]`.
//!
//! | file | concept |
//! |---|---|
//! | `bounds` | which indices a space has |
//! | `key` | an index whose parts may be strings |
//! | `range` | slices: ranges of a space's dimensions, and the indices they stand for |
//! | `grid` | the box of indices that are numbered one after another |
//! | `cells` | an array of handles that grows without moving, lock-free |
//! | `sparse` | everything outside the box: a sharded map from keys to places in such an array |
//! | `table` | the four put together |
//!
//! The protocol between concurrent callers is in `README.md` beside this file.
//!
//! ```
//! use parla::graph::space::{Bounds, Outcome, Range, Table};
//!
//! let table = Table::new(Bounds::new(2, None, Some(&[3, 4])).unwrap());
//! // The closure is told the element's number and makes its handle; here that is the number + 1.
//! let outcome = table.get_or_insert_with(&[1, 2], |element| element + 1, |_loser| {});
//! assert_eq!(outcome, Outcome::Handle(7));
//! assert_eq!(table.get(&[1, 2]), Some(7));
//! assert_eq!(table.get_or_insert_with(&[3, 0], |_| 9, |_| {}), Outcome::Outside);
//!
//! let mut seen = Vec::new();
//! table.view(&[Range::ALL, Range::ALL], |handle| seen.push(handle)).unwrap();
//! assert_eq!(seen, [7]);
//! ```

mod bounds;
mod cells;
mod grid;
mod key;
mod range;
mod sparse;
mod table;

#[cfg(test)]
mod tests;

pub use bounds::{Bounds, BoundsError, MAX_DIMS};
pub use key::{KeyPart, OwnedKey};
pub use range::{Range, RangeError, Slice};
pub use table::{Outcome, Table};

//! Tests of the table, by behaviour.

#[cfg(loom)]
mod model;

#[cfg(not(loom))]
mod bounds;
#[cfg(not(loom))]
mod concurrent;
#[cfg(not(loom))]
mod conformance;
#[cfg(not(loom))]
mod keys;
#[cfg(not(loom))]
mod pending;
#[cfg(not(loom))]
mod scale;
#[cfg(not(loom))]
mod slices;

use super::{Bounds, Outcome, Table};

/// A table with the given bounds.
fn table(ndim: u32, lower: Option<&[i64]>, shape: Option<&[i64]>) -> Table {
    Table::new(Bounds::new(ndim, lower, shape).unwrap())
}

/// The handle at an index, made as the element's number + 1 if need be; `None` outside.
fn touch(table: &Table, index: &[i64]) -> Option<u64> {
    handle(table.get_or_insert_with(index, |element| element + 1, |_| unreachable!()))
}

fn handle(outcome: Outcome) -> Option<u64> {
    match outcome {
        Outcome::Outside => None,
        Outcome::Handle(handle) => Some(handle),
    }
}

/// The keys of the existing elements, in the order of `for_each`.
#[cfg(not(loom))]
fn names(table: &Table) -> Vec<String> {
    let mut names = Vec::new();
    table.for_each(|element, _| names.push(table.key_of(element).unwrap().to_string()));
    names
}

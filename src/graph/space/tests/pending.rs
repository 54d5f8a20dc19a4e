//! Walks that remember what is done.

use std::cell::{Cell, RefCell};

use super::{table, touch};
use crate::graph::space::Table;
use crate::graph::space::cells::CHUNK;

const CELLS: i64 = CHUNK as i64;

/// Three tables in which elements lie in two full chunks and a partial one.
fn filled() -> [Table; 3] {
    let tables = [table(1, None, None), table(1, None, Some(&[CELLS * 5])), table(2, None, None)];
    for t in &tables {
        for i in 0..CELLS * 2 + 3 {
            let index = [i, 0];
            touch(t, &index[..t.bounds().ndim()]).unwrap();
        }
    }
    tables
}

#[test]
fn pending_elements_are_visited_and_done_ones_are_not() {
    for t in filled() {
        let mut pending = Vec::new();
        t.for_each_pending(|handle| handle % 3 != 0, |handle| pending.push(handle));
        let mut expected = Vec::new();
        t.for_each(|_, handle| expected.push(handle));
        expected.retain(|handle| handle % 3 == 0);
        assert_eq!(pending, expected);
    }
}

#[test]
fn a_chunk_wholly_done_is_not_asked_about_again() {
    for t in filled() {
        let asked = Cell::new(0);
        let is_done = |_| {
            asked.set(asked.get() + 1);
            true
        };
        t.for_each_pending(is_done, |_| unreachable!());
        assert_eq!(asked.replace(0), CELLS * 2 + 3);
        // The last chunk is partial: more elements may come.
        t.for_each_pending(is_done, |_| unreachable!());
        assert_eq!(asked.get(), 3);
    }
}

#[test]
fn a_chunk_with_one_pending_element_is_looked_at_until_it_is_done() {
    for t in filled() {
        let mut second_chunk = 0;
        let mut nth = 0;
        t.for_each(|_, handle| {
            nth += 1;
            if nth == CELLS + 5 {
                second_chunk = handle;
            }
        });
        let visited = RefCell::new(Vec::new());
        for _ in 0..2 {
            let visit = |handle| visited.borrow_mut().push(handle);
            t.for_each_pending(|handle| handle != second_chunk, visit);
        }
        assert_eq!(visited.take(), [second_chunk; 2]);
        t.for_each_pending(|_| true, |_| unreachable!());
        let asked = Cell::new(0);
        t.for_each_pending(
            |_| {
                asked.set(asked.get() + 1);
                true
            },
            |_| unreachable!(),
        );
        assert_eq!(asked.get(), 3);
    }
}

#[test]
fn an_element_added_to_a_partial_chunk_is_seen() {
    let t = table(1, None, None);
    touch(&t, &[0]).unwrap();
    t.for_each_pending(|_| true, |_| unreachable!());
    let added = touch(&t, &[1]).unwrap();
    let mut seen = Vec::new();
    t.for_each_pending(|handle| handle != added, |handle| seen.push(handle));
    assert_eq!(seen, [added]);
}

#[test]
fn the_last_chunk_of_a_shape_counts_as_full_with_its_last_element() {
    let t = table(1, None, Some(&[CELLS + 3]));
    for i in 0..CELLS + 3 {
        touch(&t, &[i]).unwrap();
    }
    t.for_each_pending(|_| true, |_| unreachable!());
    t.for_each_pending(|_| unreachable!(), |_| unreachable!());
    assert_eq!(t.len(), CELLS as u64 + 3);
}

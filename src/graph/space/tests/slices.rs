//! Ranges, slices and views.

use super::{handle, table, touch};
use crate::graph::space::{KeyPart, Range, RangeError, Table};

fn indices(table: &Table, ranges: &[Range]) -> Vec<Vec<i64>> {
    let mut indices = Vec::new();
    table.slice(ranges, |index| indices.push(index.to_vec())).unwrap();
    assert_eq!(table.count(ranges), Ok(indices.len() as u64));
    indices
}

/// The keys a view visits, given that handles are element numbers + 1.
fn viewed(table: &Table, ranges: &[Range]) -> Vec<String> {
    let mut keys = Vec::new();
    table
        .view(ranges, |handle| {
            keys.push(table.key_of(handle - 1).unwrap().to_string());
        })
        .unwrap();
    keys
}

fn by(start: Option<i64>, stop: Option<i64>, step: i64) -> Range {
    Range { start, stop, step }
}

#[test]
fn a_slice_is_row_major() {
    let t = table(2, None, Some(&[3, 10]));
    assert_eq!(
        indices(&t, &[Range::new(1, 9), by(Some(2), Some(8), 3)]),
        [[1, 2], [1, 5], [2, 2], [2, 5]]
    );
    assert_eq!(indices(&t, &[Range::at(2), by(None, None, 9)]), [[2, 0], [2, 9]]);
}

#[test]
fn a_slice_is_clamped_to_the_bounds() {
    let t = table(1, Some(&[-2]), Some(&[5]));
    assert_eq!(indices(&t, &[Range::new(-9, 99)]), [[-2], [-1], [0], [1], [2]]);
    assert!(indices(&t, &[Range::new(2, 1)]).is_empty());
    assert!(indices(&t, &[Range::new(7, 9)]).is_empty());
    assert!(indices(&t, &[by(None, Some(i64::MIN), 1)]).is_empty());
}

#[test]
fn an_open_stop_without_upper_bound_creates_nothing() {
    let t = table(2, None, Some(&[-1, 4]));
    assert!(indices(&t, &[Range::ALL, Range::ALL]).is_empty());
    assert!(indices(&t, &[by(Some(2), None, 1), Range::ALL]).is_empty());
    assert_eq!(indices(&t, &[Range::new(2, 3), Range::ALL]).len(), 4);
}

#[test]
fn an_open_stop_without_upper_bound_views_everything() {
    let t = table(1, None, None);
    for i in [5, 1, 1 << 40, 9] {
        touch(&t, &[i]).unwrap();
    }
    assert_eq!(viewed(&t, &[Range::ALL]), ["1", "5", "9", "1099511627776"]);
    assert_eq!(viewed(&t, &[by(Some(5), None, 4)]), ["5", "9"]);
}

#[test]
fn a_count_of_more_than_can_be_counted_saturates() {
    let huge = &[i64::MAX, i64::MAX, i64::MAX][..];
    let t = table(3, None, Some(huge));
    assert_eq!(t.count(&[Range::ALL; 3]), Ok(u64::MAX));
    let none = [Range::ALL, Range::ALL, Range::new(3, 3)];
    assert_eq!(t.count(&none), Ok(0));
    let t = table(1, Some(&[i64::MIN]), None);
    assert_eq!(t.count(&[by(None, Some(i64::MAX), 1)]), Ok(u64::MAX));
    assert_eq!(t.count(&[by(None, Some(i64::MAX), i64::MAX)]), Ok(3), "MIN, -1, MAX - 1");
}

#[test]
fn a_sparse_view_is_in_index_order_not_in_insertion_order() {
    let t = table(2, Some(&[-10, 0]), None);
    for index in [[7, 0], [-3, 9], [0, 5], [-3, 2]] {
        touch(&t, &index).unwrap();
    }
    assert_eq!(viewed(&t, &[Range::ALL, Range::ALL]), ["-3,2", "-3,9", "0,5", "7,0"]);
    assert_eq!(viewed(&t, &[Range::new(-5, 1), Range::at(5)]), ["0,5"]);
}

#[test]
fn a_view_by_look_up_and_a_view_by_walk_agree() {
    // Many elements: fewer indices in the slice than elements. Then the other way round.
    for elements in [5, 3000] {
        for shape in [None, Some(&[-1, 60][..]), Some(&[60, 60])] {
            let t = table(2, None, shape);
            for n in 0..elements {
                touch(&t, &[n % 60, n / 60]).unwrap();
            }
            let ranges = [by(Some(1), Some(40), 2), by(None, Some(3), 1)];
            let mut expected: Vec<_> = indices(&t, &ranges);
            expected.retain(|index| t.get(index).is_some());
            let expected: Vec<_> =
                expected.iter().map(|index| format!("{},{}", index[0], index[1])).collect();
            assert_eq!(viewed(&t, &ranges), expected);
        }
    }
}

#[test]
fn keys_with_strings_are_in_no_range() {
    let t = table(2, None, None);
    let key = [KeyPart::Str("cpu"), KeyPart::Int(0)];
    assert!(handle(t.get_key_or_insert_with(&key, |e| e + 1, |_| {})).is_some());
    touch(&t, &[0, 0]).unwrap();
    assert_eq!(viewed(&t, &[Range::ALL, Range::ALL]), ["0,0"]);
}

#[test]
fn wrong_ranges_are_refused() {
    let t = table(2, None, None);
    assert_eq!(t.count(&[Range::ALL]), Err(RangeError::Dimensions { expected: 2, found: 1 }));
    for step in [0, -1] {
        let ranges = [Range::ALL, by(None, None, step)];
        let refused = Err(RangeError::Step { dim: 1, step });
        assert_eq!(t.view(&ranges, |_| {}), refused);
        assert_eq!(t.slice(&ranges, |_| {}), refused);
    }
}

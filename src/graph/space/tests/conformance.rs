//! Parla's own cases for task spaces (S1 to S8 of its test-suite), at the level of the table.

use super::{names, table, touch};
use crate::graph::space::{Range, Table};

/// Creates every element of a slice; returns their handles.
fn create(table: &Table, ranges: &[Range]) -> Vec<u64> {
    let mut handles = Vec::new();
    table.slice(ranges, |index| handles.extend(touch(table, index))).unwrap();
    handles
}

#[test]
fn s1_elements_of_one_dimension_are_named_and_counted() {
    let t = table(1, None, None);
    for i in 0..100 {
        touch(&t, &[i]).unwrap();
    }
    assert_eq!(t.len(), 100);
    assert!(names(&t).into_iter().eq((0..100).map(|i| i.to_string())));
}

#[test]
fn s2_elements_of_two_dimensions_are_named() {
    let t = table(2, None, None);
    touch(&t, &[3, 4]).unwrap();
    touch(&t, &[0, 7]).unwrap();
    assert_eq!(names(&t), ["3,4", "0,7"]);
    let t = table(2, None, Some(&[5, 10]));
    touch(&t, &[3, 4]).unwrap();
    touch(&t, &[0, 7]).unwrap();
    assert_eq!(names(&t), ["0,7", "3,4"]);
}

#[test]
fn s3_a_slice_with_a_stop_creates_its_elements() {
    let t = table(1, None, None);
    assert_eq!(create(&t, &[Range::new(0, 10)]).len(), 10);
    assert_eq!(t.len(), 10);
}

#[test]
fn s4_the_same_slice_gives_the_same_handles() {
    let t = table(1, None, None);
    let first = create(&t, &[Range::new(0, 10)]);
    assert_eq!(create(&t, &[Range::new(0, 10)]), first);
    assert_eq!(t.len(), 10);
}

#[test]
fn s5_a_view_has_existing_elements_only() {
    for shape in [None, Some(&[100][..])] {
        let t = table(1, None, shape);
        let made = create(&t, &[Range::new(2, 5)]);
        let mut seen = Vec::new();
        t.view(&[Range::new(0, 50)], |handle| seen.push(handle)).unwrap();
        assert_eq!(seen, made);
        assert_eq!(t.len(), 3);
    }
}

#[test]
fn s6_a_full_slice_of_a_shape_is_the_shape() {
    let t = table(2, None, Some(&[6, 7]));
    assert_eq!(create(&t, &[Range::ALL, Range::ALL]).len(), 42);
    assert_eq!(t.len(), 42);
}

#[test]
fn s7_the_default_start_drops_negative_indices() {
    let t = table(1, None, None);
    assert_eq!(create(&t, &[Range::new(-2, 3)]).len(), 3);
    assert_eq!(names(&t), ["0", "1", "2"]);
}

#[test]
fn s8_a_start_of_minus_two_keeps_two_negative_indices() {
    let t = table(1, Some(&[-2]), None);
    assert_eq!(create(&t, &[Range::new(-5, 3)]).len(), 5);
    assert_eq!(names(&t), ["-2", "-1", "0", "1", "2"]);
}

//! What is inside a space and what is not.

use super::{handle, table, touch};
use crate::graph::space::{Bounds, BoundsError, KeyPart, MAX_DIMS};

#[test]
fn one_past_the_end_is_outside() {
    let t = table(1, None, Some(&[10]));
    assert!(touch(&t, &[9]).is_some());
    assert_eq!(touch(&t, &[10]), None);
    assert_eq!(t.get(&[10]), None);
    let t = table(2, None, Some(&[3, 4]));
    assert!(touch(&t, &[2, 3]).is_some());
    assert_eq!(touch(&t, &[2, 4]), None);
    assert_eq!(touch(&t, &[3, 0]), None);
}

#[test]
fn the_predecessor_of_the_first_element_is_outside() {
    for shape in [None, Some(&[10][..])] {
        let t = table(1, None, shape);
        let i = 0;
        assert_eq!(touch(&t, &[i - 1]), None);
        assert_eq!(t.get(&[i - 1]), None);
        assert!(t.is_empty());
    }
}

#[test]
fn a_lower_bound_below_zero_shifts_the_space() {
    let t = table(1, Some(&[-2]), Some(&[4]));
    let inside: Vec<i64> = (-5..5).filter(|&i| touch(&t, &[i]).is_some()).collect();
    assert_eq!(inside, [-2, -1, 0, 1]);
}

#[test]
fn an_index_of_another_number_of_dimensions_is_outside() {
    for shape in [None, Some(&[4, 4][..])] {
        let t = table(2, None, shape);
        for index in [&[][..], &[1], &[1, 1, 1], &[0; MAX_DIMS + 1]] {
            assert_eq!(touch(&t, index), None);
            assert_eq!(t.get(index), None);
            let key: Vec<_> = index.iter().map(|&i| KeyPart::Int(i)).collect();
            assert_eq!(t.get_key(&key), None);
            assert_eq!(handle(t.get_key_or_insert_with(&key, |_| 1, |_| {})), None);
        }
    }
}

#[test]
fn an_empty_dimension_empties_the_space() {
    for shape in [&[0, 5][..], &[5, 0], &[-1, 0], &[0, -1], &[0, i64::MAX]] {
        let t = table(2, None, Some(shape));
        assert_eq!(touch(&t, &[0, 0]), None);
    }
}

#[test]
fn the_ends_of_the_integers_are_indices_like_others() {
    let t = table(1, Some(&[i64::MIN]), None);
    for i in [i64::MIN, -1, 0, i64::MAX] {
        let made = touch(&t, &[i]);
        assert!(made.is_some());
        assert_eq!(t.get(&[i]), made);
    }
    let t = table(1, Some(&[i64::MAX - 1]), None);
    assert_eq!(touch(&t, &[i64::MIN]), None);
    assert!(touch(&t, &[i64::MAX - 1]).is_some());
    assert!(touch(&t, &[i64::MAX]).is_some());
    assert_eq!(t.len(), 2);
}

#[test]
fn eight_dimensions_number_their_elements_row_major() {
    let t = table(8, None, Some(&[2, 3, 2, 3, 2, 3, 2, 3]));
    assert_eq!(touch(&t, &[0; 8]), Some(1));
    assert_eq!(touch(&t, &[0, 0, 0, 0, 0, 0, 1, 2]), Some(6));
    assert_eq!(touch(&t, &[1, 2, 1, 2, 1, 2, 1, 2]), Some(1296));
    assert_eq!(t.key_of(1295).unwrap().to_string(), "1,2,1,2,1,2,1,2");
    assert!(t.key_of(1296).is_none());
}

#[test]
fn unbounded_rows_are_numbered_row_major() {
    let t = table(2, Some(&[0, -1]), Some(&[-1, 10]));
    assert_eq!(touch(&t, &[3, 4]), Some(36));
    assert_eq!(t.key_of(35).unwrap().to_string(), "3,4");
    assert_eq!(touch(&t, &[3, 9]), None);
}

#[test]
fn wrong_bounds_are_refused() {
    let refused = |ndim, lower, shape| Bounds::new(ndim, lower, shape).unwrap_err();
    assert_eq!(refused(0, None, None), BoundsError::Dimensions(0));
    assert_eq!(refused(9, None, None), BoundsError::Dimensions(9));
    assert_eq!(refused(2, Some(&[1]), None), BoundsError::Length { expected: 2, found: 1 });
    assert_eq!(refused(2, None, Some(&[3, -2])), BoundsError::Shape { dim: 1, extent: -2 });
    assert_eq!(refused(1, Some(&[1]), Some(&[i64::MAX])), BoundsError::Overflow { dim: 0 });
    assert!(Bounds::new(1, Some(&[0]), Some(&[i64::MAX])).is_ok());
    assert!(Bounds::new(1, Some(&[i64::MIN]), Some(&[i64::MAX])).is_ok());
}

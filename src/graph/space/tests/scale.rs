//! Many elements, and spaces of which only a little is touched.

use super::{table, touch};
use crate::graph::space::Range;

const MANY: i64 = if cfg!(miri) { 1000 } else { 1_000_000 };

#[test]
fn a_million_elements_in_a_growing_space() {
    let t = table(1, None, None);
    for i in 0..MANY {
        assert_eq!(touch(&t, &[i]), Some(i as u64 + 1));
    }
    assert!((0..MANY).all(|i| t.get(&[i]) == Some(i as u64 + 1)));
    assert_eq!(t.len(), MANY as u64);
    assert_eq!(t.get(&[MANY]), None);
}

#[test]
fn a_million_elements_in_a_sparse_space() {
    let t = table(2, None, None);
    let index = |i: i64| [i * 7919, -(i % 3) + 5];
    for i in 0..MANY {
        touch(&t, &index(i)).unwrap();
    }
    assert_eq!(t.len(), MANY as u64);
    let mut next = 0;
    t.for_each(|element, handle| {
        assert_eq!(t.get(&index(next)), Some(handle));
        assert_eq!(element + 1, handle);
        next += 1;
    });
    let mut viewed = 0;
    t.view(&[Range::ALL, Range::at(5)], |_| viewed += 1).unwrap();
    assert_eq!(viewed, (MANY + 2) / 3);
}

#[test]
fn a_space_costs_what_is_touched_of_it() {
    // 2^32 and 2^40 indices, both too many to keep; the first numbered, the second not.
    for side in [1 << 16, 1 << 20] {
        let t = table(2, None, Some(&[side, side]));
        let corners = [[0, 0], [0, side - 1], [side - 1, 0], [side - 1, side - 1]];
        let made: Vec<_> = corners.iter().map(|corner| touch(&t, corner)).collect();
        for (corner, made) in corners.iter().zip(made) {
            assert!(made.is_some());
            assert_eq!(t.get(corner), made);
        }
        assert_eq!(touch(&t, &[side, 0]), None);
        assert_eq!(t.len(), 4);
        let mut viewed = 0;
        t.view(&[Range::ALL, Range::at(0)], |_| viewed += 1).unwrap();
        assert_eq!(viewed, 2);
    }
}

#[test]
fn a_growing_space_goes_on_past_its_dense_part() {
    let t = table(2, Some(&[-4, 0]), Some(&[-1, 3]));
    for row in [-4, 100, (1 << 24) / 3, 1 << 24, i64::MAX] {
        for column in 0..3 {
            let made = touch(&t, &[row, column]);
            assert!(made.is_some());
            assert_eq!(t.get(&[row, column]), made);
        }
        assert_eq!(touch(&t, &[row, 3]), None);
    }
    assert_eq!(t.len(), 15);
    let mut viewed = Vec::new();
    t.view(&[Range::ALL, Range::at(1)], |handle| {
        viewed.push(t.key_of(handle - 1).unwrap().to_string());
    })
    .unwrap();
    assert_eq!(viewed, ["-4,1", "100,1", "5592405,1", "16777216,1", "9223372036854775807,1"]);
}

#[test]
fn a_make_that_gives_nothing_leaves_the_element_as_it_was() {
    for shape in [None, Some(&[4, 4][..])] {
        let t = table(2, None, shape);
        let nothing = t.get_or_insert_with(&[1, 1], |_| 0, |_| unreachable!());
        assert_eq!(super::handle(nothing), Some(0));
        assert_eq!(t.get(&[1, 1]), None);
        assert!(t.is_empty());
        assert!(touch(&t, &[1, 1]).is_some_and(|handle| handle != 0));
        assert_eq!(t.len(), 1);
    }
}

//! Keys with strings in them, and names.

use super::{handle, names, table, touch};
use crate::graph::space::{KeyPart, OwnedKey, Table};

fn touch_key(table: &Table, key: &[KeyPart<'_>]) -> Option<u64> {
    handle(table.get_key_or_insert_with(key, |element| element + 1, |_| unreachable!()))
}

#[test]
fn a_string_may_stand_in_any_dimension() {
    for shape in [None, Some(&[4, 4][..])] {
        let t = table(2, None, shape);
        let keys: [&[KeyPart<'_>]; 3] =
            [&["cpu".into(), 3.into()], &[3.into(), "cpu".into()], &["cpu".into(), "".into()]];
        for key in keys {
            assert_eq!(t.get_key(key), None);
            let made = touch_key(&t, key);
            assert!(made.is_some());
            assert_eq!(touch_key(&t, key), made);
            assert_eq!(t.get_key(key), made);
        }
        assert_eq!(names(&t), ["cpu,3", "3,cpu", "cpu,"]);
    }
}

#[test]
fn integers_in_a_mixed_key_obey_their_bounds() {
    let t = table(2, None, Some(&[4, 6]));
    assert!(touch_key(&t, &["cpu".into(), 5.into()]).is_some());
    assert_eq!(touch_key(&t, &["cpu".into(), 6.into()]), None);
    assert_eq!(touch_key(&t, &[4.into(), "cpu".into()]), None);
    assert_eq!(touch_key(&t, &[(-1).into(), "cpu".into()]), None);
}

#[test]
fn a_key_of_integers_is_the_index() {
    for shape in [None, Some(&[4, 4][..]), Some(&[-1, 4])] {
        let t = table(2, None, shape);
        let made = touch(&t, &[2, 3]);
        assert_eq!(t.get_key(&[2.into(), 3.into()]), made);
        assert_eq!(touch_key(&t, &[2.into(), 3.into()]), made);
        assert_eq!(touch_key(&t, &[1.into(), 3.into()]), touch(&t, &[1, 3]));
        assert_eq!(t.len(), 2);
    }
}

#[test]
fn a_digit_string_is_not_an_integer() {
    let t = table(1, None, None);
    assert_ne!(touch(&t, &[3]), touch_key(&t, &["3".into()]));
    assert_eq!(t.len(), 2);
}

#[test]
fn strings_that_differ_past_the_first_words_are_different_keys() {
    let t = table(1, None, None);
    let long = "x".repeat(40);
    for len in 0..40 {
        assert!(touch_key(&t, &[long[..len].into()]).is_some());
    }
    assert!(touch_key(&t, &["\0".into()]).is_some());
    assert_eq!(t.len(), 41);
}

#[test]
fn numbers_that_were_not_given_out_have_no_key() {
    let t = table(1, None, Some(&[3]));
    assert_eq!(t.key_of(2).unwrap().to_string(), "2");
    for element in [3, 1 << 32, 1 << 33, u64::MAX] {
        assert!(t.key_of(element).is_none(), "{element}");
    }
}

#[test]
fn an_owned_key_gives_its_parts_back() {
    let parts = [KeyPart::Str("cpu"), KeyPart::Int(-3)];
    let key = OwnedKey::new(&parts);
    assert!(key.parts().eq(parts));
    assert_eq!(key.to_string(), "cpu,-3");
}

//! Many threads on one table.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::table;
use crate::graph::space::cells::CHUNK;
use crate::graph::space::{Outcome, Table};

const THREADS: usize = if cfg!(miri) { 3 } else { 8 };
const ELEMENTS: i64 = if cfg!(miri) { 40 } else { 20_000 };

/// All threads create all elements, from different starting points; each handle made is new.
fn agree(t: &Table, index: impl Fn(i64) -> [i64; 2] + Sync) {
    let ndim = t.bounds().ndim();
    let next = AtomicU64::new(1);
    let discarded = AtomicU64::new(0);
    let start = Barrier::new(THREADS);
    let seen: Vec<Vec<u64>> = thread::scope(|scope| {
        let work = |n: usize| {
            let (next, discarded, start, index) = (&next, &discarded, &start, &index);
            move || {
                start.wait();
                let mut seen = vec![0; ELEMENTS as usize];
                let first = n as i64 % 2 * (ELEMENTS / 2);
                for i in (first..ELEMENTS).chain(0..first) {
                    let outcome = t.get_or_insert_with(
                        &index(i)[..ndim],
                        |_| next.fetch_add(1, Ordering::Relaxed),
                        |_| {
                            discarded.fetch_add(1, Ordering::Relaxed);
                        },
                    );
                    let Outcome::Handle(handle) = outcome else {
                        panic!("{i} is inside");
                    };
                    seen[i as usize] = handle;
                }
                seen
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|n| scope.spawn(work(n))).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
    let mut distinct = seen[0].clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ELEMENTS as usize);
    assert_eq!(t.len(), ELEMENTS as u64);
    let made = next.into_inner() - 1;
    assert_eq!(made, ELEMENTS as u64 + discarded.into_inner());
}

#[test]
fn threads_agree_in_a_bounded_space() {
    agree(&table(1, None, Some(&[ELEMENTS])), |i| [i, 0]);
}

#[test]
fn threads_agree_in_a_growing_space() {
    agree(&table(1, None, None), |i| [i, 0]);
}

#[test]
fn threads_agree_in_a_sparse_space() {
    agree(&table(2, None, None), |i| [i * 31, i]);
}

#[test]
fn threads_agree_where_every_element_needs_a_chunk() {
    let side = CHUNK as i64;
    agree(&table(2, None, Some(&[ELEMENTS, side])), |i| [i, 0]);
}

#[test]
fn walks_go_on_while_others_insert() {
    for t in [table(1, None, None), table(2, None, None)] {
        let ndim = t.bounds().ndim();
        let inserting = AtomicU64::new(THREADS as u64 - 1);
        thread::scope(|scope| {
            for n in 0..THREADS as i64 - 1 {
                let (t, inserting) = (&t, &inserting);
                scope.spawn(move || {
                    for i in 0..ELEMENTS {
                        let index = [i * (THREADS as i64 - 1) + n, 0];
                        let made = t.get_or_insert_with(&index[..ndim], |e| e + 1, |_| {});
                        assert_ne!(made, Outcome::Outside);
                    }
                    // Release pairs with the Acquire below: the last walk sees every element.
                    inserting.fetch_sub(1, Ordering::Release);
                });
            }
            scope.spawn(|| {
                let mut last = 0;
                loop {
                    // Acquire pairs with the Release above.
                    let over = inserting.load(Ordering::Acquire) == 0;
                    let mut seen = 0;
                    t.for_each(|element, handle| {
                        assert_eq!(handle, element + 1);
                        seen += 1;
                    });
                    assert!(seen >= last, "elements do not go away");
                    last = seen;
                    t.for_each_pending(|_| true, |_| unreachable!());
                    if over {
                        break;
                    }
                }
                assert_eq!(last, t.len());
            });
        });
        assert_eq!(t.len(), (ELEMENTS * (THREADS as i64 - 1)) as u64);
    }
}

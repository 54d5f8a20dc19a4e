//! Every interleaving of a few operations, under loom.

use std::sync::Arc as StdArc;
use std::sync::atomic::AtomicBool;

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use super::{handle, table};

#[test]
fn two_creators_agree_and_the_loser_discards() {
    for ndim in [1, 2] {
        loom::model(move || {
            let t = Arc::new(table(ndim, None, None));
            let create = move |t: &super::Table, mine: u64| {
                let mut discarded = 0;
                let index = [0; 2];
                let got = t.get_or_insert_with(
                    &index[..ndim as usize],
                    |_| mine,
                    |loser| discarded = loser,
                );
                (handle(got).unwrap(), discarded)
            };
            let other = {
                let t = t.clone();
                thread::spawn(move || create(&t, 1))
            };
            let (here, mine) = create(&t, 2);
            let (there, theirs) = other.join().unwrap();
            assert_eq!(here, there);
            assert!(mine != here && theirs != here);
        });
    }
}

#[test]
fn who_skips_a_done_chunk_sees_the_work() {
    let skipped = StdArc::new(AtomicBool::new(false));
    let skipped_once = skipped.clone();
    loom::model(move || {
        let t = Arc::new(table(1, None, Some(&[1])));
        let result = Arc::new(AtomicU64::new(0));
        assert!(super::touch(&t, &[0]).is_some());
        // This thread does the work, so it knows that it is done. The reader knows nothing: it finds
        // nothing pending only where it skips the chunk on this one's word. (Not the other way
        // round: loom's search starts with this thread and then does not come to the skip.)
        let reader = {
            let (t, result, skipped) = (t.clone(), result.clone(), skipped.clone());
            thread::spawn(move || {
                let mut pending = 0;
                t.for_each_pending(|_| false, |_| pending += 1);
                if pending == 0 {
                    skipped.store(true, Ordering::Relaxed);
                    assert_eq!(result.load(Ordering::Relaxed), 7);
                }
            })
        };
        result.store(7, Ordering::Relaxed);
        t.for_each_pending(|_| true, |_| unreachable!());
        reader.join().unwrap();
    });
    assert!(skipped_once.load(Ordering::Relaxed));
}

#[test]
fn who_gets_a_handle_sees_what_its_maker_wrote() {
    for ndim in [1, 2] {
        loom::model(move || {
            let t = Arc::new(table(ndim, None, None));
            let record = Arc::new(AtomicU64::new(0));
            let maker = {
                let (t, record) = (t.clone(), record.clone());
                thread::spawn(move || {
                    let make = |_| {
                        record.store(7, Ordering::Relaxed);
                        1
                    };
                    let index = &[0; 2][..ndim as usize];
                    let made = t.get_or_insert_with(index, make, |_| unreachable!());
                    assert_eq!(handle(made), Some(1));
                })
            };
            if t.get(&[0; 2][..ndim as usize]).is_some() {
                assert_eq!(record.load(Ordering::Relaxed), 7);
            }
            maker.join().unwrap();
        });
    }
}

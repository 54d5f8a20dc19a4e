//! The idle protocol under loom. A wake-up that is lost is a deadlock, which loom finds: each worker of a
//! model takes one task and is busy from then on, so all of them are needed. README.md says what breaks
//! each of these.
//!
//! [`Sleep`], the seats and the parkers are the real ones. The queue is the weakest one that a deque may
//! be: a task is put there by a Release store and orders nothing else.

use super::Sleep;
use crate::scheduler::inbox::{Letter, Tray};
use crate::scheduler::seat::Seat;
use crate::sync::Parker;
use crate::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};
use loom::sync::Arc;
use loom::thread;

/// Runs a model with at most `preemptions` of them, or as many as LOOM_MAX_PREEMPTIONS says.
fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(model);
}

/// Two devices, workers that all serve device 0, and a queue of two tasks.
struct Pool {
    sleep: Sleep,
    parkers: [Parker; 2],
    tasks: [AtomicBool; 2],
    /// Whether the tasks are for device 0 alone.
    bound: bool,
}

impl Pool {
    fn new(bound: bool) -> Arc<Pool> {
        Arc::new(Pool {
            sleep: Sleep::new(2),
            parkers: Default::default(),
            tasks: Default::default(),
            bound,
        })
    }

    fn wake(&self) -> impl Fn(u32) {
        |seat| {
            self.parkers[seat as usize].unpark();
        }
    }

    /// As `runtime/ready::offer`.
    fn push(&self, task: usize) {
        self.tasks[task].store(true, Release);
        self.offer();
    }

    fn offer(&self) {
        if self.sleep.anyone_idle() {
            self.notify();
        }
    }

    fn notify(&self) {
        self.sleep.notify(if self.bound { &[0] } else { &[0, 1] }, self.wake());
    }

    /// As `push`, when somebody has been seen to be idle: without the light fence of that look, which loom
    /// takes for a full one, although no searcher may count on it.
    fn push_to_idle(&self, task: usize) {
        self.tasks[task].store(true, Release);
        self.notify();
    }

    fn any_work(&self) -> bool {
        self.tasks.iter().any(|task| task.load(Acquire))
    }

    fn take(&self) -> bool {
        // A look first, as a thief does: that may miss what is just being put there.
        self.tasks.iter().any(|task| task.load(Acquire) && task.swap(false, Acquire))
    }

    fn end_search(&self) {
        let bound = || self.bound && self.any_work();
        let free = || !self.bound && self.any_work();
        self.sleep.end_search(0, bound, free, &[0, 1], self.wake());
    }

    /// As `runtime/worker::search`: until it has a task.
    fn search(&self, seat: u32) {
        self.sleep.start_search(0);
        loop {
            if self.take() {
                return self.end_search();
            }
            self.sleep.fall_asleep(0, seat);
            if !self.any_work() {
                self.parkers[seat as usize].park(None);
            }
            self.sleep.stay_awake(0, seat);
        }
    }
}

fn spawn(pool: &Arc<Pool>, f: impl FnOnce(&Pool) + 'static) -> thread::JoinHandle<()> {
    let pool = Arc::clone(pool);
    thread::spawn(move || f(&pool))
}

#[test]
fn a_worker_about_to_sleep_gets_the_task() {
    check(4, || {
        let pool = Pool::new(false);
        let worker = spawn(&pool, |pool| pool.search(0));
        pool.push(0);
        worker.join().unwrap();
        assert!(!pool.any_work());
    });
}

#[test]
fn two_searchers_get_a_task_each() {
    check(2, || {
        let pool = Pool::new(false);
        let workers = [0, 1].map(|seat| spawn(&pool, move |pool| pool.search(seat)));
        pool.push(0);
        pool.push(1);
        workers.into_iter().for_each(|w| w.join().unwrap());
        assert!(!pool.any_work());
    });
}

#[test]
fn who_spawns_relies_on_a_searcher_that_finds_something_else() {
    check(3, || {
        let pool = Pool::new(false);
        // Task 0 is there before, so the other one is all there is to spawn.
        pool.tasks[0].store(true, Relaxed);
        let sleeper = spawn(&pool, |pool| pool.search(1));
        let spawner = spawn(&pool, |pool| pool.push_to_idle(1));
        pool.search(0);
        sleeper.join().unwrap();
        spawner.join().unwrap();
        assert!(!pool.any_work());
    });
}

#[test]
fn who_spawns_relies_on_a_searcher_that_is_called_away() {
    check(3, || {
        let pool = Pool::new(false);
        let sleeper = spawn(&pool, |pool| pool.search(1));
        let called = spawn(&pool, |pool| {
            pool.sleep.start_search(0);
            pool.end_search();
        });
        pool.push_to_idle(0);
        called.join().unwrap();
        sleeper.join().unwrap();
    });
}

#[test]
fn a_searcher_of_another_device_does_not_stand_for_one_of_this() {
    check(3, || {
        let pool = Pool::new(true);
        pool.sleep.start_search(1); // Somebody who never finds anything.
        pool.tasks[0].store(true, Relaxed);
        let sleeper = spawn(&pool, |pool| pool.search(1));
        let spawner = spawn(&pool, |pool| pool.push_to_idle(1));
        pool.search(0);
        sleeper.join().unwrap();
        spawner.join().unwrap();
    });
}

#[test]
fn what_a_busy_thief_carries_off_is_offered_again() {
    check(4, || {
        let pool = Pool::new(false);
        pool.tasks[0].store(true, Relaxed);
        let worker = spawn(&pool, |pool| pool.search(0));
        // A thief that does not count as a searcher. It runs the first of its tasks for long; the other one
        // is in no deque for a moment.
        if pool.tasks[0].swap(false, Acquire) {
            pool.push(1);
        }
        worker.join().unwrap();
        assert!(!pool.any_work());
    });
}

/// A letter that stays.
fn letter() -> &'static Letter {
    Box::leak(Box::default())
}

/// As `runtime/wait/task::deliver`, from another thread.
fn deliver(seat: &Seat) {
    // SAFETY: the letter is new, and stays.
    unsafe { seat.deliver(letter()) }
}

/// As `runtime/worker`: `look_up` and `rest`, until so many letters have come.
fn serve(seat: &Seat, tray: &Tray, letters: usize) {
    let mut delivered = 0;
    while delivered < letters {
        if seat.heed() || !tray.is_empty() {
            delivered += usize::from(!tray.take(&seat.post.inbox).is_null());
        } else if !seat.post.attention.load(Acquire) {
            seat.post.parker.park(None);
        }
    }
}

#[test]
fn a_call_reaches_a_thread_that_clears_its_flag() {
    check(4, || {
        let seat = Arc::new(Seat::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let stopper = {
            let (seat, stop) = (Arc::clone(&seat), Arc::clone(&stop));
            thread::spawn(move || {
                stop.store(true, Relaxed);
                seat.call();
            })
        };
        let other = {
            let seat = Arc::clone(&seat);
            thread::spawn(move || deliver(&seat))
        };
        // As `runtime/worker`: `look_up` and `rest`; it also has itself look once more, as `search` does.
        let tray = Tray::default();
        let mut delivered = false;
        loop {
            if seat.heed() {
                if !tray.take(&seat.post.inbox).is_null() {
                    delivered = true;
                    seat.remind();
                    continue;
                }
                if delivered && stop.load(Relaxed) {
                    break;
                }
            }
            if !seat.post.attention.load(Acquire) {
                seat.post.parker.park(None);
            }
        }
        stopper.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn who_finds_a_letter_in_the_inbox_need_not_call() {
    check(3, || {
        let seat = Arc::new(Seat::new(0));
        let others = [(); 2].map(|()| {
            let seat = Arc::clone(&seat);
            thread::spawn(move || deliver(&seat))
        });
        serve(&seat, &Tray::default(), 2);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn a_letter_is_not_forgotten_over_those_of_the_thread_itself() {
    check(4, || {
        let seat = Arc::new(Seat::new(0));
        let other = {
            let seat = Arc::clone(&seat);
            thread::spawn(move || deliver(&seat))
        };
        let tray = Tray::default();
        // SAFETY: the letters are new, and stay.
        (0..2).for_each(|_| unsafe { tray.put(letter()) });
        serve(&seat, &tray, 3);
        other.join().unwrap();
    });
}

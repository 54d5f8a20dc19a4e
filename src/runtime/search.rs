//! A worker without work: it looks everywhere for a while, steps aside if it only gets in the way, and sleeps.

use super::local::Local;
use super::worker::Lent;
use super::{quiesce, ready, stall};
use crate::graph::Slot;
use crate::scheduler::queues::Taker;
use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use std::time::Instant;

/// Looks everywhere, for a while; sleeps if there is nothing. A task, or nothing yet. `lent`: the thread is one of the host,
/// and this says whether it wants itself back.
pub fn search(local: &Local, lent: Option<&dyn Fn() -> Lent>) -> Option<Slot> {
    let runtime = &*local.runtime;
    let (queues, sleep) = (&runtime.queues, &runtime.sleep);
    let (seat, device) = (local.seat(), local.device.get());
    let taker = Taker { has_just_run: true, ..local.taker() };
    let wake = |other: u32| {
        queues.seat(other).post.parker.unpark();
    };
    if stand_aside(local, false, || {}) {
        return None;
    }
    if let Some(slot) = queues.next_shared(&taker) {
        local.patience.found_at_once();
        ready::share_all(local); // As in `look_around`.
        return Some(slot);
    }
    quiesce::poke(runtime); // Whoever waits for everything need not wait for the search to end.
    let end_search = || {
        let bound = || queues.bound_work(device);
        sleep.end_search(
            device,
            bound,
            || queues.free_work(),
            &queues.order[device as usize],
            wake,
        );
    };
    sleep.start_search(device);
    let begun = Instant::now();
    local.patience.begin(begun);
    loop {
        let begun = Instant::now();
        let finds = sleep.finds();
        if stand_aside(local, true, end_search) {
            return None;
        }
        if (local.patience.others_found(finds) || sleep.others_work(runtime.workers))
            && let Some(nap) = local.patience.nap(finds)
        {
            sleep.begin_nap();
            end_search();
            seat.post.parker.park(Some(begun + nap));
            sleep.end_nap();
            return None;
        }
        let is_crowded = local.patience.is_crowded(begun, queues.spawned_here(seat));
        let most = if is_crowded { runtime.config.spin / 8 } else { runtime.config.spin };
        let found = look_until(local, begun + most);
        let now = Instant::now();
        local.patience.look(begun, now);
        match found {
            Found::Task(slot) => {
                local.patience.found(now);
                sleep.note_find();
                end_search();
                ready::share_all(local);
                return Some(slot);
            }
            Found::Attention => {
                end_search();
                return None;
            }
            Found::Nothing => {}
        }
        if let Some(slot) = queues.steal_by_force(&local.taker()) {
            local.patience.found(now);
            sleep.note_find();
            end_search();
            ready::share_all(local);
            return Some(slot);
        }
        if queues.any_work(device) {
            continue; // Its owner shows it soon, or is stuck.
        }
        // A thread of the host looks itself, also at stalls that have been reported: nobody calls it.
        if let Some(done) = lent {
            let verdict = done();
            let blocks = local.fibers.blocked.get() > 0;
            if blocks && verdict == Lent::Hopeless {
                stall::end_waits_here(local);
            }
            if verdict == Lent::Hopeless || (verdict == Lent::Done && !blocks) {
                end_search();
                seat.remind();
                return None;
            }
        }
        sleep.fall_asleep(device, seat.index);
        let is_called = seat.post.attention.load(Acquire) || local.fibers.has_arrived();
        if !queues.any_work(device) && !is_called {
            quiesce::poke(runtime);
            let watch = stall::idle_deadline(local);
            let again = if lent.is_some() { stall::next_look(runtime) } else { None };
            let deadline = [local.fibers.next_deadline(), watch, again].into_iter().flatten().min();
            let called = seat.sleep(deadline);
            local.patience.clear();
            sleep.stay_awake(device, seat.index);
            if !called {
                if watch.is_some() {
                    stall::idle_check(local);
                }
                end_search();
                seat.remind();
                return None; // Timers, and another look around.
            }
        } else {
            sleep.stay_awake(device, seat.index);
        }
    }
}

/// Leaves the processor for a while to a thread of the host that spawns on it, if the other workers do without this one.
/// Whether it has. `searches`: it counts as a searcher, until `leave`.
fn stand_aside(local: &Local, searches: bool, leave: impl FnOnce()) -> bool {
    let (runtime, seat) = (&*local.runtime, local.seat());
    let (queues, sleep) = (&runtime.queues, &runtime.sleep);
    let here = queues.spawned_here(seat);
    if here == 0 || local.is_lent.get() || queues.bound_work(local.device.get()) {
        return false;
    }
    let now = Instant::now();
    if !local.patience.is_crowded(now, here) {
        return false;
    }
    let is_relieved = sleep.idle() > u64::from(searches);
    let (spawned, completed) = quiesce::counts(runtime);
    let by_others = completed - seat.own.completed.load(Relaxed);
    let in_flight = spawned.saturating_sub(completed);
    let Some(nap) = local.patience.stand_aside(now, in_flight, by_others, is_relieved) else {
        return false;
    };
    leave();
    quiesce::poke(runtime);
    sleep.begin_nap();
    seat.own.aside.store(true, Relaxed);
    seat.post.parker.park(Some(now + nap));
    seat.own.aside.store(false, Relaxed);
    sleep.end_nap();
    true
}

enum Found {
    Task(Slot),
    Attention,
    Nothing,
}

/// Looks, a few tenths of a microsecond each, at which a worker has only just run a task.
const SOON: u32 = 16;

/// Looks everywhere again and again until `give_up`.
fn look_until(local: &Local, give_up: Instant) -> Found {
    let (queues, seat) = (&local.runtime.queues, local.seat());
    let mut taker = local.taker();
    for looks in 0u32.. {
        taker.has_just_run = looks < SOON;
        if seat.post.attention.load(Relaxed) || local.fibers.has_arrived() {
            return Found::Attention;
        }
        let found = queues.next_local(&taker, 0);
        if let Some(slot) = found.or_else(|| queues.next_shared(&taker)) {
            return Found::Task(slot);
        }
        for _ in 0..32 {
            std::hint::spin_loop();
        }
        if Instant::now() >= give_up {
            break;
        }
    }
    Found::Nothing
}

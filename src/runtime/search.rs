//! A worker without work: it looks everywhere for a while, steps aside if it only gets in the way, and sleeps.

use super::local::Local;
use super::worker::Lent;
use super::{quiesce, ready, stall};
use crate::graph::Slot;
use crate::scheduler::sleep::Aside;
use crate::sync::atomic::Ordering::{Acquire, Relaxed};
use crate::sync::current_cpu;
use std::ops::ControlFlow;
use std::time::Instant;

/// Looks, a few tenths of a microsecond each, at which a worker that has just run a task leaves a thread alone that spawns.
const LEAVES_ALONE: u32 = 16;

/// Looks everywhere, for a while; sleeps if there is nothing. A task, or nothing yet. `lent`: the thread is one of the host,
/// and this says whether it wants itself back.
pub fn search(local: &Local, lent: Option<&dyn Fn() -> Lent>) -> Option<Slot> {
    let runtime = &*local.runtime;
    let (queues, sleep) = (&runtime.queues, &runtime.sleep);
    let (seat, device, taker) = (local.seat(), local.device.get(), local.taker());
    let wake = |other: u32| {
        queues.seat(other).post.parker.unpark();
    };
    if lent.is_none()
        && let ControlFlow::Break(found) = stand_aside(local)
    {
        return found;
    }
    // Idle workers are many when there is little to do: then each task is taken at once.
    let has_run = local.patience.has_run(seat.own.completed.load(Relaxed));
    taker.leaves_alone.set(if has_run && sleep.hardly_anyone_idle() { LEAVES_ALONE } else { 0 });
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
        if (local.patience.others_found(finds) || sleep.others_work(runtime.workers))
            && let Some(nap) = local.patience.nap(finds)
        {
            end_search();
            take_nap(local, begun + nap);
            return None;
        }
        let most =
            if is_crowded(local, begun) { runtime.config.spin / 8 } else { runtime.config.spin };
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
        if let Some(slot) = queues.steal_by_force(&taker) {
            local.patience.found(now);
            sleep.note_find();
            end_search();
            ready::share_all(local);
            return Some(slot);
        }
        if queues.any_work(device) {
            continue; // Its owner shows it soon, or is stuck, or was left alone.
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
                if watch.is_some_and(|due| due <= Instant::now()) {
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

/// Whether a thread of the host spawns on this worker's processor.
fn is_crowded(local: &Local, now: Instant) -> bool {
    let here = current_cpu();
    let spawned = local.runtime.queues.spawned_on(here, local.seat());
    local.patience.is_crowded(now, here, spawned)
}

/// Before a worker searches: leaves its processor for a while to a thread of the host that spawns on it, if the others do
/// without this one. It is no searcher, so nobody relies on it. Break: it has done so, or has found what nobody else would.
fn stand_aside(local: &Local) -> ControlFlow<Option<Slot>> {
    let (runtime, seat, device) = (&*local.runtime, local.seat(), local.device.get());
    let (queues, sleep) = (&runtime.queues, &runtime.sleep);
    let now = Instant::now();
    if !local.patience.asks(now) || !is_crowded(local, now) || queues.bound_work(device) {
        return ControlFlow::Continue(());
    }
    let (spawned, completed) = quiesce::counts(runtime);
    let by_others = completed - seat.own.completed.load(Relaxed); // Which only this thread changes.
    let in_flight = spawned.saturating_sub(completed);
    let relieved = sleep.is_relieved(device);
    let Some(nap) = local.patience.stand_aside(now, relieved, in_flight, by_others) else {
        return ControlFlow::Continue(());
    };
    if local.patience.must_force()
        && let Some(slot) = queues.steal_by_force(&local.taker())
    {
        ready::share_all(local); // As in `look_around`.
        return ControlFlow::Break(Some(slot));
    }
    quiesce::poke(runtime); // As at the start of a search.
    let aside = Aside { seat: seat.index, device, cpu: current_cpu() };
    sleep.stand_aside(aside, || take_nap(local, now + nap));
    ControlFlow::Break(None)
}

/// Sleeps until then, or until it is called, if it has not been called yet. Nobody relies on this worker meanwhile.
fn take_nap(local: &Local, until: Instant) {
    let (seat, sleep) = (local.seat(), &local.runtime.sleep);
    sleep.begin_nap();
    // Acquire: partner is the Release in `Seat::call`, of which a sleep may have taken the token.
    if !seat.post.attention.load(Acquire) && !local.fibers.has_arrived() {
        let until = local.fibers.next_deadline().map_or(until, |deadline| deadline.min(until));
        seat.post.parker.park(Some(until));
    }
    sleep.end_nap();
}

enum Found {
    Task(Slot),
    Attention,
    Nothing,
}

/// Looks everywhere again and again until `give_up`.
fn look_until(local: &Local, give_up: Instant) -> Found {
    let (queues, taker, seat) = (&local.runtime.queues, local.taker(), local.seat());
    loop {
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
            return Found::Nothing;
        }
    }
}

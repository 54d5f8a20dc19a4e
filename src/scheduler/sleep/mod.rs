//! Who sleeps and who is woken. README.md beside this file argues that no wake-up is lost.

#[cfg(all(test, loom))]
mod loom_models;

use crate::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use crate::sync::{Mutex, Padded, current_cpu, fence, lock};

/// Workers of one device that look for work, in the low half of the word, and that sleep, in the high.
const SEARCHER: u64 = 1;
const SLEEPER: u64 = 1 << 32;

/// The idle workers, by device.
#[derive(Debug)]
pub struct Sleep {
    /// Searchers and sleepers of all devices: what a spawn looks at.
    idle: Padded<AtomicU64>,
    devices: Box<[Padded<Device>]>,
    napping: Padded<AtomicU64>,
    aside: Padded<StandingAside>,
    /// Searches that have found a task.
    finds: Padded<AtomicU64>,
    woken: Padded<AtomicU64>,
}

#[derive(Debug, Default)]
struct Device {
    state: AtomicU64,
    /// Who sleeps; the last one went to sleep last and is woken first.
    sleepers: Mutex<Vec<Sleeper>>,
}

#[derive(Clone, Copy, Debug)]
struct Sleeper {
    seat: u32,
    /// Where it last ran.
    cpu: u32,
}

/// The workers that have left their processors to threads of the host.
#[derive(Debug, Default)]
struct StandingAside {
    count: AtomicU64,
    list: Mutex<Vec<Aside>>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Aside {
    /// Its seat.
    pub seat: u32,
    /// Its device.
    pub device: u16,
    /// Its processor.
    pub cpu: u32,
}

fn searchers(state: u64) -> u64 {
    state & (SLEEPER - 1)
}

fn sleepers(state: u64) -> u64 {
    state / SLEEPER
}

impl Sleep {
    /// Nobody sleeps yet.
    pub fn new(devices: usize) -> Sleep {
        Sleep {
            idle: Padded::default(),
            devices: (0..devices).map(|_| Padded::default()).collect(),
            napping: Padded::default(),
            aside: Padded::default(),
            finds: Padded::default(),
            woken: Padded::default(),
        }
    }

    /// Whether a worker searches or sleeps, as far as a spawn must know that: whoever is missed here looks
    /// at all queues before it sleeps. Costs a load of a shared line that does not change while the pool is busy.
    #[inline(always)]
    pub fn anyone_idle(&self) -> bool {
        fence::light(); // Partner: the heavy fence in `fall_asleep`.
        self.idle.load(Relaxed) > 0
    }

    /// A task has been queued, and the caller has seen that somebody is idle. `order`: devices whose workers
    /// may take it, the nearest first; `wake` wakes a seat.
    pub fn notify(&self, order: &[u16], wake: impl Fn(u32)) {
        fence::full(); // Partner: the one in `end_search`; for sleepers `anyone_idle` has had one.
        let mut nearest = None;
        for &device in order {
            let state = self.devices[device as usize].state.load(SeqCst);
            if searchers(state) > 0 {
                return;
            }
            if nearest.is_none() && sleepers(state) > 0 {
                nearest = Some(device);
            }
        }
        if let Some(device) = nearest {
            self.wake_one(device, wake);
        }
    }

    #[cold]
    fn wake_one(&self, device: u16, wake: impl Fn(u32)) {
        let device = &self.devices[device as usize];
        let mut list = lock(&device.sleepers);
        // Whoever last ran where this thread runs would have to wait for it, or take its place.
        let here = current_cpu();
        let elsewhere = list.iter().rposition(|sleeper| sleeper.cpu != here);
        let Some(at) = elsewhere.or(list.len().checked_sub(1)) else { return };
        let Sleeper { seat, .. } = list.remove(at);
        // The woken worker starts out as a searcher, so that nobody else is woken meanwhile.
        device.state.fetch_add(SEARCHER.wrapping_sub(SLEEPER), SeqCst);
        drop(list);
        self.woken.fetch_add(1, Relaxed);
        wake(seat);
    }

    /// A worker has run out of work and begins to search.
    pub fn start_search(&self, device: u16) {
        self.idle.fetch_add(1, SeqCst);
        self.devices[device as usize].state.fetch_add(SEARCHER, SeqCst);
    }

    /// A searcher searches no more: it has found work, or must see to something else. If it was the last
    /// one of its device and work is to be seen, it wakes another: whoever queued that work may have
    /// relied on it. `bound` sees work for this device alone, `free` work that any worker may take.
    pub fn end_search(
        &self,
        device: u16,
        bound: impl Fn() -> bool,
        free: impl Fn() -> bool,
        order: &[u16],
        wake: impl Fn(u32),
    ) {
        let before = self.devices[device as usize].state.fetch_sub(SEARCHER, SeqCst);
        self.idle.fetch_sub(1, SeqCst);
        if searchers(before) == 1 && order.iter().any(|&d| self.asleep(d) > 0) {
            fence::full(); // Partner: the one in `notify`.
            if bound() {
                self.notify(&[device], &wake);
            }
            if free() {
                self.notify(order, &wake);
            }
        }
    }

    /// A searcher gives up. It must look for work once more before it parks, and call `stay_awake` if it
    /// finds some.
    pub fn fall_asleep(&self, device: u16, seat: u32) {
        let device = &self.devices[device as usize];
        let mut list = lock(&device.sleepers);
        list.push(Sleeper { seat, cpu: current_cpu() });
        device.state.fetch_add(SLEEPER.wrapping_sub(SEARCHER), SeqCst);
        drop(list);
        fence::heavy(); // Partner: the light fence in `anyone_idle`.
    }

    /// A worker is awake again and searches, whether it was woken by `notify` or for another reason.
    pub fn stay_awake(&self, device: u16, seat: u32) {
        let device = &self.devices[device as usize];
        let mut list = lock(&device.sleepers);
        if let Some(at) = list.iter().rposition(|sleeper| sleeper.seat == seat) {
            list.remove(at);
            device.state.fetch_add(SEARCHER.wrapping_sub(SLEEPER), SeqCst);
        }
    }

    /// A searcher is going to nap: for the protocol it is busy, as it looks for work again by itself.
    pub fn begin_nap(&self) {
        self.napping.fetch_add(1, Relaxed);
    }

    /// Its nap is over.
    pub fn end_nap(&self) {
        self.napping.fetch_sub(1, Relaxed);
    }

    /// A search has found a task.
    pub fn note_find(&self) {
        self.finds.fetch_add(1, Relaxed);
    }

    /// Searches that have found a task.
    pub fn finds(&self) -> u64 {
        self.finds.load(Relaxed)
    }

    /// Whether any of `workers` is neither idle nor naps; a guess.
    pub fn others_work(&self, workers: u32) -> bool {
        self.idle.load(Relaxed) + self.napping.load(Relaxed) < u64::from(workers)
    }

    /// Whether the device has an idle worker for each that stands aside, and one more: it finds what is spawned, or is woken for it.
    pub fn is_relieved(&self, device: u16) -> bool {
        let state = self.devices[device as usize].state.load(Relaxed);
        searchers(state) + sleepers(state) > self.aside.count.load(Relaxed)
    }

    /// Whether at most one worker is idle.
    pub fn hardly_anyone_idle(&self) -> bool {
        self.idle.load(Relaxed) <= 1
    }

    /// A busy worker leaves its processor to a thread of the host for the time of `nap`. [`Sleep::recall`] ends that.
    pub fn stand_aside(&self, aside: Aside, nap: impl FnOnce()) {
        lock(&self.aside.list).push(aside);
        self.aside.count.fetch_add(1, Relaxed);
        nap();
        self.aside.count.fetch_sub(1, Relaxed);
        lock(&self.aside.list).retain(|other| other.seat != aside.seat);
    }

    /// Wakes the workers that stand aside of which `whom` says so. One that is missed comes by itself, a little later.
    pub fn recall(&self, whom: impl Fn(&Aside) -> bool, wake: impl Fn(u32)) {
        if self.aside.count.load(Relaxed) > 0 {
            let list = lock(&self.aside.list);
            list.iter().filter(|aside| whom(aside)).for_each(|aside| wake(aside.seat));
        }
    }

    /// Workers of the device that sleep.
    pub fn asleep(&self, device: u16) -> u64 {
        sleepers(self.devices[device as usize].state.load(SeqCst))
    }

    /// Sleepers woken so far.
    pub fn woken(&self) -> u64 {
        self.woken.load(Relaxed)
    }
}

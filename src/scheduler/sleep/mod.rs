//! Who sleeps and who is woken. README.md beside this file argues that no wake-up is lost.

#[cfg(all(test, loom))]
mod loom_models;

use crate::sync::atomic::{
    AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use crate::sync::{Mutex, Padded, fence, lock};

/// Workers of one device that look for work, in the low half of the word, and that sleep, in the high.
const SEARCHER: u64 = 1;
const SLEEPER: u64 = 1 << 32;

/// The idle workers, by device.
#[derive(Debug)]
pub struct Sleep {
    devices: Box<[Padded<Device>]>,
    woken: AtomicU64,
}

#[derive(Debug, Default)]
struct Device {
    state: AtomicU64,
    /// Seats that sleep; the last one went to sleep last and is woken first.
    sleepers: Mutex<Vec<u32>>,
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
            devices: (0..devices).map(|_| Padded::default()).collect(),
            woken: AtomicU64::new(0),
        }
    }

    /// A task that any worker may take has been queued. `order`: devices, the nearest first; `wake` wakes
    /// a seat. Costs a load of a shared line that does not change while the pool is busy.
    #[inline]
    pub fn notify(&self, order: &[u16], wake: impl Fn(u32)) {
        fence::light(); // Partner: the heavy fence in `fall_asleep` and `end_search`.
        let mut nearest = None;
        for &device in order {
            let state = self.devices[device as usize].state.load(Relaxed);
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
        let Some(seat) = list.pop() else { return };
        // The woken worker starts out as a searcher, so that nobody else is woken meanwhile.
        device.state.fetch_add(SEARCHER.wrapping_sub(SLEEPER), SeqCst);
        drop(list);
        self.woken.fetch_add(1, Relaxed);
        wake(seat);
    }

    /// A worker has run out of work and begins to search.
    pub fn start_search(&self, device: u16) {
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
        if searchers(before) == 1 && order.iter().any(|&d| self.asleep(d) > 0) {
            fence::heavy(); // Partner: the light fence in `notify`.
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
        list.push(seat);
        device.state.fetch_add(SLEEPER.wrapping_sub(SEARCHER), SeqCst);
        drop(list);
        fence::heavy(); // Partner: the light fence in `notify`.
    }

    /// A worker is awake again and searches, whether it was woken by `notify` or for another reason.
    pub fn stay_awake(&self, device: u16, seat: u32) {
        let device = &self.devices[device as usize];
        let mut list = lock(&device.sleepers);
        if let Some(at) = list.iter().rposition(|&s| s == seat) {
            list.remove(at);
            device.state.fetch_add(SEARCHER.wrapping_sub(SLEEPER), SeqCst);
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

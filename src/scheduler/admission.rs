//! Admission: who gets VCUs and memory, and when.
//!
//! One lock guards all of it, so a task takes everything it needs on all its devices in one step or
//! nothing: no task ever holds one device while it waits for another, hence no deadlock among them.
//! Tasks of one shape queue in order (priority, then arrival); shapes compete. A head that does not fit
//! lets others pass, but only [`PATIENCE`] times: then nothing that touches its devices is admitted
//! before it. A task that comes back from a wait for its VCUs goes before all that have not started.

use super::shapes::{Capacity, Need, Shape, WHOLE};
use crate::graph::Slot;
use crate::graph::record::Held;
use crate::mapper;
use crate::sync::{Mutex, lock};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

/// Times a blocked head may be passed by.
pub const PATIENCE: u32 = 64;

/// What a task holds: its devices, with what it has of each.
pub type Grant = Vec<Held>;

/// Who has been admitted; the caller queues them after the lock is gone.
#[derive(Debug, PartialEq, Eq)]
pub enum Admitted {
    /// A task may start with this.
    Start(Slot, Grant),
    /// A task that had given its VCUs back has them again.
    Resume(Returning),
}

/// Who wants VCUs back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returning {
    /// A task that continues.
    Task(Slot),
    /// A wait, by the address the runtime knows it by.
    Wait(usize),
}

/// The gate.
#[derive(Debug)]
pub struct Admission {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    free: Vec<Free>,
    resumes: VecDeque<(Returning, Grant)>,
    queues: BTreeMap<u32, Queue>,
    arrivals: u64,
}

#[derive(Clone, Copy, Debug)]
struct Free {
    vcus: u64,
    memory: u64,
}

#[derive(Debug)]
struct Queue {
    shape: Arc<Shape>,
    waiting: BinaryHeap<(i16, Reverse<u64>, u32)>,
    passed_by: u32,
}

impl Admission {
    /// Everything is free.
    pub fn new(capacities: &[Capacity]) -> Admission {
        let free = capacities.iter().map(|c| Free { vcus: WHOLE, memory: c.memory }).collect();
        Admission {
            inner: Mutex::new(Inner {
                free,
                resumes: VecDeque::new(),
                queues: BTreeMap::new(),
                arrivals: 0,
            }),
        }
    }

    /// A task is ready but for its resources.
    pub fn submit(
        &self,
        slot: Slot,
        number: u32,
        shape: &Arc<Shape>,
        priority: i16,
    ) -> Vec<Admitted> {
        let mut inner = lock(&self.inner);
        let arrival = inner.arrivals;
        inner.arrivals += 1;
        let queue = inner.queues.entry(number).or_insert_with(|| Queue {
            shape: Arc::clone(shape),
            waiting: BinaryHeap::new(),
            passed_by: 0,
        });
        queue.waiting.push((priority, Reverse(arrival), slot.0));
        inner.admit()
    }

    /// A task's wait is over; it wants its VCUs back.
    pub fn submit_resume(&self, who: Returning, vcus: Grant) -> Vec<Admitted> {
        let mut inner = lock(&self.inner);
        inner.resumes.push_back((who, vcus));
        inner.admit()
    }

    /// Gives back.
    pub fn release(&self, held: &[Held]) -> Vec<Admitted> {
        let mut inner = lock(&self.inner);
        for part in held {
            let free = &mut inner.free[part.device as usize];
            free.vcus += part.vcus;
            free.memory += part.memory;
        }
        inner.admit()
    }

    /// Takes a task out of its queue, if it is there and `is_it` says so under the lock.
    pub fn remove(&self, slot: Slot, number: u32, is_it: impl FnOnce() -> bool) -> bool {
        let mut inner = lock(&self.inner);
        let Some(queue) = inner.queues.get_mut(&number) else { return false };
        let before = queue.waiting.len();
        if queue.waiting.iter().any(|entry| entry.2 == slot.0) && is_it() {
            queue.waiting.retain(|entry| entry.2 != slot.0);
        }
        queue.waiting.len() < before
    }

    /// Takes everybody out of the queues, as if admitted with nothing: the runtime gives up.
    pub fn drain(&self) -> Vec<Admitted> {
        let mut inner = lock(&self.inner);
        let resumes = std::mem::take(&mut inner.resumes).into_iter();
        let queues = std::mem::take(&mut inner.queues).into_values();
        let waiting = queues.flat_map(|queue| queue.waiting.into_vec());
        resumes
            .map(|(who, _)| Admitted::Resume(who))
            .chain(waiting.map(|(.., slot)| Admitted::Start(Slot(slot), Vec::new())))
            .collect()
    }

    /// Free VCU units and bytes of a device.
    pub fn free(&self, device: u16) -> (u64, u64) {
        let inner = lock(&self.inner);
        let free = inner.free[device as usize];
        (free.vcus, free.memory)
    }

    /// Whether tasks wait here.
    pub fn is_empty(&self) -> bool {
        let inner = lock(&self.inner);
        inner.resumes.is_empty() && inner.queues.values().all(|q| q.waiting.is_empty())
    }
}

impl Inner {
    /// Admits all that may be, in order.
    fn admit(&mut self) -> Vec<Admitted> {
        let mut admitted = Vec::new();
        let mut barred = vec![false; self.free.len()];
        self.resumes.retain(|(who, vcus)| {
            let fits = vcus
                .iter()
                .all(|p| !barred[p.device as usize] && self.free[p.device as usize].vcus >= p.vcus);
            for part in vcus {
                if fits {
                    self.free[part.device as usize].vcus -= part.vcus;
                } else {
                    barred[part.device as usize] = true;
                }
            }
            if fits {
                admitted.push(Admitted::Resume(*who));
            }
            !fits
        });
        // Shapes in the order of their heads. A shape whose head does not fit is out for this round:
        // what is taken meanwhile only makes it harder to fit.
        let mut blocked: Vec<u32> = Vec::new();
        loop {
            let head = self
                .queues
                .iter()
                .filter(|(number, _)| !blocked.contains(number))
                .filter_map(|(number, q)| q.waiting.peek().map(|&(p, a, _)| (p, a, *number)))
                .max();
            let Some((.., number)) = head else { break };
            let queue = &self.queues[&number];
            match grant(&queue.shape, &self.free, &barred) {
                Some(held) => {
                    for part in &held {
                        let free = &mut self.free[part.device as usize];
                        free.vcus -= part.vcus;
                        free.memory -= part.memory;
                    }
                    for other in &blocked {
                        let other = self.queues.get_mut(other).expect("blocked queues exist");
                        if held.iter().any(|part| other.shape.touches(part.device)) {
                            other.passed_by += 1;
                        }
                    }
                    let queue = self.queues.get_mut(&number).expect("found just now");
                    queue.passed_by = 0;
                    let (.., slot) = queue.waiting.pop().expect("it has a head");
                    admitted.push(Admitted::Start(Slot(slot), held));
                }
                None => {
                    if queue.passed_by >= PATIENCE {
                        for (device, barred) in barred.iter_mut().enumerate() {
                            *barred |= queue.shape.touches(device as u16);
                        }
                    }
                    blocked.push(number);
                }
            }
        }
        self.queues.retain(|_, queue| !queue.waiting.is_empty());
        admitted
    }
}

/// The first alternative that fits now, on the devices with the most free VCUs.
fn grant(shape: &Shape, free: &[Free], barred: &[bool]) -> Option<Grant> {
    shape.alternatives.iter().find_map(|needs| {
        let fits = |need: &Need, device: u16| {
            let has = free[device as usize];
            !barred[device as usize] && has.vcus >= need.vcus && has.memory >= need.memory
        };
        let candidates = |member: usize| {
            let mut devices = needs[member].devices.to_vec();
            devices.sort_by_key(|&d| Reverse(free[d as usize].vcus));
            devices
        };
        let devices = mapper::assign_members(needs.len(), candidates, |m, d| fits(&needs[m], d))?;
        let held = devices.iter().zip(needs).map(|(&device, need)| Held {
            device,
            vcus: need.vcus,
            memory: need.memory,
        });
        Some(held.collect())
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::device::place::{Arch, Place};
    use crate::scheduler::shapes::{Member, Shapes};

    struct Gate {
        shapes: Shapes,
        admission: Admission,
        held: Vec<(Slot, Grant)>,
    }

    impl Gate {
        fn new(devices: usize) -> Gate {
            let shapes = Shapes::new(vec![Capacity { arch: Arch::Cpu, memory: 1000 }; devices]);
            let admission = Admission::new(shapes.capacities());
            Gate { shapes, admission, held: Vec::new() }
        }

        fn note(&mut self, admitted: Vec<Admitted>) -> Vec<u32> {
            admitted
                .into_iter()
                .map(|a| match a {
                    Admitted::Start(slot, grant) => {
                        self.held.push((slot, grant));
                        slot.0
                    }
                    Admitted::Resume(Returning::Task(slot)) => slot.0,
                    Admitted::Resume(Returning::Wait(at)) => at as u32,
                })
                .collect()
        }

        fn submit(&mut self, slot: u32, members: &[(i32, f64, u64)], priority: i16) -> Vec<u32> {
            let member = |&(device, vcus, memory): &(i32, f64, u64)| Member {
                place: if device < 0 {
                    Place { arch: None, index: None }
                } else {
                    Place::cpu(device as u32)
                },
                vcus,
                memory,
            };
            let number = self.shapes.number(&[members.iter().map(member).collect()]).unwrap();
            let shape = Arc::clone(self.shapes.get(number));
            let admitted = self.admission.submit(Slot(slot), number, &shape, priority);
            self.note(admitted)
        }

        fn finish(&mut self, slot: u32) -> Vec<u32> {
            let at = self.held.iter().position(|(s, _)| s.0 == slot).unwrap();
            let (_, held) = self.held.remove(at);
            let admitted = self.admission.release(&held);
            self.note(admitted)
        }
    }

    #[test]
    fn two_halves_run_and_the_third_waits() {
        let mut gate = Gate::new(1);
        assert_eq!(gate.submit(1, &[(0, 0.5, 0)], 0), [1]);
        assert_eq!(gate.submit(2, &[(0, 0.5, 0)], 0), [2]);
        assert_eq!(gate.submit(3, &[(0, 0.5, 0)], 0), [] as [u32; 0]);
        assert_eq!(gate.finish(1), [3]);
    }

    #[test]
    fn multi_device_tasks_take_all_or_nothing() {
        let mut gate = Gate::new(2);
        assert_eq!(gate.submit(1, &[(0, 1.0, 0), (1, 1.0, 0)], 0), [1]);
        assert_eq!(gate.submit(2, &[(1, 1.0, 0), (0, 1.0, 0)], 0), [] as [u32; 0]);
        assert_eq!(gate.submit(3, &[(0, 1.0, 0)], 0), [] as [u32; 0]);
        assert_eq!(gate.finish(1), [2]);
        assert_eq!(gate.finish(2), [3]);
    }

    #[test]
    fn a_blocked_head_lets_others_pass_but_not_for_ever() {
        let mut gate = Gate::new(1);
        assert_eq!(gate.submit(0, &[(0, 0.5, 0)], 0), [0]);
        assert_eq!(gate.submit(1, &[(0, 1.0, 0)], 0), [] as [u32; 0]);
        let mut running = 0;
        let mut passed = 0;
        for slot in 2..500 {
            if gate.submit(slot, &[(0, 0.5, 0)], 0) == [slot] {
                passed += 1;
            }
            let next = gate.finish(running);
            if next == [1] {
                break;
            }
            running = *next.first().unwrap_or(&slot);
        }
        assert!(gate.held.iter().any(|(slot, _)| slot.0 == 1), "it was never admitted");
        assert!(passed <= PATIENCE + 1);
    }

    #[test]
    fn priority_decides_within_and_between_shapes() {
        let mut gate = Gate::new(1);
        assert_eq!(gate.submit(1, &[(0, 1.0, 0)], 0), [1]);
        gate.submit(2, &[(0, 1.0, 0)], 0);
        gate.submit(3, &[(0, 1.0, 0)], 5);
        gate.submit(4, &[(0, 0.5, 0)], 9);
        assert_eq!(gate.finish(1), [4]);
        assert_eq!(gate.finish(4), [3]);
        assert_eq!(gate.finish(3), [2]);
    }

    #[test]
    fn memory_is_reserved_too_and_a_resume_goes_first() {
        let mut gate = Gate::new(1);
        assert_eq!(gate.submit(1, &[(0, 0.0, 700)], 0), [1]);
        assert_eq!(gate.submit(2, &[(0, 0.0, 400)], 0), [] as [u32; 0]);
        assert_eq!(gate.submit(3, &[(0, 1.0, 100)], 0), [3]);
        assert_eq!(gate.submit(4, &[(0, 1.0, 100)], 0), [] as [u32; 0]);
        let vcus = vec![Held { device: 0, vcus: WHOLE, memory: 0 }];
        let admitted = gate.admission.submit_resume(Returning::Wait(9), vcus);
        assert_eq!(admitted, []);
        assert_eq!(gate.finish(3), [9]);
        assert_eq!(gate.finish(1), [2]);
    }
}

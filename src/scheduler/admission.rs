//! Admission: who gets VCUs and memory, and when.
//!
//! One lock guards all of it, so a task takes everything it needs on all its devices in one step or
//! nothing: no task ever holds one device while it waits for another, hence no deadlock among them.
//! Tasks of one shape queue in order (priority, then arrival); shapes compete. A head that does not fit
//! lets others pass, but only [`PATIENCE`] times: then nothing that touches its devices is admitted
//! before it. A task that comes back from a wait for its VCUs goes before all that have not started.

use super::grant::Grant;
use super::shape_queue::ShapeQueue;
use super::shapes::{Capacity, Need, Shape, WHOLE};
use crate::graph::Slot;
use crate::graph::record::Held;
use crate::mapper;
use crate::sync::{Mutex, lock};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

/// Times a blocked head may be passed by.
pub const PATIENCE: u32 = 64;

/// Who has been admitted; the caller queues them after the lock is gone.
#[derive(Debug, PartialEq, Eq)]
pub enum Admitted {
    /// A task may start with this, by this alternative of its shape.
    Start(Slot, u8, Grant),
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
    /// By the number of their shape; made when the first task has to wait, and kept.
    queues: Vec<Option<Box<ShapeQueue>>>,
    /// The numbers of those in which tasks wait.
    waiting: Vec<u32>,
    arrivals: u64,
}

#[derive(Clone, Copy, Debug)]
struct Free {
    vcus: u64,
    memory: u64,
    /// Kept for somebody who comes before all that have not been looked at in this round.
    barred: bool,
}

impl Free {
    #[inline]
    fn fits(&self, need: &Need) -> bool {
        !self.barred && self.vcus >= need.vcus && self.memory >= need.memory
    }
}

impl Admission {
    /// Everything is free.
    pub fn new(capacities: &[Capacity]) -> Admission {
        let free = |c: &Capacity| Free { vcus: WHOLE, memory: c.memory, barred: false };
        Admission {
            inner: Mutex::new(Inner {
                free: capacities.iter().map(free).collect(),
                resumes: VecDeque::new(),
                queues: Vec::new(),
                waiting: Vec::new(),
                arrivals: 0,
            }),
        }
    }

    /// A task is ready but for its resources. Here and below: `admitted` gets those who have them now.
    pub fn submit(
        &self,
        slot: Slot,
        number: u32,
        shape: &Arc<Shape>,
        priority: i16,
        admitted: &mut Vec<Admitted>,
    ) {
        let mut inner = lock(&self.inner);
        if inner.is_empty()
            && let Some((alternative, held)) = grant(shape, &inner.free)
        {
            inner.take(&held);
            return admitted.push(Admitted::Start(slot, alternative, held));
        }
        let rank = (priority, Reverse(inner.arrivals));
        inner.arrivals += 1;
        let (queue, waiting) = inner.queue(number, shape);
        if queue.is_empty() {
            waiting.push(number);
        }
        // Who stands behind another of the same shape has to wait as that one has.
        if queue.push(slot, rank) {
            inner.admit(admitted);
        }
    }

    /// A task's wait is over; it wants its VCUs back.
    pub fn submit_resume(&self, who: Returning, vcus: Grant, admitted: &mut Vec<Admitted>) {
        let mut inner = lock(&self.inner);
        inner.resumes.push_back((who, vcus));
        inner.admit(admitted);
    }

    /// Gives back.
    pub fn release(&self, held: &Grant, admitted: &mut Vec<Admitted>) {
        let mut inner = lock(&self.inner);
        for part in held.parts() {
            let free = &mut inner.free[part.device as usize];
            free.vcus += part.vcus;
            free.memory += part.memory;
        }
        inner.admit(admitted);
    }

    /// Takes a task out of its queue, if it is there and `is_it` says so under the lock.
    pub fn remove(
        &self,
        slot: Slot,
        number: u32,
        is_it: impl FnOnce() -> bool,
        admitted: &mut Vec<Admitted>,
    ) -> bool {
        let mut inner = lock(&self.inner);
        let Some(Some(queue)) = inner.queues.get_mut(number as usize) else { return false };
        if !queue.contains(slot) || !is_it() {
            return false;
        }
        queue.remove(slot);
        if queue.is_empty() {
            inner.waiting.retain(|&other| other != number);
        }
        // It may have barred others.
        inner.admit(admitted);
        true
    }

    /// Takes everybody out of the queues, as if admitted with nothing: the runtime gives up.
    pub fn drain(&self) -> Vec<Admitted> {
        let mut inner = lock(&self.inner);
        let resumes = std::mem::take(&mut inner.resumes).into_iter();
        inner.waiting.clear();
        let queues = std::mem::take(&mut inner.queues);
        let waiting = queues.iter().flatten().flat_map(|queue| queue.tasks());
        resumes
            .map(|(who, _)| Admitted::Resume(who))
            .chain(waiting.map(|slot| Admitted::Start(slot, 0, Grant::Nothing)))
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
        lock(&self.inner).is_empty()
    }
}

impl Inner {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.resumes.is_empty()
    }

    /// The queue of a shape, and the list of those in which tasks wait.
    fn queue(&mut self, number: u32, shape: &Arc<Shape>) -> (&mut ShapeQueue, &mut Vec<u32>) {
        let number = number as usize;
        if number >= self.queues.len() {
            self.queues.resize_with(number + 1, || None);
        }
        let queue =
            self.queues[number].get_or_insert_with(|| Box::new(ShapeQueue::new(Arc::clone(shape))));
        (queue, &mut self.waiting)
    }

    #[inline]
    fn waits(&mut self, number: u32) -> &mut ShapeQueue {
        self.queues[number as usize].as_mut().expect("what is listed as waiting has a queue")
    }

    fn take(&mut self, held: &Grant) {
        for part in held.parts() {
            let free = &mut self.free[part.device as usize];
            free.vcus -= part.vcus;
            free.memory -= part.memory;
        }
    }

    /// Admits all that may be, in order.
    fn admit(&mut self, admitted: &mut Vec<Admitted>) {
        let mut barred = !self.resumes.is_empty();
        if barred {
            self.admit_resumes(admitted);
        }
        // Shapes in the order of their heads. A shape whose head does not fit is out for this round:
        // what is taken meanwhile only makes it harder to fit. In `waiting` the first `open` are not.
        let mut open = self.waiting.len();
        while let Some(at) = self.foremost(open) {
            let number = self.waiting[at];
            let queue = self.queues[number as usize].as_deref().expect("it has a head");
            match grant(&queue.shape, &self.free) {
                Some((alternative, held)) => {
                    self.take(&held);
                    for blocked in open..self.waiting.len() {
                        let other = self.waits(self.waiting[blocked]);
                        if held.parts().iter().any(|part| other.shape.touches(part.device)) {
                            other.passed_by += 1;
                        }
                    }
                    let queue = self.waits(number);
                    let slot = queue.pop().expect("it has a head");
                    if queue.is_empty() {
                        open -= 1;
                        self.waiting.swap(at, open);
                        self.waiting.swap_remove(open);
                    }
                    admitted.push(Admitted::Start(slot, alternative, held));
                }
                None => {
                    if queue.passed_by >= PATIENCE {
                        for (device, free) in self.free.iter_mut().enumerate() {
                            free.barred |= queue.shape.touches(device as u16);
                        }
                        barred = true;
                    }
                    open -= 1;
                    self.waiting.swap(at, open);
                }
            }
        }
        if barred {
            self.free.iter_mut().for_each(|free| free.barred = false);
        }
    }

    /// Whose head comes first among the first `open` of those that wait.
    #[inline]
    fn foremost(&self, open: usize) -> Option<usize> {
        if open <= 1 {
            return (open == 1).then_some(0);
        }
        let head = |at: &usize| self.queues[self.waiting[*at] as usize].as_ref()?.head();
        (0..open).max_by_key(head)
    }

    /// Admits the tasks that come back, and bars the devices for which one has to wait.
    #[cold]
    fn admit_resumes(&mut self, admitted: &mut Vec<Admitted>) {
        let free = &mut self.free;
        self.resumes.retain(|(who, vcus)| {
            let has = |part: &Held| {
                let free = &free[part.device as usize];
                !free.barred && free.vcus >= part.vcus
            };
            let fits = vcus.parts().iter().all(has);
            for part in vcus.parts() {
                let free = &mut free[part.device as usize];
                if fits {
                    free.vcus -= part.vcus;
                } else {
                    free.barred = true;
                }
            }
            if fits {
                admitted.push(Admitted::Resume(*who));
            }
            !fits
        });
    }
}

/// The first alternative that fits now, on the devices with the most free VCUs.
#[inline(always)]
fn grant(shape: &Shape, free: &[Free]) -> Option<(u8, Grant)> {
    match &shape.single {
        Some(need) => Some((0, Grant::One(held(need, best(need, free)?)))),
        None => choose(&shape.alternatives, free),
    }
}

#[inline(never)]
fn choose(alternatives: &[Box<[Need]>], free: &[Free]) -> Option<(u8, Grant)> {
    (0..).zip(alternatives).find_map(|(alternative, needs)| {
        let grant = match &needs[..] {
            [need] => Grant::One(held(need, best(need, free)?)),
            _ => {
                let devices = several(needs, free)?;
                Grant::Several(needs.iter().zip(devices).map(|(n, d)| held(n, d)).collect())
            }
        };
        Some((alternative, grant))
    })
}

#[inline(always)]
fn held(need: &Need, device: u16) -> Held {
    Held { device, vcus: need.vcus, memory: need.memory }
}

/// The device with the most free VCUs of those that have what is needed; the first of equals.
#[inline(always)]
fn best(need: &Need, free: &[Free]) -> Option<u16> {
    match need.devices[..] {
        [only] => free[only as usize].fits(need).then_some(only),
        _ => best_of_several(need, free),
    }
}

#[inline(never)]
fn best_of_several(need: &Need, free: &[Free]) -> Option<u16> {
    let fits = |device: &u16| free[*device as usize].fits(need);
    let most = |device: &u16| Reverse(free[*device as usize].vcus);
    need.devices.iter().copied().filter(fits).min_by_key(most)
}

/// A device for each member.
fn several(needs: &[Need], free: &[Free]) -> Option<Vec<u16>> {
    let candidates = |member: usize| {
        let mut devices = needs[member].devices.to_vec();
        devices.sort_by_key(|&d| Reverse(free[d as usize].vcus));
        devices
    };
    mapper::assign_members(needs.len(), candidates, |m, d| free[d as usize].fits(&needs[m]))
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

    fn ask(question: impl FnOnce(&mut Vec<Admitted>)) -> Vec<Admitted> {
        let mut admitted = Vec::new();
        question(&mut admitted);
        admitted
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
                    Admitted::Start(slot, _, grant) => {
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
            let gate = &self.admission;
            let admitted = ask(|list| gate.submit(Slot(slot), number, &shape, priority, list));
            self.note(admitted)
        }

        fn finish(&mut self, slot: u32) -> Vec<u32> {
            let at = self.held.iter().position(|(s, _)| s.0 == slot).unwrap();
            let (_, held) = self.held.remove(at);
            let admitted = ask(|list| self.admission.release(&held, list));
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
        let vcus = Grant::One(Held { device: 0, vcus: WHOLE, memory: 0 });
        let admitted = ask(|list| gate.admission.submit_resume(Returning::Wait(9), vcus, list));
        assert_eq!(admitted, []);
        assert_eq!(gate.finish(3), [9]);
        assert_eq!(gate.finish(1), [2]);
    }
}

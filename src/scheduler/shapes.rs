//! Shapes: the distinct requests that tasks make of devices, numbered, so that a record needs one word.

use crate::device::place::{Arch, Place};
use crate::error::{Result, fail};
use crate::sync::{Mutex, lock};
use once_cell::sync::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// VCU units of a whole device.
pub const WHOLE: u64 = 1 << 32;

/// One member as the user wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Where.
    pub place: Place,
    /// Fraction; 0: none.
    pub vcus: f64,
    /// Bytes.
    pub memory: u64,
}

/// What a device has.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Its architecture.
    pub arch: Arch,
    /// Bytes that may be reserved.
    pub memory: u64,
}

/// What one member needs, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    /// Devices that could ever serve it.
    pub devices: Box<[u16]>,
    /// VCU units.
    pub vcus: u64,
    /// Bytes.
    pub memory: u64,
}

/// A request: alternatives, each a list of members. Alternatives that no device could ever serve are gone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// In order of preference.
    pub alternatives: Box<[Box<[Need]>]>,
    /// What the only member of the only alternative needs, as in most requests.
    pub single: Option<Need>,
    /// Whether a task of this shape holds something while it runs.
    pub reserves: bool,
    /// Devices that its first member may use, by any alternative.
    pub homes: Box<[u16]>,
}

impl Shape {
    fn new(alternatives: Vec<Box<[Need]>>) -> Shape {
        let reserves = alternatives
            .iter()
            .any(|a| a.len() > 1 || a.iter().any(|n| n.vcus > 0 || n.memory > 0));
        let homes = alternatives.iter().flat_map(|a| &a[0].devices).copied().collect();
        let single = match &alternatives[..] {
            [only] if only.len() == 1 => Some(only[0].clone()),
            _ => None,
        };
        Shape { alternatives: alternatives.into(), single, reserves, homes }
    }

    /// Devices that any alternative names.
    pub fn touches(&self, device: u16) -> bool {
        self.alternatives.iter().flatten().any(|need| need.devices.contains(&device))
    }
}

/// Numbers of shapes. 0 is the plain task: any worker, nothing reserved.
#[derive(Debug)]
pub struct Shapes {
    capacities: Box<[Capacity]>,
    list: Box<[OnceCell<Arc<Shape>>]>,
    numbers: Mutex<HashMap<Arc<Shape>, u32>>,
}

/// Distinct shapes a runtime can number.
const MAX_SHAPES: usize = 65_536;

impl Shapes {
    /// For these devices; CPU devices come first.
    pub fn new(capacities: Vec<Capacity>) -> Shapes {
        Shapes {
            capacities: capacities.into(),
            list: (0..MAX_SHAPES).map(|_| OnceCell::new()).collect(),
            numbers: Mutex::default(),
        }
    }

    /// The devices.
    pub fn capacities(&self) -> &[Capacity] {
        &self.capacities
    }

    /// The shape of that number; not 0.
    pub fn get(&self, number: u32) -> &Arc<Shape> {
        self.list[number as usize].get().expect("numbers are given out after the shape is stored")
    }

    /// Checks a request and gives its number.
    pub fn number(&self, alternatives: &[Vec<Member>]) -> Result<u32> {
        if let [members] = alternatives
            && let [Member { place: Place { arch: None, .. }, vcus: 0.0, memory: 0 }] = members[..]
            && self.capacities.iter().all(|c| c.arch == Arch::Cpu)
        {
            return Ok(0); // What most tasks ask for: nothing.
        }
        let mut feasible = Vec::new();
        let mut why = String::new();
        for members in alternatives {
            let needs = members.iter().map(|m| self.need(m)).collect::<Result<Vec<_>>>()?;
            match self.infeasible(members, &needs) {
                None => feasible.push(needs.into_boxed_slice()),
                Some(reason) => why = reason,
            }
        }
        if feasible.is_empty() {
            return fail!(Infeasible, "{why}");
        }
        if let [only] = &feasible[..]
            && let [need] = &only[..]
            && need.vcus == 0
            && need.memory == 0
            && need.devices.len() == self.cpu_devices().count()
            && self.cpu_devices().all(|d| need.devices.contains(&d))
        {
            return Ok(0);
        }
        let shape = Arc::new(Shape::new(feasible));
        let mut numbers = lock(&self.numbers);
        if let Some(number) = numbers.get(&shape) {
            return Ok(*number);
        }
        let number = numbers.len() + 1;
        if number >= MAX_SHAPES {
            return fail!(OutOfMemory, "more than {MAX_SHAPES} different placement requests");
        }
        self.list[number].set(Arc::clone(&shape)).expect("each number is given out once");
        numbers.insert(shape, number as u32);
        Ok(number as u32)
    }

    fn cpu_devices(&self) -> impl Iterator<Item = u16> {
        self.capacities
            .iter()
            .enumerate()
            .filter(|(_, c)| c.arch == Arch::Cpu)
            .map(|(i, _)| i as u16)
    }

    fn need(&self, member: &Member) -> Result<Need> {
        let Member { place, vcus, memory } = *member;
        if !(0.0..=1.0).contains(&vcus) {
            return fail!(InvalidArgument, "vcus is {vcus}; it must be 0 (no limit) or 0 < v <= 1");
        }
        let of_arch = |arch| {
            let of = move |(_, c): &(usize, &Capacity)| arch == Some(c.arch);
            self.capacities.iter().enumerate().filter(of).map(|(i, _)| i as u16)
        };
        let mut devices: Vec<u16> = match place {
            Place { arch: None, .. } => (0..self.capacities.len() as u16).collect(),
            Place { arch, index: None } => of_arch(arch).collect(),
            Place { arch, index: Some(i) } => of_arch(arch).skip(i as usize).take(1).collect(),
        };
        devices.retain(|&d| memory <= self.capacities[d as usize].memory);
        // Rounded down, so that floor(1/v) tasks fit whatever the rounding of v; never to nothing.
        let units = if vcus > 0.0 { ((vcus * WHOLE as f64) as u64).max(1) } else { 0 };
        Ok(Need { devices: devices.into(), vcus: units, memory })
    }

    fn infeasible(&self, members: &[Member], needs: &[Need]) -> Option<String> {
        for (member, need) in members.iter().zip(needs) {
            if need.devices.is_empty() {
                let exists = self
                    .need(&Member { memory: 0, ..*member })
                    .is_ok_and(|n| !n.devices.is_empty());
                return Some(if exists {
                    let most = self.capacities.iter().map(|c| c.memory).max().unwrap_or(0);
                    format!(
                        "{} bytes of memory on {}: no device there has so many (the largest has {most})",
                        member.memory, member.place
                    )
                } else {
                    format!("there is no device {}", member.place)
                });
            }
        }
        let candidates = |m: usize| needs[m].devices.to_vec();
        crate::mapper::assign_members(needs.len(), candidates, |_, _| true).is_none().then(|| {
            format!("{} members need distinct devices; there are not that many", members.len())
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn shapes(nodes: usize) -> Shapes {
        Shapes::new(vec![Capacity { arch: Arch::Cpu, memory: 1000 }; nodes])
    }

    fn any(vcus: f64, memory: u64) -> Member {
        Member { place: Place { arch: None, index: None }, vcus, memory }
    }

    #[test]
    fn requests_that_any_worker_serves_are_plain() {
        let one = shapes(1);
        assert_eq!(one.number(&[vec![any(0.0, 0)]]).unwrap(), 0);
        assert_eq!(one.number(&[vec![Member { place: Place::cpu(0), ..any(0.0, 0) }]]).unwrap(), 0);
        let two = shapes(2);
        assert_eq!(two.number(&[vec![any(0.0, 0)]]).unwrap(), 0);
        assert_eq!(two.number(&[vec![Member { place: Place::cpu(1), ..any(0.0, 0) }]]).unwrap(), 1);
        assert_eq!(two.number(&[vec![any(0.5, 0)]]).unwrap(), 2);
        assert_eq!(two.number(&[vec![any(0.5, 0)]]).unwrap(), 2);
    }

    #[test]
    fn impossible_requests_say_why() {
        let two = shapes(2);
        let text = |alternatives: &[Vec<Member>]| two.number(alternatives).unwrap_err().to_string();
        assert!(text(&[vec![any(0.0, 1001)]]).contains("1001 bytes"));
        assert!(text(&[vec![Member { place: Place::gpu(0), ..any(0.0, 0) }]]).contains("gpu(0)"));
        assert!(text(&[vec![any(0.0, 0); 3]]).contains("3 members"));
        for bad in [-0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert!(text(&[vec![any(bad, 0)]]).contains("vcus"));
        }
        // One feasible alternative is enough.
        assert!(two.number(&[vec![any(0.0, 1001)], vec![any(0.0, 999)]]).is_ok());
    }

    #[test]
    fn as_many_tasks_fit_as_one_over_v_says() {
        let one = shapes(1);
        for n in 1..2000u64 {
            let number = one.number(&[vec![any(1.0 / n as f64, 0)]]).unwrap();
            assert_eq!(WHOLE / one.get(number).alternatives[0][0].vcus, n, "1/{n}");
        }
    }
}

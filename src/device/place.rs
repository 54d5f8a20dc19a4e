//! Places: where a task may run, as one integer that crosses the border.
//!
//! ```text
//!   bits 30..24 architecture (0 any, 1 CPU, 2 GPU)    bits 23..0 device index + 1, or 0 for all of them
//! ```

use crate::error::{Result, fail};

/// An architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arch {
    /// CPU devices: the pools of NUMA nodes.
    Cpu = 1,
    /// GPU devices.
    Gpu = 2,
}

/// A checked place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// `None`: any.
    pub arch: Option<Arch>,
    /// `None`: every device of the architecture.
    pub index: Option<u32>,
}

const ARCH_SHIFT: i32 = 24;
const INDEX_MASK: i32 = (1 << ARCH_SHIFT) - 1;

impl Place {
    /// One CPU device.
    pub fn cpu(index: u32) -> Place {
        Place { arch: Some(Arch::Cpu), index: Some(index) }
    }

    /// One GPU device.
    pub fn gpu(index: u32) -> Place {
        Place { arch: Some(Arch::Gpu), index: Some(index) }
    }

    /// The integer. An index beyond the 24 bits becomes one that no machine has, not another device.
    pub fn code(self) -> i32 {
        let arch = self.arch.map_or(0, |arch| arch as i32);
        let index = self.index.map_or(0, |i| (i.min(INDEX_MASK as u32 - 1) + 1) as i32);
        arch << ARCH_SHIFT | index
    }

    /// Checks an integer.
    pub fn from_code(code: i32) -> Result<Place> {
        let index = (code & INDEX_MASK) as u32;
        let arch = match code >> ARCH_SHIFT {
            0 if index == 0 => None,
            1 => Some(Arch::Cpu),
            2 => Some(Arch::Gpu),
            _ => return fail!(InvalidArgument, "{code:#x} is not a place"),
        };
        Ok(Place { arch, index: index.checked_sub(1) })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.arch {
            None => "any",
            Some(Arch::Cpu) => "cpu",
            Some(Arch::Gpu) => "gpu",
        };
        match self.index {
            None => f.write_str(name),
            Some(index) => write!(f, "{name}({index})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip_and_bad_ones_are_refused() {
        for place in [
            Place { arch: None, index: None },
            Place { arch: Some(Arch::Cpu), index: None },
            Place { arch: Some(Arch::Gpu), index: None },
            Place::cpu(0),
            Place::cpu(7),
            Place::gpu(3),
        ] {
            assert_eq!(Place::from_code(place.code()).unwrap(), place);
        }
        for bad in [-1, 1, 0x0300_0000, i32::MAX, i32::MIN] {
            assert!(Place::from_code(bad).is_err(), "{bad:#x}");
        }
        assert_eq!(Place::cpu(u32::MAX).code(), Place::cpu(INDEX_MASK as u32 - 1).code());
    }
}

//! What a task has been given of devices.

use crate::graph::record::Held;

/// Parts of devices, one of each. Most tasks have one part, which needs no memory of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grant {
    /// None.
    #[default]
    Nothing,
    /// One.
    One(Held),
    /// By member.
    Several(Vec<Held>),
}

impl Grant {
    /// The parts.
    #[inline]
    pub fn parts(&self) -> &[Held] {
        match self {
            Grant::Nothing => &[],
            Grant::One(part) => std::slice::from_ref(part),
            Grant::Several(parts) => parts,
        }
    }

    /// What `keep` leaves of each part.
    fn map(self, keep: impl Fn(Held) -> Option<Held>) -> Grant {
        match self {
            Grant::Nothing => Grant::Nothing,
            Grant::One(part) => keep(part).map_or(Grant::Nothing, Grant::One),
            Grant::Several(parts) => match parts.into_iter().filter_map(keep).collect::<Vec<_>>() {
                parts if parts.is_empty() => Grant::Nothing,
                parts => Grant::Several(parts),
            },
        }
    }

    /// Its VCUs alone.
    pub fn vcus(self) -> Grant {
        self.map(|part| (part.vcus > 0).then_some(Held { memory: 0, ..part }))
    }

    /// Its memory alone.
    pub fn memory(self) -> Grant {
        self.map(|part| (part.memory > 0).then_some(Held { vcus: 0, ..part }))
    }
}

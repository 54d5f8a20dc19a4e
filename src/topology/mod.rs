//! The machine as plain values: NUMA nodes, cores, processors, distances.
//!
//! Everything above this layer asks three questions, and this module answers each
//! with a value and no state:
//!
//! * *What may this process use?* [`discover`] reads the machine, restricted to the
//!   affinity mask of the calling thread, or builds the machine a text describes.
//! * *How many workers?* [`default_workers`], from the cores and the [`cpu_quota`].
//! * *Where does each worker go, and whom does it steal from?*
//!   [`Topology::worker_slots`] and [`Topology::nearest_nodes`].
//!
//! | file | holds |
//! |---|---|
//! | `affinity` | the processors a thread may run on, read and set |
//! | `hwloc` | the only file that knows hwloc |
//! | `fallback` | the same facts from the kernel's files, without hwloc |
//! | `synthetic` | machines described in a text |
//! | `assemble` | pure: what a source reported + what is allowed → a [`Topology`] |
//! | `placement` | pure: worker slots, steal order |
//! | `quota` | the cgroup CPU quota |
//!
//! Sources report; `assemble` decides. So the rules that matter (a node without an
//! allowed processor is dropped, every allowed processor is in exactly one core of
//! exactly one node) are written once, and tested without any machine.

mod affinity;
mod assemble;
mod fallback;
#[cfg(feature = "hwloc")]
mod hwloc;
mod placement;
mod quota;
mod synthetic;

#[cfg(test)]
mod tests;

use std::fmt;

pub use affinity::AffinityMask;
pub use placement::Slot;
pub use quota::{cpu_quota, cpu_quota_under};

/// The distance of a node to itself, as in the ACPI SLIT table.
pub const LOCAL_DISTANCE: u32 = 10;

/// The distance assumed between two nodes when nobody reports one: the value that
/// firmware reports most often for one hop.
pub const REMOTE_DISTANCE: u32 = 20;

/// The part of a machine that this process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The NUMA nodes with at least one allowed processor, by ascending OS number.
    /// Never empty; no node is without a core, no core without a processor.
    pub nodes: Vec<Node>,
    /// `distances[i][j]` from node `i` to node `j`, indices into `nodes`;
    /// [`LOCAL_DISTANCE`] on the diagonal, at least that elsewhere.
    pub distances: Vec<Vec<u32>>,
    /// The machine comes from a description. Its numbers mean nothing to the kernel:
    /// no thread is bound and no memory placed by them.
    pub described: bool,
}

/// A NUMA node: cores and the memory next to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The kernel's number of the node.
    pub os_index: u32,
    /// Bytes of memory in the node; 0 when unknown.
    pub memory_bytes: u64,
    /// The allowed cores, neighbours next to each other.
    pub cores: Vec<Core>,
}

/// A core, with those of its hardware threads that are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Core {
    /// The kernel's number of the core, unique only within its package.
    pub os_index: u32,
    /// The kernel's processor numbers, ascending: SMT siblings of each other.
    pub pus: Vec<u32>,
}

/// Why there is no topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopologyError {
    /// The text describes no machine.
    BadDescription {
        /// The text as it was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The kernel does not say which processors the thread may use.
    NoAffinity(String),
    /// Neither hwloc nor the kernel's files name a processor that the process may use.
    NoProcessor,
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadDescription { text, why } => {
                write!(f, "\"{text}\" does not describe a machine: {why}")
            }
            Self::NoAffinity(why) => write!(f, "cannot read the affinity mask: {why}"),
            Self::NoProcessor => f.write_str("no processor is available to this process"),
        }
    }
}

impl std::error::Error for TopologyError {}

/// The topology to run on.
///
/// With a `description`, the machine it describes: counts from the outermost level
/// to the innermost, such as `"numa:2 core:4 pu:1"` (two nodes of four cores with one
/// hardware thread each). `numa`, `package`, `core` and `pu` always work; a build with
/// hwloc takes hwloc's whole synthetic syntax, `"package:2 [numa(memory=4GB)] l3:2
/// core:4 pu:2"` for instance. At most [`MAX_DESCRIBED_PUS`] processors. A blank text is an error: turn an unset variable into `None` first.
///
/// Without one, the real machine, as far as the affinity mask of the *calling thread*
/// allows: call this before binding the thread. When the environment makes hwloc itself
/// describe another machine (`HWLOC_SYNTHETIC`, `HWLOC_XMLFILE`), the result is that
/// machine and is marked as described.
///
/// May be called from any thread. Reads files and takes milliseconds.
///
/// # Errors
/// [`TopologyError::BadDescription`] for a text that describes no machine; the other
/// variants only where the kernel refuses to name any processor.
pub fn discover(description: Option<&str>) -> Result<Topology, TopologyError> {
    match description {
        Some(text) => assemble::assemble(synthetic::describe(text)?, None),
        None => discover_machine(),
    }
}

/// The most processors a description may name.
pub const MAX_DESCRIBED_PUS: u64 = synthetic::MAX_PUS;

fn discover_machine() -> Result<Topology, TopologyError> {
    let allowed =
        AffinityMask::current().map_err(|error| TopologyError::NoAffinity(error.to_string()))?;
    #[cfg(feature = "hwloc")]
    if let Ok(machine) = hwloc::read_machine() {
        let mask = (!machine.described).then_some(&allowed);
        return assemble::assemble(machine, mask);
    }
    assemble::assemble(fallback::read_machine(std::path::Path::new("/")), Some(&allowed))
}

/// How many workers to start when nobody says.
///
/// One per allowed core, but no more than the CPU `quota` (in cores, rounded up) can
/// keep running: a worker beyond the quota only gets the whole group throttled. At
/// least one. A described machine keeps all its cores, whatever the quota.
pub fn default_workers(topology: &Topology, quota: Option<f64>) -> usize {
    let cores = topology.num_cores().max(1);
    match quota {
        // `as` saturates, and sends NaN to 0.
        Some(quota) if !topology.described => cores.min((quota.ceil() as usize).max(1)),
        _ => cores,
    }
}

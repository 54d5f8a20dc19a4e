//! hwloc: the only file that knows it.
//!
//! The crate `hwloc2` finds and links the library, and lends its `Bitmap`. Its `Topology`
//! cannot be used here: it reaches no NUMA node (they live at a negative depth, which it
//! reports as "bridge" and then panics over), has no synthetic machines, no distances and
//! no node memory, and reads object types into a Rust enum that lacks hwloc's newer ones
//! (`Die`), which is undefined behaviour. So the calls needed are declared below, against
//! the ABI that hwloc keeps for all of 2.x; [`Handle::new`] refuses any other.
//!
//! hwloc prints a banner when firmware contradicts itself, and asserts on some synthetic
//! texts. Against the first, caches and devices are filtered out, so that little is left to
//! contradict; against the second, [`super::synthetic`] screens the texts.

use std::ffi::{CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::mem::offset_of;
use std::ptr::{self, NonNull};

use hwloc2::Bitmap;

use super::assemble::{Machine, RawCore, RawNode};

/// The major version whose ABI is declared here, as `hwloc_get_api_version() >> 16`.
const API_MAJOR: c_uint = 2;

const TYPE_PACKAGE: c_int = 1;
const TYPE_CORE: c_int = 2;
const TYPE_GROUP: c_int = 12;
const TYPE_NUMANODE: c_int = 13;

/// The virtual depth of the level of NUMA nodes.
const DEPTH_NUMANODE: c_int = -3;

const FILTER_KEEP_ALL: c_int = 0;
const FILTER_KEEP_NONE: c_int = 1;
/// The most that hwloc takes for groups.
const FILTER_KEEP_STRUCTURE: c_int = 2;

/// Do not bind the discovering thread to each processor in turn to ask it for its
/// `cpuid`; the kernel's files say enough. hwloc before 2.5 refuses the flag.
const FLAG_DONT_CHANGE_BINDING: c_ulong = 1 << 6;

const DISTANCES_FROM_OS: c_ulong = 1 << 0;
const DISTANCES_MEANS_LATENCY: c_ulong = 1 << 2;

/// `struct hwloc_topology`, opaque.
#[repr(C)]
struct RawTopology {
    _opaque: [u8; 0],
}

/// `struct hwloc_obj`, up to the last field used.
#[repr(C)]
struct Obj {
    kind: c_int,
    subtype: *const c_char,
    os_index: c_uint,
    name: *const c_char,
    total_memory: u64,
    /// A union; for a NUMA node it starts with the bytes of its own memory.
    attr: *const u64,
    depth: c_int,
    logical_index: c_uint,
    cousins: [*const Obj; 2],
    parent: *const Obj,
    sibling_rank: c_uint,
    siblings: [*const Obj; 2],
    arity: c_uint,
    children: *const *const Obj,
    first_and_last_child: [*const Obj; 2],
    symmetric_subtree: c_int,
    memory_arity: c_uint,
    memory_first_child: *const Obj,
    io_arity: c_uint,
    io_first_child: *const Obj,
    misc_arity: c_uint,
    misc_first_child: *const Obj,
    cpuset: *mut c_void,
}

// The offsets that a C compiler gives for hwloc 2.9's header.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(
    offset_of!(Obj, os_index) == 16
        && offset_of!(Obj, attr) == 40
        && offset_of!(Obj, cpuset) == 184
);

/// `struct hwloc_distances_s`.
#[repr(C)]
struct Distances {
    nbobjs: c_uint,
    objs: *const *const Obj,
    kind: c_ulong,
    values: *const u64,
}

unsafe extern "C" {
    fn hwloc_get_api_version() -> c_uint;
    fn hwloc_topology_init(topology: *mut *mut RawTopology) -> c_int;
    fn hwloc_topology_destroy(topology: *mut RawTopology);
    fn hwloc_topology_set_flags(topology: *mut RawTopology, flags: c_ulong) -> c_int;
    fn hwloc_topology_set_all_types_filter(topology: *mut RawTopology, filter: c_int) -> c_int;
    fn hwloc_topology_set_type_filter(
        topology: *mut RawTopology,
        kind: c_int,
        filter: c_int,
    ) -> c_int;
    fn hwloc_topology_set_synthetic(topology: *mut RawTopology, text: *const c_char) -> c_int;
    fn hwloc_topology_load(topology: *mut RawTopology) -> c_int;
    fn hwloc_topology_is_thissystem(topology: *mut RawTopology) -> c_int;
    fn hwloc_get_type_depth(topology: *mut RawTopology, kind: c_int) -> c_int;
    fn hwloc_get_obj_by_depth(
        topology: *mut RawTopology,
        depth: c_int,
        index: c_uint,
    ) -> *const Obj;
    fn hwloc_distances_get_by_type(
        topology: *mut RawTopology,
        kind: c_int,
        count: *mut c_uint,
        distances: *mut *mut Distances,
        distance_kind: c_ulong,
        flags: c_ulong,
    ) -> c_int;
    fn hwloc_distances_release(topology: *mut RawTopology, distances: *mut Distances);
}

/// The machine we are on, or the one that hwloc's own environment variables substitute.
pub(super) fn read_machine() -> Result<Machine, String> {
    let handle = Handle::new()?;
    handle.load()?;
    Ok(handle.machine())
}

/// The machine that a text in hwloc's synthetic syntax describes. The text must have
/// passed `synthetic::screen`: hwloc aborts on some that do not.
pub(super) fn read_description(text: &str) -> Result<Machine, String> {
    let handle = Handle::new()?;
    let c_text = CString::new(text).map_err(|_| "it contains a NUL character".to_owned())?;
    // SAFETY: the topology is initialised and not loaded; hwloc copies what it keeps of
    // the text, which is NUL-terminated.
    let rc = unsafe { hwloc_topology_set_synthetic(handle.raw.as_ptr(), c_text.as_ptr()) };
    if rc != 0 {
        return Err("hwloc does not understand it".to_owned());
    }
    handle.load()?;
    Ok(handle.machine())
}

/// Owns a topology of hwloc.
struct Handle {
    raw: NonNull<RawTopology>,
}

impl Handle {
    /// A topology configured, not loaded.
    fn new() -> Result<Self, String> {
        // SAFETY: takes nothing, touches nothing.
        let version = unsafe { hwloc_get_api_version() };
        if version >> 16 != API_MAJOR {
            return Err(format!("hwloc has API version {version:#x}, not {API_MAJOR}.x"));
        }
        let mut raw = ptr::null_mut();
        // SAFETY: `raw` is valid for the write of one pointer.
        let rc = unsafe { hwloc_topology_init(&mut raw) };
        let raw = NonNull::new(raw).filter(|_| rc == 0).ok_or("hwloc cannot start")?;
        let handle = Self { raw };
        // Refusals are ignored: these calls make discovery quieter and cheaper, the
        // result is right without them.
        // SAFETY: the topology is initialised and not loaded, which is when hwloc takes
        // filters and flags; the constants are of hwloc's enums.
        unsafe {
            hwloc_topology_set_all_types_filter(raw.as_ptr(), FILTER_KEEP_NONE);
            hwloc_topology_set_type_filter(raw.as_ptr(), TYPE_CORE, FILTER_KEEP_ALL);
            // A NUMA node takes the processors of the object it hangs from. Where no package
            // matches, hwloc makes a group; without either, every node would hang from the
            // machine and claim all its processors.
            hwloc_topology_set_type_filter(raw.as_ptr(), TYPE_PACKAGE, FILTER_KEEP_ALL);
            hwloc_topology_set_type_filter(raw.as_ptr(), TYPE_GROUP, FILTER_KEEP_STRUCTURE);
            hwloc_topology_set_flags(raw.as_ptr(), FLAG_DONT_CHANGE_BINDING);
        }
        Ok(handle)
    }

    fn load(&self) -> Result<(), String> {
        // SAFETY: the topology is initialised and loaded at most once: both callers own
        // a fresh handle.
        match unsafe { hwloc_topology_load(self.raw.as_ptr()) } {
            0 => Ok(()),
            _ => Err("hwloc cannot load the machine".to_owned()),
        }
    }

    fn machine(&self) -> Machine {
        // SAFETY: the topology is loaded.
        let (this_system, core_depth) = unsafe {
            (
                hwloc_topology_is_thissystem(self.raw.as_ptr()) != 0,
                hwloc_get_type_depth(self.raw.as_ptr(), TYPE_CORE),
            )
        };
        let nodes = self.level(DEPTH_NUMANODE, |node| RawNode {
            os_index: node.os_index,
            // SAFETY: `attr` is NULL or points to the attributes of the object, which for
            // a NUMA node start with this field, and live as long as the object.
            memory_bytes: unsafe { node.attr.as_ref() }.copied().unwrap_or(0),
            pus: pus(node),
        });
        // Negative without a level of cores, as in "numa:2 pu:4": each processor then
        // becomes a core of its own in `assemble`.
        let cores = match core_depth {
            ..0 => Vec::new(),
            depth => self.level(depth, |core| RawCore { os_index: core.os_index, pus: pus(core) }),
        };
        let distances = self.distances(&nodes).unwrap_or_default();
        Machine { nodes, cores, distances, described: !this_system }
    }

    /// Reads each object of a level, in hwloc's order: neighbours next to each other.
    fn level<T>(&self, depth: c_int, read: impl Fn(&Obj) -> T) -> Vec<T> {
        (0..)
            .map_while(|index| {
                // SAFETY: the topology is loaded; an index past the end gives NULL. The
                // object lives as long as the topology, which is not changed any more.
                let object =
                    unsafe { hwloc_get_obj_by_depth(self.raw.as_ptr(), depth, index).as_ref() };
                object.map(&read)
            })
            .collect()
    }

    /// The kernel's distances between `nodes`, in their order.
    fn distances(&self, nodes: &[RawNode]) -> Option<Vec<Vec<u32>>> {
        let mut count: c_uint = 1;
        let mut matrix: *mut Distances = ptr::null_mut();
        // SAFETY: the topology is loaded; `matrix` has room for the `count` pointers.
        let rc = unsafe {
            hwloc_distances_get_by_type(
                self.raw.as_ptr(),
                TYPE_NUMANODE,
                &mut count,
                &mut matrix,
                DISTANCES_FROM_OS | DISTANCES_MEANS_LATENCY,
                0,
            )
        };
        if rc != 0 || count == 0 || matrix.is_null() {
            return None;
        }
        // SAFETY: hwloc gave us this matrix; it stays until released below.
        let rows = unsafe { rows(&*matrix, nodes) };
        // SAFETY: it came from this topology and is released once; `rows` holds copies.
        unsafe { hwloc_distances_release(self.raw.as_ptr(), matrix) };
        rows
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed only here; what was read are copies.
        unsafe { hwloc_topology_destroy(self.raw.as_ptr()) }
    }
}

/// Copies hwloc's matrix into the order of `nodes`; its own order is not specified.
///
/// # Safety
/// `matrix` is as hwloc returned it and not yet released.
unsafe fn rows(matrix: &Distances, nodes: &[RawNode]) -> Option<Vec<Vec<u32>>> {
    let n = matrix.nbobjs as usize;
    // SAFETY: the caller's promise: `objs` has n entries and `values` n * n.
    let (objects, values) = unsafe {
        (
            std::slice::from_raw_parts(matrix.objs, n),
            std::slice::from_raw_parts(matrix.values, n * n),
        )
    };
    let numbers: Vec<Option<u32>> = objects
        .iter()
        // SAFETY: entries are NULL or objects of the topology the matrix came from.
        .map(|&object| unsafe { object.as_ref() }.map(|object| object.os_index))
        .collect();
    let place = |node: &RawNode| numbers.iter().position(|&number| number == Some(node.os_index));
    let places: Vec<usize> = nodes.iter().map(place).collect::<Option<_>>()?;
    let value = |from: usize, to: usize| u32::try_from(values[from * n + to]).unwrap_or(u32::MAX);
    Some(places.iter().map(|&from| places.iter().map(|&to| value(from, to)).collect()).collect())
}

/// The processors of an object.
fn pus(object: &Obj) -> Vec<u32> {
    if object.cpuset.is_null() {
        return Vec::new();
    }
    // Not managed: the set belongs to the object.
    let set = Bitmap::from_raw(object.cpuset.cast(), false);
    // An infinite set cannot be counted (-1); no object of a loaded topology has one.
    if set.weight() < 0 { Vec::new() } else { set.into_iter().collect() }
}

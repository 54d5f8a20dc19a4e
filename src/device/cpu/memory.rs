//! Memory on a chosen NUMA node.
//!
//! Blocks are mappings of their own with a memory policy, so they are page aligned, zeroed,
//! and their pages come from the node whichever thread touches them first. For buffers of
//! tasks' data, not for small objects: every block costs two or three system calls and at
//! least a page.
//!
//! # The policy
//! `MPOL_PREFERRED`, not `MPOL_BIND`: with a strict binding, a node that is full means
//! that touching a page makes the kernel kill the process, while others have free memory.
//! Placement is for speed, and a far page is slower but works. `MPOL_F_STATIC_NODES`: if
//! the cpuset of the process is changed, the node keeps its meaning, instead of being
//! renumbered into another one; the workers it serves did not move either.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::PoisonError;

use libc::{c_int, c_ulong};

use crate::sync::process::{Mutex, MutexGuard};
use crate::topology::Node;

const BITS: usize = c_ulong::BITS as usize;

/// The kernel refuses masks of more bits than a page holds; no machine comes near.
const MAX_NODES: u32 = 4096 * 8;

/// The live blocks: length by address. It lets a block be freed by its pointer alone, and
/// makes any other pointer an error instead of an unmapping of somebody else's pages.
static BLOCKS: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

fn blocks() -> MutexGuard<'static, BTreeMap<usize, usize>> {
    // The map is consistent between its own calls, whoever panicked while holding it.
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why memory was not given or not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// Zero bytes were asked for.
    Empty,
    /// Rounded up to whole pages, the size exceeds the address space.
    Overflow {
        /// The size asked for.
        bytes: usize,
    },
    /// The system has not that much.
    OutOfMemory {
        /// The size asked for.
        bytes: usize,
    },
    /// The pointer is not the start of a live block: never one, or freed already.
    UnknownPointer {
        /// The address given.
        address: usize,
    },
    /// The system refused to take the block back; it is still live.
    Refused {
        /// The address given.
        address: usize,
        /// The system's error number.
        errno: i32,
    },
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("cannot allocate zero bytes"),
            Self::Overflow { bytes } => {
                write!(f, "{bytes} bytes are more than the address space holds")
            }
            Self::OutOfMemory { bytes } => write!(f, "no memory for {bytes} bytes"),
            Self::UnknownPointer { address } => {
                write!(f, "{address:#x} is no live block of node memory")
            }
            Self::Refused { address, errno } => write!(
                f,
                "the system did not release the block at {address:#x}: {}",
                io::Error::from_raw_os_error(errno)
            ),
        }
    }
}

impl std::error::Error for MemoryError {}

/// A block of memory. Freed only by [`NodeMemory::free`]; dropping this value does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The first byte: page aligned (so to 64 bytes at least), the block zeroed.
    pub pointer: NonNull<u8>,
    /// The usable bytes: what was asked for, rounded up to whole pages.
    pub bytes: usize,
    /// The kernel accepted to place the pages on the node. `false` when it refused (in
    /// containers often) or the topology is described: they are then placed by first touch.
    pub bound: bool,
}

/// The memory of one NUMA node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeMemory {
    /// The kernel's number of the node; `None` if described, when nothing is bound.
    os_index: Option<u32>,
}

impl NodeMemory {
    /// The memory of `node`, where `described` is that of its topology.
    pub fn new(node: &Node, described: bool) -> Self {
        Self { os_index: (!described).then_some(node.os_index) }
    }

    /// Allocates at least `bytes` bytes, zeroed, preferably on this node.
    ///
    /// Pages are placed when first touched: from this node while it has free ones, then
    /// from the nearest. May be called from any thread.
    ///
    /// # Errors
    /// [`MemoryError::Empty`], [`MemoryError::Overflow`] or [`MemoryError::OutOfMemory`].
    pub fn allocate(&self, bytes: usize) -> Result<Allocation, MemoryError> {
        if bytes == 0 {
            return Err(MemoryError::Empty);
        }
        let length =
            bytes.checked_next_multiple_of(page_size()).ok_or(MemoryError::Overflow { bytes })?;
        let pointer = map(length).ok_or(MemoryError::OutOfMemory { bytes })?;
        // SAFETY: the mapping was just made, is `length` long, and nobody else knows it.
        let bound = self.os_index.is_some_and(|node| unsafe { prefer_node(pointer, length, node) });
        blocks().insert(pointer.as_ptr() as usize, length);
        Ok(Allocation { pointer, bytes: length, bound })
    }

    /// Gives back the block that starts at `pointer`, of whichever node. NULL does nothing.
    ///
    /// May be called from any thread, also from another one than allocated the block.
    ///
    /// # Errors
    /// [`MemoryError::UnknownPointer`] if no live block starts there (a second free too),
    /// [`MemoryError::Refused`] if the system keeps it. Either changes nothing.
    ///
    /// # Safety
    /// Nothing may use the block any more.
    pub unsafe fn free(pointer: *mut u8) -> Result<(), MemoryError> {
        if pointer.is_null() {
            return Ok(());
        }
        let address = pointer as usize;
        // Taken out before it is unmapped: afterwards another thread may be given the same
        // address and enter it anew. Of two that free the same block, one finds it.
        let length = blocks().remove(&address).ok_or(MemoryError::UnknownPointer { address })?;
        // SAFETY: the entry says that these are our pages, mapped as one; having removed it,
        // this call alone unmaps them; the caller promises that nobody uses them.
        if unsafe { libc::munmap(pointer.cast(), length) } == 0 {
            return Ok(());
        }
        // The kernel joins neighbouring mappings and may lack the means to split them again.
        let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
        blocks().insert(address, length);
        Err(MemoryError::Refused { address, errno })
    }
}

fn page_size() -> usize {
    // SAFETY: takes a constant and touches no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    // It cannot fail for this name; 64 KiB is a multiple of the page size of every kernel
    // on the platforms we know, and so is right, if wasteful, in its stead.
    usize::try_from(size).ok().filter(|size| size.is_power_of_two()).unwrap_or(1 << 16)
}

/// Maps `length` fresh bytes, a multiple of the page size.
fn map(length: usize) -> Option<NonNull<u8>> {
    // SAFETY: asks for new pages at an address of the kernel's choice: no existing memory
    // is touched.
    let address = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if address == libc::MAP_FAILED { None } else { NonNull::new(address.cast()) }
}

/// Asks the kernel to place the pages on `node`; whether it agreed.
///
/// # Safety
/// The `length` bytes at `pointer` are whole pages of one live mapping of the caller's.
unsafe fn prefer_node(pointer: NonNull<u8>, length: usize, node: u32) -> bool {
    if node >= MAX_NODES {
        return false;
    }
    let node = node as usize;
    let mut mask: Vec<c_ulong> = vec![0; node / BITS + 1];
    mask[node / BITS] |= 1 << (node % BITS);
    let mode: c_int = libc::MPOL_PREFERRED | libc::MPOL_F_STATIC_NODES;
    // The kernel reads one bit less than it is told, hence the added one.
    let max_node: c_ulong = (mask.len() * BITS + 1) as c_ulong;
    let flags: c_ulong = 0;
    // SAFETY: the range is the caller's; the mask has the bits announced and outlives the
    // call. Every argument has the width of a register, as a variadic call needs.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_mbind,
            pointer.as_ptr(),
            length,
            c_ulong::from(mode as u32),
            mask.as_ptr(),
            max_node,
            flags,
        )
    };
    rc == 0
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::topology;

    fn real() -> NodeMemory {
        let topology = topology::discover(None).unwrap();
        NodeMemory::new(&topology.nodes[0], topology.described)
    }

    fn free(block: Allocation) -> Result<(), MemoryError> {
        // SAFETY: the tests keep no reference to the block.
        unsafe { NodeMemory::free(block.pointer.as_ptr()) }
    }

    /// The node on which the page at `pointer` lies, or a negative error number.
    fn node_of_page(pointer: NonNull<u8>) -> i32 {
        let page = pointer.as_ptr();
        let mut status: c_int = -1;
        let (count, flags): (c_ulong, c_ulong) = (1, 0);
        // SAFETY: one page is asked about, none moved (no target nodes); `status` has room
        // for one answer.
        let rc = unsafe {
            libc::syscall(
                libc::SYS_move_pages,
                0 as libc::c_long,
                count,
                &raw const page,
                ptr::null::<c_int>(),
                &raw mut status,
                flags,
            )
        };
        if rc == 0 { status } else { -1 }
    }

    #[test]
    fn a_block_is_aligned_zeroed_writable_and_whole_pages() {
        let block = real().allocate(1).unwrap();
        assert_eq!(block.pointer.as_ptr() as usize % page_size(), 0);
        assert_eq!(block.bytes, page_size());
        // SAFETY: the block is live, `bytes` long, and only this test knows it.
        let bytes = unsafe { std::slice::from_raw_parts_mut(block.pointer.as_ptr(), block.bytes) };
        assert!(bytes.iter().all(|&byte| byte == 0));
        bytes.fill(7);
        free(block).unwrap();
    }

    #[test]
    fn a_bound_page_is_on_its_node() {
        let topology = topology::discover(None).unwrap();
        for node in &topology.nodes {
            let block = NodeMemory::new(node, false).allocate(3 * page_size()).unwrap();
            // SAFETY: the block is live and at least one byte long.
            unsafe { block.pointer.as_ptr().write(1) };
            let actual = node_of_page(block.pointer);
            // A container may refuse either call; what is claimed must be true.
            if block.bound && actual >= 0 {
                assert_eq!(actual as u32, node.os_index);
            }
            free(block).unwrap();
        }
    }

    #[test]
    fn described_and_impossible_nodes_give_unbound_memory() {
        let described = topology::discover(Some("numa:2 core:1 pu:1")).unwrap();
        let mut node = described.nodes[0].clone();
        let block = NodeMemory::new(&node, true).allocate(100).unwrap();
        assert!(!block.bound);
        free(block).unwrap();
        for os_index in [4000, MAX_NODES, u32::MAX] {
            node.os_index = os_index;
            let block = NodeMemory::new(&node, false).allocate(100).unwrap();
            assert!(!block.bound, "{os_index}");
            free(block).unwrap();
        }
    }

    #[test]
    fn impossible_sizes_are_errors() {
        let memory = real();
        assert_eq!(memory.allocate(0), Err(MemoryError::Empty));
        let bytes = usize::MAX;
        assert_eq!(memory.allocate(bytes), Err(MemoryError::Overflow { bytes }));
        let bytes = isize::MAX as usize;
        assert_eq!(memory.allocate(bytes), Err(MemoryError::OutOfMemory { bytes }));
    }

    #[test]
    fn null_is_freed_without_effect() {
        // SAFETY: NULL is no block, so nobody uses it.
        assert_eq!(unsafe { NodeMemory::free(ptr::null_mut()) }, Ok(()));
    }

    #[test]
    fn pointers_that_start_no_live_block_are_refused() {
        let block = real().allocate(2 * page_size()).unwrap();
        let inside = block.pointer.as_ptr().wrapping_add(page_size());
        let mut local = 0u8;
        for pointer in [inside, &raw mut local] {
            let address = pointer as usize;
            // SAFETY: neither is the start of a block, so nothing is given back.
            let result = unsafe { NodeMemory::free(pointer) };
            assert_eq!(result, Err(MemoryError::UnknownPointer { address }));
        }
        free(block).unwrap();
    }

    #[test]
    fn a_second_free_is_refused() {
        // A test beside this one could be given the freed address; a mapping in its place
        // keeps it out.
        let block = real().allocate(page_size()).unwrap();
        free(block).unwrap();
        // SAFETY: MAP_FIXED_NOREPLACE fails rather than touch an existing mapping.
        let plug = unsafe {
            libc::mmap(
                block.pointer.as_ptr().cast(),
                block.bytes,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
                -1,
                0,
            )
        };
        if plug != libc::MAP_FAILED {
            let address = block.pointer.as_ptr() as usize;
            assert_eq!(free(block), Err(MemoryError::UnknownPointer { address }));
            // SAFETY: unmaps the mapping just made, which nobody uses.
            unsafe { libc::munmap(plug, block.bytes) };
        }
    }

    #[test]
    fn a_block_may_be_freed_by_another_thread() {
        let address = real().allocate(10).unwrap().pointer.as_ptr() as usize;
        let result = thread::spawn(move || {
            // SAFETY: the allocating thread keeps only the address.
            unsafe { NodeMemory::free(address as *mut u8) }
        });
        assert_eq!(result.join().unwrap(), Ok(()));
    }

    #[test]
    fn threads_that_allocate_and_free_together_do_not_disturb_each_other() {
        let memory = real();
        thread::scope(|scope| {
            for thread in 0..4u8 {
                scope.spawn(move || {
                    for round in 1..50 {
                        let block = memory.allocate(round * 1000).unwrap();
                        // SAFETY: the block is live, `bytes` long, and this thread's alone.
                        unsafe {
                            block.pointer.as_ptr().write_bytes(thread, block.bytes);
                            assert_eq!(*block.pointer.as_ptr().add(block.bytes - 1), thread);
                        }
                        free(block).unwrap();
                    }
                });
            }
        });
    }
}

//! Tests of the layer as a whole, and the temporary tree that its readers are tested on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::*;

/// A directory that stands for `/`, removed at the end.
pub(super) struct FakeRoot(PathBuf);

impl FakeRoot {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("parla-root-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for FakeRoot {
    fn drop(&mut self) {
        // A directory left behind is a nuisance, not a failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The invariants that every topology promises.
fn check(topology: &Topology) {
    let n = topology.nodes.len();
    assert!(n > 0);
    assert!(topology.nodes.iter().all(|node| !node.cores.is_empty()));
    assert!(topology.nodes.windows(2).all(|pair| pair[0].os_index < pair[1].os_index));
    assert_eq!(topology.distances.len(), n);
    for (i, row) in topology.distances.iter().enumerate() {
        assert_eq!(row.len(), n);
        assert_eq!(row[i], LOCAL_DISTANCE);
        assert!(row.iter().all(|&distance| distance >= LOCAL_DISTANCE));
    }
    let cores = topology.nodes.iter().flat_map(|node| &node.cores);
    let mut pus: Vec<u32> = cores
        .flat_map(|core| {
            assert!(!core.pus.is_empty());
            core.pus.clone()
        })
        .collect();
    let count = pus.len();
    pus.sort_unstable();
    pus.dedup();
    assert_eq!(pus.len(), count, "a processor is in two cores");
}

fn pus_of(topology: &Topology) -> AffinityMask {
    let cores = topology.nodes.iter().flat_map(|node| &node.cores);
    AffinityMask::from_pus(cores.flat_map(|core| core.pus.clone()))
}

#[test]
fn the_real_machine_is_exactly_what_the_mask_allows() {
    let topology = discover(None).unwrap();
    check(&topology);
    assert!(!topology.described);
    assert_eq!(pus_of(&topology), AffinityMask::current().unwrap());
    assert!(topology.nodes.iter().any(|node| node.memory_bytes > 0));
}

#[test]
fn the_fallback_finds_the_same_machine_as_discover() {
    let mask = AffinityMask::current().unwrap();
    let fallback = assemble::assemble(fallback::read_machine(Path::new("/")), Some(&mask)).unwrap();
    check(&fallback);
    let found = discover(None).unwrap();
    let shape = |topology: &Topology| -> Vec<(u32, usize)> {
        topology.nodes.iter().map(|node| (node.os_index, node.cores.len())).collect()
    };
    assert_eq!(shape(&fallback), shape(&found));
    assert_eq!(fallback.distances, found.distances);
}

#[test]
fn an_inherited_mask_of_one_processor_is_honoured() {
    // A thread of its own: the mask is per thread, and a failing assertion must not
    // leave a test thread bound.
    thread::spawn(|| {
        let before = AffinityMask::current().unwrap();
        let one = AffinityMask::from_pus(before.pus().last());
        one.apply().unwrap();
        let topology = discover(None).unwrap();
        assert_eq!(AffinityMask::current().unwrap(), one, "discovery changed the mask");
        before.apply().unwrap();
        check(&topology);
        assert_eq!(pus_of(&topology), one);
        assert_eq!((topology.nodes.len(), topology.num_cores()), (1, 1));
        assert_eq!(default_workers(&topology, None), 1);
        assert_eq!(AffinityMask::current().unwrap(), before);
    })
    .join()
    .unwrap();
}

#[test]
fn two_and_four_nodes_can_be_described() {
    let two = discover(Some("numa:2 core:4 pu:1")).unwrap();
    check(&two);
    assert!(two.described);
    assert_eq!((two.nodes.len(), two.num_cores(), two.num_pus()), (2, 8, 8));
    assert_eq!(two.distances, [[10, 20], [20, 10]]);
    assert_eq!(two.nodes[1].cores[0].pus, [4]);

    let four = discover(Some("package:2 numa:2 core:2 pu:2")).unwrap();
    check(&four);
    assert_eq!((four.nodes.len(), four.num_cores(), four.num_pus()), (4, 8, 16));
    assert_eq!(four.nodes[3].cores[1].pus, [14, 15]);
}

#[test]
fn a_description_that_names_no_machine_is_quoted_in_the_error() {
    for text in ["numa:two core:1 pu:1", "", "memcache:2 pu:2", "core:4"] {
        let error = discover(Some(text)).unwrap_err();
        assert!(error.to_string().contains(&format!("\"{text}\"")), "{error}");
    }
}

#[test]
fn workers_are_capped_by_the_quota_but_never_to_none() {
    let mut topology = discover(Some("core:8 pu:2")).unwrap();
    topology.described = false;
    for (quota, expected) in [
        (None, 8),
        (Some(2.0), 2),
        (Some(2.1), 3),
        (Some(0.1), 1),
        (Some(64.0), 8),
        (Some(f64::INFINITY), 8),
        (Some(f64::NAN), 1),
        (Some(-3.0), 1),
    ] {
        assert_eq!(default_workers(&topology, quota), expected, "{quota:?}");
    }
}

#[test]
fn a_described_machine_keeps_its_cores_whatever_the_quota() {
    let topology = discover(Some("core:8 pu:2")).unwrap();
    assert_eq!(default_workers(&topology, Some(1.0)), 8);
}

#[cfg(feature = "hwloc")]
mod with_hwloc {
    use super::*;

    #[test]
    fn hwloc_and_the_plain_parser_read_the_same_machine() {
        for text in [
            "numa:2 core:4 pu:1",
            "NODE:4 core:2 pu:2",
            "package:2 numa:2 core:3 pu:2",
            "numa:2 package:2 core:2 pu:2",
            "package:2 core:2 pu:2",
        ] {
            let through_hwloc = hwloc::read_description(text).unwrap();
            let through_hwloc = assemble::assemble(through_hwloc, None).unwrap();
            assert_eq!(discover(Some(text)).unwrap(), through_hwloc, "{text}");
        }
    }

    #[test]
    fn the_rich_syntax_of_hwloc_is_understood() {
        let attached = discover(Some("package:2 [numa(memory=4GB)] l3:2 core:2 pu:2")).unwrap();
        check(&attached);
        assert_eq!((attached.nodes.len(), attached.num_cores()), (2, 8));
        assert_eq!(attached.nodes[0].memory_bytes, 4_000_000_000);

        let indexed = discover(Some("numa:2 core:2 pu:1(indexes=0,2,1,3)")).unwrap();
        assert_eq!(indexed.nodes[0].cores[1].pus, [2]);

        // Nodes below levels that are filtered out: hwloc makes groups to hang them from.
        for text in [
            "package:2 die:2 [numa] core:2 pu:1",
            "package:2 l3:2 [numa] core:2 pu:1",
            "package:2 die:1 l3:2 numa:1 core:2 pu:1",
        ] {
            let topology = discover(Some(text)).unwrap();
            check(&topology);
            assert_eq!((topology.nodes.len(), topology.num_cores()), (4, 8), "{text}");
            assert!(topology.nodes.iter().all(|node| node.cores.len() == 2), "{text}");
        }

        let inside = discover(Some("core:2 numa:2 pu:2")).unwrap();
        check(&inside);
        assert_eq!((inside.nodes.len(), inside.num_pus()), (4, 8));
    }

    #[test]
    fn numbers_given_twice_are_an_error() {
        for text in ["pu:4(indexes=1,1,1,1)", "numa:2(indexes=5,5) pu:2"] {
            let error = discover(Some(text)).unwrap_err();
            assert!(error.to_string().contains("same number"), "{error}");
        }
    }

    #[test]
    fn what_hwloc_itself_refuses_is_an_error() {
        let error = discover(Some("numa:2 numa:2 pu:1")).unwrap_err();
        assert!(error.to_string().contains("hwloc"), "{error}");
    }
}

//! The machine from the kernel's files, for builds without hwloc and hosts where it fails.
//!
//! Reads `/sys/devices/system/node` and `/sys/devices/system/cpu`. Whatever is absent is
//! left out of the report: `assemble` makes one node of what remains, down to a sandbox
//! that shows no file at all and leaves only the affinity mask.

use std::fs;
use std::path::Path;

use super::assemble::{Machine, RawCore, RawNode};

/// A range longer than this in a list of processors is damage, not a machine.
const MAX_NUMBER: u32 = 1 << 20;

/// Reports the machine whose file system starts at `root`.
pub(super) fn read_machine(root: &Path) -> Machine {
    let node_dir = root.join("sys/devices/system/node");
    let numbers = numbered_entries(&node_dir, "node");
    let nodes = numbers.iter().map(|&number| read_node(&node_dir, number)).collect();
    let cores = read_cores(&root.join("sys/devices/system/cpu"));
    let distances = read_distances(&node_dir, &numbers);
    Machine { nodes, cores, distances, described: false }
}

fn read_node(node_dir: &Path, number: u32) -> RawNode {
    let dir = node_dir.join(format!("node{number}"));
    let pus = read(&dir.join("cpulist")).and_then(|text| parse_list(&text));
    let memory = read(&dir.join("meminfo")).and_then(|text| parse_mem_total(&text));
    RawNode { os_index: number, memory_bytes: memory.unwrap_or(0), pus: pus.unwrap_or_default() }
}

/// The distances between the nodes with these numbers; empty if the kernel gives none.
///
/// Each file has one column per online node, and `numbers` are those, ascending.
fn read_distances(node_dir: &Path, numbers: &[u32]) -> Vec<Vec<u32>> {
    let rows = numbers.iter().map(|number| {
        let text = read(&node_dir.join(format!("node{number}/distance")))?;
        let row: Vec<u32> =
            text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
        (row.len() == numbers.len()).then_some(row)
    });
    rows.collect::<Option<_>>().unwrap_or_default()
}

/// The cores of the online processors, by package, then by first processor: the numbers
/// of neighbours are often interleaved between packages.
fn read_cores(cpu_dir: &Path) -> Vec<RawCore> {
    let mut cores: Vec<(u32, RawCore)> = Vec::new();
    for pu in numbered_entries(cpu_dir, "cpu") {
        let topology = cpu_dir.join(format!("cpu{pu}/topology"));
        // The second name is the one of kernels before 5.3. An offline processor has neither.
        let siblings = read(&topology.join("core_cpus_list"))
            .or_else(|| read(&topology.join("thread_siblings_list")))
            .and_then(|text| parse_list(&text));
        let Some(siblings) = siblings else { continue };
        // Every sibling lists the whole core; the first one speaks for it.
        if siblings.first() != Some(&pu) {
            continue;
        }
        let number =
            |file: &str| -> Option<u32> { read(&topology.join(file))?.trim().parse().ok() };
        let package = number("physical_package_id").unwrap_or(0);
        cores.push((package, RawCore { os_index: number("core_id").unwrap_or(pu), pus: siblings }));
    }
    cores.sort_by_key(|(package, core)| (*package, core.pus[0]));
    cores.into_iter().map(|(_, core)| core).collect()
}

/// The numbers N of the entries called `prefix`N, ascending.
fn numbered_entries(dir: &Path, prefix: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut numbers: Vec<u32> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix(prefix)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Parses the kernel's list form, `0-3,8,10-11`; `None` if it is anything else.
fn parse_list(text: &str) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        if last > MAX_NUMBER {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

/// Bytes from a node's `meminfo`, whose line reads `Node 0 MemTotal: 5073100 kB`.
fn parse_mem_total(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("MemTotal:"))?;
    let kib: u64 = line.split_once(':')?.1.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::super::assemble::assemble;
    use super::super::tests::FakeRoot;
    use super::*;
    use crate::topology::AffinityMask;

    #[test]
    fn lists_are_parsed() {
        for (text, expected) in [
            ("0-3,8,10-11\n", Some(vec![0, 1, 2, 3, 8, 10, 11])),
            ("5", Some(vec![5])),
            ("\n", Some(vec![])),
            ("3-1", Some(vec![])),
            ("0-4294967295", None),
            ("a-b", None),
        ] {
            assert_eq!(parse_list(text), expected, "{text}");
        }
    }

    #[test]
    fn memory_is_parsed() {
        assert_eq!(parse_mem_total("Node 0 MemUsed: 1 kB\nNode 0 MemTotal:   4 kB\n"), Some(4096));
        assert_eq!(parse_mem_total("Node 0 MemFree: 4 kB"), None);
        assert_eq!(parse_mem_total("Node 0 MemTotal: many kB"), None);
    }

    /// Two packages, a node each, hardware threads interleaved as firmware likes it: cores
    /// {0,4} {1,5} {2,6} {3,7}, even ones in package 0. Node 3 has memory only.
    fn interleaved() -> FakeRoot {
        let root = FakeRoot::new();
        for (node, cpus, distance) in
            [(0, "0,2,4,6", "10 21 17"), (1, "1,3,5,7", "21 10 28"), (3, "", "17 28 10")]
        {
            let dir = format!("sys/devices/system/node/node{node}");
            root.write(&format!("{dir}/cpulist"), &format!("{cpus}\n"));
            root.write(&format!("{dir}/distance"), &format!("{distance}\n"));
            root.write(&format!("{dir}/meminfo"), &format!("Node {node} MemTotal: 8 kB\n"));
        }
        for cpu in 0..8 {
            let dir = format!("sys/devices/system/cpu/cpu{cpu}/topology");
            // Half of them in the older spelling.
            let file = if cpu < 4 { "core_cpus_list" } else { "thread_siblings_list" };
            root.write(&format!("{dir}/{file}"), &format!("{},{}\n", cpu % 4, cpu % 4 + 4));
            root.write(&format!("{dir}/core_id"), &format!("{}\n", cpu % 4 / 2));
            root.write(&format!("{dir}/physical_package_id"), &format!("{}\n", cpu % 2));
        }
        root.write("sys/devices/system/cpu/cpufreq/policy0", "");
        root
    }

    #[test]
    fn nodes_cores_memory_and_distances_are_read() {
        let root = interleaved();
        let topology = assemble(read_machine(root.path()), None).unwrap();
        assert_eq!(topology.nodes.len(), 2);
        let cores: Vec<Vec<u32>> = topology
            .nodes
            .iter()
            .flat_map(|node| &node.cores)
            .map(|core| core.pus.clone())
            .collect();
        assert_eq!(cores, [[0, 4], [2, 6], [1, 5], [3, 7]]);
        assert_eq!(topology.nodes[1].memory_bytes, 8192);
        assert_eq!(topology.nodes[1].cores[1].os_index, 1);
        assert_eq!(topology.distances, [[10, 21], [21, 10]]);
        assert!(!topology.described);
    }

    #[test]
    fn the_mask_restricts_what_is_read() {
        let root = interleaved();
        let mask = AffinityMask::from_pus([3]);
        let topology = assemble(read_machine(root.path()), Some(&mask)).unwrap();
        assert_eq!((topology.nodes.len(), topology.nodes[0].os_index), (1, 1));
        assert_eq!(topology.nodes[0].cores[0].pus, [3]);
    }

    #[test]
    fn without_files_the_mask_is_one_node() {
        let root = FakeRoot::new();
        let mask = AffinityMask::from_pus([2, 3]);
        let topology = assemble(read_machine(root.path()), Some(&mask)).unwrap();
        assert_eq!(topology.nodes.len(), 1);
        assert_eq!(topology.num_cores(), 2);
        assert_eq!(topology.distances, [[10]]);
    }
}

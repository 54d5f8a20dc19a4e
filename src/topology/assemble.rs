//! From what a source reports to a [`Topology`]. Pure.
//!
//! Sources differ in what they leave out and repeat: memory-only nodes (CXL), nodes of
//! fast memory that share the processors of another node (HBM), cores that span nodes in
//! descriptions, kernels without NUMA. Here that becomes the invariant of [`Topology`]:
//! every allowed processor in exactly one core of exactly one node, and nothing empty.

use std::collections::{BTreeMap, HashMap};

use super::{AffinityMask, Core, LOCAL_DISTANCE, Node, REMOTE_DISTANCE, Topology, TopologyError};

/// A machine as a source reports it, unrestricted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) nodes: Vec<RawNode>,
    /// In the source's order, which puts neighbours next to each other.
    pub(super) cores: Vec<RawCore>,
    /// Between `nodes`, in their order; empty when unknown.
    pub(super) distances: Vec<Vec<u32>>,
    pub(super) described: bool,
}

/// A node as reported: it may have no processor, or share them with another node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RawNode {
    pub(super) os_index: u32,
    pub(super) memory_bytes: u64,
    pub(super) pus: Vec<u32>,
}

/// A core as reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RawCore {
    pub(super) os_index: u32,
    pub(super) pus: Vec<u32>,
}

/// The part of `machine` on which `allowed` lets us run; all of it when `None`.
pub(super) fn assemble(
    mut machine: Machine,
    allowed: Option<&AffinityMask>,
) -> Result<Topology, TopologyError> {
    add_missing(&mut machine, allowed);
    let home = home_nodes(&machine.nodes);
    let mut cores_of: BTreeMap<usize, Vec<Core>> = BTreeMap::new();
    for core in &machine.cores {
        let mut parts: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for &pu in &core.pus {
            if allowed.is_none_or(|mask| mask.contains(pu)) {
                parts.entry(home[&pu]).or_default().push(pu);
            }
        }
        for (node, mut pus) in parts {
            pus.sort_unstable();
            cores_of.entry(node).or_default().push(Core { os_index: core.os_index, pus });
        }
    }
    if cores_of.is_empty() {
        return Err(TopologyError::NoProcessor);
    }
    let mut kept: Vec<usize> = cores_of.keys().copied().collect();
    kept.sort_by_key(|&index| machine.nodes[index].os_index);
    let distances = distances(&machine.distances, &kept);
    let nodes = kept
        .iter()
        .map(|&index| Node {
            os_index: machine.nodes[index].os_index,
            memory_bytes: machine.nodes[index].memory_bytes,
            cores: cores_of.remove(&index).unwrap_or_default(),
        })
        .collect();
    Ok(Topology { nodes, distances, described: machine.described })
}

/// Gives a core and a node to every processor that has none: those of the mask, which the
/// kernel vouches for even if the source missed them, and those that the source names in
/// only one of the two lists.
fn add_missing(machine: &mut Machine, allowed: Option<&AffinityMask>) {
    let mut in_core: Vec<u32> = machine.cores.iter().flat_map(|core| core.pus.clone()).collect();
    in_core.sort_unstable();
    let in_nodes = machine.nodes.iter().flat_map(|node| node.pus.clone());
    let mut known: Vec<u32> =
        in_nodes.chain(allowed.into_iter().flat_map(AffinityMask::pus)).collect();
    known.sort_unstable();
    known.dedup();
    for pu in known {
        if in_core.binary_search(&pu).is_err() {
            machine.cores.push(RawCore { os_index: pu, pus: vec![pu] });
        }
    }
    let in_node: BTreeMap<u32, usize> = home_nodes(&machine.nodes).into_iter().collect();
    let all_pus = machine.cores.iter().flat_map(|core| &core.pus);
    let homeless: Vec<u32> = all_pus.copied().filter(|pu| !in_node.contains_key(pu)).collect();
    if homeless.is_empty() {
        return;
    }
    // The first node with processors, else a node of our own: a kernel without NUMA is one
    // node, and calls it 0.
    let index = machine.nodes.iter().position(|node| !node.pus.is_empty()).unwrap_or_else(|| {
        if machine.nodes.is_empty() {
            machine.nodes.push(RawNode::default());
        }
        0
    });
    machine.nodes[index].pus.extend(homeless);
}

/// The node of each processor. Among several that claim it, the one with the fewest
/// processors (the most local), then the lowest number: where fast memory shares the
/// processors of ordinary memory, the ordinary one is numbered first.
fn home_nodes(nodes: &[RawNode]) -> HashMap<u32, usize> {
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|&index| (nodes[index].pus.len(), nodes[index].os_index));
    let mut home = HashMap::new();
    for index in order {
        for &pu in &nodes[index].pus {
            home.entry(pu).or_insert(index);
        }
    }
    home
}

/// The reported distances between the kept nodes, with what SLIT promises made true.
fn distances(reported: &[Vec<u32>], kept: &[usize]) -> Vec<Vec<u32>> {
    let between = |from: usize, to: usize| {
        if from == to {
            return LOCAL_DISTANCE;
        }
        let value = reported.get(from).and_then(|row| row.get(to)).copied();
        value.unwrap_or(REMOTE_DISTANCE).max(LOCAL_DISTANCE)
    };
    kept.iter().map(|&from| kept.iter().map(|&to| between(from, to)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(os_index: u32, pus: &[u32]) -> RawNode {
        RawNode { os_index, memory_bytes: 1 << 20, pus: pus.to_vec() }
    }

    fn core(os_index: u32, pus: &[u32]) -> RawCore {
        RawCore { os_index, pus: pus.to_vec() }
    }

    /// Node numbers, each with the processors of its cores.
    fn shape(topology: &Topology) -> Vec<(u32, Vec<Vec<u32>>)> {
        let cores = |node: &Node| node.cores.iter().map(|core| core.pus.clone()).collect();
        topology.nodes.iter().map(|node| (node.os_index, cores(node))).collect()
    }

    fn two_uneven_nodes() -> Machine {
        Machine {
            nodes: vec![node(0, &[0, 1, 2, 3]), node(2, &[4, 5]), node(5, &[6])],
            cores: vec![
                core(0, &[0, 1]),
                core(1, &[3, 2]),
                core(0, &[4]),
                core(1, &[5]),
                core(0, &[6]),
            ],
            distances: vec![vec![10, 21, 31], vec![22, 10, 32], vec![23, 33, 10]],
            described: false,
        }
    }

    #[test]
    fn uneven_nodes_keep_their_shapes() {
        let topology = assemble(two_uneven_nodes(), None).unwrap();
        let expected = vec![
            (0, vec![vec![0, 1], vec![2, 3]]),
            (2, vec![vec![4], vec![5]]),
            (5, vec![vec![6]]),
        ];
        assert_eq!(shape(&topology), expected);
        assert_eq!((topology.num_cores(), topology.num_pus()), (5, 7));
    }

    #[test]
    fn nodes_without_an_allowed_processor_are_dropped() {
        let mask = AffinityMask::from_pus([1, 6]);
        let topology = assemble(two_uneven_nodes(), Some(&mask)).unwrap();
        assert_eq!(shape(&topology), [(0, vec![vec![1]]), (5, vec![vec![6]])]);
        assert_eq!(topology.distances, [[10, 31], [23, 10]]);
    }

    #[test]
    fn no_allowed_processor_at_all_is_an_error() {
        let mask = AffinityMask::default();
        let result = assemble(two_uneven_nodes(), Some(&mask));
        assert_eq!(result, Err(TopologyError::NoProcessor));
        assert_eq!(assemble(Machine::default(), None), Err(TopologyError::NoProcessor));
    }

    #[test]
    fn memory_without_processors_is_no_node() {
        let machine = Machine {
            nodes: vec![node(0, &[0, 1]), node(1, &[])],
            cores: vec![core(0, &[0]), core(1, &[1])],
            ..Machine::default()
        };
        assert_eq!(shape(&assemble(machine, None).unwrap()), [(0, vec![vec![0], vec![1]])]);
    }

    #[test]
    fn of_two_memories_at_the_same_processors_the_first_is_home() {
        let machine = Machine {
            nodes: vec![node(3, &[0, 1]), node(2, &[0, 1]), node(9, &[0, 1, 2])],
            cores: vec![core(0, &[0]), core(1, &[1]), core(2, &[2])],
            ..Machine::default()
        };
        let topology = assemble(machine, None).unwrap();
        assert_eq!(shape(&topology), [(2, vec![vec![0], vec![1]]), (9, vec![vec![2]])]);
    }

    #[test]
    fn a_core_across_nodes_is_split() {
        let machine = Machine {
            nodes: vec![node(0, &[0]), node(1, &[1])],
            cores: vec![core(7, &[0, 1])],
            ..Machine::default()
        };
        assert_eq!(
            shape(&assemble(machine, None).unwrap()),
            [(0, vec![vec![0]]), (1, vec![vec![1]])]
        );
    }

    #[test]
    fn allowed_processors_that_nobody_reports_are_used_all_the_same() {
        let mask = AffinityMask::from_pus([4, 7]);
        let bare = assemble(Machine::default(), Some(&mask)).unwrap();
        assert_eq!(shape(&bare), [(0, vec![vec![4], vec![7]])]);
        let mask = AffinityMask::from_pus([6, 8]);
        let partial = assemble(two_uneven_nodes(), Some(&mask)).unwrap();
        assert_eq!(shape(&partial), [(0, vec![vec![8]]), (5, vec![vec![6]])]);
    }

    #[test]
    fn distances_are_completed_and_never_below_local() {
        let mut machine = two_uneven_nodes();
        machine.distances = vec![vec![99, 3], vec![22, 0]];
        let topology = assemble(machine, None).unwrap();
        assert_eq!(topology.distances, [[10, 10, 20], [22, 10, 20], [20, 20, 10]]);
    }
}

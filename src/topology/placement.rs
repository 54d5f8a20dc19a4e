//! Where workers go and in which order nodes are visited. Pure.

use super::Topology;

/// The place of one worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Index into [`Topology::nodes`].
    pub node: usize,
    /// Index into that node's `cores`.
    pub core: usize,
    /// The processors to bind the worker to: the whole core while it has the core to
    /// itself, one hardware thread of it otherwise.
    pub pus: Vec<u32>,
}

impl Topology {
    /// The number of cores in all nodes.
    pub fn num_cores(&self) -> usize {
        self.nodes.iter().map(|node| node.cores.len()).sum()
    }

    /// The number of hardware threads in all nodes.
    pub fn num_pus(&self) -> usize {
        let cores = self.nodes.iter().flat_map(|node| &node.cores);
        cores.map(|core| core.pus.len()).sum()
    }

    /// The nodes in the order in which a worker of node `i` looks for work or memory:
    /// `i` itself, then by distance.
    ///
    /// Equally distant nodes come in ring order, starting after `i`. Were it by number,
    /// every node would look at node 0 first, and node 0's deques would be fought over.
    ///
    /// # Panics
    /// If there is no node `i`.
    pub fn nearest_nodes(&self, i: usize) -> Vec<usize> {
        let n = self.nodes.len();
        let row = &self.distances[i];
        let mut ring: Vec<usize> = (1..n).map(|step| (i + step) % n).collect();
        // Stable, so the ring order survives among equals.
        ring.sort_by_key(|&j| row[j]);
        ring.insert(0, i);
        ring
    }

    /// Places for `n` workers.
    ///
    /// One per core first, each node getting its share at every prefix (two equal nodes
    /// take turns; nodes of four and two cores get them 2 : 1), so that few workers
    /// already use every node's memory. Within a node, cores are taken in order. A second
    /// worker joins a core, on its next hardware thread, only when every core has one;
    /// when all hardware threads have one, it begins again from the first.
    ///
    /// Slot `k` has the same node and core for every `n > k`.
    pub fn worker_slots(&self, n: usize) -> Vec<Slot> {
        let cores = self.cores_by_share();
        let seats = self.seats(&cores);
        if seats.is_empty() {
            return Vec::new();
        }
        // The order of `seats` starts with one seat per core, so a core is shared exactly
        // when the workers go on past those and reach one of its other seats.
        let second_seats_used = n.min(seats.len());
        let mut workers_on_core: Vec<Vec<usize>> =
            self.nodes.iter().map(|node| vec![0; node.cores.len()]).collect();
        for &(node, core, _) in &seats[..second_seats_used] {
            workers_on_core[node][core] += 1;
        }
        (0..n)
            .map(|worker| {
                let (node, core, thread) = seats[worker % seats.len()];
                let pus = &self.nodes[node].cores[core].pus;
                let alone = workers_on_core[node][core] == 1;
                let pus = if alone { pus.clone() } else { vec![pus[thread]] };
                Slot { node, core, pus }
            })
            .collect()
    }

    /// The machine without the nodes that `slots` leave empty, and the same slots there. A node without
    /// a worker is no device: a task sent there would wait for ever. Without slots the first node stays.
    pub fn without_empty_nodes(&self, mut slots: Vec<Slot>) -> (Topology, Vec<Slot>) {
        let mut kept: Vec<usize> = slots.iter().map(|slot| slot.node).collect();
        if kept.is_empty() {
            kept.push(0);
        }
        kept.sort_unstable();
        kept.dedup();
        for slot in &mut slots {
            slot.node = kept.binary_search(&slot.node).expect("every slot's node is kept");
        }
        let row = |i: usize| kept.iter().map(|&j| self.distances[i][j]).collect();
        let topology = Topology {
            nodes: kept.iter().map(|&i| self.nodes[i].clone()).collect(),
            distances: kept.iter().map(|&i| row(i)).collect(),
            described: self.described,
        };
        (topology, slots)
    }

    /// Every core, such that each prefix holds every node in proportion to its cores.
    ///
    /// Core `k` of a node with `c` cores stands at `(2k + 1) / 2c` of the way; sorting by
    /// that is the Sainte-Laguë method of dividing seats, in one sort.
    fn cores_by_share(&self) -> Vec<(usize, usize)> {
        let mut cores: Vec<(usize, usize)> = self
            .nodes
            .iter()
            .enumerate()
            .flat_map(|(node, value)| (0..value.cores.len()).map(move |core| (node, core)))
            .collect();
        let size = |node: usize| self.nodes[node].cores.len();
        // Fractions compared by cross-multiplication; the sort is stable, so ties go to
        // the node with the lower index.
        cores.sort_by(|&(node_a, a), &(node_b, b)| {
            ((2 * a + 1) * size(node_b)).cmp(&((2 * b + 1) * size(node_a)))
        });
        cores
    }

    /// Every hardware thread as (node, core, thread): all first threads, then all second.
    fn seats(&self, cores: &[(usize, usize)]) -> Vec<(usize, usize, usize)> {
        let threads = |node: usize, core: usize| self.nodes[node].cores[core].pus.len();
        let most = cores.iter().map(|&(node, core)| threads(node, core)).max();
        (0..most.unwrap_or(0))
            .flat_map(|thread| {
                cores
                    .iter()
                    .filter(move |&&(node, core)| thread < threads(node, core))
                    .map(move |&(node, core)| (node, core, thread))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Core, LOCAL_DISTANCE, Node, REMOTE_DISTANCE, Topology};

    /// A machine with the given number of hardware threads per core, per node.
    fn machine(shape: &[&[usize]]) -> Topology {
        let mut next = 0..;
        let nodes: Vec<Node> = shape
            .iter()
            .zip(0..)
            .map(|(cores, os_index)| Node {
                os_index,
                memory_bytes: 0,
                cores: cores
                    .iter()
                    .zip(0..)
                    .map(|(&threads, os_index)| Core {
                        os_index,
                        pus: next.by_ref().take(threads).collect(),
                    })
                    .collect(),
            })
            .collect();
        let n = nodes.len();
        let distance = |i, j| {
            if i == j { LOCAL_DISTANCE } else { REMOTE_DISTANCE }
        };
        let distances = (0..n).map(|i| (0..n).map(|j| distance(i, j)).collect()).collect();
        Topology { nodes, distances, described: true }
    }

    fn nodes_of(topology: &Topology, n: usize) -> Vec<usize> {
        topology.worker_slots(n).iter().map(|slot| slot.node).collect()
    }

    #[test]
    fn equal_nodes_take_turns() {
        let two = machine(&[&[1, 1], &[1, 1]]);
        assert_eq!(nodes_of(&two, 4), [0, 1, 0, 1]);
        let slots = two.worker_slots(4);
        assert_eq!(slots.iter().map(|slot| slot.core).collect::<Vec<_>>(), [0, 0, 1, 1]);
    }

    #[test]
    fn nodes_without_a_worker_are_left_out() {
        let mut three = machine(&[&[1], &[1], &[1]]);
        three.distances = vec![vec![10, 20, 30], vec![20, 10, 40], vec![30, 40, 10]];
        let slots = three.worker_slots(3).split_off(1);
        let (two, slots) = three.without_empty_nodes(slots);
        assert_eq!(two.nodes, three.nodes[1..]);
        assert_eq!(two.distances, [[10, 40], [40, 10]]);
        assert_eq!(slots.iter().map(|slot| slot.node).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(three.without_empty_nodes(Vec::new()).0.nodes, three.nodes[..1]);
    }

    #[test]
    fn unequal_nodes_get_their_share_at_every_prefix() {
        let asymmetric = machine(&[&[1, 1, 1, 1], &[1, 1]]);
        assert_eq!(nodes_of(&asymmetric, 6), [0, 1, 0, 0, 1, 0]);
        for n in 0..=6 {
            let first = nodes_of(&asymmetric, n).iter().filter(|&&node| node == 0).count();
            assert!((first as f64 - n as f64 * 4.0 / 6.0).abs() < 1.0, "{first} of {n}");
        }
    }

    #[test]
    fn a_worker_alone_on_its_core_has_all_of_it() {
        let smt = machine(&[&[2, 2]]);
        let slots = smt.worker_slots(2);
        assert_eq!((slots[0].pus.clone(), slots[1].pus.clone()), (vec![0, 1], vec![2, 3]));
    }

    #[test]
    fn siblings_are_used_only_after_every_core() {
        let smt = machine(&[&[2, 2]]);
        let pus =
            |n| -> Vec<Vec<u32>> { smt.worker_slots(n).into_iter().map(|slot| slot.pus).collect() };
        assert_eq!(pus(3), [vec![0], vec![2, 3], vec![1]]);
        assert_eq!(pus(4), [vec![0], vec![2], vec![1], vec![3]]);
    }

    #[test]
    fn cores_without_siblings_are_left_out_of_the_second_round() {
        let hybrid = machine(&[&[2, 1, 2]]);
        let cores: Vec<usize> = hybrid.worker_slots(5).iter().map(|slot| slot.core).collect();
        assert_eq!(cores, [0, 1, 2, 0, 2]);
    }

    #[test]
    fn more_workers_than_hardware_threads_begin_again() {
        let small = machine(&[&[2], &[1]]);
        let slots = small.worker_slots(7);
        let places: Vec<(usize, Vec<u32>)> =
            slots.into_iter().map(|slot| (slot.node, slot.pus)).collect();
        let round = [(0, vec![0]), (1, vec![2]), (0, vec![1])];
        assert_eq!(places[..3], round);
        assert_eq!(places[3..6], round);
        assert_eq!(places[6], round[0]);
    }

    #[test]
    fn a_slot_keeps_its_core_when_workers_are_added() {
        let four = machine(&[&[2, 2, 2], &[1], &[2, 2], &[1, 1, 1]]);
        let place = |n: usize| -> Vec<(usize, usize)> {
            four.worker_slots(n).iter().map(|slot| (slot.node, slot.core)).collect()
        };
        let longest = place(40);
        for n in 0..40 {
            assert_eq!(place(n), longest[..n]);
        }
    }

    #[test]
    fn equally_distant_nodes_are_visited_as_a_ring() {
        let four = machine(&[&[1], &[1], &[1], &[1]]);
        assert_eq!(four.nearest_nodes(0), [0, 1, 2, 3]);
        assert_eq!(four.nearest_nodes(2), [2, 3, 0, 1]);
    }

    #[test]
    fn nearer_nodes_come_first() {
        let mut four = machine(&[&[1], &[1], &[1], &[1]]);
        four.distances[1] = vec![20, 10, 30, 12];
        assert_eq!(four.nearest_nodes(1), [1, 3, 0, 2]);
    }

    #[test]
    fn one_node_has_no_neighbours() {
        assert_eq!(machine(&[&[1]]).nearest_nodes(0), [0]);
    }
}

//! From a seed to a program.

use super::plan::{HostStep, Member, Plan, Space, Step, Target, Task, feature::*};
use crate::support::api::{PARLA_ANY, PARLA_CPU, parla_cpu};
use crate::support::rng::Rng;

/// Makes the program of `seed` with `n` tasks out of `features`.
pub fn generate(seed: u64, n: u32, features: u32) -> Plan {
    let mut rng = Rng::new(seed);
    let nodes = rng.pick(&[1, 1, 2, 4]);
    let plan = Plan {
        seed,
        features,
        workers: (1 + rng.below(8) as i32).max(nodes as i32),
        nodes,
        thread_mode: rng.chance(250) && features & THREAD_WAITS != 0,
        // Without the alarm of sleeping workers, a lost wake-up is a hang.
        stall_ms: if rng.chance(700) { -1 } else { 300 },
        memory: 1_000_000,
        lenders: if rng.chance(300) && features & LEND != 0 { 1 + rng.index(2) } else { 0 },
        hosts: if features & HOSTS != 0 { 1 + rng.index(4) } else { 1 },
        asks: rng.chance(500),
        ..Plan::default()
    };
    let mut maker = Maker { plan, rng, n, kinds: Kinds::default(), first: 0 };
    if maker.plan.lenders > 0 && maker.rng.chance(400) {
        (maker.plan.workers, maker.plan.nodes) = (-1, 1);
    }
    while (maker.plan.tasks.len() as u32) < n {
        maker.island();
    }
    maker.plan
}

/// What the tasks of one island may do.
#[derive(Default)]
struct Kinds {
    fail: bool,
    cancel: bool,
    /// Spaces, and the task from which on they get no more members.
    spaces: Vec<(u32, u32)>,
}

struct Maker {
    plan: Plan,
    rng: Rng,
    n: u32,
    kinds: Kinds,
    /// First task of the island.
    first: u32,
}

impl Maker {
    fn on(&mut self, feature: u32, chance: u64) -> bool {
        self.rng.chance(chance) && self.plan.has(feature)
    }

    fn island(&mut self) {
        self.first = self.plan.tasks.len() as u32;
        let size = self.rng.pick(&[3, 12, 40, 120, 400]) + self.rng.below(30) as u32;
        let last = (self.first + size).min(self.n);
        self.kinds =
            Kinds { fail: self.on(FAIL, 250), cancel: self.on(CANCEL, 200), spaces: vec![] };
        if self.on(SPACES, 600) {
            for _ in 0..1 + self.rng.index(2) {
                let closed = self.first + self.rng.below(u64::from(size)) as u32;
                self.kinds.spaces.push((self.plan.spaces.len() as u32, closed));
                self.plan.spaces.push(Space {
                    members: vec![],
                    eager: self.rng.chance(500),
                    ndim: 1 + self.rng.index(2),
                    bounded: self.rng.chance(500),
                });
            }
        }
        self.plan.cancellable.resize(last as usize, false);
        for id in self.first..last {
            let task = self.task(id);
            self.plan.tasks.push(task);
        }
        for id in self.first..last {
            self.steps(id);
        }
        let steps = self.host_steps(last);
        self.plan.islands.push(steps);
    }

    fn root(&self, mut id: u32) -> u32 {
        while let Some(parent) = self.plan.tasks[id as usize].parent {
            id = parent;
        }
        id
    }

    fn task(&mut self, id: u32) -> Task {
        let parent = (id > self.first && self.on(NEST, 180)).then(|| {
            let back = self.rng.below(u64::from((id - self.first).min(12))) as u32;
            id - 1 - back
        });
        let mut task = Task { parent, ..Task::default() };
        let open: Vec<u32> = self.kinds.spaces.iter().filter(|s| id < s.1).map(|s| s.0).collect();
        if !open.is_empty() && self.rng.chance(500) {
            let space = self.rng.pick(&open);
            let members = &mut self.plan.spaces[space as usize].members;
            task.element = Some((space, members.len() as u32));
            members.push(id);
        }
        let n_deps = match self.rng.below(100) {
            0..25 => 0,
            25..75 => 1 + self.rng.index(3),
            75..97 => 4 + self.rng.index(9),
            _ if self.plan.has(MANY_DEPS) => 40 + self.rng.index(40),
            _ => 2,
        };
        task.deps = (0..n_deps).filter_map(|_| self.target(id, parent)).collect();
        task.fails = self.kinds.fail && self.rng.chance(25);
        task.anyway = self.on(ANYWAY, 80);
        task.held_at_spawn = self.on(HOLD, 25);
        task.wait_thread = self.on(THREAD_WAITS, 20);
        task.has_drop = self.on(DROP, 500);
        if let Some(parent) = parent {
            // Its end says whether its children were spawned.
            self.plan.tasks[parent as usize].has_drop = true;
        }
        task.spawned_by_helper = parent.is_none() && task.element.is_some() && self.on(HOSTS, 150);
        if self.on(PRIORITY, 100) {
            task.priority = self.rng.below(2001) as i32 - 1000;
        }
        task.alternatives = self.alternatives();
        task.spins = self.rng.pick(&[0, 0, 10, 100, 1000]);
        if self.on(CONTINUE, 60) && !takes_memory(&task) {
            let n = self.rng.index(4);
            task.continuation = Some((0..n).filter_map(|_| self.target(id, parent)).collect());
        }
        task
    }

    /// Something with a lower number that a task may wait for without a cycle: of an earlier family, or a
    /// sibling. `parent`: that of the task.
    fn target(&mut self, id: u32, parent: Option<u32>) -> Option<Target> {
        let root = parent.map_or(id, |p| self.root(p));
        if parent.is_some() && self.rng.chance(300) {
            let siblings: Vec<u32> = (self.first..id)
                .filter(|&t| self.plan.tasks.get(t as usize).is_some_and(|t| t.parent == parent))
                .collect();
            return (!siblings.is_empty()).then(|| Target::Task(self.rng.pick(&siblings)));
        }
        if self.rng.chance(20) {
            let eager = |space: u32| self.plan.spaces[space as usize].eager;
            let closed: Vec<u32> = self
                .kinds
                .spaces
                .iter()
                .copied()
                .filter(|&(space, until)| until <= root && eager(space))
                .map(|s| s.0)
                .collect();
            if !closed.is_empty() {
                return Some(Target::Space(self.rng.pick(&closed)));
            }
        }
        for _ in 0..4 {
            let lowest = if self.rng.chance(20) { 0 } else { self.first };
            if root <= lowest {
                return None;
            }
            let reach = self.rng.pick(&[8, 64, 4096]).min(u64::from(root - lowest));
            let candidate = root - 1 - self.rng.below(reach) as u32;
            let task = &self.plan.tasks[candidate as usize];
            let known =
                task.element.is_some() || (task.parent.is_none() && candidate >= self.first);
            if known {
                return Some(Target::Task(candidate));
            }
        }
        None
    }

    fn alternatives(&mut self) -> Vec<Vec<Member>> {
        let (places, reserves) = (self.on(PLACE, 100), self.on(RESERVE, 100));
        if !places && !reserves {
            return vec![];
        }
        let n = if self.rng.chance(300) { 2 } else { 1 };
        (0..n).map(|_| self.members(places, reserves)).collect()
    }

    fn members(&mut self, places: bool, reserves: bool) -> Vec<Member> {
        let nodes = self.plan.nodes;
        let mut devices: Vec<i32> = (0..nodes as u32).map(|i| parla_cpu(i)).collect();
        self.rng.shuffle(&mut devices);
        let n = if places && nodes > 1 && self.rng.chance(300) { 2 } else { 1 };
        let vague = self.rng.chance(300);
        devices[..n]
            .iter()
            .map(|&device| Member {
                place: if places && !vague {
                    device
                } else {
                    self.rng.pick(&[PARLA_ANY, PARLA_CPU])
                },
                vcus: match reserves {
                    true => self.rng.pick(&[0.0, 1.0, 0.5, 1.0 / 3.0, 0.25, 0.7, 0.1]),
                    false => 0.0,
                },
                memory: match reserves {
                    true => self.rng.pick(&[0, 0, 0, 1000, 300_000, 1_000_000]),
                    false => 0,
                },
            })
            .collect()
    }

    /// What the body of task `id` does, now that its children are known.
    fn steps(&mut self, id: u32) {
        let parent = self.plan.tasks[id as usize].parent;
        let last = self.plan.tasks.len() as u32;
        let children: Vec<u32> =
            (id + 1..last).filter(|&t| self.plan.tasks[t as usize].parent == Some(id)).collect();
        // What holds memory while it waits for others that need some would deadlock rightly.
        let may_wait = !takes_memory(&self.plan.tasks[id as usize]);
        let mut steps = Vec::new();
        if self.on(HOLD, 25) {
            steps.push(Step::Hold);
        }
        if self.kinds.cancel && self.rng.chance(60) {
            let target = self.victim(last);
            steps.push(Step::Cancel(target));
        }
        if may_wait && self.on(WAIT, 100) {
            let targets =
                (0..1 + self.rng.index(3)).filter_map(|_| self.target(id, parent)).collect();
            let timeout_ns = self.timeout();
            steps.push(Step::Wait { targets, timeout_ns });
        }
        if self.on(LOOK, 50) {
            steps
                .push(Step::Look(self.first + self.rng.below(u64::from(last - self.first)) as u32));
        }
        self.rng.shuffle(&mut steps);
        let waits_each = self.rng.chance(300);
        for &child in &children {
            steps.push(Step::Spawn(child));
            if waits_each && may_wait {
                let timeout_ns = self.timeout();
                steps.push(Step::Wait { targets: vec![Target::Task(child)], timeout_ns });
            }
        }
        if !children.is_empty() && may_wait && self.rng.chance(600) {
            let targets = children.iter().map(|&child| Target::Task(child)).collect();
            let timeout_ns = self.timeout();
            steps.push(Step::Wait { targets, timeout_ns });
        }
        self.plan.tasks[id as usize].steps = steps;
    }

    fn timeout(&mut self) -> i64 {
        if self.on(TIMEOUT, 400) { self.rng.below(200_000) as i64 } else { -1 }
    }

    /// Somebody whose cancellation is requested.
    fn victim(&mut self, last: u32) -> Target {
        if !self.kinds.spaces.is_empty() && self.rng.chance(100) {
            let (space, _) = self.rng.pick(&self.kinds.spaces);
            for &member in &self.plan.spaces[space as usize].members {
                self.plan.cancellable[member as usize] = true;
            }
            return Target::Space(space);
        }
        let task = self.first + self.rng.below(u64::from(last - self.first)) as u32;
        self.plan.cancellable[task as usize] = true;
        Target::Task(task)
    }

    fn host_steps(&mut self, last: u32) -> Vec<HostStep> {
        let mut order: Vec<(u32, u32)> = Vec::new();
        for id in self.first..last {
            let (is_nested, is_element) = {
                let task = &self.plan.tasks[id as usize];
                (task.parent.is_some(), task.element.is_some())
            };
            if !is_nested {
                // Anonymous tasks keep their order, since a handle must exist before it is named.
                let delay = if is_element { self.rng.below(80) as u32 } else { 0 };
                order.push((id + delay, id));
            }
        }
        order.sort_by_key(|&(at, _)| at);
        let mut steps = Vec::new();
        for (_, id) in order {
            steps.push(HostStep::Spawn(id));
            if self.kinds.cancel && self.rng.chance(20) {
                let victim = self.victim(last);
                steps.push(HostStep::Cancel(victim));
            }
            if self.plan.tasks[id as usize].element.is_some() && self.rng.chance(20) {
                steps.push(HostStep::Again(id));
            }
            if self.on(LOOK, 20) {
                steps.push(HostStep::Look(id));
            }
            if self.on(TIMEOUT, 5) {
                let targets = self.known(last);
                steps.push(HostStep::Wait { targets, timeout_ns: self.rng.below(200_000) as i64 });
            }
        }
        if self.on(WAIT, 300) {
            let targets = self.known(last);
            steps.push(HostStep::Wait { targets, timeout_ns: -1 });
        }
        steps
    }

    /// A few tasks of the island whose handles its host thread knows in the end.
    fn known(&mut self, last: u32) -> Vec<Target> {
        let count = self.rng.pick(&[1, 3, 20]);
        let ids: Vec<u32> = (0..count)
            .map(|_| self.first + self.rng.below(u64::from(last - self.first)) as u32)
            .collect();
        let known = |&id: &u32| {
            let task = &self.plan.tasks[id as usize];
            task.parent.is_none() || task.element.is_some()
        };
        ids.into_iter().filter(known).map(Target::Task).collect()
    }
}

/// Whether a task may reserve memory.
pub fn takes_memory(task: &Task) -> bool {
    task.alternatives.iter().flatten().any(|member| member.memory > 0)
}

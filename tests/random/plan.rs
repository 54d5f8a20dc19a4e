//! What a random program consists of.
//!
//! Tasks are numbered. A task depends on and waits for tasks with lower numbers, and waits for its own
//! children: so no program contains a cycle, and every one of them must end.

/// What kinds of things a program may contain; shrinking takes them away one by one.
pub mod feature {
    pub const FAIL: u32 = 1;
    pub const CANCEL: u32 = 1 << 1;
    pub const HOLD: u32 = 1 << 2;
    pub const NEST: u32 = 1 << 3;
    pub const WAIT: u32 = 1 << 4;
    pub const TIMEOUT: u32 = 1 << 5;
    pub const CONTINUE: u32 = 1 << 6;
    pub const PRIORITY: u32 = 1 << 7;
    pub const RESERVE: u32 = 1 << 8;
    pub const PLACE: u32 = 1 << 9;
    pub const ANYWAY: u32 = 1 << 10;
    pub const DROP: u32 = 1 << 11;
    pub const SPACES: u32 = 1 << 12;
    pub const MANY_DEPS: u32 = 1 << 13;
    pub const HOSTS: u32 = 1 << 14;
    pub const LEND: u32 = 1 << 15;
    pub const LOOK: u32 = 1 << 16;
    pub const THREAD_WAITS: u32 = 1 << 17;
    pub const ALL: u32 = (1 << 18) - 1;
    pub const NAMES: [&str; 18] = [
        "fail",
        "cancel",
        "hold",
        "nest",
        "wait",
        "timeout",
        "continue",
        "priority",
        "reserve",
        "place",
        "anyway",
        "drop",
        "spaces",
        "many-deps",
        "hosts",
        "lend",
        "look",
        "thread-waits",
    ];
}

/// What is awaited, depended on or cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Task(u32),
    Space(u32),
}

/// What a body does, in order.
#[derive(Clone, Debug)]
pub enum Step {
    Spawn(u32),
    Cancel(Target),
    Wait { targets: Vec<Target>, timeout_ns: i64 },
    Hold,
    Look(u32),
}

/// One device of a placement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    pub place: i32,
    pub vcus: f64,
    pub memory: u64,
}

/// A task.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// Its space and the number of the element there; none: anonymous.
    pub element: Option<(u32, u32)>,
    /// The task whose body spawns it.
    pub parent: Option<u32>,
    pub deps: Vec<Target>,
    pub steps: Vec<Step>,
    /// What the continuation waits for, if there is one.
    pub continuation: Option<Vec<Target>>,
    pub fails: bool,
    pub anyway: bool,
    pub held_at_spawn: bool,
    pub wait_thread: bool,
    pub has_drop: bool,
    pub spawned_by_helper: bool,
    pub priority: i32,
    /// Empty: anywhere, nothing reserved.
    pub alternatives: Vec<Vec<Member>>,
    pub spins: u32,
}

impl Task {
    pub fn children(&self) -> impl Iterator<Item = u32> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Spawn(child) => Some(*child),
            _ => None,
        })
    }
}

/// A task space; its elements are created before anything is spawned if it is `eager`.
#[derive(Clone, Debug, Default)]
pub struct Space {
    pub members: Vec<u32>,
    pub eager: bool,
    pub ndim: usize,
    pub bounded: bool,
}

/// What a host thread does at some point of its island.
#[derive(Clone, Debug)]
pub enum HostStep {
    Spawn(u32),
    Again(u32),
    Cancel(Target),
    Wait { targets: Vec<Target>, timeout_ns: i64 },
    Look(u32),
}

/// A program and the runtime it wants.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub seed: u64,
    pub features: u32,
    pub workers: i32,
    pub nodes: usize,
    pub thread_mode: bool,
    pub stall_ms: i32,
    pub memory: u64,
    pub lenders: usize,
    pub hosts: usize,
    /// Whether the failures are asked for before the end; then finalize has none to report.
    pub asks: bool,
    pub tasks: Vec<Task>,
    pub spaces: Vec<Space>,
    /// What is done for each island, in order; island `i` belongs to host thread `i % hosts`.
    pub islands: Vec<Vec<HostStep>>,
    /// Tasks whose cancellation somebody may request.
    pub cancellable: Vec<bool>,
}

impl Plan {
    /// The described machine; each node has the same number of cores.
    pub fn topology(&self) -> String {
        let cores = (self.workers.max(1) as usize).div_ceil(self.nodes);
        format!("numa:{} core:{} pu:1", self.nodes, cores)
    }

    /// Calls `f` with every task that `targets` stand for.
    pub fn each(&self, targets: &[Target], mut f: impl FnMut(u32)) {
        for target in targets {
            match *target {
                Target::Task(task) => f(task),
                Target::Space(space) => {
                    self.spaces[space as usize].members.iter().for_each(|&task| f(task));
                }
            }
        }
    }

    pub fn has(&self, feature: u32) -> bool {
        self.features & feature != 0
    }

    /// The features as words.
    pub fn feature_names(features: u32) -> String {
        let on = |i: &usize| features & (1 << i) != 0;
        let names: Vec<_> =
            (0..feature::NAMES.len()).filter(on).map(|i| feature::NAMES[i]).collect();
        names.join(",")
    }

    /// The index of an element in its space.
    pub fn index_of(&self, space: u32, number: u32) -> Vec<i64> {
        let number = i64::from(number);
        match self.spaces[space as usize].ndim {
            1 => vec![number - 3],
            _ => vec![number / 7, number % 7],
        }
    }
}

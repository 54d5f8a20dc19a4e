//! A look at all tasks that are left: what each waits for, and which of them wait in a circle.

use super::fiber::Blocked;
use super::inspect::name_of;
use super::local::{Local, frames};
use crate::graph::record::{Phase, kind};
use crate::graph::{Handle, Slot};
use crate::sync::atomic::Ordering::Relaxed;
use std::collections::HashMap;

/// Tasks that a report names; more are counted.
const MOST_NAMED: usize = 16;
/// Successors that are followed from one task.
const MOST_EDGES: usize = 1 << 20;

/// A wait that has left its stack.
#[derive(Clone, Debug)]
pub struct BlockedWait {
    /// Its record.
    pub wait: Handle,
    /// Where it is.
    pub address: usize,
    /// The seat of its thread.
    pub seat: u32,
    /// The task that waits.
    pub task: Handle,
    /// Tasks below it on the same stack, each of which waits for the one above.
    pub below: Vec<Handle>,
    /// What it waits for.
    pub targets: Vec<Handle>,
    /// Whether it has a time limit.
    pub is_timed: bool,
}

/// Tasks and waits that wait for each other.
#[derive(Debug)]
pub struct Cycle {
    /// The path, by names.
    pub text: String,
    /// The tasks on it that have not started.
    pub tasks: Vec<Handle>,
    /// The waits on it.
    pub waits: Vec<CycleWait>,
}

/// A wait on a cycle.
#[derive(Clone, Copy, Debug)]
pub struct CycleWait {
    /// Its record.
    pub wait: Handle,
    /// Where it is.
    pub address: usize,
}

/// What is left and why.
#[derive(Debug)]
pub struct Diagnosis {
    /// Circles.
    pub cycles: Vec<Cycle>,
    /// Whether something is held, and so may come yet.
    pub has_holds: bool,
    /// Whether something is ready and nobody runs it.
    pub has_ready: bool,
    /// Whether a task waits for a time only, and so will go on.
    pub has_timed: bool,
    lines: Vec<String>,
    left: usize,
}

impl Diagnosis {
    /// Whether there is nothing that anybody waits for.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// In words: each stuck task and why.
    pub fn report(&self) -> String {
        let mut text = format!(
            "{} task{} left and none can run: {}",
            self.left,
            if self.left == 1 { " is" } else { "s are" },
            self.lines.join("; ")
        );
        if self.left > self.lines.len() {
            text += &format!("; and {} more", self.left - self.lines.len());
        }
        text
    }
}

/// Every wait that has left its stack.
pub fn blocked(local: &Local) -> Vec<BlockedWait> {
    let mut found = Vec::new();
    for seat in local.runtime.queues.seats() {
        Blocked::each(seat, |blocked| {
            // SAFETY: the list lies on the stack that is blocked.
            let targets = unsafe { &*blocked.targets };
            // SAFETY: so do the frames.
            let frames = unsafe { frames(blocked.frame) };
            found.push(BlockedWait {
                wait: blocked.wait.get(),
                address: std::ptr::from_ref(blocked) as usize,
                seat: blocked.seat,
                task: blocked.task,
                below: frames.skip(1).map(|slot| local.arena().record(slot).handle(slot)).collect(),
                targets: targets.to_vec(),
                is_timed: blocked.is_timed,
            });
        });
    }
    found
}

fn open_tasks(local: &Local) -> Vec<Handle> {
    local.arena().peek_open().filter(|&(_, k)| k == kind::TASK).map(|(task, _)| task).collect()
}

/// Looks at everything that is left.
pub fn diagnose(local: &Local) -> Diagnosis {
    let arena = local.arena();
    let waits = blocked(local);
    let tasks = open_tasks(local);
    let edges = Edges::new(local, &tasks, &waits);
    let mut lines = Vec::new();
    let mut left = 0;
    let (mut has_holds, mut has_ready) = (false, false);
    for &handle in &tasks {
        let slot = handle.slot();
        let unspawned = arena.is_unspawned(slot);
        if unspawned && edges.next.get(&handle).is_none_or(Vec::is_empty) {
            continue; // A handle that nobody waits for.
        }
        has_holds |= arena.hold_count(handle) > 0 && !arena.peek_waits(slot);
        has_ready |= arena.record(slot).phase.load(Relaxed) == Phase::Ready as u8;
        left += 1;
        if lines.len() < MOST_NAMED {
            lines.push(format!(
                "{} {}",
                name_of(local, slot),
                why(local, slot, &edges.before, &waits)
            ));
        }
    }
    let has_timed = waits.iter().any(|wait| wait.is_timed);
    Diagnosis { cycles: edges.cycles(local, &waits), has_holds, has_ready, has_timed, lines, left }
}

/// Why one task does not run, with what it waits for looked up among all tasks.
pub fn explain(local: &Local, slot: Slot) -> String {
    let tasks = open_tasks(local);
    let waits = blocked(local);
    let edges = Edges::new(local, &tasks, &waits);
    why(local, slot, &edges.before, &waits)
}

fn why(
    local: &Local,
    slot: Slot,
    before: &HashMap<Handle, Vec<Handle>>,
    waits: &[BlockedWait],
) -> String {
    let arena = local.arena();
    let record = arena.record(slot);
    let handle = arena.peek_handle(slot);
    let list = |tasks: &[Handle]| {
        let mut names: Vec<String> =
            tasks.iter().take(4).map(|task| describe(local, *task)).collect();
        if tasks.len() > 4 {
            names.push(format!("{} more", tasks.len() - 4));
        }
        names.join(", ")
    };
    if arena.is_unspawned(slot) {
        return "has not been spawned".to_owned();
    }
    if arena.peek_waits(slot) {
        return match before.get(&handle) {
            Some(deps) => format!("waits for {}", list(deps)),
            None => "waits for tasks that are just completing".to_owned(),
        };
    }
    match Phase::from_u8(record.phase.load(Relaxed)) {
        Phase::Held => {
            let holds = arena.hold_count(handle);
            format!(
                "is kept by {holds} hold{} that nobody has released",
                if holds == 1 { "" } else { "s" }
            )
        }
        Phase::Blocked => match waits.iter().find(|wait| wait.task == handle) {
            Some(wait) => format!("is blocked in a wait for {}", list(&live(local, &wait.targets))),
            None => "is blocked in a wait that is just ending".to_owned(),
        },
        Phase::Running => match waits.iter().find(|wait| wait.below.contains(&handle)) {
            Some(_) => "waits for the task that runs on its stack".to_owned(),
            None => "is running".to_owned(),
        },
        _ => match record.shape() {
            0 if local.runtime.workers == 0 => {
                "is ready, but there are no workers: a thread must lend itself by parla_run_until or parla_run_until_all"
                    .to_owned()
            }
            0 => "is ready and waits for a worker".to_owned(),
            shape => needs(local, shape),
        },
    }
}

fn needs(local: &Local, shape: u32) -> String {
    let runtime = &local.runtime;
    let whole = crate::scheduler::shapes::WHOLE as f64;
    let wanted = runtime.shapes.get(shape);
    let mut parts = Vec::new();
    for need in wanted.alternatives.iter().flatten() {
        let free: Vec<String> = need
            .devices
            .iter()
            .map(|&device| {
                let (vcus, memory) = runtime.admission.free(device);
                format!("cpu({device}) has {:.3} VCUs and {memory} bytes free", vcus as f64 / whole)
            })
            .collect();
        parts.push(format!(
            "{:.3} VCUs and {} bytes of memory ({})",
            need.vcus as f64 / whole,
            need.memory,
            free.join(", ")
        ));
    }
    format!("is ready and waits for {}", parts.join(" or "))
}

fn live(local: &Local, tasks: &[Handle]) -> Vec<Handle> {
    let is_live = |task: &&Handle| local.arena().look(**task) == crate::graph::edges::Look::Live;
    tasks.iter().filter(is_live).copied().collect()
}

fn describe(local: &Local, task: Handle) -> String {
    let name = name_of(local, task.slot());
    if local.arena().is_unspawned(task.slot()) { format!("{name} (not spawned)") } else { name }
}

/// Who goes on when a task completes, and who must complete before it does.
struct Edges {
    next: HashMap<Handle, Vec<Handle>>,
    before: HashMap<Handle, Vec<Handle>>,
}

impl Edges {
    fn new(local: &Local, tasks: &[Handle], waits: &[BlockedWait]) -> Edges {
        let arena = local.arena();
        // A wait with a time limit ends by itself: no cycle goes through it.
        let endless = waits.iter().filter(|w| !w.is_timed);
        let by_wait: HashMap<Handle, &BlockedWait> = endless.map(|w| (w.wait, w)).collect();
        let mut edges = Edges { next: HashMap::new(), before: HashMap::new() };
        for &from in tasks {
            for successor in arena.peek_successors(from.slot(), MOST_EDGES) {
                let record = arena.record(successor);
                let to = arena.peek_handle(successor);
                match record.kind.load(Relaxed) {
                    kind::TASK => edges.add(from, to),
                    kind::TASK_WAIT => {
                        if let Some(wait) = by_wait.get(&to) {
                            edges.add(from, wait.task);
                        }
                    }
                    // A host thread waits: nothing depends on it, but something does wait.
                    _ => edges.next.entry(from).or_default().push(to),
                }
            }
        }
        for wait in waits {
            let mut above = wait.task;
            for &below in &wait.below {
                edges.add(above, below);
                above = below;
            }
        }
        edges
    }

    fn add(&mut self, from: Handle, to: Handle) {
        self.next.entry(from).or_default().push(to);
        self.before.entry(to).or_default().push(from);
    }

    /// One cycle through each group of tasks that wait for each other: found by walking backwards from
    /// each task, colouring what has been seen (an iterative depth-first search).
    fn cycles(&self, local: &Local, waits: &[BlockedWait]) -> Vec<Cycle> {
        let mut found = Vec::new();
        let mut done: HashMap<Handle, bool> = HashMap::new(); // false: on the path
        for &root in self.before.keys() {
            if done.contains_key(&root) {
                continue;
            }
            let mut path = vec![(root, 0)];
            done.insert(root, false);
            while let Some((at, next)) = path.last_mut() {
                let Some(&before) = self.before.get(at).and_then(|list| list.get(*next)) else {
                    done.insert(*at, true);
                    path.pop();
                    continue;
                };
                *next += 1;
                match done.get(&before) {
                    None => {
                        done.insert(before, false);
                        path.push((before, 0));
                    }
                    Some(false) => {
                        let from = path.iter().position(|(task, _)| *task == before).unwrap_or(0);
                        let tasks: Vec<Handle> =
                            path[from..].iter().map(|(task, _)| *task).collect();
                        found.push(cycle(local, tasks, waits));
                    }
                    Some(true) => {}
                }
            }
        }
        found
    }
}

fn cycle(local: &Local, tasks: Vec<Handle>, waits: &[BlockedWait]) -> Cycle {
    let mut names: Vec<String> = tasks.iter().take(8).map(|t| name_of(local, t.slot())).collect();
    if tasks.len() > 8 {
        names.push("...".to_owned());
    }
    names.push(names[0].clone());
    let text = format!(
        "deadlock: a cycle of {} task{}, each waiting for the next: {}",
        tasks.len(),
        if tasks.len() == 1 { "" } else { "s" },
        names.join(" -> ")
    );
    let waits = waits
        .iter()
        .filter(|wait| tasks.contains(&wait.task))
        .map(|wait| CycleWait { wait: wait.wait, address: wait.address })
        .collect();
    let arena = local.arena();
    let tasks = tasks.into_iter().filter(|task| arena.peek_waits(task.slot())).collect();
    Cycle { text, tasks, waits }
}

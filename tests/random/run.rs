//! What a running program knows of its tasks, written by bodies, hosts and callbacks.

use super::plan::{Member, Plan, Target};
use crate::support::api;
use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU32, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, OnceLock};

/// Units of a whole device; fractions are rounded down to them.
const WHOLE: f64 = 4_294_967_296.0;

/// What is known of one task. Everything but `handle` is relaxed on purpose: that a dependency has ended
/// must be visible to a body through what the runtime orders, and nothing else.
#[derive(Debug, Default)]
pub struct Cell {
    pub handle: AtomicU64,
    pub spawned: AtomicBool,
    /// Cancelled before it could be spawned, or its parent did not run.
    pub unspawned: AtomicBool,
    pub orphan: AtomicBool,
    pub started: AtomicU32,
    pub continued: AtomicU32,
    pub will_continue: AtomicBool,
    /// First place of its body, if it is placed at all.
    pub place: AtomicU32,
    pub ended: AtomicU32,
    pub dropped: AtomicU32,
    /// Holds that exist, and those whose release has begun.
    pub holds: AtomicU32,
    pub releases: AtomicU32,
    /// A dependency that had not completed well when the body began, plus 1.
    pub in_spite_of: AtomicU32,
}

/// What a body gets as its context.
pub struct Context {
    pub run: *const Run,
    pub id: u32,
}

/// What is to be done by the helper thread.
#[derive(Debug)]
pub enum Errand {
    Release(u32),
    Spawn(u32),
    /// The task has ended; had it not begun, its children are nobody's.
    Ended(u32),
    /// Do everything and say how much it was.
    Flush(Sender<u64>),
    End,
}

/// The result of a wait, to be judged in the end.
#[derive(Debug)]
pub struct Waited {
    pub by: Option<u32>,
    pub targets: Vec<Target>,
    pub status: i32,
    /// The code in the failure's text: which task failed first.
    pub code: Option<u32>,
    pub had_timeout: bool,
}

/// What one device is used for at the moment.
#[derive(Debug, Default)]
pub struct Usage {
    pub vcus: AtomicI64,
    pub memory: AtomicI64,
}

/// A program that runs.
pub struct Run {
    pub plan: Plan,
    pub cells: Vec<Cell>,
    pub contexts: OnceLock<Vec<Context>>,
    pub spaces: Vec<AtomicU64>,
    pub usage: Vec<Usage>,
    pub helper: Sender<Errand>,
    pub waited: Mutex<Vec<Waited>>,
    pub violations: Mutex<Vec<String>>,
    pub bodies: AtomicU64,
}

// SAFETY: `Context` points to the run that owns it, which outlives the runtime; all else is shared by
// means of atomics and locks.
unsafe impl Send for Run {}
// SAFETY: as above.
unsafe impl Sync for Run {}

impl Run {
    /// Makes the table of contexts, which point into the box.
    pub fn new(plan: Plan, helper: Sender<Errand>) -> Box<Run> {
        let n = plan.tasks.len();
        let run = Box::new(Run {
            cells: (0..n).map(|_| Cell::default()).collect(),
            contexts: OnceLock::new(),
            spaces: plan.spaces.iter().map(|_| AtomicU64::new(0)).collect(),
            usage: (0..plan.nodes).map(|_| Usage::default()).collect(),
            helper,
            waited: Mutex::default(),
            violations: Mutex::default(),
            bodies: AtomicU64::new(0),
            plan,
        });
        let address: *const Run = &*run;
        let contexts = (0..n as u32).map(|id| Context { run: address, id }).collect();
        run.contexts.set(contexts).unwrap_or_else(|_| unreachable!("set once"));
        run
    }

    pub fn context(&self, id: u32) -> *mut std::ffi::c_void {
        let contexts = self.contexts.get().expect("set by `new`");
        std::ptr::from_ref(&contexts[id as usize]).cast_mut().cast()
    }

    pub fn cell(&self, id: u32) -> &Cell {
        &self.cells[id as usize]
    }

    pub fn violation(&self, text: String) {
        let mut list = self.violations.lock().unwrap();
        if list.len() < 20 {
            list.push(text);
        }
    }

    pub fn check(&self, ok: bool, text: impl FnOnce() -> String) {
        if !ok {
            self.violation(text());
        }
    }

    pub fn errand(&self, errand: Errand) {
        self.helper.send(errand).expect("the helper outlives the program");
    }

    /// The handle of a task; 0 for an anonymous one that does not exist (yet). Elements come to be.
    pub fn handle(&self, id: u32) -> u64 {
        let cell = self.cell(id);
        let known = cell.handle.load(SeqCst);
        match self.plan.tasks[id as usize].element {
            Some((space, number)) if known == 0 => {
                let index = self.plan.index_of(space, number);
                let handle = api::element(self.space(space), &index);
                cell.handle.store(handle, SeqCst);
                handle
            }
            _ => known,
        }
    }

    pub fn space(&self, space: u32) -> u64 {
        self.spaces[space as usize].load(SeqCst)
    }

    pub fn handles(&self, targets: &[Target]) -> Vec<u64> {
        let handle = |target: &Target| match *target {
            Target::Task(task) => self.handle(task),
            Target::Space(space) => self.space(space),
        };
        targets.iter().map(handle).collect()
    }

    /// Counts what the task takes of its devices while its body runs, and checks the limits.
    pub fn take(&self, id: u32, members: &[(usize, Member)]) {
        for (device, member) in members {
            let usage = &self.usage[*device];
            let vcus = units(member.vcus) + usage.vcus.fetch_add(units(member.vcus), SeqCst);
            let bytes = member.memory as i64;
            let memory = bytes + usage.memory.fetch_add(bytes, SeqCst);
            self.check(vcus <= WHOLE as i64, || {
                format!("task {id} runs on device {device} whose VCUs are taken {vcus}/{WHOLE}")
            });
            self.check(memory <= self.plan.memory as i64, || {
                format!("task {id} runs on device {device} whose memory is taken {memory}")
            });
        }
    }

    pub fn give(&self, members: &[(usize, Member)], memory_too: bool) {
        for (device, member) in members {
            let usage = &self.usage[*device];
            usage.vcus.fetch_sub(units(member.vcus), SeqCst);
            if memory_too {
                usage.memory.fetch_sub(member.memory as i64, SeqCst);
            }
        }
    }

    pub fn take_vcus(&self, id: u32, members: &[(usize, Member)]) {
        let only: Vec<_> = members.iter().map(|&(d, m)| (d, Member { memory: 0, ..m })).collect();
        self.take(id, &only);
    }

    /// Notes how a wait went.
    pub fn note_wait(&self, by: Option<u32>, targets: &[Target], status: i32, timeout_ns: i64) {
        let text = if status < 0 { api::last_error() } else { String::new() };
        let waited = Waited {
            by,
            targets: targets.to_vec(),
            status,
            code: code_in(&text),
            had_timeout: timeout_ns >= 0,
        };
        let over =
            matches!(status, api::PARLA_OK | api::PARLA_ERR_TASK_FAILED | api::PARLA_ERR_CANCELLED);
        if over {
            self.plan.each(targets, |task| {
                let handle = self.cell(task).handle.load(SeqCst);
                let state = if handle == 0 { api::PARLA_STATE_DONE } else { api::state(handle) };
                self.check(state >= api::PARLA_STATE_DONE, || {
                    format!("a wait by {by:?} for {targets:?} gave {status}, but {task} is in state {state}")
                });
            });
        } else if !matches!(status, api::PARLA_ERR_TIMEOUT | api::PARLA_ERR_OUT_OF_THREADS) {
            self.violation(format!("a wait by {by:?} for {targets:?} gave {status}: {text}"));
        }
        self.waited.lock().unwrap().push(waited);
    }

    /// Task `id` will never run: its children are never spawned.
    pub fn abandon_children(&self, id: u32) {
        for child in self.plan.tasks[id as usize].children() {
            let cell = self.cell(child);
            if cell.spawned.load(SeqCst) || cell.orphan.swap(true, SeqCst) {
                continue;
            }
            if self.plan.tasks[child as usize].element.is_some() {
                let status = api::parla_task_cancel(self.handle(child));
                self.check(status == 0, || format!("the cancellation of {child} gave {status}"));
            }
            self.abandon_children(child);
        }
    }
}

/// The number after "code " in a failure's text.
pub fn code_in(text: &str) -> Option<u32> {
    let (_, rest) = text.rsplit_once("code ")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn units(vcus: f64) -> i64 {
    (vcus * WHOLE) as i64
}

/// Adds one, relaxed; gives what it was.
pub fn count(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Relaxed)
}

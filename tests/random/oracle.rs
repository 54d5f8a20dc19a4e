//! Judges a program that has ended: every task one outcome, out of those it may have.

use super::body::is_absent;
use super::plan::{Plan, feature};
use super::run::{Run, Waited};
use crate::support::api::*;
use std::collections::HashSet;
use std::sync::atomic::Ordering::SeqCst;

/// Failures below which none can have been forgotten (the header says 1,024 stay; what is kept is looked
/// through when it has twice that).
const NONE_FORGOTTEN: usize = 2048;

/// Ends the runtime and gives what was wrong.
pub fn judge(run: &Run) -> Vec<String> {
    let n = run.plan.tasks.len() as u32;
    let mut states: Vec<Option<i32>> = (0..n)
        .map(|id| {
            let handle = run.cell(id).handle.load(SeqCst);
            (handle != 0).then(|| state(handle))
        })
        .collect();
    let ended_well =
        |id: u32| run.cell(id).ended.load(SeqCst) == 1 && !run.plan.tasks[id as usize].fails;
    let failures = (0..n).filter(|&id| states[id as usize].is_some() && !ended_well(id)).count();
    let may_forget = failures >= NONE_FORGOTTEN;
    if may_forget {
        // What an anonymous task has not done tells what became of it.
        for id in (0..n).filter(|&id| run.plan.tasks[id as usize].element.is_none()) {
            let ended = run.cell(id).ended.load(SeqCst) == 1;
            let state = &mut states[id as usize];
            if *state == Some(PARLA_STATE_DONE) && !ended_well(id) {
                *state = Some(if ended { PARLA_STATE_FAILED } else { PARLA_STATE_SKIPPED });
            }
        }
    }
    let judge = Judge { run, states, may_forget };
    (0..n).for_each(|id| judge.task(id));
    let waited = std::mem::take(&mut *run.waited.lock().unwrap());
    let mut told: HashSet<u32> = waited.iter().filter_map(|w| w.code).collect();
    waited.iter().for_each(|w| judge.wait(w));
    if run.plan.asks {
        (0..n).for_each(|id| judge.failure(id, &mut told));
    }
    judge.counters();
    judge.devices();
    judge.end(&told);
    std::mem::take(&mut *run.violations.lock().unwrap())
}

struct Judge<'a> {
    run: &'a Run,
    states: Vec<Option<i32>>,
    may_forget: bool,
}

impl Judge<'_> {
    fn plan(&self) -> &Plan {
        &self.run.plan
    }

    /// The state of a task; an absent one counts as done, since its handle was 0.
    fn state(&self, id: u32) -> i32 {
        match self.states[id as usize] {
            Some(state) => state,
            None => PARLA_STATE_DONE,
        }
    }

    fn task(&self, id: u32) {
        let (run, task, cell) = (self.run, &self.plan().tasks[id as usize], self.run.cell(id));
        let say = |text: &str| {
            run.violation(format!(
                "task {id} {text}: {cell:?} state {:?} {task:?}",
                self.states[id as usize]
            ));
        };
        let (started, ended) = (cell.started.load(SeqCst), cell.ended.load(SeqCst));
        let (continued, dropped) = (cell.continued.load(SeqCst), cell.dropped.load(SeqCst));
        if is_absent(run, id) {
            if started + ended + continued + dropped > 0 {
                say("was never spawned, but something of it ran");
            }
            return;
        }
        let was_spawned = cell.spawned.load(SeqCst);
        if dropped != u32::from(task.has_drop && was_spawned) {
            say("has a wrong number of drops");
        }
        let orphan = cell.orphan.load(SeqCst);
        let may_cancel = self.plan().cancellable[id as usize] || orphan;
        let goes_on = task.continuation.is_some();
        let ran = started == 1 && ended == 1 && continued == u32::from(goes_on);
        let mut failed_deps = 0;
        self.plan()
            .each(&task.deps, |dep| failed_deps += u32::from(self.state(dep) != PARLA_STATE_DONE));
        match self.state(id) {
            PARLA_STATE_DONE | PARLA_STATE_FAILED if !was_spawned => say("ran unspawned"),
            PARLA_STATE_DONE if !ran => say("is done, but did not run"),
            PARLA_STATE_DONE if task.fails => say("should have failed"),
            PARLA_STATE_FAILED if !ran || !task.fails => say("should not have failed"),
            PARLA_STATE_DONE | PARLA_STATE_FAILED => {
                if failed_deps > 0 && !task.anyway && !self.may_forget {
                    say("ran in spite of a failed dependency");
                }
            }
            PARLA_STATE_SKIPPED if failed_deps == 0 && !(self.may_forget && may_cancel) => {
                say("was skipped for no reason")
            }
            PARLA_STATE_SKIPPED if task.anyway && !may_cancel => say("had to run anyway"),
            PARLA_STATE_CANCELLED if !may_cancel => say("was cancelled, but nobody asked for it"),
            PARLA_STATE_SKIPPED | PARLA_STATE_CANCELLED => {
                // A task that continues may be cancelled in between.
                let between = goes_on && started == 1 && ended == 0 && continued == 0 && may_cancel;
                if started + ended + continued > 0 && !between {
                    say("did not run by its state, but did");
                }
            }
            _ => say("is not complete"),
        }
        let in_spite = cell.in_spite_of.load(SeqCst);
        if in_spite > 0 && !self.may_forget {
            say(&format!("began before {} had ended well", in_spite - 1));
        }
    }

    fn wait(&self, waited: &Waited) {
        let Waited { by, targets, status, code, had_timeout } = waited;
        let say = |text: &str| {
            self.run.violation(format!(
                "a wait {text}: by {by:?} for {targets:?}: {status}, code {code:?}"
            ));
        };
        let mut bad = 0;
        self.plan().each(targets, |task| bad += u32::from(self.state(task) != PARLA_STATE_DONE));
        match *status {
            PARLA_OK if bad > 0 && !self.may_forget => say("did not see the failure"),
            PARLA_ERR_TASK_FAILED | PARLA_ERR_CANCELLED if bad == 0 && !self.may_forget => {
                say("saw a failure where there is none");
            }
            PARLA_ERR_TASK_FAILED => match *code {
                Some(code) => {
                    let origin = code.wrapping_sub(1);
                    let fails = self.plan().tasks.get(origin as usize).is_some_and(|t| t.fails);
                    if !fails || self.run.cell(origin).ended.load(SeqCst) != 1 {
                        say("names an origin that did not fail");
                    }
                }
                None => say("has no code in its text"),
            },
            PARLA_ERR_CANCELLED if !self.plan().has(feature::CANCEL | feature::FAIL) => {
                say("saw a cancellation where nothing is cancelled");
            }
            PARLA_ERR_TIMEOUT if !had_timeout => say("ran out of a time limit it had not"),
            PARLA_ERR_OUT_OF_THREADS => {
                let by_thread = by.is_some_and(|by| self.plan().tasks[by as usize].wait_thread);
                if !self.plan().thread_mode && !by_thread {
                    say("wanted a thread");
                }
            }
            _ => {}
        }
    }

    fn failure(&self, id: u32, told: &mut HashSet<u32>) {
        let handle = self.run.cell(id).handle.load(SeqCst);
        if handle == 0 {
            return;
        }
        let say = |text: String| self.run.violation(format!("the failure of {id}: {text}"));
        match (self.state(id), failure(handle)) {
            (PARLA_STATE_DONE, Err(PARLA_ERR_NOT_FOUND)) => {}
            (PARLA_STATE_FAILED, Ok((code, origin))) => {
                told.insert(code as u32);
                if code != id as i32 + 1 || origin != handle {
                    say(format!("code {code}, origin {origin:#x}"));
                }
            }
            (PARLA_STATE_SKIPPED | PARLA_STATE_CANCELLED, Ok((code, origin))) if code > 0 => {
                told.insert(code as u32);
                let expected = self.run.cell(code as u32 - 1).handle.load(SeqCst);
                if origin != expected {
                    say(format!("code {code}, origin {origin:#x}, which was {expected:#x}"));
                }
            }
            (PARLA_STATE_SKIPPED | PARLA_STATE_CANCELLED, Ok((PARLA_ERR_CANCELLED, _))) => {}
            (_, Err(PARLA_ERR_NOT_FOUND)) if self.may_forget => {}
            (state, got) => say(format!("state {state}, but {got:?}")),
        }
    }

    fn counters(&self) {
        let stats = stats();
        let counted = (0..self.states.len() as u32)
            .filter(|&id| {
                let cell = self.run.cell(id);
                cell.spawned.load(SeqCst) || self.states[id as usize] == Some(PARLA_STATE_CANCELLED)
            })
            .count() as u64;
        let gate = 1;
        self.run.check(stats.spawned == stats.completed, || {
            format!("{} spawned, {} completed", stats.spawned, stats.completed)
        });
        self.run.check(stats.spawned == counted + gate, || {
            format!("{} spawned by parla_stats, {} by the program", stats.spawned, counted + gate)
        });
    }

    fn devices(&self) {
        for device in 0..device_count() {
            let info = device_info(parla_cpu(device));
            self.run.check(info.vcus_free == 1.0 && info.memory_free == info.memory, || {
                format!(
                    "device {device} has {} VCUs and {}/{} bytes left",
                    info.vcus_free, info.memory_free, info.memory
                )
            });
        }
    }

    /// Finalize reports the first failure that nobody was told of, if there is one.
    fn end(&self, told: &HashSet<u32>) {
        let untold = |id: &u32| {
            let (task, cell) = (&self.plan().tasks[*id as usize], self.run.cell(*id));
            task.fails && cell.ended.load(SeqCst) == 1 && !told.contains(&(id + 1))
        };
        let untold: Vec<u32> = (0..self.states.len() as u32).filter(untold).collect();
        let status = parla_finalize();
        let text = if status == 0 { String::new() } else { last_error() };
        let right = match untold.is_empty() {
            true => status == PARLA_OK,
            false => {
                let named =
                    super::run::code_in(&text).is_some_and(|code| untold.contains(&(code - 1)));
                status == PARLA_ERR_TASK_FAILED && named
            }
        };
        self.run.check(right, || {
            format!("parla_finalize gave {status} ({text}); untold failures: {untold:?}")
        });
    }
}

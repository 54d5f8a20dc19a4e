//! The hooks of the hosts. They outlive runtimes, so they live in the process.

use super::local::Local;
use crate::error::{Result, fail};
use crate::graph::Handle;
use crate::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use crate::sync::process::Mutex;
use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::{Arc, PoisonError};

/// Called with the worker's number.
pub type ThreadHook = unsafe extern "C" fn(*mut c_void, u32);
/// Called with a task.
pub type TaskHook = unsafe extern "C" fn(*mut c_void, u64);

/// One host's hooks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks {
    /// First argument, as an address.
    pub user: usize,
    /// A worker has started.
    pub thread_start: Option<ThreadHook>,
    /// A worker ends.
    pub thread_stop: Option<ThreadHook>,
    /// Before a body.
    pub before_task: Option<TaskHook>,
    /// After it.
    pub after_task: Option<TaskHook>,
    /// Before a wait blocks.
    pub before_block: Option<TaskHook>,
    /// After it.
    pub after_block: Option<TaskHook>,
}

/// Hosts that may have hooks.
const MAX_HOSTS: usize = 16;

/// Hooks of several hosts, with their ids.
pub type List = Arc<Vec<(u32, Hooks)>>;

static LIST: Mutex<Option<List>> = Mutex::new(None);
static NEXT_ID: AtomicU32 = AtomicU32::new(1);
/// Changes with the list; threads compare it with what they have.
static VERSION: AtomicU32 = AtomicU32::new(0);
/// Whether any host has hooks around tasks.
static ANY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The list that this worker follows: those whose start it has called.
    static MINE: RefCell<(u32, List)> = RefCell::new((0, Arc::default()));
}

fn change(edit: impl FnOnce(&mut Vec<(u32, Hooks)>) -> Result<()>) -> Result<()> {
    if Local::peek().is_some_and(|local| local.current().is_some() || local.is_worker.get()) {
        return fail!(InTask, "hooks cannot be changed inside a task or a hook");
    }
    if super::lifecycle::is_forked() {
        return fail!(Forked, "this process was forked from one that runs libparla");
    }
    let mut list = LIST.lock().unwrap_or_else(PoisonError::into_inner);
    let mut new = list.as_deref().cloned().unwrap_or_default();
    edit(&mut new)?;
    ANY.store(!new.is_empty(), Relaxed);
    *list = Some(Arc::new(new));
    VERSION.fetch_add(1, Release);
    drop(list);
    if let Some((runtime, _)) = super::lifecycle::current_runtime() {
        runtime.queues.seats().filter(|s| s.is_worker.load(Relaxed)).for_each(|s| s.call());
    }
    Ok(())
}

/// Adds hooks and gives their id.
pub fn add(hooks: Hooks) -> Result<u32> {
    let id = NEXT_ID.fetch_add(1, Relaxed);
    change(|list| {
        if list.len() >= MAX_HOSTS {
            return fail!(OutOfMemory, "{MAX_HOSTS} hosts have hooks already");
        }
        list.push((id, hooks));
        Ok(())
    })?;
    Ok(id)
}

/// Removes hooks.
pub fn remove(id: u32) -> Result<()> {
    change(|list| match list.iter().position(|(i, _)| *i == id) {
        Some(at) => {
            list.remove(at);
            Ok(())
        }
        None => fail!(NotFound, "there are no hooks with id {id}"),
    })
}

/// Whether bodies and waits have hooks around them.
#[inline(always)]
pub fn any() -> bool {
    ANY.load(Relaxed)
}

/// Brings this worker up to date: calls the stop hooks of those that have gone and the start hooks of
/// those that are new.
pub fn update(worker: u32) {
    let version = VERSION.load(Acquire);
    if MINE.with(|mine| mine.borrow().0 == version) {
        return;
    }
    let old = MINE.with(|mine| mine.borrow().clone());
    let list = LIST.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
    let has = |list: &List, id: u32| list.iter().any(|(i, _)| *i == id);
    MINE.with(|mine| *mine.borrow_mut() = (version, Arc::clone(&list)));
    for (_, hooks) in old.1.iter().rev().filter(|(id, _)| !has(&list, *id)) {
        call_thread(hooks.thread_stop, hooks, worker);
    }
    for (_, hooks) in list.iter().filter(|(id, _)| !has(&old.1, *id)) {
        call_thread(hooks.thread_start, hooks, worker);
    }
}

/// This worker ends: calls the stop hooks of all it has started.
pub fn leave(worker: u32) {
    let old = MINE.with(|mine| mine.replace((0, Arc::default())));
    for (_, hooks) in old.1.iter().rev() {
        call_thread(hooks.thread_stop, hooks, worker);
    }
}

fn call_thread(hook: Option<ThreadHook>, hooks: &Hooks, worker: u32) {
    if let Some(hook) = hook {
        // SAFETY: the host promised that its hooks may be called with `user` from any thread.
        let call = || unsafe { hook(hooks.user as *mut c_void, worker) };
        match Local::peek() {
            Some(local) => local.in_callback(call),
            None => call(),
        }
    }
}

/// Calls one hook of each host in a list.
fn call_task(list: &List, task: Handle, reverse: bool, which: impl Fn(&Hooks) -> Option<TaskHook>) {
    let call = |(_, hooks): &(u32, Hooks)| {
        if let Some(hook) = which(hooks) {
            // SAFETY: as in `call_thread`.
            unsafe { hook(hooks.user as *mut c_void, task.0) }
        }
    };
    let calls =
        || if reverse { list.iter().rev().for_each(call) } else { list.iter().for_each(call) };
    match Local::peek() {
        Some(local) => local.in_callback(calls),
        None => calls(),
    }
}

/// The hosts that this worker tells of what begins now: those it follows, less those removed since its
/// last look (a task in place begins without one).
fn mine() -> List {
    let (version, list) = MINE.with(|mine| mine.borrow().clone());
    // Acquire: partner is the Release in `change`, so a removal that has returned is seen.
    if VERSION.load(Acquire) == version {
        return list;
    }
    let now = LIST.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
    let stays = |id: u32| now.iter().any(|(i, _)| *i == id);
    Arc::new(list.iter().filter(|(id, _)| stays(*id)).copied().collect())
}

/// Runs a body between the hooks; who is told of its beginning is told of its end.
#[cold]
#[inline(never)]
pub fn around_task(task: Handle, body: impl FnOnce() -> i32) -> i32 {
    let list = mine();
    call_task(&list, task, false, |hooks| hooks.before_task);
    let code = body();
    call_task(&list, task, true, |hooks| hooks.after_task);
    code
}

/// The body is about to block. Gives the hosts that have been told.
#[cold]
pub fn before_block(task: Handle) -> List {
    let list = mine();
    call_task(&list, task, false, |hooks| hooks.before_block);
    list
}

/// The body goes on.
#[cold]
pub fn after_block(list: &List, task: Handle) {
    call_task(list, task, true, |hooks| hooks.after_block);
}

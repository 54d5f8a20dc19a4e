//! The runtime as a whole: how it starts, what it consists of, how it ends.

use super::config::{Bind, Config, Settings};
use super::failures::Failures;
use super::local::Local;
use super::quiesce::Quiet;
use super::spaces::Spaces;
use super::spares::Spares;
use super::stall::Stall;
use super::{fiber, overflow, patience, spaces, worker};
use crate::device::cpu::{NodeMemory, bind_current_thread};
use crate::device::place::Arch;
use crate::error::{Error, Result, Status, fail};
use crate::graph::Arena;
use crate::scheduler::admission::Admission;
use crate::scheduler::queues::Queues;
use crate::scheduler::shapes::{Capacity, Shapes};
use crate::scheduler::sleep::Sleep;
use crate::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use crate::sync::fence;
use crate::sync::process::{Condvar, Mutex, MutexGuard};
use crate::topology::{self, Slot, Topology};
use once_cell::sync::OnceCell;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

/// Which start of the runtime is in force: 0 none, [`FORKED`] in a forked child.
pub static EPOCH: AtomicU64 = AtomicU64::new(0);
/// See [`EPOCH`].
pub const FORKED: u64 = u64::MAX;

/// From before the first thread of a runtime is started until after the last one has ended, so longer than
/// [`EPOCH`] is not 0.
static HAS_THREADS: AtomicBool = AtomicBool::new(false);

static ARENA: OnceCell<Arena> = OnceCell::new();
static STATE: Mutex<State> =
    Mutex::new(State { users: 0, started: 0, ending: false, runtime: None });
/// The end of a runtime, for those who want to start the next.
static ENDED: Condvar = Condvar::new();

struct State {
    users: u64,
    started: u64,
    /// Somebody is in the last `finalize`.
    ending: bool,
    runtime: Option<Arc<Runtime>>,
}

/// One start of the runtime.
pub struct Runtime {
    /// Task records; shared by all starts, so that old handles keep their meaning.
    pub arena: &'static Arena,
    /// Settings.
    pub config: Config,
    /// The machine, or the described one.
    pub topology: Topology,
    /// CPU devices, one per node that has workers.
    pub devices: Vec<CpuDevice>,
    /// Ready tasks.
    pub queues: Queues,
    /// Idle workers.
    pub sleep: Sleep,
    /// Placement requests.
    pub shapes: Shapes,
    /// VCUs and memory.
    pub admission: Admission,
    /// Failed tasks.
    pub failures: Failures,
    /// Task spaces.
    pub spaces: Spaces,
    /// Who waits for everything.
    pub quiet: Quiet,
    /// Spare threads.
    pub spares: Spares,
    /// What has been said of stalls.
    pub stall: Stall,
    /// Host threads that lend themselves.
    pub lent: AtomicU32,
    /// The workers are to end.
    pub stop: AtomicBool,
    /// Workers of the pool.
    pub workers: u32,
    epoch: u64,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// A CPU device.
pub struct CpuDevice {
    /// Workers of the pool that serve it.
    pub workers: u32,
    /// Its memory.
    pub memory: NodeMemory,
    /// Where its workers run: all PUs of the node.
    pub pus: Vec<u32>,
}

fn state() -> Result<MutexGuard<'static, State>> {
    if is_forked() {
        return fail!(Forked, "this process was forked from one that runs libparla");
    }
    Ok(STATE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether this is a forked child of a process that ran the runtime.
pub fn is_forked() -> bool {
    EPOCH.load(Relaxed) == FORKED
}

/// The runtime in force, and its epoch.
pub fn current_runtime() -> Option<(Arc<Runtime>, u64)> {
    let state = state().ok()?;
    // Finalize takes the epoch away first and the runtime later.
    let runtime = state.runtime.as_ref().filter(|r| r.epoch == EPOCH.load(Relaxed))?;
    Some((Arc::clone(runtime), runtime.epoch))
}

/// Whether a runtime is in force.
pub fn is_initialized() -> bool {
    !matches!(EPOCH.load(Relaxed), 0 | FORKED)
}

fn not_in_task(what: &str) -> Result<()> {
    match Local::peek() {
        Some(local)
            if local.current().is_some() || local.is_worker.get() || local.callbacks.get() > 0 =>
        {
            fail!(InTask, "{what} cannot be called inside a task or a hook")
        }
        _ => Ok(()),
    }
}

/// `parla_init`.
pub fn init(settings: &Settings) -> Result<()> {
    not_in_task("parla_init")?;
    let mut state = state()?;
    while state.ending {
        state = ENDED.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    if state.users == 0 {
        let epoch = state.started + 1;
        let config = Config::load(settings)?;
        HAS_THREADS.store(true, Relaxed);
        let runtime = start(config, epoch).inspect_err(|_| HAS_THREADS.store(false, Relaxed))?;
        state.started = epoch;
        state.runtime = Some(runtime);
        EPOCH.store(epoch, SeqCst);
    }
    state.users += 1;
    Ok(())
}

fn start(config: Config, epoch: u64) -> Result<Arc<Runtime>> {
    watch_forks();
    fence::prepare();
    let arena = ARENA.get_or_try_init(Arena::new)?;
    let topology = topology::discover(config.topology.as_deref())
        .map_err(|error| Error::new(Status::Config, error.to_string()))?;
    let quota = topology::cpu_quota();
    let wanted = config.num_threads.unwrap_or_else(|| {
        let all = topology::default_workers(&topology, quota);
        config.local_rank.map_or(all, |(rank, ranks)| share(all, rank, ranks).1)
    });
    let slots = place_workers(&topology, &config, wanted);
    let (topology, slots) = topology.without_empty_nodes(slots);
    let devices: Vec<CpuDevice> = topology
        .nodes
        .iter()
        .enumerate()
        .map(|(node, n)| CpuDevice {
            workers: slots.iter().filter(|s| s.node == node).count() as u32,
            memory: NodeMemory::new(n, topology.described),
            pus: n.cores.iter().flat_map(|c| c.pus.iter().copied()).collect(),
        })
        .collect();
    let capacities = topology.nodes.iter().map(|node| Capacity {
        arch: Arch::Cpu,
        memory: config.cpu_memory.unwrap_or(node.memory_bytes),
    });
    let shapes = Shapes::new(capacities.collect());
    let order = (0..devices.len())
        .map(|d| topology.nearest_nodes(d).into_iter().map(|n| n as u16).collect())
        .collect();
    let runtime = Arc::new(Runtime {
        arena,
        queues: Queues::new(order),
        sleep: Sleep::new(devices.len()),
        admission: Admission::new(shapes.capacities()),
        shapes,
        failures: Failures::default(),
        spaces: Spaces::default(),
        quiet: Quiet::default(),
        spares: Spares::new(devices.len()),
        stall: Stall::default(),
        lent: AtomicU32::new(0),
        stop: AtomicBool::new(false),
        workers: wanted as u32,
        epoch,
        threads: Mutex::default(),
        config,
        topology,
        devices,
    });
    overflow::install();
    for slot in slots {
        let pus = match runtime.config.bind {
            _ if runtime.topology.described => Vec::new(),
            Bind::None => Vec::new(),
            Bind::Core => slot.pus,
            Bind::Node => runtime.devices[slot.node].pus.clone(),
        };
        if let Err(error) = start_worker(&runtime, slot.node as u16, false, pus) {
            stop(&runtime);
            overflow::uninstall();
            return Err(error);
        }
    }
    Ok(runtime)
}

/// Part `rank` of `ranks` of `all` workers: where it begins and how many; at least one.
fn share(all: usize, rank: usize, ranks: usize) -> (usize, usize) {
    let from = all * rank / ranks;
    let to = all * (rank + 1) / ranks;
    (from.min(all.saturating_sub(1)), (to - from).max(1))
}

/// Where the workers run. Several processes of one launcher on a node take different cores, unless the
/// launcher has given each its own already (then the mask says so).
fn place_workers(topology: &Topology, config: &Config, wanted: usize) -> Vec<Slot> {
    match config.local_rank {
        Some((rank, ranks)) if config.num_threads.is_none() => {
            let all = topology.worker_slots(topology.num_cores());
            let (from, _) = share(all.len(), rank, ranks);
            all.into_iter().cycle().skip(from).take(wanted).collect()
        }
        _ => topology.worker_slots(wanted),
    }
}

/// Starts a thread that stands in for others, dormant; gives its seat.
pub fn start_thread(runtime: &Arc<Runtime>, device: u16, is_spare: bool) -> Result<u32> {
    let pus = match runtime.config.bind {
        Bind::None => Vec::new(),
        _ if runtime.topology.described => Vec::new(),
        _ => runtime.devices[device as usize].pus.clone(),
    };
    start_worker(runtime, device, is_spare, pus)
}

/// Bytes of the stack of a thread whose tasks run on it, at least: what Rust's threads have.
const LEAST_THREAD_STACK: usize = 2 << 20;

fn start_worker(runtime: &Arc<Runtime>, device: u16, is_spare: bool, pus: Vec<u32>) -> Result<u32> {
    // Here, where somebody can be told that there is no memory; a worker without a stack is of no use.
    let stack = match runtime.config.own_stacks {
        true => None,
        false => Some(fiber::new_stack(runtime.config.stack_size)?),
    };
    let Some((seat, deque)) = runtime.queues.sit(!is_spare, device) else {
        return fail!(OutOfThreads, "more than 4,096 threads use libparla at the same time");
    };
    let index = seat.index;
    let shared = Arc::clone(runtime);
    let epoch = runtime.epoch;
    let body = move || {
        if !pus.is_empty() {
            // Not being bound is slower, not wrong; `parla_device_info` does not promise it.
            let _ = bind_current_thread(&pus);
        }
        overflow::prepare_thread();
        patience::prepare_thread();
        if let Ok(local) = Local::sit(shared, epoch, index, deque, true, device) {
            worker::main(local, is_spare, stack);
        }
        Local::leave_thread();
        overflow::leave_thread();
    };
    let mut thread = std::thread::Builder::new().name(format!("parla-{index}"));
    if runtime.config.own_stacks {
        thread = thread.stack_size(runtime.config.stack_size.max(LEAST_THREAD_STACK));
    }
    let spawned = with_signals_blocked(|| thread.spawn(body));
    match spawned {
        Ok(thread) => {
            runtime.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
            Ok(index)
        }
        Err(error) => fail!(OutOfThreads, "cannot start a worker: {error}"),
    }
}

/// Threads inherit their creator's mask: ours leave the process's signals to the host's threads.
fn with_signals_blocked<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: plain calls on local signal sets. Synchronous signals stay open: they are the thread's own.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        for signal in
            [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGABRT]
        {
            libc::sigdelset(&mut all, signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
        let result = f();
        libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut());
        result
    }
}

/// `parla_finalize`. Steps of the last one:
///
/// 1. Wait until no task is left. If some can never run, name them and cancel them.
/// 2. Take the epoch away: calls of the host fail from now on. Wait for those that are inside.
/// 3. Wait again: such a call may have spawned.
/// 4. Stop and join the workers, forget spaces and failures, give the seats up.
pub fn finalize() -> Result<()> {
    not_in_task("parla_finalize")?;
    // Here, while nothing has changed: a thread without a seat could not end the runtime.
    Local::get()?;
    let runtime = {
        let mut state = state()?;
        if state.users > 1 {
            state.users -= 1;
            return Ok(());
        }
        if state.users == 0 {
            return fail!(NotInitialized, "parla_init has not been called, or parla_finalize has");
        }
        state.users = 0;
        state.ending = true;
        Arc::clone(state.runtime.as_ref().expect("it has a user"))
    };
    let result = settle(&runtime);
    stop(&runtime);
    overflow::uninstall();
    Local::leave_thread();
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    state.runtime = None;
    state.ending = false;
    HAS_THREADS.store(false, Relaxed);
    ENDED.notify_all();
    drop(state);
    result
}

fn settle(runtime: &Arc<Runtime>) -> Result<()> {
    let local = match Local::get() {
        Ok(local) => local,
        Err(error) => {
            // No seat for this thread: the workers can be stopped all the same.
            EPOCH.store(0, SeqCst);
            grace(runtime, None);
            return Err(error);
        }
    };
    let stalled = super::stall::settle(local);
    EPOCH.store(0, SeqCst);
    grace(runtime, Some(local));
    let later = super::stall::settle(local);
    let unobserved = runtime.failures.first_unobserved();
    spaces::clear(local);
    runtime.failures.clear(local);
    stalled?;
    later?;
    match unobserved {
        Some(failure) => Err(Error::new(failure.status, failure.message.clone())),
        None => Ok(()),
    }
}

/// Waits until every call that was inside the library when it began has returned. The caller's own does
/// not count.
pub fn grace(runtime: &Runtime, own: Option<&Local>) {
    fence::heavy(); // Partner: the light fence in `Seat::enter`.
    let own = own.map(|local| local.seat().index);
    for seat in runtime.queues.seats().filter(|seat| Some(seat.index) != own) {
        // Acquire: partner is the Release in `Seat::leave`.
        let before = seat.own.in_call.load(Acquire);
        while before % 2 == 1 && seat.own.in_call.load(Acquire) == before {
            std::thread::yield_now();
        }
    }
}

fn stop(runtime: &Runtime) {
    // Release: partner is the Acquire in the worker's loop.
    runtime.stop.store(true, Release);
    loop {
        runtime.queues.seats().for_each(|seat| seat.call());
        let thread = runtime.threads.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(thread) = thread else { break };
        let _ = thread.join();
    }
}

fn watch_forks() {
    static ONCE: OnceCell<()> = OnceCell::new();
    extern "C" fn in_child() {
        // Only this thread exists here: locks may be held for ever by threads that do not.
        if HAS_THREADS.load(Relaxed) {
            EPOCH.store(FORKED, Relaxed);
            Local::forget_thread();
        }
    }
    ONCE.get_or_init(|| {
        // SAFETY: the handler stays loaded (the library is linked with `nodelete`) and only stores.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

//! Types and constants of the C ABI.

use std::ffi::{c_char, c_void};

/// Result of every call that can fail: `PARLA_OK` (0) or a negative `PARLA_ERR_*`. The numbers are
/// never reused. `parla_status_string` explains a status, `parla_last_error_message` this thread's
/// last failure.
pub type parla_status_t = i32;

/// Success.
pub const PARLA_OK: parla_status_t = 0;
/// A NULL where a pointer is needed, a number out of its range, a malformed struct or string.
pub const PARLA_ERR_INVALID_ARGUMENT: parla_status_t = -1;
/// A handle of the wrong kind, or one that was never issued.
pub const PARLA_ERR_INVALID_HANDLE: parla_status_t = -2;
/// `parla_init` has not been called, or `parla_finalize` has ended the runtime.
pub const PARLA_ERR_NOT_INITIALIZED: parla_status_t = -3;
/// This task (this element of a task space) has been spawned before.
pub const PARLA_ERR_ALREADY_SPAWNED: parla_status_t = -4;
/// No device of this runtime could ever satisfy the placement, VCU or memory request.
pub const PARLA_ERR_INFEASIBLE: parla_status_t = -5;
/// A task that was waited for failed, or was skipped because a dependency failed.
pub const PARLA_ERR_TASK_FAILED: parla_status_t = -6;
/// A task that was waited for was cancelled, or depends on one that was.
pub const PARLA_ERR_CANCELLED: parla_status_t = -7;
/// The time limit ran out first. Nothing else has changed.
pub const PARLA_ERR_TIMEOUT: parla_status_t = -8;
/// A wait, or a set of dependencies, that can never end because it is a cycle.
pub const PARLA_ERR_DEADLOCK: parla_status_t = -9;
/// Tasks are left, none of them can ever run, and nothing that could release them is under way.
pub const PARLA_ERR_STALLED: parla_status_t = -10;
/// Memory (task records, stacks, or what was asked for) could not be had.
pub const PARLA_ERR_OUT_OF_MEMORY: parla_status_t = -11;
/// A thread could not be started, or the limit of spare threads has been reached.
pub const PARLA_ERR_OUT_OF_THREADS: parla_status_t = -12;
/// The call was made in a child of `fork`, where the runtime's threads do not exist.
pub const PARLA_ERR_FORKED: parla_status_t = -13;
/// The call is only legal inside a task body.
pub const PARLA_ERR_NOT_IN_TASK: parla_status_t = -14;
/// The call is not legal inside a task body.
pub const PARLA_ERR_IN_TASK: parla_status_t = -15;
/// Too late: the task has already completed.
pub const PARLA_ERR_COMPLETED: parla_status_t = -16;
/// Nothing of that name exists.
pub const PARLA_ERR_NOT_FOUND: parla_status_t = -17;
/// Something of that name exists already.
pub const PARLA_ERR_ALREADY_EXISTS: parla_status_t = -18;
/// A configuration variable or file is malformed; the text names it.
pub const PARLA_ERR_CONFIG: parla_status_t = -19;
/// The buffer is too small; the needed size has been written.
pub const PARLA_ERR_BUFFER_TOO_SMALL: parla_status_t = -20;
/// This build or this machine cannot do it.
pub const PARLA_ERR_UNSUPPORTED: parla_status_t = -21;
/// A defect in libparla itself. Please report it with the text.
pub const PARLA_ERR_INTERNAL: parla_status_t = -22;

/// A task or a task space: a plain value that carries its kind, a slot and a generation. It is copied
/// and compared freely, needs no release, and is 0 for "none". A handle whose task has completed stays
/// valid and means "completed".
pub type parla_handle_t = u64;
/// Handle of a task.
pub type parla_task_t = u64;
/// Handle of a task space.
pub type parla_taskspace_t = u64;

/// Where a task may run: `PARLA_ANY`, a whole architecture (`PARLA_CPU`, `PARLA_GPU`), or one device
/// (`parla_cpu(i)`, `parla_gpu(i)`).
pub type parla_place_t = i32;

/// Any device of any architecture.
pub const PARLA_ANY: parla_place_t = 0;
/// Any CPU device. A CPU device is the pool of workers of one NUMA node; a node that gets no worker is no
/// device.
pub const PARLA_CPU: parla_place_t = 0x0100_0000;
/// Any GPU device.
pub const PARLA_GPU: parla_place_t = 0x0200_0000;

/// A task's body. 0 means done; any other value means that the task failed with that code. It must
/// return: it may not leave by `longjmp`, `pthread_exit` or an exception.
pub type parla_task_fn = Option<unsafe extern "C" fn(ctx: *mut c_void) -> i32>;
/// Releases a context. Called exactly once for every spawned task, whatever becomes of it; it has returned
/// when the task counts as complete, and runs on any thread. It may spawn, cancel and release, but no call
/// that blocks (those give IN_TASK).
pub type parla_drop_fn = Option<unsafe extern "C" fn(ctx: *mut c_void)>;

/// The element exists in a task space but has not been spawned.
pub const PARLA_STATE_CREATED: i32 = 0;
/// Spawned; waits for dependencies.
pub const PARLA_STATE_WAITING: i32 = 1;
/// All dependencies completed; waits for a worker, VCUs or memory.
pub const PARLA_STATE_READY: i32 = 2;
/// The body runs.
pub const PARLA_STATE_RUNNING: i32 = 3;
/// The body runs and is blocked in a wait.
pub const PARLA_STATE_BLOCKED: i32 = 4;
/// The body has returned; a hold keeps the task incomplete.
pub const PARLA_STATE_HELD: i32 = 5;
/// Completed without failure.
pub const PARLA_STATE_DONE: i32 = 6;
/// The body returned a code other than 0, or the task was part of a cycle of dependencies.
pub const PARLA_STATE_FAILED: i32 = 7;
/// Never ran, because a dependency failed, was skipped or was cancelled.
pub const PARLA_STATE_SKIPPED: i32 = 8;
/// Never ran, because it was cancelled.
pub const PARLA_STATE_CANCELLED: i32 = 9;

/// No flags.
pub const PARLA_TASK_NONE: u32 = 0;
/// Run the body even if a dependency failed or was cancelled (clean-up tasks). The body can ask which, by
/// `parla_task_failure`.
pub const PARLA_TASK_RUN_ANYWAY: u32 = 1;
/// A wait in this body blocks its thread, and a spare thread takes the worker's place, instead of
/// switching stacks: for bodies whose frames must stay where they are (Python, Julia). With
/// `PARLA_WAIT=thread` this holds for all tasks, and bodies run on their threads' own stacks.
pub const PARLA_TASK_WAIT_THREAD: u32 = 2;
/// The task starts out with one hold, as if `parla_task_hold` had been called before it ran.
pub const PARLA_TASK_HOLD: u32 = 4;

/// Lowest priority.
pub const PARLA_PRIORITY_MIN: i32 = -1000;
/// Highest priority.
pub const PARLA_PRIORITY_MAX: i32 = 1000;

/// Stack switch (the default): see `parla_wait`.
pub const PARLA_WAIT_STACK: i32 = 1;
/// Thread: see `parla_wait`.
pub const PARLA_WAIT_THREAD: i32 = 2;

/// Bind each worker to one core (the default).
pub const PARLA_BIND_CORE: i32 = 1;
/// Bind each worker to all cores of its NUMA node.
pub const PARLA_BIND_NODE: i32 = 2;
/// Leave the workers where the operating system puts them.
pub const PARLA_BIND_NONE: i32 = 3;

/// `num_threads` of a runtime without workers of its own: tasks run only while a thread lends itself
/// by `parla_run_until`.
pub const PARLA_NO_THREADS: i32 = -1;

/// What a runtime is started with. Set `size` to `sizeof(parla_config_t)` and the rest to 0; a field
/// that is 0 (NULL) leaves the choice to the `PARLA_*` variable named at it, then to the file named by
/// `PARLA_CONFIG`, then to the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_config_t {
    /// `sizeof(parla_config_t)`.
    pub size: u32,
    /// Workers, 1 to 1024, or `PARLA_NO_THREADS`. `PARLA_NUM_THREADS`; default: one per core that the
    /// inherited affinity mask and the cgroup's CPU quota allow.
    pub num_threads: i32,
    /// `PARLA_BIND_*`. `PARLA_BIND` (core, node, none). A described topology binds nothing.
    pub bind: i32,
    /// `PARLA_WAIT_*` for tasks that do not say. `PARLA_WAIT` (stack, thread).
    pub wait_mode: i32,
    /// A described topology in hwloc's synthetic form, such as "numa:2 core:4 pu:1", in place of the
    /// machine's. `PARLA_TOPOLOGY`.
    pub topology: *const c_char,
    /// Bytes of a task's stack, at least 65,536; rounded up to pages. Memory is only used as far as a
    /// task reaches. With `PARLA_WAIT_THREAD`: of a worker's stack, and at least 2 MiB.
    /// `PARLA_STACK_SIZE`; default 1 MiB.
    pub stack_size: usize,
    /// Scratch memory of each CPU device that tasks may reserve, in bytes. `PARLA_CPU_MEMORY`;
    /// default: the NUMA node's memory.
    pub cpu_memory: u64,
    /// Milliseconds without anything that can run before a stall is reported. `PARLA_STALL_MS`;
    /// default 300. -1: never.
    pub stall_ms: i32,
    /// Milliseconds after which holds that nobody releases count as a stall too. `PARLA_HOLD_STALL_MS`;
    /// default -1: never, they are only reported.
    pub hold_stall_ms: i32,
    /// Most threads that may stand in for workers blocked in thread waits. `PARLA_MAX_SPARE_THREADS`;
    /// default 256, at most 1024.
    pub max_spare_threads: i32,
    /// Microseconds a worker looks for work before it sleeps, up to 1,000,000. `PARLA_SPIN_US`; default
    /// 20. More: faster starts after short pauses; less: less CPU time.
    pub spin_us: i32,
}

/// One device of a placement and what the task takes of it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_member_t {
    /// An architecture or a device.
    pub place: parla_place_t,
    /// Unused; 0.
    pub reserved: u32,
    /// Fraction of the device, 0 < v <= 1, held while the body runs; 0: one worker, no limit.
    pub vcus: f64,
    /// Bytes of scratch memory, reserved from before the start until completion.
    pub memory: u64,
}

/// One way to place a task: all of its members, which must be distinct devices. Several members make a
/// multi-device task, which gets all of them at once.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_alternative_t {
    /// The members.
    pub members: *const parla_member_t,
    /// How many, 1 to 16.
    pub n_members: usize,
}

/// A body for one tuple of architectures, chosen by where the task was placed.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_variant_t {
    /// Architectures, in the order of the placement's members.
    pub archs: *const parla_place_t,
    /// How many, 1 to 16.
    pub n_archs: usize,
    /// The body.
    pub r#fn: parla_task_fn,
}

/// Everything a task can have. Set `size` to `sizeof(parla_task_spec_t)` and what is not needed to 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_task_spec_t {
    /// `sizeof(parla_task_spec_t)`.
    pub size: u32,
    /// `PARLA_TASK_*` flags.
    pub flags: u32,
    /// The element to spawn, from `parla_taskspace_task`; 0: a new anonymous task.
    pub task: parla_task_t,
    /// Name for messages (copied), or NULL.
    pub name: *const c_char,
    /// The body; NULL only if `variants` cover every alternative.
    pub r#fn: parla_task_fn,
    /// Passed to the body.
    pub ctx: *mut c_void,
    /// Releases `ctx` after the task has ended, or NULL.
    pub drop: parla_drop_fn,
    /// Tasks and task spaces that must complete first; 0 entries are skipped. A space stands for the
    /// elements that exist in it now.
    pub deps: *const parla_handle_t,
    /// How many.
    pub n_deps: usize,
    /// Where, if there are no `alternatives`.
    pub place: parla_place_t,
    /// `PARLA_PRIORITY_MIN` to `PARLA_PRIORITY_MAX`; higher starts first among the ready tasks of a pool.
    pub priority: i32,
    /// Fraction of the device, if there are no `alternatives`; as in `parla_member_t`.
    pub vcus: f64,
    /// Bytes of scratch memory, if there are no `alternatives`; as in `parla_member_t`.
    pub memory: u64,
    /// Alternatives in order of preference, or NULL.
    pub alternatives: *const parla_alternative_t,
    /// How many, at most 64.
    pub n_alternatives: usize,
    /// Bodies per architecture tuple, or NULL; `fn` runs where none matches.
    pub variants: *const parla_variant_t,
    /// How many, at most 64.
    pub n_variants: usize,
}

/// An index that is an integer.
pub const PARLA_KEY_INT: i32 = 0;
/// An index that is a string.
pub const PARLA_KEY_STRING: i32 = 1;

/// One dimension of a mixed key.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_key_t {
    /// `PARLA_KEY_*`.
    pub kind: i32,
    /// Unused; 0.
    pub reserved: u32,
    /// The index, if `PARLA_KEY_INT`.
    pub integer: i64,
    /// The index, if `PARLA_KEY_STRING` (UTF-8, copied).
    pub string: *const c_char,
}

/// `start` or `stop` of a range that is left open.
pub const PARLA_OPEN: i64 = i64::MIN;
/// An unbounded dimension, in the shape of a task space.
pub const PARLA_UNBOUNDED: i64 = -1;

/// Half-open range of one dimension of a slice. `start` is clamped to the space's lower bound, `stop`
/// to its upper.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_range_t {
    /// First index, or `PARLA_OPEN`.
    pub start: i64,
    /// One past the last index, or `PARLA_OPEN`.
    pub stop: i64,
    /// Step, at least 1; 0 means 1.
    pub step: i64,
}

/// What `parla_device_info` tells.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_device_info_t {
    /// `sizeof(parla_device_info_t)`, set by the caller.
    pub size: u32,
    /// The device.
    pub place: parla_place_t,
    /// Workers that serve it.
    pub num_workers: u32,
    /// Cores it has.
    pub num_cores: u32,
    /// The operating system's number of the NUMA node.
    pub os_index: u32,
    /// 1 if it comes from a described topology.
    pub described: u32,
    /// Bytes of scratch memory that tasks may reserve.
    pub memory: u64,
    /// Bytes of it that are free now.
    pub memory_free: u64,
    /// Fraction of the device that is not taken now, 0 to 1.
    pub vcus_free: f64,
}

/// What `parla_stats` counts, since the runtime was started.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_stats_t {
    /// `sizeof(parla_stats_t)`, set by the caller.
    pub size: u32,
    /// Workers of the pool.
    pub num_workers: u32,
    /// Tasks spawned.
    pub spawned: u64,
    /// Tasks that ended, in whatever way.
    pub completed: u64,
    /// Tasks taken from another thread's queue.
    pub stolen: u64,
    /// Waits that really blocked a task.
    pub blocked: u64,
    /// Times a sleeping worker was woken.
    pub woken: u64,
    /// Stacks that exist now.
    pub stacks: u64,
    /// Bytes of task records in use or kept for reuse. They are shared by successive runtimes.
    pub record_bytes: u64,
}

/// Called on a worker when it starts and stops. `worker` is its number.
pub type parla_thread_hook_fn = Option<unsafe extern "C" fn(user: *mut c_void, worker: u32)>;
/// Called on a worker around a body or around a wait that blocks it.
pub type parla_task_hook_fn = Option<unsafe extern "C" fn(user: *mut c_void, task: parla_task_t)>;

/// A host's hooks; each may be NULL. They must be short, and may not wait, spawn, init or finalize.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct parla_hooks_t {
    /// `sizeof(parla_hooks_t)`.
    pub size: u32,
    /// Unused; 0.
    pub reserved: u32,
    /// First argument of each hook.
    pub user: *mut c_void,
    /// A worker has started (also a spare thread, and a thread that lends itself). Workers that run
    /// already call it before their next task.
    pub thread_start: parla_thread_hook_fn,
    /// A worker is about to end, or these hooks have been removed.
    pub thread_stop: parla_thread_hook_fn,
    /// A body is about to run.
    pub before_task: parla_task_hook_fn,
    /// A body has returned.
    pub after_task: parla_task_hook_fn,
    /// The running body is about to block in a wait: its thread will do something else.
    pub before_block: parla_task_hook_fn,
    /// The body goes on, on the same thread.
    pub after_block: parla_task_hook_fn,
}

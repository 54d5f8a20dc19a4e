//! The exported C functions, called as a C program would, with slices for pointers and lengths.

pub use parla::ffi::types::*;
use parla::ffi::{control, inspect, lifecycle, place, spawn, taskspace, wait};
use std::ffi::{CStr, CString, c_void};
use std::ptr::{null, null_mut};

pub type Body = unsafe extern "C" fn(*mut c_void) -> i32;

pub use parla::ffi::control::{
    parla_cancel_requested, parla_task_cancel, parla_task_hold, parla_task_release,
    parla_taskspace_cancel,
};
pub use parla::ffi::inspect::{parla_current_task, parla_current_worker};
pub use parla::ffi::lifecycle::{parla_finalize, parla_wait_all};
pub use parla::ffi::place::parla_cpu;

/// All fields 0 but `size`.
pub fn config() -> parla_config_t {
    parla_config_t {
        size: size_of::<parla_config_t>() as u32,
        num_threads: 0,
        bind: 0,
        wait_mode: 0,
        topology: null(),
        stack_size: 0,
        cpu_memory: 0,
        stall_ms: 0,
        hold_stall_ms: 0,
        max_spare_threads: 0,
        spin_us: 0,
    }
}

/// Starts the runtime; `topology` "" is the machine's.
pub fn init(mut config: parla_config_t, topology: &str) {
    let text = CString::new(topology).expect("no NUL");
    if !topology.is_empty() {
        config.topology = text.as_ptr();
    }
    // SAFETY: the configuration and its text live until the call returns.
    let status = unsafe { lifecycle::parla_init(&config) };
    assert_eq!(status, 0, "parla_init: {}", last_error());
}

/// Starts the runtime with so many workers and the defaults.
pub fn init_threads(num_threads: i32) {
    init(parla_config_t { num_threads, ..config() }, "");
}

pub fn last_error() -> String {
    // SAFETY: the text is NUL-terminated and stays until this thread's next call.
    unsafe { CStr::from_ptr(lifecycle::parla_last_error_message()) }.to_string_lossy().into_owned()
}

/// All fields 0 but `size`.
pub fn spec() -> parla_task_spec_t {
    parla_task_spec_t {
        size: size_of::<parla_task_spec_t>() as u32,
        flags: 0,
        task: 0,
        name: null(),
        r#fn: None,
        ctx: null_mut(),
        drop: None,
        deps: null(),
        n_deps: 0,
        place: 0,
        priority: 0,
        vcus: 0.0,
        memory: 0,
        alternatives: null(),
        n_alternatives: 0,
        variants: null(),
        n_variants: 0,
    }
}

/// Spawns a full specification. What it points to must be alive, as the C function demands.
pub fn spawn_spec(spec: &parla_task_spec_t) -> Result<u64, i32> {
    let mut task = 0;
    // SAFETY: callers build specifications whose pointers outlive the call, and contexts that live until
    // the runtime has ended.
    match unsafe { spawn::parla_spawn_task(spec, &mut task) } {
        0 => Ok(task),
        status => Err(status),
    }
}

/// Spawns a plain task, which must succeed. `ctx` lives until the runtime has ended.
pub fn spawn(body: Body, ctx: *mut c_void, deps: &[u64]) -> u64 {
    let mut task = 0;
    // SAFETY: the slice outlives the call; the context is good by this function's contract.
    let status = unsafe {
        spawn::parla_spawn(Some(body), ctx, 0, 0.0, deps.as_ptr(), deps.len(), &mut task)
    };
    assert_eq!(status, 0, "parla_spawn: {}", last_error());
    task
}

/// Spawns a plain task at a place, which must succeed.
pub fn spawn_at(body: Body, ctx: *mut c_void, at: i32, vcus: f64) -> u64 {
    let mut task = 0;
    // SAFETY: as in `spawn`.
    let status = unsafe { spawn::parla_spawn(Some(body), ctx, at, vcus, null(), 0, &mut task) };
    assert_eq!(status, 0, "parla_spawn: {}", last_error());
    task
}

pub fn continue_with(body: Body, ctx: *mut c_void, deps: &[u64]) -> i32 {
    // SAFETY: as in `spawn`.
    unsafe { spawn::parla_continue(Some(body), ctx, deps.as_ptr(), deps.len()) }
}

pub fn wait(handles: &[u64], timeout_ns: i64) -> i32 {
    // SAFETY: the slice outlives the call.
    unsafe { wait::parla_wait(handles.as_ptr(), handles.len(), timeout_ns) }
}

pub fn run_until(handles: &[u64], timeout_ns: i64) -> i32 {
    // SAFETY: the slice outlives the call.
    unsafe { wait::parla_run_until(handles.as_ptr(), handles.len(), timeout_ns) }
}

/// A space without a name; `shape` empty: one unbounded dimension.
pub fn create_space(lower: &[i64], shape: &[i64]) -> u64 {
    let mut space = 0;
    let ndim = shape.len().max(1) as u32;
    let pointer = |list: &[i64]| if list.is_empty() { null() } else { list.as_ptr() };
    // SAFETY: the slices have `ndim` numbers or are given as NULL.
    let status = unsafe {
        taskspace::parla_taskspace_create(null(), ndim, pointer(lower), pointer(shape), &mut space)
    };
    assert_eq!(status, 0, "parla_taskspace_create: {}", last_error());
    space
}

/// The handle of an element, which must be inside the bounds.
pub fn element(space: u64, index: &[i64]) -> u64 {
    let mut task = 0;
    // SAFETY: the callers give as many numbers as the space has dimensions.
    let status = unsafe { taskspace::parla_taskspace_task(space, index.as_ptr(), &mut task) };
    assert!(status == 0 && task != 0, "parla_taskspace_task: {status} {}", last_error());
    task
}

pub fn state(task: u64) -> i32 {
    let mut state = -1;
    // SAFETY: the variable is writable.
    let status = unsafe { inspect::parla_task_state(task, &mut state) };
    assert_eq!(status, 0, "parla_task_state: {}", last_error());
    state
}

/// Code and origin of a failure.
pub fn failure(task: u64) -> Result<(i32, u64), i32> {
    let (mut code, mut origin) = (0, 0);
    // SAFETY: the variables are writable; no text is asked for.
    let status = unsafe {
        inspect::parla_task_failure(task, &mut code, &mut origin, null_mut(), 0, null_mut())
    };
    if status == 0 { Ok((code, origin)) } else { Err(status) }
}

pub fn explain(task: u64) -> String {
    let mut text = [0u8; 512];
    // SAFETY: the buffer has as much room as is said.
    let _ =
        unsafe { inspect::parla_explain(task, text.as_mut_ptr().cast(), text.len(), null_mut()) };
    CStr::from_bytes_until_nul(&text).map_or_else(|_| String::new(), |t| t.to_string_lossy().into())
}

pub fn stats() -> parla_stats_t {
    let mut stats = parla_stats_t {
        size: size_of::<parla_stats_t>() as u32,
        num_workers: 0,
        spawned: 0,
        completed: 0,
        stolen: 0,
        blocked: 0,
        woken: 0,
        stacks: 0,
        record_bytes: 0,
    };
    // SAFETY: the struct has the size it says.
    let status = unsafe { inspect::parla_stats(&mut stats) };
    assert_eq!(status, 0, "parla_stats: {}", last_error());
    stats
}

pub fn device_count() -> u32 {
    let mut count = 0;
    // SAFETY: the variable is writable.
    let status = unsafe { place::parla_device_count(PARLA_ANY, &mut count) };
    assert_eq!(status, 0, "parla_device_count: {}", last_error());
    count
}

pub fn device_info(device: i32) -> parla_device_info_t {
    let mut info = parla_device_info_t {
        size: size_of::<parla_device_info_t>() as u32,
        place: 0,
        num_workers: 0,
        num_cores: 0,
        os_index: 0,
        described: 0,
        memory: 0,
        memory_free: 0,
        vcus_free: 0.0,
    };
    // SAFETY: the struct has the size it says.
    let status = unsafe { place::parla_device_info(device, &mut info) };
    assert_eq!(status, 0, "parla_device_info: {}", last_error());
    info
}

/// The devices of the task that calls it.
pub fn current_places() -> Vec<i32> {
    let mut places = [0; 16];
    let mut count = 0;
    // SAFETY: the array has 16 places.
    let status = unsafe { inspect::parla_current_places(places.as_mut_ptr(), 16, &mut count) };
    assert_eq!(status, 0, "parla_current_places: {}", last_error());
    places[..count].to_vec()
}

/// Sets the text of the running task's failure.
pub fn set_failure_text(text: &CStr) -> i32 {
    // SAFETY: a NUL-terminated string.
    unsafe { control::parla_set_failure_text(text.as_ptr()) }
}

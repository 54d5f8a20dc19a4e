# Those functions of parla.h which the programs of this folder call, one ccall each.
#
# Julia 1.5 runs callbacks only on threads of its own, so the runtime gets no threads at all and the main
# thread lends itself by parla_run_until: every body then runs here. PARLA_WAIT_THREAD keeps bodies on this
# thread's own stack, the only one that Julia knows: its garbage collector scans it, and an overflow raises
# StackOverflowError. A body must not wait: a spare thread would take this one's place, and Julia cannot run
# bodies there.

const libparla = "libparla"

const PARLA_OK = Int32(0)
const PARLA_CPU = Int32(16777216)
const PARLA_NO_THREADS = Int32(-1)
const PARLA_WAIT_THREAD = Int32(2)

# typedef struct parla_config_t
struct ParlaConfig
    size::UInt32
    num_threads::Int32
    bind::Int32
    wait_mode::Int32
    topology::Cstring
    stack_size::Csize_t
    cpu_memory::UInt64
    stall_ms::Int32
    hold_stall_ms::Int32
    max_spare_threads::Int32
    spin_us::Int32
end

without_threads() = Ref(ParlaConfig(
    sizeof(ParlaConfig), PARLA_NO_THREADS, 0, PARLA_WAIT_THREAD, C_NULL, 0, 0, 0, 0, 0, 0))

# parla_status_t parla_init(const parla_config_t *config);
parla_init(config) = ccall((:parla_init, libparla), Int32, (Ref{ParlaConfig},), config)

# parla_status_t parla_finalize(void);
parla_finalize() = ccall((:parla_finalize, libparla), Int32, ())

# const char *parla_status_string(parla_status_t status);
parla_status_string(status) = ccall((:parla_status_string, libparla), Cstring, (Int32,), status)

# const char *parla_last_error_message(void);
parla_last_error_message() = ccall((:parla_last_error_message, libparla), Cstring, ())

# parla_status_t parla_spawn(parla_task_fn fn, void *ctx, parla_place_t place, double vcus,
#                            const parla_handle_t *deps, size_t n_deps, parla_task_t *task);
parla_spawn(fn, ctx, place, vcus, deps, n_deps, task) = ccall(
    (:parla_spawn, libparla), Int32,
    (Ptr{Cvoid}, Ptr{Cvoid}, Int32, Float64, Ptr{UInt64}, Csize_t, Ptr{UInt64}),
    fn, ctx, place, vcus, deps, n_deps, task)

# parla_status_t parla_run_until(const parla_handle_t *handles, size_t n, int64_t timeout_ns);
parla_run_until(handles, n, timeout_ns) = ccall(
    (:parla_run_until, libparla), Int32, (Ptr{UInt64}, Csize_t, Int64), handles, n, timeout_ns)

# parla_status_t parla_set_failure_text(const char *text);
parla_set_failure_text(text) = ccall((:parla_set_failure_text, libparla), Int32, (Cstring,), text)

# parla_status_t parla_task_state(parla_task_t task, int32_t *state);
parla_task_state(task, state) = ccall(
    (:parla_task_state, libparla), Int32, (UInt64, Ref{Int32}), task, state)

# parla_status_t parla_task_failure(parla_task_t task, int32_t *code, parla_task_t *origin,
#                                   char *text, size_t capacity, size_t *length);
parla_task_failure(task, code, origin, text, capacity, length) = ccall(
    (:parla_task_failure, libparla), Int32,
    (UInt64, Ptr{Int32}, Ptr{UInt64}, Ptr{UInt8}, Csize_t, Ptr{Csize_t}),
    task, code, origin, text, capacity, length)

# parla_status_t parla_taskspace_create(const char *name, uint32_t ndim, const int64_t *lower,
#                                       const int64_t *shape, parla_taskspace_t *space);
parla_taskspace_create(name, ndim, lower, shape, space) = ccall(
    (:parla_taskspace_create, libparla), Int32,
    (Ptr{UInt8}, UInt32, Ptr{Int64}, Ptr{Int64}, Ref{UInt64}),
    name, ndim, lower, shape, space)

# parla_status_t parla_taskspace_destroy(parla_taskspace_t space);
parla_taskspace_destroy(space) = ccall((:parla_taskspace_destroy, libparla), Int32, (UInt64,), space)

# parla_status_t parla_taskspace_task(parla_taskspace_t space, const int64_t *index, parla_task_t *task);
parla_taskspace_task(space, index, task) = ccall(
    (:parla_taskspace_task, libparla), Int32, (UInt64, Ptr{Int64}, Ref{UInt64}), space, index, task)

# parla_status_t parla_taskspace_spawn(parla_taskspace_t space, const int64_t *index, parla_task_fn fn,
#                                      void *ctx, parla_place_t place, double vcus,
#                                      const parla_handle_t *deps, size_t n_deps, parla_task_t *task);
parla_taskspace_spawn(space, index, fn, ctx, place, vcus, deps, n_deps, task) = ccall(
    (:parla_taskspace_spawn, libparla), Int32,
    (UInt64, Ptr{Int64}, Ptr{Cvoid}, Ptr{Cvoid}, Int32, Float64, Ptr{UInt64}, Csize_t, Ptr{UInt64}),
    space, index, fn, ctx, place, vcus, deps, n_deps, task)

# Ends the program if a call failed unexpectedly.
function check(status)
    status == PARLA_OK && return
    error(unsafe_string(parla_status_string(status)), ": ", unsafe_string(parla_last_error_message()))
end

yes_or_no(condition) = condition ? "yes" : "no"

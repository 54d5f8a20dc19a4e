/* libparla: one task runtime for every language in a process.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * GENERATED from src/ffi by `make header`; do not edit. */

#ifndef PARLA_H
#define PARLA_H

#include <stddef.h>
#include <stdint.h>

/**
 * The element exists in a task space but has not been spawned.
 */
#define PARLA_STATE_CREATED 0

/**
 * Spawned; waits for dependencies.
 */
#define PARLA_STATE_WAITING 1

/**
 * All dependencies completed; waits for a worker, VCUs or memory.
 */
#define PARLA_STATE_READY 2

/**
 * The body runs.
 */
#define PARLA_STATE_RUNNING 3

/**
 * The body runs and is blocked in a wait.
 */
#define PARLA_STATE_BLOCKED 4

/**
 * The body has returned; a hold keeps the task incomplete.
 */
#define PARLA_STATE_HELD 5

/**
 * Completed without failure.
 */
#define PARLA_STATE_DONE 6

/**
 * The body returned a code other than 0, or the task was part of a cycle of dependencies.
 */
#define PARLA_STATE_FAILED 7

/**
 * Never ran, because a dependency failed, was skipped or was cancelled.
 */
#define PARLA_STATE_SKIPPED 8

/**
 * Never ran, because it was cancelled.
 */
#define PARLA_STATE_CANCELLED 9

/**
 * No flags.
 */
#define PARLA_TASK_NONE 0

/**
 * Run the body even if a dependency failed or was cancelled (clean-up tasks). The body can ask which, by
 * `parla_task_failure`.
 */
#define PARLA_TASK_RUN_ANYWAY 1

/**
 * A wait in this body blocks its thread, and a spare thread takes the worker's place, instead of
 * switching stacks: for bodies whose frames must stay where they are (Python, Julia). With
 * `PARLA_WAIT=thread` this holds for all tasks, and bodies run on their threads' own stacks.
 */
#define PARLA_TASK_WAIT_THREAD 2

/**
 * The task starts out with one hold, as if `parla_task_hold` had been called before it ran.
 */
#define PARLA_TASK_HOLD 4

/**
 * Lowest priority.
 */
#define PARLA_PRIORITY_MIN -1000

/**
 * Highest priority.
 */
#define PARLA_PRIORITY_MAX 1000

/**
 * Stack switch (the default): see `parla_wait`.
 */
#define PARLA_WAIT_STACK 1

/**
 * Thread: see `parla_wait`.
 */
#define PARLA_WAIT_THREAD 2

/**
 * Bind each worker to one core (the default).
 */
#define PARLA_BIND_CORE 1

/**
 * Bind each worker to all cores of its NUMA node.
 */
#define PARLA_BIND_NODE 2

/**
 * Leave the workers where the operating system puts them.
 */
#define PARLA_BIND_NONE 3

/**
 * `num_threads` of a runtime without workers of its own: tasks run only while a thread lends itself
 * by `parla_run_until`.
 */
#define PARLA_NO_THREADS -1

/**
 * An index that is an integer.
 */
#define PARLA_KEY_INT 0

/**
 * An index that is a string.
 */
#define PARLA_KEY_STRING 1

/**
 * `start` or `stop` of a range that is left open.
 */
#define PARLA_OPEN INT64_MIN

/**
 * An unbounded dimension, in the shape of a task space.
 */
#define PARLA_UNBOUNDED -1

/**
 * Result of every call that can fail: `PARLA_OK` (0) or a negative `PARLA_ERR_*`. The numbers are
 * never reused. `parla_status_string` explains a status, `parla_last_error_message` this thread's
 * last failure.
 */
typedef int32_t parla_status_t;

/**
 * What a runtime is started with. Set `size` to `sizeof(parla_config_t)` and the rest to 0; a field
 * that is 0 (NULL) leaves the choice to the `PARLA_*` variable named at it, then to the file named by
 * `PARLA_CONFIG`, then to the default.
 */
typedef struct parla_config_t {
    /**
     * `sizeof(parla_config_t)`.
     */
    uint32_t size;
    /**
     * Workers, 1 to 1024, or `PARLA_NO_THREADS`. `PARLA_NUM_THREADS`; default: one per core that the
     * inherited affinity mask and the cgroup's CPU quota allow.
     */
    int32_t num_threads;
    /**
     * `PARLA_BIND_*`. `PARLA_BIND` (core, node, none). A described topology binds nothing.
     */
    int32_t bind;
    /**
     * `PARLA_WAIT_*` for tasks that do not say. `PARLA_WAIT` (stack, thread).
     */
    int32_t wait_mode;
    /**
     * A described topology in hwloc's synthetic form, such as "numa:2 core:4 pu:1", in place of the
     * machine's. `PARLA_TOPOLOGY`.
     */
    const char *topology;
    /**
     * Bytes of a task's stack, at least 65,536; rounded up to pages. Memory is only used as far as a
     * task reaches. With `PARLA_WAIT_THREAD`: of a worker's stack, and at least 2 MiB.
     * `PARLA_STACK_SIZE`; default 1 MiB.
     */
    size_t stack_size;
    /**
     * Scratch memory of each CPU device that tasks may reserve, in bytes. `PARLA_CPU_MEMORY`;
     * default: the NUMA node's memory.
     */
    uint64_t cpu_memory;
    /**
     * Milliseconds without anything that can run before a stall is reported. `PARLA_STALL_MS`;
     * default 300. -1: never.
     */
    int32_t stall_ms;
    /**
     * Milliseconds after which holds that nobody releases count as a stall too. `PARLA_HOLD_STALL_MS`;
     * default -1: never, they are only reported.
     */
    int32_t hold_stall_ms;
    /**
     * Most threads that may stand in for workers blocked in thread waits. `PARLA_MAX_SPARE_THREADS`;
     * default 256, at most 1024.
     */
    int32_t max_spare_threads;
    /**
     * Microseconds a worker looks for work before it sleeps, up to 1,000,000. `PARLA_SPIN_US`; default
     * 20. More: faster starts after short pauses; less: less CPU time.
     */
    int32_t spin_us;
} parla_config_t;

/**
 * A task's body. 0 means done; any other value means that the task failed with that code. It must
 * return: it may not leave by `longjmp`, `pthread_exit` or an exception.
 */
typedef int32_t (*parla_task_fn)(void *ctx);

/**
 * Where a task may run: `PARLA_ANY`, a whole architecture (`PARLA_CPU`, `PARLA_GPU`), or one device
 * (`parla_cpu(i)`, `parla_gpu(i)`).
 */
typedef int32_t parla_place_t;

/**
 * A task or a task space: a plain value that carries its kind, a slot and a generation. It is copied
 * and compared freely, needs no release, and is 0 for "none". A handle whose task has completed stays
 * valid and means "completed".
 */
typedef uint64_t parla_handle_t;

/**
 * Handle of a task.
 */
typedef uint64_t parla_task_t;

/**
 * Releases a context. Called exactly once for every spawned task, whatever becomes of it; it has returned
 * when the task counts as complete, and runs on any thread. It may spawn, cancel and release, but no call
 * that blocks (those give IN_TASK).
 */
typedef void (*parla_drop_fn)(void *ctx);

/**
 * One device of a placement and what the task takes of it.
 */
typedef struct parla_member_t {
    /**
     * An architecture or a device.
     */
    parla_place_t place;
    /**
     * Unused; 0.
     */
    uint32_t reserved;
    /**
     * Fraction of the device, 0 < v <= 1, held while the body runs; 0: one worker, no limit.
     */
    double vcus;
    /**
     * Bytes of scratch memory, reserved from before the start until completion.
     */
    uint64_t memory;
} parla_member_t;

/**
 * One way to place a task: all of its members, which must be distinct devices. Several members make a
 * multi-device task, which gets all of them at once.
 */
typedef struct parla_alternative_t {
    /**
     * The members.
     */
    const struct parla_member_t *members;
    /**
     * How many, 1 to 16.
     */
    size_t n_members;
} parla_alternative_t;

/**
 * A body for one tuple of architectures, chosen by where the task was placed.
 */
typedef struct parla_variant_t {
    /**
     * Architectures, in the order of the placement's members.
     */
    const parla_place_t *archs;
    /**
     * How many, 1 to 16.
     */
    size_t n_archs;
    /**
     * The body.
     */
    parla_task_fn fn;
} parla_variant_t;

/**
 * Everything a task can have. Set `size` to `sizeof(parla_task_spec_t)` and what is not needed to 0.
 */
typedef struct parla_task_spec_t {
    /**
     * `sizeof(parla_task_spec_t)`.
     */
    uint32_t size;
    /**
     * `PARLA_TASK_*` flags.
     */
    uint32_t flags;
    /**
     * The element to spawn, from `parla_taskspace_task`; 0: a new anonymous task.
     */
    parla_task_t task;
    /**
     * Name for messages (copied), or NULL.
     */
    const char *name;
    /**
     * The body; NULL only if `variants` cover every alternative.
     */
    parla_task_fn fn;
    /**
     * Passed to the body.
     */
    void *ctx;
    /**
     * Releases `ctx` after the task has ended, or NULL.
     */
    parla_drop_fn drop;
    /**
     * Tasks and task spaces that must complete first; 0 entries are skipped. A space stands for the
     * elements that exist in it now.
     */
    const parla_handle_t *deps;
    /**
     * How many.
     */
    size_t n_deps;
    /**
     * Where, if there are no `alternatives`.
     */
    parla_place_t place;
    /**
     * `PARLA_PRIORITY_MIN` to `PARLA_PRIORITY_MAX`; higher starts first among the ready tasks of a pool.
     */
    int32_t priority;
    /**
     * Fraction of the device, if there are no `alternatives`; as in `parla_member_t`.
     */
    double vcus;
    /**
     * Bytes of scratch memory, if there are no `alternatives`; as in `parla_member_t`.
     */
    uint64_t memory;
    /**
     * Alternatives in order of preference, or NULL.
     */
    const struct parla_alternative_t *alternatives;
    /**
     * How many, at most 64.
     */
    size_t n_alternatives;
    /**
     * Bodies per architecture tuple, or NULL; `fn` runs where none matches.
     */
    const struct parla_variant_t *variants;
    /**
     * How many, at most 64.
     */
    size_t n_variants;
} parla_task_spec_t;

/**
 * Handle of a task space.
 */
typedef uint64_t parla_taskspace_t;

/**
 * What `parla_stats` counts, since the runtime was started.
 */
typedef struct parla_stats_t {
    /**
     * `sizeof(parla_stats_t)`, set by the caller.
     */
    uint32_t size;
    /**
     * Workers of the pool.
     */
    uint32_t num_workers;
    /**
     * Tasks spawned.
     */
    uint64_t spawned;
    /**
     * Tasks that ended, in whatever way.
     */
    uint64_t completed;
    /**
     * Tasks taken from another thread's queue.
     */
    uint64_t stolen;
    /**
     * Waits that really blocked a task.
     */
    uint64_t blocked;
    /**
     * Times a sleeping worker was woken.
     */
    uint64_t woken;
    /**
     * Stacks that exist now.
     */
    uint64_t stacks;
    /**
     * Bytes of task records in use or kept for reuse. They are shared by successive runtimes.
     */
    uint64_t record_bytes;
} parla_stats_t;

/**
 * One dimension of a mixed key.
 */
typedef struct parla_key_t {
    /**
     * `PARLA_KEY_*`.
     */
    int32_t kind;
    /**
     * Unused; 0.
     */
    uint32_t reserved;
    /**
     * The index, if `PARLA_KEY_INT`.
     */
    int64_t integer;
    /**
     * The index, if `PARLA_KEY_STRING` (UTF-8, copied).
     */
    const char *string;
} parla_key_t;

/**
 * Half-open range of one dimension of a slice. `start` is clamped to the space's lower bound, `stop`
 * to its upper.
 */
typedef struct parla_range_t {
    /**
     * First index, or `PARLA_OPEN`.
     */
    int64_t start;
    /**
     * One past the last index, or `PARLA_OPEN`.
     */
    int64_t stop;
    /**
     * Step, at least 1; 0 means 1.
     */
    int64_t step;
} parla_range_t;

/**
 * What `parla_device_info` tells.
 */
typedef struct parla_device_info_t {
    /**
     * `sizeof(parla_device_info_t)`, set by the caller.
     */
    uint32_t size;
    /**
     * The device.
     */
    parla_place_t place;
    /**
     * Workers that serve it.
     */
    uint32_t num_workers;
    /**
     * Cores it has.
     */
    uint32_t num_cores;
    /**
     * The operating system's number of the NUMA node.
     */
    uint32_t os_index;
    /**
     * 1 if it comes from a described topology.
     */
    uint32_t described;
    /**
     * Bytes of scratch memory that tasks may reserve.
     */
    uint64_t memory;
    /**
     * Bytes of it that are free now.
     */
    uint64_t memory_free;
    /**
     * Fraction of the device that is not taken now, 0 to 1.
     */
    double vcus_free;
} parla_device_info_t;

/**
 * Called on a worker when it starts and stops. `worker` is its number.
 */
typedef void (*parla_thread_hook_fn)(void *user, uint32_t worker);

/**
 * Called on a worker around a body or around a wait that blocks it.
 */
typedef void (*parla_task_hook_fn)(void *user, parla_task_t task);

/**
 * A host's hooks; each may be NULL. They must be short, and may not wait, spawn, init or finalize.
 */
typedef struct parla_hooks_t {
    /**
     * `sizeof(parla_hooks_t)`.
     */
    uint32_t size;
    /**
     * Unused; 0.
     */
    uint32_t reserved;
    /**
     * First argument of each hook.
     */
    void *user;
    /**
     * A worker has started (also a spare thread, and a thread that lends itself). Workers that run
     * already call it before their next task.
     */
    parla_thread_hook_fn thread_start;
    /**
     * A worker is about to end, or these hooks have been removed.
     */
    parla_thread_hook_fn thread_stop;
    /**
     * A body is about to run.
     */
    parla_task_hook_fn before_task;
    /**
     * A body has returned.
     */
    parla_task_hook_fn after_task;
    /**
     * The running body is about to block in a wait: its thread will do something else.
     */
    parla_task_hook_fn before_block;
    /**
     * The body goes on, on the same thread.
     */
    parla_task_hook_fn after_block;
} parla_hooks_t;

/**
 * Success.
 */
#define PARLA_OK 0

/**
 * A NULL where a pointer is needed, a number out of its range, a malformed struct or string.
 */
#define PARLA_ERR_INVALID_ARGUMENT -1

/**
 * A handle of the wrong kind, or one that was never issued.
 */
#define PARLA_ERR_INVALID_HANDLE -2

/**
 * `parla_init` has not been called, or `parla_finalize` has ended the runtime.
 */
#define PARLA_ERR_NOT_INITIALIZED -3

/**
 * This task (this element of a task space) has been spawned before.
 */
#define PARLA_ERR_ALREADY_SPAWNED -4

/**
 * No device of this runtime could ever satisfy the placement, VCU or memory request.
 */
#define PARLA_ERR_INFEASIBLE -5

/**
 * A task that was waited for failed, or was skipped because a dependency failed.
 */
#define PARLA_ERR_TASK_FAILED -6

/**
 * A task that was waited for was cancelled, or depends on one that was.
 */
#define PARLA_ERR_CANCELLED -7

/**
 * The time limit ran out first. Nothing else has changed.
 */
#define PARLA_ERR_TIMEOUT -8

/**
 * A wait, or a set of dependencies, that can never end because it is a cycle.
 */
#define PARLA_ERR_DEADLOCK -9

/**
 * Tasks are left, none of them can ever run, and nothing that could release them is under way.
 */
#define PARLA_ERR_STALLED -10

/**
 * Memory (task records, stacks, or what was asked for) could not be had.
 */
#define PARLA_ERR_OUT_OF_MEMORY -11

/**
 * A thread could not be started, or the limit of spare threads has been reached.
 */
#define PARLA_ERR_OUT_OF_THREADS -12

/**
 * The call was made in a child of `fork`, where the runtime's threads do not exist.
 */
#define PARLA_ERR_FORKED -13

/**
 * The call is only legal inside a task body.
 */
#define PARLA_ERR_NOT_IN_TASK -14

/**
 * The call is not legal inside a task body.
 */
#define PARLA_ERR_IN_TASK -15

/**
 * Too late: the task has already completed.
 */
#define PARLA_ERR_COMPLETED -16

/**
 * Nothing of that name exists.
 */
#define PARLA_ERR_NOT_FOUND -17

/**
 * Something of that name exists already.
 */
#define PARLA_ERR_ALREADY_EXISTS -18

/**
 * A configuration variable or file is malformed; the text names it.
 */
#define PARLA_ERR_CONFIG -19

/**
 * The buffer is too small; the needed size has been written.
 */
#define PARLA_ERR_BUFFER_TOO_SMALL -20

/**
 * This build or this machine cannot do it.
 */
#define PARLA_ERR_UNSUPPORTED -21

/**
 * A defect in libparla itself. Please report it with the text.
 */
#define PARLA_ERR_INTERNAL -22

/**
 * Any device of any architecture.
 */
#define PARLA_ANY 0

/**
 * Any CPU device. A CPU device is the pool of workers of one NUMA node; a node that gets no worker is no
 * device.
 */
#define PARLA_CPU 16777216

/**
 * Any GPU device.
 */
#define PARLA_GPU 33554432

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Starts the runtime of this process, or counts one more user of it.
 *
 * `config` may be NULL: the `PARLA_*` variables, the file that `PARLA_CONFIG` names and the defaults
 * then decide. If the runtime runs already, `config` is ignored. Every successful call needs a
 * `parla_finalize`.
 *
 * May be called from any thread that is not inside a task; also again after the last finalize.
 * Errors: INVALID_ARGUMENT, CONFIG, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED, IN_TASK.
 *
 * Pointers:
 * `config` is NULL or points to a `parla_config_t` of the size it says.
 */
parla_status_t parla_init(const struct parla_config_t *config);

/**
 * Ends one use of the runtime. The last one waits for every task, stops the workers, and leaves the
 * process's threads, signal handlers and affinity masks as they were before `parla_init`.
 *
 * Returns the first failure of a task that nobody has observed (TASK_FAILED, with its text as the last
 * error message), or STALLED if tasks were left that could never run: they are named in the text and
 * cancelled. The runtime has ended in these cases too.
 *
 * May be called from any thread that is not inside a task.
 * Errors: NOT_INITIALIZED, IN_TASK, FORKED, TASK_FAILED, DEADLOCK, STALLED.
 */
parla_status_t parla_finalize(void);

/**
 * 1 while the runtime runs, else 0. May be called from anywhere.
 */
int32_t parla_is_initialized(void);

/**
 * Waits until every task that has been spawned is complete.
 *
 * `timeout_ns`: nanoseconds; negative: no limit; 0: only look. May be called from any thread that is not
 * inside a task. Returns OK even if tasks failed: ask them, or finalize.
 * Errors: NOT_INITIALIZED, IN_TASK, TIMEOUT, STALLED, DEADLOCK, FORKED.
 */
parla_status_t parla_wait_all(int64_t timeout_ns);

/**
 * The version of the library, `major * 1,000,000 + minor * 1,000 + patch`. May be called from anywhere.
 */
uint32_t parla_version(void);

/**
 * The version as text, such as "0.1.0"; static. May be called from anywhere.
 */
const char *parla_version_string(void);

/**
 * What a status means, in a few words; static, never NULL. May be called from anywhere, also before
 * `parla_init`.
 */
const char *parla_status_string(parla_status_t status);

/**
 * Copies what `parla_last_error_message` gives: `text` and `length` as in `parla_task_failure`. May be
 * called from anywhere. Errors: INVALID_ARGUMENT, BUFFER_TOO_SMALL (the text is cut); the last error stays
 * as it was.
 *
 * Pointers:
 * `text` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
 */
parla_status_t parla_last_error(char *text,
                                size_t capacity,
                                size_t *length);

/**
 * Explains the last call on this thread that failed; "" if none has. Never NULL; valid until the next
 * failing call on this thread (in a task: until the next call of libparla). May be called from anywhere.
 */
const char *parla_last_error_message(void);

/**
 * Spawns a task: `fn(ctx)` runs once all of `deps` have completed, at `place`, with `vcus` of it.
 *
 * `place`: `PARLA_ANY`, an architecture or a device. `vcus`: 0 for one worker without limit, or a
 * fraction 0 < v <= 1 of the device; at most floor(1/v) such tasks run on a device at once. `deps`:
 * `n_deps` tasks and task spaces, NULL if none; entries that are 0 are skipped, and elements that have
 * not been spawned yet are legal. `task`: receives the handle; may be NULL, and may be one of the places that
 * `deps` points to.
 *
 * On an error nothing has been spawned and `ctx` is still the caller's. May be called from any thread,
 * inside tasks too.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, INFEASIBLE, OUT_OF_MEMORY, FORKED.
 *
 * Pointers:
 * `deps` points to `n_deps` handles, `task` is NULL or writable, and `fn` may be called once with `ctx`
 * on another thread.
 */
parla_status_t parla_spawn(parla_task_fn fn,
                           void *ctx,
                           parla_place_t place,
                           double vcus,
                           const parla_handle_t *deps,
                           size_t n_deps,
                           parla_task_t *task);

/**
 * Spawns a task from a full specification. `task`: receives the handle; may be NULL.
 *
 * On an error nothing has been spawned, and `ctx` is still the caller's: `drop` is not called. Everything
 * that `spec` points to but `ctx` is copied before the call returns, and `task` may be one of the places that
 * `deps` points to. May be called from any thread.
 * Errors: as `parla_spawn`, and ALREADY_SPAWNED, CANCELLED (the element was cancelled before it was
 * spawned), DEADLOCK (it depends on itself).
 *
 * Pointers:
 * `spec` points to a valid `parla_task_spec_t` of the size it says; `task` is NULL or writable.
 */
parla_status_t parla_spawn_task(const struct parla_task_spec_t *spec,
                                parla_task_t *task);

/**
 * Spawns `n` tasks in order; faster than one by one. `tasks`: NULL, or room for `n` handles.
 *
 * `deps` of a spec may point into `tasks`, so that later specs depend on earlier ones. Entry i is written when
 * task i has been spawned; until then it holds what it held, which must be a handle or 0 if a spec points to it.
 * It stops at the first error: the specs before it have been spawned, and `tasks` is 0 from it on. May be called
 * from any thread. Errors: as `parla_spawn_task`.
 *
 * Pointers:
 * `specs` points to `n` valid specifications that all have the size of this header's
 * `parla_task_spec_t`; `tasks` is NULL or has room for `n` handles.
 */
parla_status_t parla_spawn_batch(const struct parla_task_spec_t *specs,
                                 size_t n,
                                 parla_task_t *tasks);

/**
 * Goes on with `fn(ctx)` when `deps` are complete: called inside a task's body, it ends with that body
 * but keeps the task incomplete, and the same task runs `fn` next, at the same place. Nothing is kept
 * on a stack meanwhile. A failed dependency does not skip the continuation: it can ask the dependencies
 * (`parla_task_failure`). A cancellation of the task does.
 *
 * At most once per body; the body that called it must return 0 (another value fails the task, and `fn`
 * does not run). `ctx` must live until `fn` has run; it may be the same as before. The task's `drop` is called, with the first context, after the last continuation.
 * May be called inside a task only.
 * Errors: NOT_INITIALIZED, NOT_IN_TASK, INVALID_ARGUMENT, INVALID_HANDLE, DEADLOCK, ALREADY_SPAWNED (second call).
 *
 * Pointers:
 * As `parla_spawn`.
 */
parla_status_t parla_continue(parla_task_fn fn,
                              void *ctx,
                              const parla_handle_t *deps,
                              size_t n_deps);

/**
 * Waits until all of `handles` (tasks and task spaces; entries that are 0 are skipped) are complete.
 *
 * A space stands for the elements that exist in it at the call, spawned or not. `timeout_ns`:
 * nanoseconds; negative: no limit; 0: only look.
 *
 * May be called from any thread. A thread of the host sleeps. Inside a task the wait frees the worker
 * and the task's VCUs for others: by default the worker goes on with another stack, and the task resumes
 * on the same thread (so thread-local variables stay valid, but a lock that the same thread may take
 * again must not be held across the call); a task flagged `PARLA_TASK_WAIT_THREAD` keeps its stack and
 * thread while a spare thread works in its place. It cannot deadlock by itself, at any depth.
 *
 * Returns OK if all completed without failure, else the status of the first failure (TASK_FAILED,
 * CANCELLED, DEADLOCK), with its code, text and task in the last error message; that failure then counts
 * as observed. The last 1,024 failures stay answerable after they have been observed; of older ones the
 * handle means "completed".
 *
 * STALLED is given only if nobody is left who could spawn what is missing: every thread of the process
 * sleeps in libparla without a time limit. Otherwise a stall is reported on stderr, and the wait goes on.
 * Errors besides: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, TIMEOUT, DEADLOCK (the wait is part
 * of a cycle; a task waits for itself or its own space), STALLED, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED.
 *
 * Pointers:
 * `handles` points to `n` handles.
 */
parla_status_t parla_wait(const parla_handle_t *handles,
                          size_t n,
                          int64_t timeout_ns);

/**
 * Waits for every element that exists in `space`; as `parla_wait` with that one handle.
 */
parla_status_t parla_taskspace_wait(parla_taskspace_t space, int64_t timeout_ns);

/**
 * Lends the calling thread to the runtime as a worker until all of `handles` are complete or
 * `timeout_ns` has passed, and every task that began on this thread has ended. For hosts that must own
 * the thread their callbacks run on, and the only way to run tasks under `PARLA_NO_THREADS` (besides
 * `parla_finalize`, which then runs what is left). With `PARLA_WAIT_THREAD` the tasks run on the
 * thread's own stack, else on switchable ones.
 *
 * May be called from any thread that is not inside a task; threads that lend themselves at the same time
 * are limited to 64. Otherwise as `parla_wait`. Errors besides: IN_TASK.
 *
 * Pointers:
 * `handles` points to `n` handles.
 */
parla_status_t parla_run_until(const parla_handle_t *handles,
                               size_t n,
                               int64_t timeout_ns);

/**
 * As `parla_run_until`, until every task that has been spawned is complete: as `parla_wait_all`, but the
 * calling thread works meanwhile. With one worker less than there are cores, a thread that spawns much and
 * then waits so adds up to one thread for each core.
 *
 * `timeout_ns`: nanoseconds; negative: no limit; 0, or a few microseconds: it only looks, and may run nothing. May be called from any thread that is not inside a task. Returns
 * OK even if tasks failed: ask them, or finalize.
 * Errors: NOT_INITIALIZED, IN_TASK, TIMEOUT, STALLED, DEADLOCK, OUT_OF_MEMORY, OUT_OF_THREADS, FORKED.
 */
parla_status_t parla_run_until_all(int64_t timeout_ns);

/**
 * Asks for the cancellation of a task. One that has not started never will: it completes as cancelled at
 * once, also if it has not been spawned, and its dependents are skipped. One that runs learns it from
 * `parla_cancel_requested` and goes on as it likes. One that has completed is left as it is.
 *
 * May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, FORKED.
 */
parla_status_t parla_task_cancel(parla_task_t task);

/**
 * Asks for the cancellation of every element that exists in the space, as `parla_task_cancel`.
 */
parla_status_t parla_taskspace_cancel(parla_taskspace_t space);

/**
 * 1 if the cancellation of the task that calls it has been requested, else 0 (also outside tasks). Cheap
 * enough for an inner loop. May be called from anywhere.
 */
int32_t parla_cancel_requested(void);

/**
 * Adds a hold: the task stays incomplete, even after its body has returned, until every hold has been
 * released. For work that goes on elsewhere: a message, a kernel, an I/O request.
 *
 * May be called from any thread, before the task has completed: from its own body, or on an element that
 * has not been spawned, or under another hold; otherwise it may come too late.
 * Errors: NOT_INITIALIZED, INVALID_HANDLE, COMPLETED (too late), FORKED.
 */
parla_status_t parla_task_hold(parla_task_t task);

/**
 * Releases one hold. The last release after the body has returned completes the task, on the calling
 * thread. May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_HANDLE, COMPLETED (the task has no hold), FORKED.
 */
parla_status_t parla_task_release(parla_task_t task);

/**
 * Sets the text that goes with the failure of the task that calls it, should its body return a code
 * other than 0. Copied. May be called inside a task only.
 * Errors: NOT_IN_TASK, INVALID_ARGUMENT (NULL, or not UTF-8).
 *
 * Pointers:
 * `text` is a NUL-terminated string.
 */
parla_status_t parla_set_failure_text(const char *text);

/**
 * The task that calls it; 0 outside tasks. May be called from anywhere.
 */
parla_task_t parla_current_task(void);

/**
 * The worker that calls it, from 0; -1 on other threads. May be called from anywhere.
 */
int32_t parla_current_worker(void);

/**
 * The devices of the task that calls it, one per member of its placement. Writes at most `capacity`
 * places and their number to `count`. A task that may run on any worker is at its worker's device.
 * Errors: NOT_IN_TASK, INVALID_ARGUMENT, BUFFER_TOO_SMALL.
 *
 * Pointers:
 * `places` has room for `capacity` places (NULL if 0); `count` is writable.
 */
parla_status_t parla_current_places(parla_place_t *places, size_t capacity, size_t *count);

/**
 * The state of a task, `PARLA_STATE_*`, into `state`: a snapshot that may be old when it is read. May be
 * called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, FORKED.
 *
 * Pointers:
 * `state` is writable.
 */
parla_status_t parla_task_state(parla_task_t task,
                                int32_t *state);

/**
 * Why a task failed or was skipped, and marks the failure as observed. One failure is shared by the task
 * that failed and all that were skipped because of it: who hears of one has heard of all, and
 * `parla_finalize` does not report it again. Cancellations count as observed from the start. `code`: what the failing body
 * returned (a status if it was the runtime: CANCELLED, DEADLOCK); `origin`: the task that failed first,
 * which may be another one; `text`: the text, NUL-terminated, at most `capacity` bytes; `length`: the
 * text's bytes without the NUL. Each may be NULL (`text` with `capacity` 0).
 *
 * May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, NOT_FOUND (the
 * task is not complete, or did not fail), BUFFER_TOO_SMALL (the text is cut), FORKED.
 *
 * Pointers:
 * The pointers are NULL or writable, `text` for `capacity` bytes.
 */
parla_status_t parla_task_failure(parla_task_t task,
                                  int32_t *code,
                                  parla_task_t *origin,
                                  char *text,
                                  size_t capacity,
                                  size_t *length);

/**
 * The name of a task: the one it was given, or its space's name and index such as "T[3,4]", or
 * "task 17". A task that completed without failure has lost its name; a failed one (the `origin` of a
 * failure) keeps it as long as its failure is answerable. String keys print as T[sum,3]. `name` and `length` as in `parla_task_failure`.
 *
 * May be called from any thread. Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, COMPLETED,
 * BUFFER_TOO_SMALL (the text is cut), FORKED.
 *
 * Pointers:
 * `name` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
 */
parla_status_t parla_task_name(parla_task_t task,
                               char *name,
                               size_t capacity,
                               size_t *length);

/**
 * Says why a task is not running: an unspawned dependency, dependencies that are not complete, VCUs,
 * memory, placement, a hold, or what it waits for. `text` and `length` as in `parla_task_failure`.
 *
 * May be called from any thread; meant for people, not for the hot path.
 * Errors: NOT_INITIALIZED, INVALID_HANDLE, INVALID_ARGUMENT, BUFFER_TOO_SMALL (the text is cut), FORKED.
 *
 * Pointers:
 * `text` has room for `capacity` bytes (NULL if 0); `length` is NULL or writable.
 */
parla_status_t parla_explain(parla_task_t task,
                             char *text,
                             size_t capacity,
                             size_t *length);

/**
 * Counters of the runtime, live; each only grows, but they are read one after the other. Set `stats->size`
 * first. `num_workers` is the number chosen if the configuration left it open. May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT, FORKED.
 *
 * Pointers:
 * `stats` points to a `parla_stats_t` of the size it says.
 */
parla_status_t parla_stats(struct parla_stats_t *stats);

/**
 * Creates a task space: tasks named by `ndim` (1 to 8) indices.
 *
 * `lower`: the lowest index of each dimension; NULL: zeros. `shape`: the number of indices of each
 * dimension, 0 or more, or `PARLA_UNBOUNDED`; NULL: all unbounded above. `name`: UTF-8, copied; NULL or
 * "": no name, else it can be found by it from every language until it is destroyed.
 *
 * A space costs memory only where elements exist. May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT, ALREADY_EXISTS (the name), OUT_OF_MEMORY (65,536 spaces), FORKED.
 *
 * Pointers:
 * `lower` and `shape` are NULL or point to `ndim` numbers; `space` is writable.
 */
parla_status_t parla_taskspace_create(const char *name,
                                      uint32_t ndim,
                                      const int64_t *lower,
                                      const int64_t *shape,
                                      parla_taskspace_t *space);

/**
 * Finds a space by its name. May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT, NOT_FOUND, FORKED.
 *
 * Pointers:
 * `name` is a NUL-terminated string; `space` is writable.
 */
parla_status_t parla_taskspace_find(const char *name, parla_taskspace_t *space);

/**
 * Destroys a space: its name is free again, failures of its elements are forgotten, elements that were
 * never spawned complete as cancelled. Elements that were spawned run on, and their handles stay valid.
 *
 * May be called from any thread, also while others use the space: they get INVALID_HANDLE from then on.
 * Errors: NOT_INITIALIZED, INVALID_HANDLE, FORKED.
 */
parla_status_t parla_taskspace_destroy(parla_taskspace_t space);

/**
 * The handle of an element, which is created if it does not exist. `index`: `ndim` integers. Outside the
 * bounds: OK and 0, so that `T[i-1]` at the border is "no dependency". An element counts from then on: a
 * wait for the space waits for it too, so ask for those only that will be spawned (or look with
 * `parla_taskspace_view`).
 *
 * May be called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, OUT_OF_MEMORY, FORKED.
 *
 * Pointers:
 * `index` points to as many numbers as the space has dimensions; `task` is writable.
 */
parla_status_t parla_taskspace_task(parla_taskspace_t space,
                                    const int64_t *index,
                                    parla_task_t *task);

/**
 * As `parla_taskspace_task`, with a key whose dimensions are integers or strings: `T["cpu", 3]`.
 *
 * Pointers:
 * `key` points to as many parts as the space has dimensions; `task` is writable.
 */
parla_status_t parla_taskspace_task_key(parla_taskspace_t space,
                                        const struct parla_key_t *key,
                                        parla_task_t *task);

/**
 * Spawns an element: `parla_taskspace_task` and `parla_spawn` in one. `task` may be one of the places that `deps`
 * points to.
 * Errors: as both, and ALREADY_SPAWNED, CANCELLED, DEADLOCK, and INVALID_ARGUMENT if the index is outside.
 *
 * Pointers:
 * As both.
 */
parla_status_t parla_taskspace_spawn(parla_taskspace_t space,
                                     const int64_t *index,
                                     parla_task_fn fn,
                                     void *ctx,
                                     parla_place_t place,
                                     double vcus,
                                     const parla_handle_t *deps,
                                     size_t n_deps,
                                     parla_task_t *task);

/**
 * The elements of a slice, which are created if they do not exist, in row-major order. `ranges`: one per
 * dimension; an open `stop` in an unbounded dimension makes the slice empty. Writes at most `capacity`
 * handles and their full number to `count`; if that is more than `capacity`, nothing is created.
 *
 * May be called from any thread. Errors: as `parla_taskspace_task`, and BUFFER_TOO_SMALL.
 *
 * Pointers:
 * `ranges` points to as many ranges as the space has dimensions; `tasks` has room for `capacity` handles
 * (NULL if 0); `count` is writable.
 */
parla_status_t parla_taskspace_slice(parla_taskspace_t space,
                                     const struct parla_range_t *ranges,
                                     parla_task_t *tasks,
                                     size_t capacity,
                                     size_t *count);

/**
 * The elements of a slice that exist already, in index order; nothing is created. A range names integers
 * only, so elements with string keys are in no slice; `ranges` NULL lists all elements. Otherwise as `parla_taskspace_slice`.
 *
 * Pointers:
 * As `parla_taskspace_slice`.
 */
parla_status_t parla_taskspace_view(parla_taskspace_t space,
                                    const struct parla_range_t *ranges,
                                    parla_task_t *tasks,
                                    size_t capacity,
                                    size_t *count);

/**
 * The number of elements that exist in a space, spawned or not, completed ones included. May be called from
 * any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, INVALID_HANDLE, FORKED.
 *
 * Pointers:
 * `size` is writable.
 */
parla_status_t parla_taskspace_size(parla_taskspace_t space,
                                    size_t *size);

/**
 * The place of CPU device `index` (a NUMA node's pool), from 0. Whether it exists is checked where it is
 * used. May be called from anywhere.
 */
parla_place_t parla_cpu(uint32_t index);

/**
 * The place of GPU device `index`, from 0. Whether it exists is checked where it is used. May be called
 * from anywhere.
 */
parla_place_t parla_gpu(uint32_t index);

/**
 * The number of devices of an architecture, or of all (`PARLA_ANY`). May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT, FORKED.
 *
 * Pointers:
 * `count` is writable.
 */
parla_status_t parla_device_count(parla_place_t arch, uint32_t *count);

/**
 * Describes one device. Set `info->size` first. May be called from any thread.
 * Errors: NOT_INITIALIZED, INVALID_ARGUMENT (no such device), FORKED.
 *
 * Pointers:
 * `info` points to a `parla_device_info_t` of the size it says.
 */
parla_status_t parla_device_info(parla_place_t device, struct parla_device_info_t *info);

/**
 * Allocates `bytes` of memory on a CPU device's NUMA node, page-aligned and zeroed. `bound`: receives 1
 * if the system has promised to keep it on that node, 0 if it could not (a described topology, a
 * container that forbids it); may be NULL. Free it with `parla_free`.
 *
 * May be called from any thread. Errors: NOT_INITIALIZED, INVALID_ARGUMENT, OUT_OF_MEMORY, FORKED.
 *
 * Pointers:
 * `memory` is writable; `bound` is NULL or writable.
 */
parla_status_t parla_alloc_on(parla_place_t device,
                              size_t bytes,
                              void **memory,
                              int32_t *bound);

/**
 * Frees memory from `parla_alloc_on`; NULL is ignored. May be called from any thread, also after
 * `parla_finalize`. Errors: INVALID_ARGUMENT (not from `parla_alloc_on`, or freed already).
 *
 * Pointers:
 * Nobody uses the memory any more.
 */
parla_status_t parla_free(void *memory);

/**
 * Adds a host's hooks (a language's thread registration, its lock, OpenMP settings). Several hosts may
 * each add theirs: start and before hooks run in the order they were added, stop and after hooks in
 * reverse. `id` receives what `parla_hooks_remove` takes; may be NULL.
 *
 * May be called before `parla_init` and at any time after, from any thread that is not inside a task; hooks
 * stay until they are removed, across finalize and init.
 * Errors: INVALID_ARGUMENT, IN_TASK, OUT_OF_MEMORY (16 hosts at most), FORKED.
 *
 * Pointers:
 * The hooks may be called with `user` from any thread until they have been removed.
 */
parla_status_t parla_hooks_add(const struct parla_hooks_t *hooks,
                               uint32_t *id);

/**
 * Removes hooks. When it returns, no task that starts will call them; a worker that has called their
 * `thread_start` calls `thread_stop` before its next task or its sleep ends.
 *
 * May be called from any thread that is not inside a task. Errors: NOT_FOUND, IN_TASK, FORKED.
 */
parla_status_t parla_hooks_remove(uint32_t id);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* PARLA_H */

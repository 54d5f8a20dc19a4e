/* How a process with a runtime ends or splits: exit without finalize, fork from the host and from a task. */

#include "processes.h"

#ifdef __SANITIZE_ADDRESS__
/* Processes end here while tasks hold memory, and children have it without the threads whose it is. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static atomic_int started, drops;

static int32_t forever(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&started, 1);
    for (;;)
        sleep_ms(1000);
    return 0;
}

static int32_t nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

static int32_t waits_for(void *task)
{
    atomic_fetch_add(&started, 1);
    parla_wait(task, 1, -1);
    return 0;
}

static void start(int threads, int wait_mode)
{
    parla_config_t config = {.size = sizeof config, .num_threads = threads, .wait_mode = wait_mode};
    OK(parla_init(&config));
}

/* exit() while tasks run, are blocked on stacks of their own, are queued, and can never run. */
static int exits_with_tasks(int wait_mode)
{
    static parla_task_t never;
    parla_taskspace_t space;
    int64_t index = 0;
    start(2, wait_mode);
    OK(parla_taskspace_create("T", 1, NULL, NULL, &space));
    OK(parla_taskspace_task(space, &index, &never));
    for (int i = 0; i < 10; i++)
        OK(parla_spawn(waits_for, &never, PARLA_ANY, 0, NULL, 0, NULL));
    EVENTUALLY(atomic_load(&started) == 10);
    for (int i = 0; i < 4; i++)
        OK(parla_spawn(forever, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    EVENTUALLY(atomic_load(&started) == 12);
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, &never, 1, NULL));
    return 42;
}

static int exit_with_stacks(void) { return exits_with_tasks(PARLA_WAIT_STACK); }
static int exit_with_threads(void) { return exits_with_tasks(PARLA_WAIT_THREAD); }

static int32_t exits(void *ctx)
{
    (void)ctx;
    exit(43);
}

static int32_t exits_after_a_wait(void *ctx)
{
    parla_task_t task;
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .vcus = 0.25};
    OK(parla_spawn_task(&spec, &task));
    OK(parla_wait(&task, 1, -1)); /* So that a second stack has been in use. */
    return exits(ctx);
}

static int task_exits(void)
{
    start(2, PARLA_WAIT_STACK);
    OK(parla_spawn(exits, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_wait_all(-1));
    return 1;
}

static int task_exits_after_a_wait(void)
{
    start(1, PARLA_WAIT_STACK);
    OK(parla_spawn(exits_after_a_wait, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_wait_all(-1));
    return 1;
}

static int task_exits_on_its_thread(void)
{
    start(1, PARLA_WAIT_THREAD);
    OK(parla_spawn(exits_after_a_wait, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_wait_all(-1));
    return 1;
}

/* A lent thread exits inside a task. */
static int lent_thread_exits(void)
{
    parla_task_t task;
    start(PARLA_NO_THREADS, PARLA_WAIT_STACK);
    OK(parla_spawn(exits, NULL, PARLA_ANY, 0, NULL, 0, &task));
    OK(parla_run_until(&task, 1, -1));
    return 1;
}

static void finalize_at_exit(void)
{
    parla_finalize();
}

static int finalizes_at_exit(void)
{
    atexit(finalize_at_exit);
    start(2, PARLA_WAIT_STACK);
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    return 44;
}

/* The handler runs inside the task that exits, where nobody can finalize. */
static void cannot_finalize_at_exit(void)
{
    GIVES(parla_finalize(), PARLA_ERR_IN_TASK);
    if (atomic_load(&guard_failures))
        _exit(1);
}

static int task_exits_and_finalizes(void)
{
    atexit(cannot_finalize_at_exit);
    return task_exits_after_a_wait();
}

static int task_exits_on_its_thread_and_finalizes(void)
{
    atexit(cannot_finalize_at_exit);
    return task_exits_on_its_thread();
}

/* The child of a process with a runtime: every call says FORKED, at once, and exit() works. */
static void in_forked_child(parla_task_t task, parla_taskspace_t space)
{
    parla_config_t config = {.size = sizeof config};
    parla_stats_t stats = {.size = sizeof stats};
    parla_hooks_t hooks = {.size = sizeof hooks};
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing};
    int64_t index = 3;
    int32_t number;
    uint32_t id;
    size_t count;
    void *memory;
    char text[32];

    GIVES(parla_init(NULL), PARLA_ERR_FORKED);
    GIVES(parla_init(&config), PARLA_ERR_FORKED);
    GIVES(parla_finalize(), PARLA_ERR_FORKED);
    GIVES(parla_wait_all(-1), PARLA_ERR_FORKED);
    GIVES(parla_wait(&task, 1, -1), PARLA_ERR_FORKED);
    GIVES(parla_run_until(&task, 1, -1), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_wait(space, -1), PARLA_ERR_FORKED);
    GIVES(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL), PARLA_ERR_FORKED);
    GIVES(parla_spawn_task(&spec, NULL), PARLA_ERR_FORKED);
    GIVES(parla_spawn_batch(&spec, 1, NULL), PARLA_ERR_FORKED);
    GIVES(parla_task_cancel(task), PARLA_ERR_FORKED);
    GIVES(parla_task_hold(task), PARLA_ERR_FORKED);
    GIVES(parla_task_release(task), PARLA_ERR_FORKED);
    GIVES(parla_task_state(task, &number), PARLA_ERR_FORKED);
    GIVES(parla_task_failure(task, NULL, NULL, NULL, 0, NULL), PARLA_ERR_FORKED);
    GIVES(parla_task_name(task, text, sizeof text, NULL), PARLA_ERR_FORKED);
    GIVES(parla_explain(task, text, sizeof text, NULL), PARLA_ERR_FORKED);
    GIVES(parla_stats(&stats), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_create("child", 1, NULL, NULL, &space), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_find("T", &space), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_task(space, &index, &task), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_spawn(space, &index, nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_view(space, NULL, NULL, 0, &count), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_size(space, &count), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_cancel(space), PARLA_ERR_FORKED);
    GIVES(parla_taskspace_destroy(space), PARLA_ERR_FORKED);
    GIVES(parla_device_count(PARLA_ANY, &id), PARLA_ERR_FORKED);
    GIVES(parla_alloc_on(parla_cpu(0), 1, &memory, NULL), PARLA_ERR_FORKED);
    GIVES(parla_hooks_add(&hooks, &id), PARLA_ERR_FORKED);
    GIVES(parla_hooks_remove(1), PARLA_ERR_FORKED);
    CHECK(!parla_is_initialized() && parla_cancel_requested() == 0);
    CHECK(parla_current_task() == 0 && parla_current_worker() == -1);
    CHECK(parla_version() != 0 && parla_status_string(PARLA_ERR_FORKED)[0]);
}

static int fork_and_look(parla_task_t task, parla_taskspace_t space, int quick)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS / 4);
        atomic_store(&guard_failures, 0);
        in_forked_child(task, space);
        if (quick)
            _exit(atomic_load(&guard_failures) != 0);
        exit(atomic_load(&guard_failures) != 0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static parla_taskspace_t the_space;

static int32_t forks(void *quick)
{
    CHECK(fork_and_look(parla_current_task(), the_space, quick != NULL) == 0);
    return 0;
}

static int32_t busy(void *stop)
{
    parla_task_t task;
    while (!atomic_load((atomic_int *)stop))
        if (OK(parla_spawn(nothing, NULL, PARLA_CPU, 0.5, NULL, 0, &task)))
            OK(parla_wait(&task, 1, -1));
    return 0;
}

/* Forks while workers are in the middle of everything: whatever lock one holds is held for ever in the child. */
static void forking(int threads, int wait_mode)
{
    static atomic_int stop;
    parla_task_t task;
    atomic_store(&stop, 0);
    start(threads, wait_mode);
    OK(parla_taskspace_create("T", 1, NULL, NULL, &the_space));
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &task));
    for (int i = 0; i < 3; i++)
        OK(parla_spawn(busy, &stop, PARLA_ANY, 0, NULL, 0, NULL));
    step("fork on the host");
    for (int i = 0; i < 20; i++)
        CHECK(fork_and_look(task, the_space, i % 2) == 0);
    step("fork in a task");
    for (int i = 0; i < 6; i++) {
        OK(parla_spawn(forks, i % 2 ? &stop : NULL, PARLA_ANY, 0, NULL, 0, &task));
        OK(parla_wait(&task, 1, -1));
    }
    atomic_store(&stop, 1);
    OK(parla_wait_all(-1)); /* The parent goes on as if nothing had happened. */
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &task));
    OK(parla_wait(&task, 1, -1));
    OK(parla_finalize());
}

/* A child forked after finalize, or before init, is a process like any other. */
static int starts_a_runtime(void)
{
    start(2, PARLA_WAIT_STACK);
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_finalize());
    return 0;
}

/* `drop` is called for what was given up, and not again at exit. */
static void dropped(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&drops, 1);
}

static int drops_once(void)
{
    parla_taskspace_t space;
    parla_task_t never;
    int64_t index = 0;
    start(2, PARLA_WAIT_STACK);
    OK(parla_taskspace_create("T", 1, NULL, NULL, &space));
    OK(parla_taskspace_task(space, &index, &never));
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .drop = dropped, .deps = &never, .n_deps = 1};
    for (int i = 0; i < 10; i++)
        OK(parla_spawn_task(&spec, NULL));
    GIVES(parla_finalize(), PARLA_ERR_STALLED);
    CHECK(atomic_load(&drops) == 10);
    return 0;
}

int main(void)
{
    guard_start();
    IN_CHILD(starts_a_runtime, 0);
    IN_CHILD(exit_with_stacks, 42);
    IN_CHILD(exit_with_threads, 42);
    IN_CHILD(task_exits, 43);
    IN_CHILD(task_exits_after_a_wait, 43);
    IN_CHILD(task_exits_on_its_thread, 43);
    IN_CHILD(task_exits_and_finalizes, 43);
    IN_CHILD(task_exits_on_its_thread_and_finalizes, 43);
    IN_CHILD(lent_thread_exits, 43);
    IN_CHILD(finalizes_at_exit, 44);
    IN_CHILD(drops_once, 0);
    forking(2, PARLA_WAIT_STACK);
    forking(1, PARLA_WAIT_STACK);
    forking(2, PARLA_WAIT_THREAD);
    IN_CHILD(starts_a_runtime, 0);
    return guard_end();
}

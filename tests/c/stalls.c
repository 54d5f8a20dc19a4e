/* Seeded stalls: each is named within a second, by the call that gives it, by parla_explain or on stderr, and none hangs.
 * With one and two workers, with stacks and with thread waits, and with no workers but a thread that lends itself. */

#include "processes.h"

#include <fcntl.h>

/* What the runtime says on stderr goes to a file, which the checks read. */
static int said_file = -1, real_stderr = -1;

static void listen_to_stderr(void)
{
    char name[] = "/tmp/parla-stalls-XXXXXX";
    said_file = mkstemp(name);
    CHECK(said_file >= 0);
    unlink(name);
    fflush(stderr);
    real_stderr = dup(2);
    dup2(said_file, 2);
}


static const char *said(void)
{
    static char text[65536];
    ssize_t length = pread(said_file, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static void stop_listening(int failures)
{
    fflush(stderr);
    dup2(real_stderr, 2);
    close(real_stderr);
    real_stderr = -1;
    if (atomic_load(&guard_failures) > failures || getenv("GUARD_VERBOSE"))
        fputs(said(), stderr);
    close(said_file);
}

static int is_said(const char *what)
{
    return strstr(said(), what) != NULL;
}

/* The last error message, copied: other calls change it. */
static char message[4096];

static int names(const char *what)
{
    if (strstr(message, what))
        return 1;
    dprintf(real_stderr >= 0 ? real_stderr : 2, "[%s] \"%s\" is not in: %s\n", guard_step, what, message);
    return 0;
}

static int explains(parla_task_t task, const char *what)
{
    OK(parla_explain(task, message, sizeof message, NULL));
    return names(what);
}

/* How the scene is set: the configuration of the runtime in force. */
static parla_config_t config;
static double begun;

static void begin(void)
{
    config.size = sizeof config;
    OK(parla_init(&config));
    begun = seconds();
}

static parla_status_t wait_for(const parla_handle_t *handles, size_t n)
{
    parla_status_t status = config.num_threads == PARLA_NO_THREADS ? parla_run_until(handles, n, -1) : parla_wait(handles, n, -1);
    snprintf(message, sizeof message, "%s", parla_last_error_message());
    return status;
}

static void in_time(void)
{
    double took = seconds() - begun;
    if (!CHECK(took < 1.0 * GUARD_SLOW))
        dprintf(real_stderr >= 0 ? real_stderr : 2, "[%s] took %.3f s\n", guard_step, took);
}

static void end(parla_status_t want)
{
    GIVES(parla_finalize(), want);
    snprintf(message, sizeof message, "%s", parla_last_error_message());
}

static int32_t nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

static parla_taskspace_t create(const char *name)
{
    parla_taskspace_t space = 0;
    OK(parla_taskspace_create(name, 1, NULL, NULL, &space));
    return space;
}

static parla_task_t element(parla_taskspace_t space, int64_t index)
{
    parla_task_t task = 0;
    OK(parla_taskspace_task(space, &index, &task));
    return task;
}

static void spawn_element(parla_taskspace_t space, int64_t index, const parla_handle_t *deps, size_t n)
{
    OK(parla_taskspace_spawn(space, &index, nothing, NULL, PARLA_ANY, 0, deps, n, NULL));
}

/* 1: a dependency that nobody spawns. */
static void unspawned_dependency(void)
{
    begin();
    parla_taskspace_t space = create("never");
    parla_task_t missing = element(space, 7), task;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "waits in vain", .fn = nothing, .deps = &missing, .n_deps = 1};
    OK(parla_spawn_task(&spec, &task));
    CHECK(explains(task, "never[7]") && explains(task, "not spawned"));
    GIVES(wait_for(&task, 1), PARLA_ERR_STALLED);
    in_time();
    CHECK(names("waits in vain") && names("never[7]"));
    CHECK(is_said("never[7]"));
    end(PARLA_ERR_STALLED);
    CHECK(names("never[7]"));
}

/* 2: cycles of two and of three elements. */
static void cycle(int n)
{
    begin();
    parla_taskspace_t space = create("ring");
    parla_task_t tasks[3];
    for (int i = 0; i < n; i++)
        tasks[i] = element(space, i);
    for (int i = 0; i < n; i++)
        spawn_element(space, i, &tasks[(i + 1) % n], 1);
    GIVES(wait_for(tasks, (size_t)n), PARLA_ERR_DEADLOCK);
    in_time();
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "ring[%d]", i);
        CHECK(names(name));
    }
    CHECK(names("->"));
    end(PARLA_OK);
}

static void cycle_of_two(void) { cycle(2); }
static void cycle_of_three(void) { cycle(3); }

/* The same, and nobody waits: finalize says it. */
static void unobserved_cycle(void)
{
    begin();
    parla_taskspace_t space = create("ring");
    parla_task_t first = element(space, 0), second = element(space, 1);
    spawn_element(space, 0, &second, 1);
    spawn_element(space, 1, &first, 1);
    end(PARLA_ERR_DEADLOCK);
    in_time();
    CHECK(names("ring[0]") && names("ring[1]"));
}

/* 3: a task waits for itself. */
static int32_t waits_for_itself(void *ctx)
{
    parla_task_t own = parla_current_task();
    (void)ctx;
    GIVES(parla_wait(&own, 1, -1), PARLA_ERR_DEADLOCK);
    CHECK(strstr(parla_last_error_message(), "itself") != NULL);
    return 0;
}

static void self_wait(void)
{
    begin();
    parla_task_t task;
    OK(parla_spawn(waits_for_itself, NULL, PARLA_ANY, 0, NULL, 0, &task));
    OK(wait_for(&task, 1));
    in_time();
    end(PARLA_OK);
}

/* 4: a task waits for the space it is an element of, or depends on it. */
static int32_t waits_for_its_space(void *space)
{
    GIVES(parla_taskspace_wait(*(parla_taskspace_t *)space, -1), PARLA_ERR_DEADLOCK);
    return 0;
}

static void own_space(void)
{
    begin();
    parla_taskspace_t space = create("own");
    parla_task_t task;
    int64_t index = 3;
    OK(parla_taskspace_spawn(space, &index, waits_for_its_space, &space, PARLA_ANY, 0, NULL, 0, &task));
    OK(wait_for(&task, 1));
    index = 4;
    GIVES(parla_taskspace_spawn(space, &index, nothing, NULL, PARLA_ANY, 0, &space, 1, &task), PARLA_ERR_DEADLOCK);
    in_time();
    end(PARLA_OK);
}

/* 5 and 6: requests that no device could ever satisfy are refused at once. */
static void infeasible(void)
{
    begin();
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .memory = UINT64_MAX};
    parla_member_t twice[2] = {{.place = parla_cpu(0), .vcus = 1}, {.place = parla_cpu(0), .vcus = 1}};
    parla_alternative_t alternative = {twice, 2};
    GIVES(parla_spawn(nothing, NULL, PARLA_GPU, 0, NULL, 0, NULL), PARLA_ERR_INFEASIBLE);
    CHECK(strstr(parla_last_error_message(), "gpu") != NULL);
    GIVES(parla_spawn(nothing, NULL, parla_cpu(1000), 0.5, NULL, 0, NULL), PARLA_ERR_INFEASIBLE);
    CHECK(strstr(parla_last_error_message(), "cpu(1000)") != NULL);
    GIVES(parla_spawn(nothing, NULL, PARLA_ANY, 1.5, NULL, 0, NULL), PARLA_ERR_INVALID_ARGUMENT);
    GIVES(parla_spawn_task(&spec, NULL), PARLA_ERR_INFEASIBLE);
    CHECK(strstr(parla_last_error_message(), "memory") != NULL);
    spec = (parla_task_spec_t){.size = sizeof spec, .fn = nothing, .alternatives = &alternative, .n_alternatives = 1};
    GIVES(parla_spawn_task(&spec, NULL), PARLA_ERR_INFEASIBLE);
    CHECK(strstr(parla_last_error_message(), "distinct") != NULL);
    in_time();
    end(PARLA_OK);
}

/* 7: a hold that nobody releases. */
static void forgotten_hold(void)
{
    config.hold_stall_ms = 150;
    begin();
    parla_task_t task;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "kept", .fn = nothing, .flags = PARLA_TASK_HOLD};
    OK(parla_spawn_task(&spec, &task));
    GIVES(wait_for(&task, 1), PARLA_ERR_STALLED);
    in_time();
    CHECK(names("kept") && names("hold"));
    CHECK(explains(task, "hold"));
    end(PARLA_ERR_STALLED);
    config.hold_stall_ms = 0;
}

/* Whoever waits for less than it takes for a stall is told nothing but that. Threads that poll a hold do so. */
static void short_limits(void)
{
    begin();
    parla_task_t task;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "polled", .fn = nothing, .flags = PARLA_TASK_HOLD};
    OK(parla_spawn_task(&spec, &task));
    for (int i = 0; i < 5; i++) {
        GIVES(parla_run_until(&task, 1, 2000000), PARLA_ERR_TIMEOUT);
        GIVES(parla_run_until_all(2000000), PARLA_ERR_TIMEOUT);
        GIVES(parla_wait(&task, 1, 2000000), PARLA_ERR_TIMEOUT);
        GIVES(parla_wait_all(2000000), PARLA_ERR_TIMEOUT);
    }
    CHECK(strcmp(said(), "") == 0);
    OK(parla_task_release(task));
    OK(wait_for(&task, 1));
    end(PARLA_OK);
}

/* By default it is only reported: whoever has it may be slow. */
static void slow_hold(void)
{
    begin();
    parla_task_t task;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "slow", .fn = nothing, .flags = PARLA_TASK_HOLD};
    OK(parla_spawn_task(&spec, &task));
    if (config.num_threads == PARLA_NO_THREADS)
        GIVES(parla_run_until(&task, 1, 800000000), PARLA_ERR_TIMEOUT);
    else
        GIVES(parla_wait(&task, 1, 800000000), PARLA_ERR_TIMEOUT);
    CHECK(is_said("slow") && is_said("hold"));
    OK(parla_task_release(task));
    OK(wait_for(&task, 1));
    end(PARLA_OK);
}

/* Two tasks that wait for each other, not as dependencies but in their bodies. */
static parla_task_t pair[2];
static _Atomic(parla_status_t) pair_status[2];

static int32_t waits_for_the_other(void *which)
{
    int other = which == &pair[0] ? 1 : 0;
    pair_status[1 - other] = parla_wait(&pair[other], 1, -1);
    return 0;
}

static void wait_for_each_other(void)
{
    begin();
    parla_taskspace_t space = create("pair");
    pair_status[0] = pair_status[1] = 1;
    for (int i = 0; i < 2; i++)
        pair[i] = element(space, i);
    for (int64_t i = 0; i < 2; i++)
        OK(parla_taskspace_spawn(space, &i, waits_for_the_other, &pair[i], PARLA_ANY, 0, NULL, 0, NULL));
    OK(wait_for(pair, 2));
    in_time();
    CHECK((pair_status[0] == PARLA_ERR_DEADLOCK) + (pair_status[1] == PARLA_ERR_DEADLOCK) >= 1);
    end(PARLA_OK);
}

/* The holder of memory waits for a task that needs the same memory. */
static _Atomic(parla_status_t) inner_status;

static int32_t needs_more(void *ctx)
{
    parla_task_spec_t spec = {.size = sizeof spec, .name = "the inner one", .fn = nothing, .memory = 800};
    parla_task_t inner;
    (void)ctx;
    OK(parla_spawn_task(&spec, &inner));
    inner_status = parla_wait(&inner, 1, -1);
    return 0;
}

static void memory_that_is_never_freed(void)
{
    config.cpu_memory = 1000;
    begin();
    parla_task_t outer;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "the outer one", .fn = needs_more, .memory = 800};
    inner_status = 1;
    OK(parla_spawn_task(&spec, &outer));
    parla_status_t status = wait_for(&outer, 1);
    /* A thread that lends itself ends the wait to get itself back; another leaves it to finalize. */
    if (config.num_threads == PARLA_NO_THREADS)
        CHECK(status == PARLA_OK && inner_status == PARLA_ERR_STALLED);
    else
        CHECK(status == PARLA_ERR_STALLED && names("the inner one") && names("800 bytes"));
    in_time();
    parla_status_t ended = parla_finalize();
    snprintf(message, sizeof message, "%s", parla_last_error_message());
    if (config.num_threads == PARLA_NO_THREADS)
        CHECK(ended == PARLA_OK); /* The outer one has ended, so the inner one ran. */
    else
        CHECK(ended == PARLA_ERR_STALLED && names("the inner one"));
    CHECK(inner_status == PARLA_ERR_STALLED);
    CHECK(is_said("the inner one"));
    config.cpu_memory = 0;
}

/* Two tasks hold half of the memory each and both want the other half. */
static int32_t wants_the_rest(void *ctx)
{
    atomic_int *there = ctx;
    parla_task_spec_t spec = {.size = sizeof spec, .name = "the rest", .fn = nothing, .memory = 600};
    parla_task_t inner;
    atomic_fetch_add(there, 1);
    OK(parla_spawn_task(&spec, &inner));
    return parla_wait(&inner, 1, -1) == PARLA_OK ? 0 : 9;
}

static void halves_that_want_the_rest(void)
{
    static atomic_int there;
    config.cpu_memory = 1000;
    begin();
    parla_task_t tasks[2];
    parla_task_spec_t spec = {.size = sizeof spec, .fn = wants_the_rest, .ctx = &there, .memory = 500};
    for (int i = 0; i < 2; i++)
        OK(parla_spawn_task(&spec, &tasks[i]));
    parla_status_t status = wait_for(tasks, 2);
    CHECK(status == PARLA_ERR_STALLED || status == PARLA_ERR_TASK_FAILED);
    in_time();
    status = parla_finalize();
    CHECK(status == PARLA_ERR_STALLED || (config.num_threads == PARLA_NO_THREADS && status != PARLA_ERR_INTERNAL));
    CHECK(is_said("the rest"));
    config.cpu_memory = 0;
}

/* A child that runs in place, on top of the task that waits for it, waits for a task that waits for its parent. */
static parla_task_t parent, child, outsider;
static _Atomic(parla_status_t) child_status, outsider_status, parent_status;

static int32_t outsider_body(void *ctx)
{
    (void)ctx;
    outsider_status = parla_wait(&parent, 1, -1);
    return 0;
}

static int32_t child_body(void *ctx)
{
    (void)ctx;
    child_status = parla_wait(&outsider, 1, -1);
    return 0;
}

static int32_t parent_body(void *ctx)
{
    (void)ctx;
    OK(parla_spawn(child_body, NULL, PARLA_ANY, 0, NULL, 0, &child));
    parent_status = parla_wait(&child, 1, -1); /* In place, if stacks are switched and nobody stole it. */
    return 0;
}

static void cycle_through_a_child_in_place(void)
{
    begin();
    child_status = outsider_status = parent_status = 1;
    parla_taskspace_t space = create("family");
    int64_t first = 1, second = 2;
    parent = element(space, first);
    outsider = element(space, second);
    OK(parla_taskspace_spawn(space, &second, outsider_body, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_taskspace_spawn(space, &first, parent_body, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    const parla_handle_t both[2] = {parent, outsider};
    OK(wait_for(both, 2));
    in_time();
    /* One wait of the three ends so that the others can. */
    CHECK((child_status == PARLA_ERR_DEADLOCK) + (outsider_status == PARLA_ERR_DEADLOCK)
              + (parent_status == PARLA_ERR_DEADLOCK) >= 1);
    end(PARLA_OK);
}

/* The child in place waits for its parent, at once. */
static int32_t waits_for_parent(void *ctx)
{
    (void)ctx;
    child_status = parla_wait(&parent, 1, -1);
    return 0;
}

static int32_t parent_of_that(void *ctx)
{
    (void)ctx;
    parent = parla_current_task();
    OK(parla_spawn(waits_for_parent, NULL, PARLA_ANY, 0, NULL, 0, &child));
    return parla_wait(&child, 1, -1) == PARLA_OK || parla_wait(&child, 1, -1) == PARLA_OK ? 0 : 1;
}

static void child_waits_for_parent(void)
{
    begin();
    parla_task_t task;
    child_status = 1;
    OK(parla_spawn(parent_of_that, NULL, PARLA_ANY, 0, NULL, 0, &task));
    parla_status_t status = wait_for(&task, 1);
    in_time();
    /* Either wait of the two is told. */
    CHECK(child_status == PARLA_ERR_DEADLOCK || status == PARLA_ERR_TASK_FAILED || status == PARLA_OK);
    EVENTUALLY(parla_wait_all(0) == PARLA_OK);
    parla_finalize();
}

/* A continuation that waits for what never comes. */
static int32_t continues(void *never)
{
    OK(parla_continue(nothing, NULL, never, 1));
    return 0;
}

static void continuation_that_never_comes(void)
{
    begin();
    parla_taskspace_t space = create("later");
    parla_task_t never = element(space, 1), task;
    OK(parla_spawn(continues, &never, PARLA_ANY, 0, NULL, 0, &task));
    GIVES(wait_for(&task, 1), PARLA_ERR_STALLED);
    in_time();
    CHECK(names("later[1]"));
    end(PARLA_ERR_STALLED);
}

/* A body that waits for what never comes: the host's wait tells; finalize ends the body's wait. */
static int32_t waits_in_vain(void *never)
{
    inner_status = parla_wait(never, 1, -1);
    return 0;
}

static void body_that_waits_in_vain(void)
{
    begin();
    parla_taskspace_t space = create("vain");
    parla_task_t never = element(space, 1), task;
    inner_status = 1;
    OK(parla_spawn(waits_in_vain, &never, PARLA_ANY, 0, NULL, 0, &task));
    parla_status_t status = wait_for(&task, 1);
    if (config.num_threads == PARLA_NO_THREADS)
        CHECK(status == PARLA_OK && inner_status == PARLA_ERR_STALLED);
    else
        CHECK(status == PARLA_ERR_STALLED && names("vain[1]"));
    in_time();
    parla_finalize();
    CHECK(inner_status == PARLA_ERR_STALLED);
}

/* The host waits for an element that nobody has spawned, and nothing else is left. */
static void host_waits_in_vain(void)
{
    begin();
    parla_taskspace_t space = create("vain");
    parla_task_t never = element(space, 2);
    GIVES(wait_for(&never, 1), PARLA_ERR_STALLED);
    in_time();
    CHECK(names("vain[2]"));
    end(PARLA_OK);
}

/* A task for a device that no worker serves. */
static void device_without_workers(void)
{
    int32_t threads = config.num_threads;
    config.topology = "numa:2 core:2 pu:1";
    config.num_threads = threads == PARLA_NO_THREADS ? threads : 1;
    begin();
    parla_task_t task = 0;
    parla_status_t status = parla_spawn(nothing, NULL, parla_cpu(1), 0, NULL, 0, &task);
    CHECK(status == PARLA_OK || status == PARLA_ERR_INFEASIBLE);
    if (status == PARLA_OK)
        OK(wait_for(&task, 1));
    status = parla_spawn(nothing, NULL, parla_cpu(1), 0.5, NULL, 0, &task);
    CHECK(status == PARLA_OK || status == PARLA_ERR_INFEASIBLE);
    in_time();
    end(PARLA_OK);
    config.topology = NULL;
    config.num_threads = threads;
}

#define SCENE(scene)                                     \
    do {                                                 \
        char what[128];                                  \
        snprintf(what, sizeof what, "%s, %s", #scene, setting); \
        step(what);                                      \
        int failures = atomic_load(&guard_failures);     \
        listen_to_stderr();                              \
        scene();                                         \
        stop_listening(failures);                        \
        guard_step = #scene;                             \
    } while (0)

static void all(const char *setting, int32_t threads, int32_t wait_mode, int32_t stall_ms)
{
    config = (parla_config_t){.size = sizeof config, .num_threads = threads, .wait_mode = wait_mode, .stall_ms = stall_ms};
    SCENE(unspawned_dependency);
    SCENE(cycle_of_two);
    SCENE(cycle_of_three);
    SCENE(unobserved_cycle);
    SCENE(self_wait);
    SCENE(own_space);
    SCENE(infeasible);
    SCENE(forgotten_hold);
    SCENE(short_limits);
    SCENE(slow_hold);
    SCENE(wait_for_each_other);
    SCENE(memory_that_is_never_freed);
    SCENE(halves_that_want_the_rest);
    SCENE(cycle_through_a_child_in_place);
    SCENE(child_waits_for_parent);
    SCENE(continuation_that_never_comes);
    SCENE(body_that_waits_in_vain);
    SCENE(host_waits_in_vain);
    SCENE(device_without_workers);
}

int main(void)
{
    guard_start();
    all("one worker", 1, PARLA_WAIT_STACK, 0); /* The default. */
    all("two workers", 2, PARLA_WAIT_STACK, 80);
    all("one worker, thread waits", 1, PARLA_WAIT_THREAD, 80);
    all("two workers, thread waits", 2, PARLA_WAIT_THREAD, 80);
    all("a lent thread", PARLA_NO_THREADS, PARLA_WAIT_STACK, 80);
    all("a lent thread, thread waits", PARLA_NO_THREADS, PARLA_WAIT_THREAD, 80);
    return guard_end();
}

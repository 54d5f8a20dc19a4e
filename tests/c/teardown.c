/* Threads of the host that come, go and call whatever they like while another one finalizes. */

#include "guard.h"

#include <sched.h>

enum { THREADS = 6, ROUNDS = 40 / (GUARD_SLOW > 1 ? 4 : 1) };

static atomic_int stop, live, dropped, spawned;
static _Atomic(parla_taskspace_t) shared_space;

static int32_t nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

static int32_t spawns_more(void *ctx)
{
    parla_task_t task;
    (void)ctx;
    if (parla_spawn(nothing, NULL, PARLA_CPU, 0.5, NULL, 0, &task) != PARLA_OK)
        return 1;
    return parla_wait(&task, 1, -1) == PARLA_OK ? 0 : 2;
}

static void drop(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&dropped, 1);
}

/* Every status is right that says what has happened; none may be a defect. */
static void is_fine(parla_status_t status, int line)
{
    if (status <= 0 && status > PARLA_ERR_INTERNAL && status != PARLA_ERR_INVALID_ARGUMENT)
        return;
    fprintf(stderr, "line %d: %d: %s\n", line, (int)status, parla_last_error_message());
    CHECK(!"a fine status");
}
#define FINE(call) is_fine((call), __LINE__)

static void whatever(uint64_t *random)
{
    parla_taskspace_t space = shared_space, own;
    int64_t index = (int64_t)(next_random(random) % 8);
    parla_task_t task = 0;
    parla_task_spec_t spec = {.size = sizeof spec, .fn = spawns_more, .drop = drop};
    parla_stats_t stats = {.size = sizeof stats};
    char text[256];
    size_t count;

    switch (next_random(random) % 10) {
    case 0:
        if (parla_spawn_task(&spec, &task) == PARLA_OK)
            atomic_fetch_add(&spawned, 1);
        FINE(parla_wait(&task, 1, (int64_t)(next_random(random) % 100000)));
        break;
    case 1:
        FINE(parla_taskspace_spawn(space, &index, spawns_more, NULL, PARLA_ANY, 0, NULL, 0, &task));
        FINE(parla_taskspace_wait(space, 10000));
        break;
    case 2:
        FINE(parla_taskspace_task(space, &index, &task));
        FINE(parla_task_cancel(task ? task : 1));
        break;
    case 3:
        if (parla_spawn(spawns_more, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK
            && parla_task_hold(task) == PARLA_OK) {
            FINE(parla_task_release(task));
        }
        break;
    case 4:
        FINE(parla_wait_all((int64_t)(next_random(random) % 100000)));
        break;
    case 5:
        FINE(parla_stats(&stats));
        FINE(parla_taskspace_view(space, NULL, NULL, 0, &count));
        break;
    case 6:
        if (parla_taskspace_create(NULL, 1, NULL, NULL, &own) == PARLA_OK) {
            FINE(parla_taskspace_spawn(own, &index, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task));
            FINE(parla_taskspace_destroy(own));
        }
        break;
    case 7:
        if (parla_spawn(spawns_more, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK)
            FINE(parla_run_until(&task, 1, 50000));
        break;
    case 8:
        if (parla_spawn(spawns_more, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK)
            FINE(parla_explain(task, text, sizeof text, NULL));
        break;
    default:
        FINE(parla_taskspace_cancel(space));
    }
}

static void *comes_and_goes(void *seed)
{
    uint64_t random = (uint64_t)(uintptr_t)seed;
    for (int i = 0; i < 20; i++)
        whatever(&random);
    atomic_fetch_sub(&live, 1);
    return NULL;
}

/* Keeps THREADS threads going, each of which ends after a few calls. */
static void *starts_threads(void *seed)
{
    uint64_t random = (uint64_t)(uintptr_t)seed;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    while (!atomic_load(&stop)) {
        pthread_t thread;
        if (atomic_load(&live) >= THREADS) {
            sched_yield();
            continue;
        }
        atomic_fetch_add(&live, 1);
        if (pthread_create(&thread, &detached, comes_and_goes, (void *)(uintptr_t)next_random(&random)) != 0)
            atomic_fetch_sub(&live, 1);
    }
    pthread_attr_destroy(&detached);
    return NULL;
}

static void *waits_for_ever(void *task)
{
    parla_status_t status = parla_wait(task, 1, -1);
    CHECK(status == PARLA_ERR_CANCELLED || status == PARLA_ERR_STALLED || status == PARLA_OK
          || status == PARLA_ERR_NOT_INITIALIZED);
    return NULL;
}

static void one_runtime(int round)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 1 + round % 3, .wait_mode = 1 + round % 2, .stall_ms = 50};
    parla_taskspace_t space = 0;
    OK(parla_init(&config));
    OK(parla_taskspace_create("shared", 1, NULL, NULL, &space));
    shared_space = space;
    sleep_ms(5);
    parla_finalize(); /* Failures of cancelled and skipped tasks, or OK. */
    CHECK(!parla_is_initialized());
}

/* Threads that wait for what never comes do not keep finalize, and are let go by it. */
static void waiters_are_let_go(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 2, .stall_ms = -1};
    parla_taskspace_t space;
    parla_task_t never;
    int64_t index = 1;
    pthread_t threads[THREADS];
    OK(parla_init(&config));
    OK(parla_taskspace_create("never", 1, NULL, NULL, &space));
    OK(parla_taskspace_task(space, &index, &never));
    for (int i = 0; i < THREADS; i++)
        threads[i] = start_thread(waits_for_ever, &never);
    sleep_ms(20);
    OK(parla_finalize());
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    guard_start();
    step("waiters are let go");
    waiters_are_let_go();
    step("threads that come and go");
    pthread_t starter = start_thread(starts_threads, (void *)7);
    for (int i = 0; i < ROUNDS; i++)
        one_runtime(i);
    atomic_store(&stop, 1);
    pthread_join(starter, NULL);
    EVENTUALLY(atomic_load(&live) == 0);
    CHECK(atomic_load(&dropped) == atomic_load(&spawned));
    return guard_end();
}

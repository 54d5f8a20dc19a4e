/* Once hooks have been removed, no task that starts calls them: not even one that runs in place, on top of a task that
 * began before. That one is still told of its end. */

#include "guard.h"

static atomic_int before, after, started, go, others_before;

static void before_task(void *user, parla_task_t task)
{
    (void)user, (void)task;
    atomic_fetch_add(&before, 1);
}

static void after_task(void *user, parla_task_t task)
{
    (void)user, (void)task;
    atomic_fetch_add(&after, 1);
}

static void before_others_task(void *user, parla_task_t task)
{
    (void)user, (void)task;
    atomic_fetch_add(&others_before, 1);
}

static int32_t nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

static int32_t spawns_in_place(void *ctx)
{
    (void)ctx;
    atomic_store(&started, 1);
    while (!atomic_load(&go))
        sleep_ms(1);
    for (int i = 0; i < 10; i++) {
        parla_task_t child;
        OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &child));
        OK(parla_wait(&child, 1, -1));
    }
    return 0;
}

int main(void)
{
    parla_config_t config = {.size = sizeof config, .num_threads = 1};
    parla_hooks_t hooks = {.size = sizeof hooks, .before_task = before_task, .after_task = after_task};
    parla_hooks_t others = {.size = sizeof others, .before_task = before_others_task};
    uint32_t id, other;
    guard_start();
    OK(parla_init(&config));
    OK(parla_hooks_add(&hooks, &id));
    OK(parla_hooks_add(&others, &other));
    OK(parla_spawn(spawns_in_place, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    EVENTUALLY(atomic_load(&started));
    int told = atomic_load(&before);
    OK(parla_hooks_remove(id));
    atomic_store(&go, 1);
    OK(parla_wait_all(-1));
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    OK(parla_finalize());
    OK(parla_hooks_remove(other));
    CHECK(atomic_load(&others_before) == 12); /* Another host's hooks go on. */
    CHECK(atomic_load(&before) == told);
    CHECK(atomic_load(&after) == told);
    return guard_end();
}

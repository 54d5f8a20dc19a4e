/* Hooks: started once per worker and stopped as often, paired around bodies and around waits that block,
 * reversed order on the way out, and gone after they have been removed. */
#include "check.h"

#include <parla.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    atomic_int started, stopped, before, after, blocked, unblocked;
} counts_t;

static counts_t one, two;

static void start(void *user, uint32_t worker) {
    (void)worker;
    ((counts_t *)user)->started++;
}
static void stop(void *user, uint32_t worker) {
    (void)worker;
    ((counts_t *)user)->stopped++;
}
static void before(void *user, parla_task_t task) {
    if (task == parla_current_task()) ((counts_t *)user)->before++;
}
static void after(void *user, parla_task_t task) {
    (void)task;
    ((counts_t *)user)->after++;
}
static void block(void *user, parla_task_t task) {
    (void)task;
    ((counts_t *)user)->blocked++;
}
static void unblock(void *user, parla_task_t task) {
    (void)task;
    ((counts_t *)user)->unblocked++;
}

static parla_hooks_t hooks(counts_t *counts) {
    parla_hooks_t h = {.size = sizeof h, .user = counts};
    h.thread_start = start;
    h.thread_stop = stop;
    h.before_task = before;
    h.after_task = after;
    h.before_block = block;
    h.after_block = unblock;
    return h;
}

static parla_task_t gate;

static int32_t nothing(void *ctx) {
    (void)ctx;
    return 0;
}

static int32_t waits(void *ctx) {
    (void)ctx;
    return parla_wait(&gate, 1, -1);
}

int main(void) {
    parla_config_t config = {.size = sizeof config, .num_threads = 3, .wait_mode = PARLA_WAIT_STACK};
    const parla_hooks_t first = hooks(&one), second = hooks(&two);
    uint32_t id1, id2;
    CHECK(parla_hooks_add(&first, &id1) == PARLA_OK);
    CHECK(parla_init(&config) == PARLA_OK);
    while (one.started < 3) sched_yield(); /* init does not wait for the workers to start */
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .flags = PARLA_TASK_HOLD};
    CHECK(parla_spawn_task(&spec, &gate) == PARLA_OK);
    parla_task_t task;
    CHECK(parla_spawn(waits, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
    int32_t state = 0;
    while (state != PARLA_STATE_BLOCKED) CHECK(parla_task_state(task, &state) == PARLA_OK);
    CHECK(parla_task_release(gate) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
    CHECK(one.before == 2 && one.after == 2 && one.blocked == 1 && one.unblocked == 1);

    /* Added while the workers run: each starts before its next task. */
    CHECK(parla_hooks_add(&second, &id2) == PARLA_OK);
    for (int i = 0; i < 100; i++) CHECK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    CHECK(parla_wait_all(-1) == PARLA_OK);
    CHECK(parla_hooks_remove(id1) == PARLA_OK);
    CHECK(parla_hooks_remove(id1) == PARLA_ERR_NOT_FOUND);
    CHECK(parla_finalize() == PARLA_OK);
    CHECK(one.started == 3 && one.stopped == 3);
    CHECK(two.started == 3 && two.stopped == 3);
    CHECK(two.before == two.after && two.before <= 100);
    CHECK(one.before == one.after && one.before <= 102);
    CHECK(parla_hooks_remove(id2) == PARLA_OK);
    puts("ok");
    return 0;
}

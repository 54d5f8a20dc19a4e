/* Whoever feeds itself does not keep others waiting for ever: tasks that spawn the next one, bodies that spawn and wait in
 * turn. The tasks end when they see that what was waited for has happened, so without fairness this hangs. */
#include "check.h"

#include <parla.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Waits that a body may go through before a task of the host gets its turn. */
enum { SOON = 2000 };

static atomic_int happened, running;
static atomic_long waits, waits_until_it_happened;

static int32_t happen(void *ctx) {
    (void)ctx;
    waits_until_it_happened = waits;
    happened = 1;
    return 0;
}

static int32_t nothing(void *ctx) {
    (void)ctx;
    return 0;
}

static int32_t spawn_the_next(void *ctx) {
    running = 1;
    if (happened) return 0;
    return parla_spawn(spawn_the_next, ctx, PARLA_ANY, 0, NULL, 0, NULL);
}

static int32_t spawn_and_wait(void *ctx) {
    (void)ctx;
    running = 1;
    while (!happened) {
        parla_task_t task;
        CHECK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
        CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
        waits++;
    }
    return 0;
}

static int32_t wait_for(void *ctx) {
    const parla_task_t *task = ctx;
    CHECK(parla_wait(task, 1, -1) == PARLA_OK);
    return happen(NULL);
}

static int32_t wait_with_limit(void *ctx) {
    const parla_task_t *task = ctx;
    CHECK(parla_wait(task, 1, 20000000) == PARLA_ERR_TIMEOUT);
    return happen(NULL);
}

static void start(int32_t workers) {
    parla_config_t config = {.size = sizeof config, .num_threads = workers};
    CHECK(parla_init(&config) == PARLA_OK);
    happened = running = 0;
}

/* Keeps every worker busy with `body`. */
static void feed(parla_task_fn body, int32_t workers) {
    for (int32_t i = 0; i < workers; i++) CHECK(parla_spawn(body, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    while (!running) {
    }
}

/* This thread spawns few tasks and goes on to something else. */
static void few_tasks_of_a_host(parla_task_fn body, int32_t workers) {
    start(workers);
    feed(body, workers);
    CHECK(parla_spawn(happen, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    const long before = waits;
    while (!happened) {
    }
    // With more workers, the one that has taken the task may lose its processor to one that goes on.
    if (workers == 1) CHECK(waits_until_it_happened - before < SOON);
    CHECK(parla_finalize() == PARLA_OK);
}

static void a_task_of_priority(parla_task_fn body, int32_t workers) {
    start(workers);
    feed(body, workers);
    parla_task_spec_t spec = {.size = sizeof spec, .fn = happen, .priority = PARLA_PRIORITY_MAX};
    CHECK(parla_spawn_task(&spec, NULL) == PARLA_OK);
    while (!happened) {
    }
    CHECK(parla_finalize() == PARLA_OK);
}

/* A task that is blocked goes on when what it waits for is complete, or its time is up. */
static void a_blocked_task(parla_task_fn waiter, int32_t workers) {
    start(workers);
    parla_task_t held;
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .flags = PARLA_TASK_HOLD};
    CHECK(parla_spawn_task(&spec, &held) == PARLA_OK);
    CHECK(parla_spawn(waiter, &held, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    parla_stats_t stats = {.size = sizeof stats};
    do CHECK(parla_stats(&stats) == PARLA_OK);
    while (stats.blocked == 0);
    feed(spawn_and_wait, workers);
    if (waiter == wait_for) CHECK(parla_task_release(held) == PARLA_OK);
    while (!happened) {
    }
    if (waiter != wait_for) CHECK(parla_task_release(held) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);
}

int main(void) {
    for (int32_t workers = 1; workers <= 3; workers++) {
        few_tasks_of_a_host(spawn_the_next, workers);
        few_tasks_of_a_host(spawn_and_wait, workers);
        a_task_of_priority(spawn_the_next, workers);
        a_task_of_priority(spawn_and_wait, workers);
        a_blocked_task(wait_for, workers);
        a_blocked_task(wait_with_limit, workers);
    }
    return 0;
}

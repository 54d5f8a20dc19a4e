/* Dependency lists longer than a record, of every length around the sizes where they overflow; the records
 * that held them serve other tasks afterwards: with dependencies, with holds. And a chain of tasks that
 * are skipped needs no free worker. */
#include "check.h"

#include <parla.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 120, SKIPPED = 100000 };

static atomic_int ran;

static int32_t count(void *ctx) {
    (void)ctx;
    ran++;
    return 0;
}

static int32_t until_cancelled(void *ctx) {
    (void)ctx;
    while (!parla_cancel_requested()) {
    }
    return 0;
}

static parla_task_t spawn(const parla_task_t *deps, size_t n) {
    parla_task_t task;
    CHECK(parla_spawn(count, NULL, PARLA_ANY, 0, deps, n, &task) == PARLA_OK);
    return task;
}

static uint64_t record_bytes(void) {
    parla_stats_t stats = {.size = sizeof stats};
    CHECK(parla_stats(&stats) == PARLA_OK);
    return stats.record_bytes;
}

static int32_t go_on_after_many(void *ctx) {
    (void)ctx;
    parla_task_t tasks[30];
    for (int i = 0; i < 30; i++) tasks[i] = spawn(NULL, 0);
    CHECK(parla_continue(count, NULL, tasks, 30) == PARLA_OK);
    return 0;
}

/* What a continuation needs for its dependencies is used again. */
static void continuations(void) {
    uint64_t before = 0;
    for (int round = 0; round < 4000; round++) {
        parla_task_t task;
        CHECK(parla_spawn(go_on_after_many, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
        CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
        if (round == 1000) before = record_bytes();
    }
    /* 3,000 of them would need 6,000 records more, if none came back. */
    CHECK(record_bytes() - before <= 2000 * 128);
}

static void every_length(void) {
    parla_taskspace_t gates;
    CHECK(parla_taskspace_create(NULL, 1, NULL, NULL, &gates) == PARLA_OK);
    for (int64_t n = 1; n <= MOST; n++) {
        parla_task_t gate, tasks[MOST];
        CHECK(parla_taskspace_task(gates, &n, &gate) == PARLA_OK);
        for (int64_t i = 0; i < n; i++) tasks[i] = spawn(&gate, 1);
        ran = 0;
        const parla_task_t last = spawn(tasks, (size_t)n);
        CHECK(parla_taskspace_spawn(gates, &n, count, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
        CHECK(parla_wait(tasks, (size_t)n, -1) == PARLA_OK);
        CHECK(parla_wait(&last, 1, -1) == PARLA_OK);
        CHECK(ran == n + 2);
        for (int i = 0; i < 300; i++) spawn(NULL, 0);
        parla_task_spec_t held = {.size = sizeof held, .fn = count, .flags = PARLA_TASK_HOLD};
        parla_task_t task;
        CHECK(parla_spawn_task(&held, &task) == PARLA_OK);
        CHECK(parla_task_release(task) == PARLA_OK);
        CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
        CHECK(parla_wait_all(-1) == PARLA_OK);
    }
    CHECK(parla_taskspace_destroy(gates) == PARLA_OK);
}

static void skipping_needs_no_worker(void) {
    parla_taskspace_t space;
    CHECK(parla_taskspace_create(NULL, 1, NULL, NULL, &space) == PARLA_OK);
    parla_task_t busy, first, task;
    CHECK(parla_spawn(until_cancelled, NULL, PARLA_ANY, 0, NULL, 0, &busy) == PARLA_OK);
    const int64_t zero = 0;
    CHECK(parla_taskspace_task(space, &zero, &first) == PARLA_OK);
    task = first;
    for (int i = 0; i < SKIPPED; i++) task = spawn(&task, 1);
    CHECK(parla_task_cancel(first) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_ERR_CANCELLED);
    CHECK(parla_task_cancel(busy) == PARLA_OK);
    CHECK(parla_wait(&busy, 1, -1) == PARLA_OK);
}

int main(void) {
    parla_config_t config = {.size = sizeof config, .num_threads = 1};
    CHECK(parla_init(&config) == PARLA_OK);
    continuations();
    every_length();
    skipping_needs_no_worker();
    CHECK(parla_finalize() == PARLA_OK);
    puts("ok");
    return 0;
}

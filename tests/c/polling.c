/* A program that polls an unfinished task with short waits does not use more and more records; and the
 * wait that finally succeeds, or fails, says so. */
#include "check.h"

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

static parla_task_t held;

static int32_t done(void *ctx) {
    return (int32_t)(intptr_t)ctx;
}

static int32_t poll_from_a_task(void *ctx) {
    (void)ctx;
    for (int i = 0; i < 2000; i++) {
        if (parla_wait(&held, 1, 1000) != PARLA_ERR_TIMEOUT) return 1;
    }
    return 0;
}

static uint64_t record_bytes(void) {
    parla_stats_t stats = {.size = sizeof stats};
    CHECK(parla_stats(&stats) == PARLA_OK);
    return stats.record_bytes;
}

static parla_task_t spawn_held(int code) {
    parla_task_spec_t spec = {.size = sizeof spec, .fn = done, .flags = PARLA_TASK_HOLD};
    spec.ctx = (void *)(intptr_t)code;
    parla_task_t task;
    CHECK(parla_spawn_task(&spec, &task) == PARLA_OK);
    return task;
}

int main(void) {
    CHECK(parla_init(NULL) == PARLA_OK);
    held = spawn_held(0);
    const uint64_t before = record_bytes();
    for (int i = 0; i < 20000; i++) {
        CHECK(parla_wait(&held, 1, 1000) == PARLA_ERR_TIMEOUT);
    }
    /* 20,000 records would be 2.5 MB; a thread takes them in batches of 128. */
    CHECK(record_bytes() - before <= 4 * 128 * 128);
    /* A task's wait leaves its record behind until the awaited task completes. */
    parla_task_t task;
    CHECK(parla_spawn(poll_from_a_task, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
    CHECK(record_bytes() - before <= (2000 + 8 * 128) * 128);
    CHECK(parla_task_release(held) == PARLA_OK);
    CHECK(parla_wait(&held, 1, -1) == PARLA_OK);

    /* Two tasks are polled, one fails meanwhile; a later wait for the other alone must not hear of it. */
    parla_task_t both[2] = {spawn_held(0), spawn_held(7)};
    CHECK(parla_wait(both, 2, 1000) == PARLA_ERR_TIMEOUT);
    CHECK(parla_task_release(both[1]) == PARLA_OK);
    CHECK(parla_wait(both, 1, 1000) == PARLA_ERR_TIMEOUT);
    CHECK(parla_wait(both, 2, 1000) == PARLA_ERR_TIMEOUT);
    CHECK(parla_task_release(both[0]) == PARLA_OK);
    CHECK(parla_wait(both, 1, -1) == PARLA_OK);
    CHECK(parla_wait(both, 2, -1) == PARLA_ERR_TASK_FAILED);
    CHECK(parla_finalize() == PARLA_OK);
    puts("ok");
    return 0;
}

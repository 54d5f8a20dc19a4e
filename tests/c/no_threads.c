/* Without workers, finalize runs what is left, and returns when nothing is. */
#include "check.h"

#include <parla.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic int ran;

static int32_t count(void *ctx) {
    (void)ctx;
    ran++;
    return 0;
}

static int32_t spawn_another(void *ctx) {
    count(ctx);
    return parla_spawn(count, NULL, PARLA_CPU, 0.5, NULL, 0, NULL);
}

static void run(int32_t wait_mode) {
    parla_config_t config = {.size = sizeof config, .num_threads = PARLA_NO_THREADS, .wait_mode = wait_mode};

    CHECK(parla_init(&config) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);

    ran = 0;
    CHECK(parla_init(&config) == PARLA_OK);
    for (int i = 0; i < 100; i++) {
        CHECK(parla_spawn(spawn_another, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    }
    CHECK(ran == 0);
    CHECK(parla_finalize() == PARLA_OK);
    CHECK(ran == 200);

    parla_task_t task;
    CHECK(parla_init(&config) == PARLA_OK);
    CHECK(parla_spawn(count, NULL, PARLA_CPU, 1, NULL, 0, &task) == PARLA_OK);
    CHECK(parla_run_until(&task, 1, -1) == PARLA_OK);
    CHECK(ran == 201);

    /* Until all is done: also what the tasks spawn, and what nobody has a handle of. */
    for (int i = 0; i < 100; i++) {
        CHECK(parla_spawn(spawn_another, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    }
    CHECK(parla_run_until_all(-1) == PARLA_OK);
    CHECK(ran == 401);
    CHECK(parla_run_until_all(0) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);

    /* One worker besides: whoever completes the last task, the other is told. */
    config.num_threads = 1;
    CHECK(parla_init(&config) == PARLA_OK);
    for (int round = 0; round < 200; round++) {
        int before = ran;
        for (int i = 0; i < 50; i++) {
            CHECK(parla_spawn(spawn_another, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
        }
        CHECK(parla_run_until_all(-1) == PARLA_OK);
        CHECK(ran == before + 100);
    }
    CHECK(parla_finalize() == PARLA_OK);
}

static _Atomic int spawned, is_over;

/* Spawns a few tasks and waits for the last, as long as there is a runtime. */
static void *spawn_and_wait(void *ctx) {
    (void)ctx;
    while (!is_over) {
        parla_task_t last = 0;
        parla_status_t status = PARLA_OK;
        for (int i = 0; i < 5 && status == PARLA_OK; i++) {
            status = parla_spawn(count, NULL, PARLA_ANY, 0, NULL, 0, &last);
            if (status == PARLA_OK) spawned++;
        }
        if (status == PARLA_OK) status = parla_wait(&last, 1, -1);
        /* The runtime may have gone, and another may have come. */
        CHECK(status == PARLA_OK || status == PARLA_ERR_NOT_INITIALIZED || status == PARLA_ERR_INVALID_HANDLE);
    }
    return NULL;
}

/* Finalize runs what another thread spawns while it is at it. */
static void ends_while_another_spawns(void) {
    const parla_config_t config = {.size = sizeof config, .num_threads = PARLA_NO_THREADS};
    ran = 0;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, spawn_and_wait, NULL) == 0);
    for (int round = 0; round < 100; round++) {
        const int before = spawned;
        CHECK(parla_init(&config) == PARLA_OK);
        while (spawned == before) {
        }
        CHECK(parla_finalize() == PARLA_OK);
    }
    is_over = 1;
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(ran == spawned);
}

int main(void) {
    run(PARLA_WAIT_STACK);
    run(PARLA_WAIT_THREAD);
    ends_while_another_spawns();
    return 0;
}

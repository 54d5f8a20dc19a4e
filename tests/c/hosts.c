/* Several threads of the host spawn a few tasks each and wait for them, again and again, while the workers come from something
 * else: everybody's tasks run, however short workers search, and however many other threads have used the library. */
#include "check.h"

#include <parla.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HOSTS = 3, FEW = 8, ROUNDS = 30, BYSTANDERS = 100 };

static const int64_t SECONDS = 1000000000;
static pthread_barrier_t round_begins, round_ends, bystanders_in, bystanders_out;
static atomic_int workers_are_busy;

static int32_t nothing(void *ctx) {
    (void)ctx;
    return 0;
}

/* Keeps its worker until all hosts have spawned. */
static int32_t be_busy(void *ctx) {
    (void)ctx;
    while (workers_are_busy) {
    }
    return 0;
}

static void *host(void *ctx) {
    (void)ctx;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&round_begins);
        parla_task_t tasks[FEW];
        for (int i = 0; i < FEW; i++)
            CHECK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &tasks[i]) == PARLA_OK);
        workers_are_busy--;
        CHECK(parla_wait(tasks, FEW, 30 * SECONDS) == PARLA_OK);
        pthread_barrier_wait(&round_ends);
    }
    return NULL;
}

/* Has a place among the threads that workers look at, and does nothing. */
static void *bystander(void *ctx) {
    (void)ctx;
    parla_task_t task;
    CHECK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
    CHECK(parla_wait(&task, 1, 30 * SECONDS) == PARLA_OK);
    pthread_barrier_wait(&bystanders_in);
    pthread_barrier_wait(&bystanders_out);
    return NULL;
}

static void all_hosts_are_served(uint32_t workers, uint32_t spin_us) {
    const parla_config_t config = {.size = sizeof config, .num_threads = workers, .spin_us = (int32_t)spin_us};
    CHECK(parla_init(&config) == PARLA_OK);
    pthread_t hosts[HOSTS], bystanders[BYSTANDERS];
    for (int i = 0; i < BYSTANDERS; i++) pthread_create(&bystanders[i], NULL, bystander, NULL);
    pthread_barrier_wait(&bystanders_in);
    for (int i = 0; i < HOSTS; i++) pthread_create(&hosts[i], NULL, host, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        workers_are_busy = HOSTS;
        for (uint32_t i = 0; i < workers; i++)
            CHECK(parla_spawn(be_busy, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
        pthread_barrier_wait(&round_begins);
        pthread_barrier_wait(&round_ends);
    }
    for (int i = 0; i < HOSTS; i++) pthread_join(hosts[i], NULL);
    pthread_barrier_wait(&bystanders_out);
    for (int i = 0; i < BYSTANDERS; i++) pthread_join(bystanders[i], NULL);
    CHECK(parla_finalize() == PARLA_OK);
}

int main(void) {
    pthread_barrier_init(&round_begins, NULL, HOSTS + 1);
    pthread_barrier_init(&round_ends, NULL, HOSTS + 1);
    pthread_barrier_init(&bystanders_in, NULL, BYSTANDERS + 1);
    pthread_barrier_init(&bystanders_out, NULL, BYSTANDERS + 1);
    for (uint32_t workers = 1; workers <= 2; workers++) {
        all_hosts_are_served(workers, 1);
        all_hosts_are_served(workers, 20);
    }
    printf("ok\n");
    return 0;
}

/* A NUMA node that gets no worker is no device, so no task is sent there to wait for ever. */
#include "check.h"

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t nothing(void *ctx) {
    (void)ctx;
    return 0;
}

static void run(int32_t num_threads, uint32_t devices) {
    parla_config_t config = {
        .size = sizeof config, .num_threads = num_threads, .topology = "numa:3 core:2 pu:1"};
    uint32_t count;

    CHECK(parla_init(&config) == PARLA_OK);
    CHECK(parla_device_count(PARLA_CPU, &count) == PARLA_OK && count == devices);
    CHECK(parla_spawn(nothing, NULL, parla_cpu(devices), 0, NULL, 0, NULL) == PARLA_ERR_INFEASIBLE);
    for (int i = 0; i < 100; i++) {
        const double vcus = i % 2 ? 0.5 : 0;
        CHECK(parla_spawn(nothing, NULL, PARLA_CPU, vcus, NULL, 0, NULL) == PARLA_OK);
        CHECK(parla_spawn(nothing, NULL, parla_cpu(devices - 1), vcus, NULL, 0, NULL) == PARLA_OK);
    }
    CHECK(parla_finalize() == PARLA_OK);
}

int main(void) {
    run(1, 1);
    run(2, 2);
    run(PARLA_NO_THREADS, 1);
    run(7, 3);
    return 0;
}

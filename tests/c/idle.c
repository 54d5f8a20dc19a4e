/* Idle means asleep: a runtime without work uses no processor time, nor does one whose only task is held
 * while a thread of the host waits for it. */
#include "check.h"

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_ms(void) {
    struct rusage use;
    CHECK(getrusage(RUSAGE_SELF, &use) == 0);
    return (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
           (use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-3;
}

static int32_t nothing(void *ctx) {
    (void)ctx;
    return 0;
}

int main(void) {
    parla_config_t config = {.size = sizeof config, .num_threads = 8};
    CHECK(parla_init(&config) == PARLA_OK);
    for (int i = 0; i < 1000; i++) CHECK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, NULL) == PARLA_OK);
    CHECK(parla_wait_all(-1) == PARLA_OK);

    /* The workers look for work for 20 microseconds more; then nothing moves. */
    const struct timespec second = {.tv_sec = 1};
    double before = cpu_ms();
    nanosleep(&second, NULL);
    const double idle = cpu_ms() - before;

    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .flags = PARLA_TASK_HOLD};
    parla_task_t task;
    CHECK(parla_spawn_task(&spec, &task) == PARLA_OK);
    before = cpu_ms();
    CHECK(parla_wait(&task, 1, 1000000000) == PARLA_ERR_TIMEOUT);
    const double waiting = cpu_ms() - before;
    CHECK(parla_task_release(task) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);

    /* 8 workers that spun would use 1,000 ms and more. */
    if (idle > 20 || waiting > 20) {
        printf("idle for 1 s: %.1f ms of CPU time; waiting for 1 s: %.1f ms\n", idle, waiting);
        return 1;
    }
    puts("ok");
    return 0;
}

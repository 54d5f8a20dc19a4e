/* What a task takes of its device limits how many run at once: `vcus`, a fraction of the device's
 * computing power, and `memory`, bytes of scratch.
 *
 * Every task counts itself in and out, so the program can prove the limits.
 *
 *     cc 12_constraints.c $(pkg-config --cflags --libs parla) -o constraints */

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <stdatomic.h>
#include <time.h>

enum { N = 12 };

static const uint64_t MIB = 1024 * 1024;

static atomic_int running, most;
static int results[N];

static int32_t work(void *ctx)
{
    int *result = ctx;
    int now = atomic_fetch_add(&running, 1) + 1;
    int seen = atomic_load(&most);

    while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
        ; /* `seen` is fresh now: compare again */
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    *result = (int)(result - results);
    atomic_fetch_sub(&running, 1);
    return 0;
}

static int32_t sum(void *ctx)
{
    int *total = ctx;

    *total = 0;
    for (int i = 0; i < N; i++)
        *total += results[i];
    return 0;
}

/* Spawns T[0] to T[N-1] and T["sum"], which depends on T[0:N]; tells whether the limit held. */
static void run(const char *what, double vcus, uint64_t memory, int limit)
{
    const parla_range_t all = {0, N, 1};
    const parla_key_t sum_key = {.kind = PARLA_KEY_STRING, .string = "sum"};
    parla_task_spec_t spec = {.size = sizeof spec, .fn = work, .place = parla_cpu(0)};
    parla_taskspace_t T;
    parla_task_t parts[N], total;
    size_t count;
    int result;

    atomic_store(&most, 0);
    CHECK(parla_taskspace_create(NULL, 1, NULL, NULL, &T));
    CHECK(parla_taskspace_slice(T, &all, parts, N, &count));
    CHECK(parla_taskspace_task_key(T, &sum_key, &total));

    spec.vcus = vcus;
    spec.memory = memory;
    for (int i = 0; i < N; i++) {
        spec.task = parts[i];
        spec.ctx = &results[i];
        CHECK(parla_spawn_task(&spec, NULL));
    }
    spec.task = total;
    spec.fn = sum;
    spec.ctx = &result;
    spec.deps = parts;
    spec.n_deps = count;
    CHECK(parla_spawn_task(&spec, NULL));

    CHECK(parla_wait(&total, 1, -1));
    printf("%s: at most %d at once: %s; sum %d\n", what, limit,
           atomic_load(&most) <= limit ? "yes" : "no", result);
    CHECK(parla_taskspace_destroy(T));
}

int main(void)
{
    parla_config_t config = {.size = sizeof config, .cpu_memory = 64 * MIB};
    parla_task_spec_t greedy = {.size = sizeof greedy, .fn = work, .ctx = results};

    CHECK(parla_init(&config));

    /* At most floor(1 / vcus) on one device. */
    run("vcus 1", 1.0, 0, 1);
    run("vcus 1/2", 0.5, 0, 2);
    run("vcus 0.3", 0.3, 0, 3);
    run("24 of 64 MiB", 0, 24 * MIB, 2);

    /* What no device could ever satisfy is refused at once. */
    greedy.memory = 65 * MIB;
    if (parla_spawn_task(&greedy, NULL) == PARLA_ERR_INFEASIBLE)
        puts("65 of 64 MiB: refused");

    CHECK(parla_finalize());
    return 0;
}

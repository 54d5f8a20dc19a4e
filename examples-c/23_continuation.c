/* A continuation: a body ends, but its task goes on with another function when other tasks are
 * done. Nothing waits meanwhile, neither a worker nor a stack.
 *
 *     cc 23_continuation.c $(pkg-config --cflags --libs parla) -o continuation */

#include "check.h"

enum { PARTS = 4, N = 100 };

typedef struct {
    int first, last; /* sums first..last */
    long sum;
} part_t;

typedef struct {
    part_t parts[PARTS];
    long sum;
} total_t;

static int32_t add_part(void *ctx)
{
    part_t *part = ctx;

    part->sum = 0;
    for (int i = part->first; i <= part->last; i++)
        part->sum += i;
    return 0;
}

static int32_t combine(void *ctx)
{
    total_t *total = ctx;

    total->sum = 0;
    for (int i = 0; i < PARTS; i++)
        total->sum += total->parts[i].sum;
    return 0;
}

static int32_t split(void *ctx)
{
    total_t *total = ctx;
    parla_task_t tasks[PARTS];

    for (int i = 0; i < PARTS; i++) {
        total->parts[i] = (part_t){.first = i * N / PARTS + 1, .last = (i + 1) * N / PARTS};
        CHECK(parla_spawn(add_part, &total->parts[i], PARLA_ANY, 0, NULL, 0, &tasks[i]));
    }
    CHECK(parla_continue(combine, total, tasks, PARTS));
    return 0; /* the task is not complete: `combine` runs next */
}

int main(void)
{
    total_t total;
    parla_task_t task;

    CHECK(parla_init(NULL));
    CHECK(parla_spawn(split, &total, PARLA_ANY, 0, NULL, 0, &task));
    CHECK(parla_wait(&task, 1, -1)); /* one task, two bodies */
    printf("sum of 1 to %d: %ld\n", N, total.sum);
    CHECK(parla_finalize());
    return 0;
}

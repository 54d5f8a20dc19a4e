/* A reduction tree: pairs are added, then pairs of sums, up to one total.
 *
 * T[level, i] adds values[i + stride/2] to values[i]. It reads what two tasks of the level below
 * have written, so it depends on both of them; with only one of the two it would race.
 *
 *     cc 08_reduction.c $(pkg-config --cflags --libs parla) -o reduction */

#include "check.h"

enum { N = 16, LEVELS = 4 };

static int values[N];

typedef struct {
    int *to;
    const int *from;
} pair_t;

static int32_t add(void *ctx)
{
    const pair_t *pair = ctx;
    *pair->to += *pair->from;
    return 0;
}

static parla_task_t task_at(parla_taskspace_t space, int64_t level, int64_t i)
{
    const int64_t index[2] = {level, i};
    parla_task_t task;

    CHECK(parla_taskspace_task(space, index, &task));
    return task;
}

int main(void)
{
    static pair_t pairs[LEVELS][N];
    const int64_t shape[2] = {LEVELS, N};
    parla_taskspace_t T;
    parla_task_t root;

    for (int i = 0; i < N; i++)
        values[i] = i;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 2, NULL, shape, &T));

    for (int level = 0; level < LEVELS; level++) {
        int stride = 2 << level;
        for (int i = 0; i < N; i += stride) {
            int other = i + stride / 2;
            const int64_t index[2] = {level, i};
            /* The leaves depend on level -1, which is outside the space: no dependency. */
            const parla_handle_t deps[2] = {task_at(T, level - 1, i), task_at(T, level - 1, other)};

            pairs[level][i] = (pair_t){&values[i], &values[other]};
            CHECK(parla_taskspace_spawn(T, index, add, &pairs[level][i], PARLA_ANY, 0, deps, 2,
                                        NULL));
        }
    }

    root = task_at(T, LEVELS - 1, 0);
    CHECK(parla_wait(&root, 1, -1));
    printf("sum of 0 to %d: %d\n", N - 1, values[0]);

    CHECK(parla_finalize());
    return 0;
}

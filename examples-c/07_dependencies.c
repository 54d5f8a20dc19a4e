/* A task starts after the tasks that it depends on. Here T[i] depends on T[i-1].
 *
 *     cc 07_dependencies.c $(pkg-config --cflags --libs parla) -o dependencies */

#include "check.h"

enum { N = 5 };

static int steps[N];

static int32_t step(void *ctx)
{
    const int *number = ctx;
    printf("step %d\n", *number);
    return 0;
}

int main(void)
{
    parla_taskspace_t T;
    parla_task_t previous;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 1, NULL, NULL, &T));

    for (int64_t i = 0; i < N; i++) {
        int64_t before = i - 1;
        steps[i] = (int)i;
        /* T[-1] is outside the space: its handle is 0, which means "no dependency". */
        CHECK(parla_taskspace_task(T, &before, &previous));
        CHECK(parla_taskspace_spawn(T, &i, step, &steps[i], PARLA_ANY, 0, &previous, 1, NULL));
    }

    CHECK(parla_finalize());
    return 0;
}

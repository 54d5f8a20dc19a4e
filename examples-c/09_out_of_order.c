/* A task may be spawned before the task that it depends on: the handle is enough.
 *
 *     cc 09_out_of_order.c $(pkg-config --cflags --libs parla) -o out_of_order */

#include "check.h"

static int32_t first(void *ctx)
{
    (void)ctx;
    puts("T[0] runs");
    return 0;
}

static int32_t second(void *ctx)
{
    (void)ctx;
    puts("T[1] runs after it");
    return 0;
}

int main(void)
{
    const int64_t zero = 0, one = 1;
    parla_taskspace_t T;
    parla_task_t t0;
    int32_t state;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 1, NULL, NULL, &T));

    CHECK(parla_taskspace_task(T, &zero, &t0)); /* a handle; nothing is spawned yet */
    CHECK(parla_taskspace_spawn(T, &one, second, NULL, PARLA_ANY, 0, &t0, 1, NULL));
    CHECK(parla_task_state(t0, &state));
    puts(state == PARLA_STATE_CREATED ? "T[1] is spawned, T[0] is not" : "unexpected state");
    CHECK(parla_taskspace_spawn(T, &zero, first, NULL, PARLA_ANY, 0, NULL, 0, NULL));

    CHECK(parla_finalize());
    return 0;
}

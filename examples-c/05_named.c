/* A task space names tasks by indices: T[0], T[1] ... Other tasks, other files and other languages
 * can then refer to them.
 *
 *     cc 05_named.c $(pkg-config --cflags --libs parla) -o named */

#include "check.h"

static int32_t introduce(void *ctx)
{
    char name[64];

    (void)ctx;
    CHECK(parla_task_name(parla_current_task(), name, sizeof name, NULL));
    printf("Hello from %s!\n", name);
    return 0;
}

int main(void)
{
    parla_taskspace_t T;
    size_t size;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 1, NULL, NULL, &T)); /* one dimension, 0, 1, 2 ... */

    for (int64_t i = 0; i < 4; i++)
        CHECK(parla_taskspace_spawn(T, &i, introduce, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    CHECK(parla_taskspace_wait(T, -1));

    CHECK(parla_taskspace_size(T, &size));
    printf("T has %zu tasks\n", size);

    CHECK(parla_finalize());
    return 0;
}

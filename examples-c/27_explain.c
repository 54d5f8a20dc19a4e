/* "Why does my task not run?" The runtime can tell. Here T[1] depends on T[0], which somebody
 * forgot to spawn.
 *
 *     cc 27_explain.c $(pkg-config --cflags --libs parla) -o explain */

#include "check.h"

static const int64_t MILLISECOND = 1000000; /* in nanoseconds */

static int32_t hello(void *ctx)
{
    const char *name = ctx;
    printf("%s runs\n", name);
    return 0;
}

int main(void)
{
    const int64_t zero = 0, one = 1;
    parla_taskspace_t T;
    parla_task_t t0, t1;
    char why[512];

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 1, NULL, NULL, &T));
    CHECK(parla_taskspace_task(T, &zero, &t0));
    CHECK(parla_taskspace_spawn(T, &one, hello, "T[1]", PARLA_ANY, 0, &t0, 1, &t1));

    if (parla_wait(&t1, 1, 50 * MILLISECOND) == PARLA_ERR_TIMEOUT)
        puts("T[1] is late");
    CHECK(parla_explain(t1, why, sizeof why, NULL));
    printf("why: %s\n", why);

    CHECK(parla_taskspace_spawn(T, &zero, hello, "T[0]", PARLA_ANY, 0, NULL, 0, NULL));
    CHECK(parla_wait(&t1, 1, -1));
    puts("T[1] is done");

    CHECK(parla_finalize());
    return 0;
}

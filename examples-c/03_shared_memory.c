/* Tasks write into memory that they share; the program waits for them and reads it.
 *
 *     cc 03_shared_memory.c $(pkg-config --cflags --libs parla) -o shared_memory */

#include "check.h"

enum { N = 8 };

static int squares[N];

/* Each task writes its own element, so nothing needs a lock. */
static int32_t square(void *ctx)
{
    int *element = ctx;
    int i = (int)(element - squares);
    *element = i * i;
    return 0;
}

int main(void)
{
    parla_task_t tasks[N];

    CHECK(parla_init(NULL));
    for (int i = 0; i < N; i++)
        CHECK(parla_spawn(square, &squares[i], PARLA_ANY, 0, NULL, 0, &tasks[i]));

    /* What the tasks wrote is visible after the wait. */
    CHECK(parla_wait(tasks, N, -1));
    printf("squares:");
    for (int i = 0; i < N; i++)
        printf(" %d", squares[i]);
    printf("\n");

    CHECK(parla_finalize());
    return 0;
}

/* Tasks that need nothing from each other run at the same time, in any order.
 *
 *     cc 02_independent_tasks.c $(pkg-config --cflags --libs parla) -o independent_tasks */

#include "check.h"

/* What a task works on is passed by pointer, so it must live until the task has ended: here each
 * task has its own number in an array of `main`, and not the loop's variable, which moves on. */
static int32_t hello(void *ctx)
{
    const int *number = ctx;
    printf("Hello from task %d!\n", *number);
    return 0;
}

int main(void)
{
    int numbers[4];

    CHECK(parla_init(NULL));
    for (int i = 0; i < 4; i++) {
        numbers[i] = i;
        CHECK(parla_spawn(hello, &numbers[i], PARLA_ANY, 0, NULL, 0, NULL));
    }
    CHECK(parla_finalize());
    return 0;
}

/* Tasks may wait for tasks, at any depth, with any number of workers, even one: a worker never
 * stands still because a task of its own waits.
 *
 *     cc 25_nested_wait.c $(pkg-config --cflags --libs parla) -o nested_wait */

#include "check.h"

typedef struct {
    int n;
    long result;
} fib_t;

static int32_t fib(void *ctx)
{
    fib_t *f = ctx;
    fib_t left = {.n = f->n - 1}, right = {.n = f->n - 2};
    parla_task_t task;

    if (f->n < 2) {
        f->result = f->n;
        return 0;
    }
    /* `left` may live on this stack, because the wait ends before the stack does. */
    CHECK(parla_spawn(fib, &left, PARLA_ANY, 0, NULL, 0, &task));
    fib(&right);
    CHECK(parla_wait(&task, 1, -1));
    f->result = left.result + right.result;
    return 0;
}

int main(void)
{
    fib_t f = {.n = 20};
    parla_task_t task;

    CHECK(parla_init(NULL));
    CHECK(parla_spawn(fib, &f, PARLA_ANY, 0, NULL, 0, &task));
    CHECK(parla_wait(&task, 1, -1));
    printf("fib(%d) = %ld\n", f.n, f.result);
    CHECK(parla_finalize());
    return 0;
}

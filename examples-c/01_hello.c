/* The smallest program: start the runtime, spawn one task, end the runtime.
 *
 *     cc 01_hello.c $(pkg-config --cflags --libs parla) -o hello */

#include "check.h"

/* A task is a C function. 0 means done; any other value means that the task failed. */
static int32_t hello(void *ctx)
{
    (void)ctx;
    puts("Hello from the task!");
    return 0;
}

int main(void)
{
    CHECK(parla_init(NULL));
    CHECK(parla_spawn(hello, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    CHECK(parla_finalize()); /* waits for every task */
    return 0;
}

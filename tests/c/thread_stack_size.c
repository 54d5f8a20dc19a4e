/* With PARLA_WAIT_THREAD a body runs on its worker's own stack, and `stack_size` says how large that is. */
#include "check.h"

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

enum { BYTES = 12 << 20, PAGE = 4096 };

static int32_t use_the_stack(void *ctx) {
    volatile char bytes[BYTES];

    (void)ctx;
    for (int at = BYTES - PAGE; at >= 0; at -= PAGE) bytes[at] = 1;
    return bytes[0] - 1;
}

int main(void) {
    parla_config_t config = {.size = sizeof config, .wait_mode = PARLA_WAIT_THREAD, .stack_size = 16 << 20};
    parla_task_t task;

    CHECK(parla_init(&config) == PARLA_OK);
    CHECK(parla_spawn(use_the_stack, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);
    return 0;
}

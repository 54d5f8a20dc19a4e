/* Cancelling: a task that has not started never will, and its dependents are skipped; a task that
 * runs is asked, and ends when it sees fit.
 *
 *     cc 21_cancel.c $(pkg-config --cflags --libs parla) -o cancel */

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool searching;

static void pause_1ms(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static int32_t search(void *ctx)
{
    (void)ctx;
    atomic_store(&searching, true);
    while (!parla_cancel_requested())
        pause_1ms();
    puts("the search stops");
    return 0;
}

static int32_t never(void *ctx)
{
    (void)ctx;
    puts("this is not printed");
    return 0;
}

int main(void)
{
    parla_task_t running, waiting, dependent;

    CHECK(parla_init(NULL));
    CHECK(parla_spawn(search, NULL, PARLA_ANY, 0, NULL, 0, &running));
    CHECK(parla_spawn(never, NULL, PARLA_ANY, 0, &running, 1, &waiting));
    CHECK(parla_spawn(never, NULL, PARLA_ANY, 0, &waiting, 1, &dependent));
    while (!atomic_load(&searching))
        pause_1ms();

    CHECK(parla_task_cancel(waiting)); /* has not started: complete at once */
    if (parla_wait(&waiting, 1, -1) == PARLA_ERR_CANCELLED)
        puts("the waiting task is cancelled");

    CHECK(parla_task_cancel(running)); /* runs: it is told, and returns 0 as if nothing happened */
    CHECK(parla_wait(&running, 1, -1));
    puts("the search is done");

    if (parla_wait(&dependent, 1, -1) == PARLA_ERR_CANCELLED)
        puts("the dependent of the cancelled task is skipped");

    CHECK(parla_finalize());
    return 0;
}

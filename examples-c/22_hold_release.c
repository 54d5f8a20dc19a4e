/* A hold keeps a task incomplete after its body has returned, until something outside the runtime
 * releases it: a message that arrives, a device that finishes. Here it is a plain thread.
 *
 *     cc 22_hold_release.c $(pkg-config --cflags --libs parla) -pthread -o hold_release */

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>
#include <time.h>

typedef struct {
    pthread_t thread;
    parla_task_t task;
    int answer;
} request_t;

/* The outside world: it knows no runtime, only which task to release when the answer is there. */
static void *serve(void *arg)
{
    request_t *request = arg;

    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    request->answer = 42;
    CHECK(parla_task_release(request->task)); /* completes the task */
    return NULL;
}

static int32_t ask(void *ctx)
{
    request_t *request = ctx;

    request->task = parla_current_task();
    CHECK(parla_task_hold(request->task));
    if (pthread_create(&request->thread, NULL, serve, request) != 0) {
        CHECK(parla_task_release(request->task)); /* nobody else will */
        return 1;
    }
    puts("the request is under way"); /* the worker is free for others from here on */
    return 0;
}

static int32_t use(void *ctx)
{
    const request_t *request = ctx;

    printf("the answer is %d\n", request->answer);
    return 0;
}

int main(void)
{
    request_t request = {.answer = 0};
    parla_task_t asked;

    CHECK(parla_init(NULL));
    CHECK(parla_spawn(ask, &request, PARLA_ANY, 0, NULL, 0, &asked));
    CHECK(parla_spawn(use, &request, PARLA_ANY, 0, &asked, 1, NULL));
    CHECK(parla_finalize());
    pthread_join(request.thread, NULL);
    return 0;
}

/* A task that fails: its dependents are skipped, its siblings run, a clean-up task runs anyway, and
 * who waits learns the code, the text and the task it came from.
 *
 *     load --> parse --> report      sibling
 *         \______|_________|__> cleanup
 *
 *     cc 20_errors.c $(pkg-config --cflags --libs parla) -o errors */

#include "check.h"
#include <stdatomic.h>

enum { NO_SUCH_FILE = 7, TASKS = 5 };

static atomic_int drops;

/* Called exactly once for every task that was spawned, whatever became of it. */
static void count_drop(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&drops, 1);
}

static int32_t load(void *ctx)
{
    (void)ctx;
    CHECK(parla_set_failure_text("no such file: input.csv"));
    return NO_SUCH_FILE;
}

static int32_t set(void *ctx)
{
    int *flag = ctx;
    *flag = 1;
    return 0;
}

static parla_task_t spawn(parla_task_fn fn, void *ctx, uint32_t flags, const parla_handle_t *deps,
                          size_t n_deps)
{
    const parla_task_spec_t spec = {.size = sizeof spec, .flags = flags, .fn = fn, .ctx = ctx,
                                    .drop = count_drop, .deps = deps, .n_deps = n_deps};
    parla_task_t task;

    CHECK(parla_spawn_task(&spec, &task));
    return task;
}

int main(void)
{
    int parsed = 0, reported = 0, sibling_ran = 0, cleaned_up = 0;
    parla_task_t chain[3], sibling, cleanup, origin;
    int32_t code, state;
    char text[128];

    CHECK(parla_init(NULL));
    chain[0] = spawn(load, NULL, 0, NULL, 0);
    chain[1] = spawn(set, &parsed, 0, &chain[0], 1);
    chain[2] = spawn(set, &reported, 0, &chain[1], 1);
    sibling = spawn(set, &sibling_ran, 0, NULL, 0);
    cleanup = spawn(set, &cleaned_up, PARLA_TASK_RUN_ANYWAY, chain, 3);

    /* The one who waits decides what a failure means. */
    if (parla_wait(&chain[2], 1, -1) == PARLA_ERR_TASK_FAILED) {
        CHECK(parla_task_failure(chain[2], &code, &origin, text, sizeof text, NULL));
        printf("report failed with code %d: %s\n", (int)code, text);
        printf("the failure came from %s\n", origin == chain[0] ? "load" : "another task");
    }
    CHECK(parla_task_state(chain[2], &state));
    printf("report was %s\n", state == PARLA_STATE_SKIPPED && !reported ? "skipped" : "run");
    CHECK(parla_task_state(chain[1], &state));
    printf("parse was %s\n", state == PARLA_STATE_SKIPPED && !parsed ? "skipped" : "run");

    CHECK(parla_wait(&sibling, 1, -1));
    printf("the sibling %s\n", sibling_ran ? "ran" : "did not run");
    CHECK(parla_wait(&cleanup, 1, -1));
    printf("the clean-up task %s\n", cleaned_up ? "ran" : "did not run");

    /* The failure has been observed above; otherwise finalize would return it. */
    CHECK(parla_finalize());
    printf("%d tasks, %d drops\n", TASKS, atomic_load(&drops));
    return 0;
}

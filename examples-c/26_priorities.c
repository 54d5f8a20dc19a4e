/* Among tasks that are ready, those of higher priority start first. With one worker that is an
 * order which can be seen.
 *
 *     cc 26_priorities.c $(pkg-config --cflags --libs parla) -o priorities */

#include "check.h"

typedef struct {
    const char *what;
    int32_t priority;
} chore_t;

static chore_t chores[] = {
    {"read a book", -10},
    {"tidy up", 0},
    {"put out the fire", PARLA_PRIORITY_MAX},
    {"feed the cat", 5},
    {"sleep", PARLA_PRIORITY_MIN},
};

static int32_t carry_out(void *ctx)
{
    const chore_t *chore = ctx;
    printf("%5d  %s\n", (int)chore->priority, chore->what);
    return 0;
}

/* Spawns the chores from inside a task: the only worker is busy here, so none starts before all
 * are there to choose from. */
static int32_t plan(void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < sizeof chores / sizeof *chores; i++) {
        const parla_task_spec_t spec = {.size = sizeof spec, .fn = carry_out, .ctx = &chores[i],
                                        .priority = chores[i].priority};
        CHECK(parla_spawn_task(&spec, NULL));
    }
    return 0;
}

int main(void)
{
    const parla_config_t config = {.size = sizeof config, .num_threads = 1};

    CHECK(parla_init(&config));
    CHECK(parla_spawn(plan, NULL, PARLA_ANY, 0, NULL, 0, NULL));
    CHECK(parla_finalize());
    return 0;
}

/* `task` may be one of the places that `deps` points to, in every call that spawns: the dependency is what lay
 * there before. The first task of each chain is held, so that no dependency is complete when it is looked at. */
#include "check.h"

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 100, MANY = 12, STEPS = 40, WIDTH = 8 };

/* A task of a chain, which sees what the one before it has left. */
typedef struct link_t {
    int *last;
    int number;
} link_t;

static int32_t after_the_one_before(void *ctx) {
    link_t *link = ctx;
    if (*link->last != link->number - 1) return 1;
    *link->last = link->number;
    return 0;
}

static parla_task_t held(link_t *link) {
    parla_task_spec_t spec = {
        .size = sizeof spec, .fn = after_the_one_before, .ctx = link, .flags = PARLA_TASK_HOLD};
    parla_task_t task;
    CHECK(parla_spawn_task(&spec, &task) == PARLA_OK);
    return task;
}

typedef void (*spawn_t)(link_t *link, parla_task_t *task);

static void plain(link_t *link, parla_task_t *task) {
    CHECK(parla_spawn(after_the_one_before, link, PARLA_ANY, 0, task, 1, task) == PARLA_OK);
}

static void placed(link_t *link, parla_task_t *task) {
    CHECK(parla_spawn(after_the_one_before, link, PARLA_CPU, 0, task, 1, task) == PARLA_OK);
}

static void limited(link_t *link, parla_task_t *task) {
    CHECK(parla_spawn(after_the_one_before, link, PARLA_CPU, 0.5, task, 1, task) == PARLA_OK);
}

static void more_than_a_record_holds(link_t *link, parla_task_t *task) {
    parla_task_t deps[MANY];
    for (int i = 0; i < MANY; i++) deps[i] = *task;
    parla_task_t *out = &deps[link->number % MANY];
    CHECK(parla_spawn(after_the_one_before, link, PARLA_ANY, 0, deps, MANY, out) == PARLA_OK);
    *task = *out;
}

static void specified(link_t *link, parla_task_t *task) {
    parla_task_spec_t spec = {
        .size = sizeof spec, .fn = after_the_one_before, .ctx = link, .deps = task, .n_deps = 1};
    CHECK(parla_spawn_task(&spec, task) == PARLA_OK);
}

static void specified_with_priority(link_t *link, parla_task_t *task) {
    parla_task_spec_t spec = {.size = sizeof spec,
                              .fn = after_the_one_before,
                              .ctx = link,
                              .deps = task,
                              .n_deps = 1,
                              .priority = link->number % 3};
    CHECK(parla_spawn_task(&spec, task) == PARLA_OK);
}

static parla_taskspace_t space;

static void element(link_t *link, parla_task_t *task) {
    const int64_t index = link->number;
    CHECK(parla_taskspace_spawn(space, &index, after_the_one_before, link, PARLA_ANY, 0, task, 1, task) ==
          PARLA_OK);
}

static void chain_of(spawn_t spawn) {
    int last = 0;
    link_t links[LENGTH];
    for (int i = 0; i < LENGTH; i++) links[i] = (link_t){&last, i + 1};
    parla_task_t first = held(&links[0]), task = first;
    for (int i = 1; i < LENGTH; i++) spawn(&links[i], &task);
    CHECK(parla_task_release(first) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
    CHECK(last == LENGTH);
}

/* One batch, each task after the one before it: later specs depend on handles that this call writes. */
static void chain_in_a_batch(void) {
    int last = 0;
    link_t links[LENGTH];
    parla_task_t tasks[LENGTH];
    parla_task_spec_t specs[LENGTH];
    for (int i = 0; i < LENGTH; i++) links[i] = (link_t){&last, i + 1};
    const parla_task_t first = held(&links[0]);
    for (int i = 1; i < LENGTH; i++) {
        specs[i] = (parla_task_spec_t){.size = sizeof specs[i],
                                       .fn = after_the_one_before,
                                       .ctx = &links[i],
                                       .deps = i == 1 ? &first : &tasks[i - 1],
                                       .n_deps = 1};
    }
    CHECK(parla_spawn_batch(specs + 1, LENGTH - 1, tasks + 1) == PARLA_OK);
    CHECK(parla_task_release(first) == PARLA_OK);
    CHECK(parla_wait(&tasks[LENGTH - 1], 1, -1) == PARLA_OK);
    CHECK(last == LENGTH);
}

/* A batch for each step, and each place after the same one in the step before, in the same array of handles. */
static void steps_of_batches(void) {
    int last[WIDTH] = {0};
    link_t links[STEPS][WIDTH];
    parla_task_t first[WIDTH], tasks[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
        links[0][i] = (link_t){&last[i], 1};
        first[i] = tasks[i] = held(&links[0][i]);
    }
    for (int step = 1; step < STEPS; step++) {
        parla_task_spec_t specs[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            links[step][i] = (link_t){&last[i], step + 1};
            specs[i] = (parla_task_spec_t){.size = sizeof specs[i],
                                           .fn = after_the_one_before,
                                           .ctx = &links[step][i],
                                           .deps = &tasks[i],
                                           .n_deps = 1};
        }
        CHECK(parla_spawn_batch(specs, WIDTH, tasks) == PARLA_OK);
    }
    for (int i = 0; i < WIDTH; i++) CHECK(parla_task_release(first[i]) == PARLA_OK);
    CHECK(parla_wait(tasks, WIDTH, -1) == PARLA_OK);
    for (int i = 0; i < WIDTH; i++) CHECK(last[i] == STEPS);
}

static int32_t all(void *ctx) {
    (void)ctx;
    CHECK(parla_taskspace_create(NULL, 1, NULL, NULL, &space) == PARLA_OK);
    const spawn_t ways[] = {plain,     placed,   limited, more_than_a_record_holds,
                            specified, specified_with_priority, element};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) chain_of(ways[i]);
    chain_in_a_batch();
    steps_of_batches();
    CHECK(parla_taskspace_destroy(space) == PARLA_OK);
    return 0;
}

int main(void) {
    const parla_config_t config = {.size = sizeof config, .num_threads = 2};
    CHECK(parla_init(&config) == PARLA_OK);
    all(NULL);
    parla_task_t task;
    CHECK(parla_spawn(all, NULL, PARLA_ANY, 0, NULL, 0, &task) == PARLA_OK);
    CHECK(parla_wait(&task, 1, -1) == PARLA_OK);
    CHECK(parla_finalize() == PARLA_OK);
    printf("ok\n");
    return 0;
}

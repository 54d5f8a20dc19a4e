/* The indices of a task space can be strings as well as integers: T["load", 0], T["total", 0].
 *
 *     cc 24_mixed_keys.c $(pkg-config --cflags --libs parla) -o mixed_keys */

#include "check.h"

enum { N = 3 };

static int loaded[N], total;

static int32_t load(void *ctx)
{
    int *value = ctx;
    *value = 10 * (int)(value - loaded);
    return 0;
}

static int32_t add(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < N; i++)
        total += loaded[i];
    return 0;
}

static parla_task_t task_at(parla_taskspace_t space, const char *step, int64_t i)
{
    const parla_key_t key[2] = {{.kind = PARLA_KEY_STRING, .string = step},
                                {.kind = PARLA_KEY_INT, .integer = i}};
    parla_task_t task;

    CHECK(parla_taskspace_task_key(space, key, &task));
    return task;
}

int main(void)
{
    parla_taskspace_t T;
    parla_task_t loads[N];
    parla_task_spec_t spec = {.size = sizeof spec};

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 2, NULL, NULL, &T));

    for (int i = 0; i < N; i++)
        loads[i] = task_at(T, "load", i);

    spec.task = task_at(T, "total", 0);
    spec.fn = add;
    spec.deps = loads;
    spec.n_deps = N;
    CHECK(parla_spawn_task(&spec, NULL));

    for (int i = 0; i < N; i++) {
        spec = (parla_task_spec_t){.size = sizeof spec, .task = loads[i], .fn = load,
                                   .ctx = &loaded[i]};
        CHECK(parla_spawn_task(&spec, NULL));
    }

    CHECK(parla_taskspace_wait(T, -1));
    printf("T[\"total\", 0] = %d\n", total);
    printf("the same key, the same handle: %s\n", task_at(T, "load", 1) == loads[1] ? "yes" : "no");

    CHECK(parla_finalize());
    return 0;
}

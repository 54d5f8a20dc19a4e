/* A slice of a task space is a list of its tasks. A slice creates the elements it names; a view
 * lists those that exist already.
 *
 *     cc 06_slicing.c $(pkg-config --cflags --libs parla) -o slicing */

#include "check.h"

enum { ROWS = 3, COLUMNS = 4 };

static int done[ROWS][COLUMNS];

static int32_t mark(void *ctx)
{
    int *element = ctx;
    *element = 1;
    return 0;
}

static void print_names(const char *what, const parla_task_t *tasks, size_t count)
{
    char name[64];

    printf("%s:", what);
    for (size_t i = 0; i < count; i++) {
        CHECK(parla_task_name(tasks[i], name, sizeof name, NULL));
        printf(" %s", name);
    }
    printf("\n");
}

int main(void)
{
    const int64_t shape[2] = {ROWS, COLUMNS};
    const parla_range_t corner[2] = {{0, 2, 1}, {2, PARLA_OPEN, 1}};        /* T[0:2, 2:] */
    const parla_range_t odd[2] = {{1, 2, 1}, {PARLA_OPEN, PARLA_OPEN, 2}}; /* T[1, ::2]  */
    parla_taskspace_t T;
    parla_task_t tasks[ROWS * COLUMNS];
    size_t count;
    int sum = 0;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 2, NULL, shape, &T));

    CHECK(parla_taskspace_slice(T, corner, tasks, ROWS * COLUMNS, &count));
    print_names("T[0:2, 2:]", tasks, count);
    CHECK(parla_taskspace_slice(T, odd, tasks, ROWS * COLUMNS, &count));
    print_names("T[1, ::2]", tasks, count);
    CHECK(parla_taskspace_view(T, NULL, tasks, ROWS * COLUMNS, &count));
    print_names("exist", tasks, count);

    for (int64_t i = 0; i < ROWS; i++)
        for (int64_t j = 0; j < COLUMNS; j++) {
            const int64_t index[2] = {i, j};
            CHECK(parla_taskspace_spawn(T, index, mark, &done[i][j], PARLA_ANY, 0, NULL, 0, NULL));
        }

    /* A list of tasks can be waited for, and it can be what another task depends on. */
    CHECK(parla_taskspace_slice(T, corner, tasks, ROWS * COLUMNS, &count));
    CHECK(parla_wait(tasks, count, -1));
    for (int i = 0; i < 2; i++)
        for (int j = 2; j < COLUMNS; j++)
            sum += done[i][j];
    printf("done in T[0:2, 2:]: %d of %zu\n", sum, count);

    CHECK(parla_finalize());
    return 0;
}

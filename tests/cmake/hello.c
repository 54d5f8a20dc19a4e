/* The smallest program that proves an installed libparla: a chain of tasks counts up, each after the one before. */
#include <parla.h>
#include <stdio.h>

enum { TASKS = 10 };

static int32_t count_up(void *ctx)
{
    int *count = ctx; /* no lock: the tasks depend on each other */
    *count += 1;
    return 0;
}

static int failed(const char *call, parla_status_t status)
{
    fprintf(stderr, "%s: %s\n", call, parla_status_string(status));
    return 1;
}

int main(void)
{
    int count = 0;
    parla_task_t last = 0;

    parla_status_t status = parla_init(NULL);
    if (status != 0)
        return failed("parla_init", status);

    for (int i = 0; i < TASKS; i++) {
        parla_handle_t before = last;
        status = parla_spawn(count_up, &count, PARLA_ANY, 0.0, &before, i == 0 ? 0 : 1, &last);
        if (status != 0)
            return failed("parla_spawn", status);
    }

    status = parla_finalize();
    if (status != 0)
        return failed("parla_finalize", status);

    printf("%d tasks of C\n", count);
    return count == TASKS ? 0 : 1;
}

/* A task that is given no name still has a handle, which differs from every other task's, and a
 * name for messages.
 *
 *     cc 04_unnamed.c $(pkg-config --cflags --libs parla) -o unnamed */

#include "check.h"

static int32_t introduce(void *ctx)
{
    parla_task_t *self = ctx;
    char name[64];

    *self = parla_current_task();
    CHECK(parla_task_name(*self, name, sizeof name, NULL));
    printf("Hello from %s!\n", name);
    return 0;
}

int main(void)
{
    parla_task_t handles[4], seen[4];
    int same = 0, different = 0;

    CHECK(parla_init(NULL));
    for (int i = 0; i < 4; i++)
        CHECK(parla_spawn(introduce, &seen[i], PARLA_ANY, 0, NULL, 0, &handles[i]));
    CHECK(parla_wait(handles, 4, -1));

    /* Handles are plain integers: they can be copied, stored and compared. */
    for (int i = 0; i < 4; i++) {
        same += seen[i] == handles[i];
        for (int j = 0; j < i; j++)
            different += handles[i] != handles[j];
    }
    printf("%d of 4 tasks saw the handle that the spawn returned\n", same);
    printf("%d of 6 pairs of handles differ\n", different);

    CHECK(parla_finalize());
    return 0;
}

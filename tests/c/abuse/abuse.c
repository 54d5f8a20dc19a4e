/* The states of the runtime in which arguments.c and random.c call it: before init, on a thread of the host, in a task, on
 * eight threads at once, after finalize, and again in the next runtime, which meets the handles of the last one. */

#include "abuse.h"

enum { THREADS = 8 };

static uint64_t seed = 1;
static int rounds = 20000 / GUARD_SLOW;

static int32_t fails(void *ctx)
{
    (void)ctx;
    parla_set_failure_text("on purpose");
    return 5;
}

void build_world(struct world *world)
{
    int64_t ten = 10, index = 0;

    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &world->done));
    OK(parla_wait(&world->done, 1, -1));
    OK(parla_spawn(fails, NULL, PARLA_ANY, 0, NULL, 0, &world->failed));
    GIVES(parla_wait(&world->failed, 1, -1), PARLA_ERR_TASK_FAILED);
    OK(parla_taskspace_create("T", 1, NULL, &ten, &world->space));
    OK(parla_taskspace_create(NULL, 2, NULL, NULL, &world->plane));
    OK(parla_taskspace_task(world->space, &index, &world->unspawned));
    index = 1;
    OK(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, NULL, 0, &world->spawned));
    OK(parla_wait(&world->spawned, 1, -1));
    index = 2;
    OK(parla_taskspace_task(world->space, &index, &world->cancelled));
    OK(parla_task_cancel(world->cancelled));
    OK(parla_spawn(nothing, NULL, PARLA_ANY, 0, &world->unspawned, 1, &world->waiting));
    OK(parla_taskspace_create("dead", 1, NULL, &ten, &world->dead));
    OK(parla_taskspace_task(world->dead, &index, &world->dead_element));
    OK(parla_taskspace_destroy(world->dead));
}

void leave_world(struct world *world)
{
    parla_task_spec_t spec = {.size = sizeof spec, .task = world->unspawned, .fn = nothing};
    OK(parla_spawn_task(&spec, NULL));
    OK(parla_wait(&world->waiting, 1, -1));
    world->of_last_time = world->waiting;
    world->space_of_last_time = world->space;
}

static void *on_a_thread(void *world)
{
    bad_arguments(world, ON_HOST);
    return NULL;
}

static void *before_on_a_thread(void *world)
{
    bad_arguments(world, BEFORE_INIT);
    return NULL;
}

static void *random_on_a_thread(void *number)
{
    random_arguments((seed * 1000 + (uintptr_t)number) * UINT64_C(0x9e3779b97f4a7c15), rounds);
    return NULL;
}

static int32_t in_a_task(void *world)
{
    bad_arguments(world, IN_TASK);
    return 0;
}

static int32_t random_in_a_task(void *number)
{
    random_on_a_thread(number);
    return 0;
}

static void on_threads(void *(*body)(void *), void *argument)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start_thread(body, argument ? argument : (void *)(i + 1));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void one_runtime(struct world *world, const parla_config_t *config)
{
    step("init");
    OK(parla_init(config));
    build_world(world);
    step("on a thread of the host");
    bad_arguments(world, ON_HOST);
    step("in a task");
    parla_task_t task;
    OK(parla_spawn(in_a_task, world, PARLA_ANY, 0, NULL, 0, &task));
    OK(parla_wait(&task, 1, -1));
    step("in four tasks of half a device");
    parla_task_t tasks[4];
    for (int i = 0; i < 4; i++)
        OK(parla_spawn(in_a_task, world, PARLA_CPU, 0.5, NULL, 0, &tasks[i]));
    OK(parla_wait(tasks, 4, -1));
    step("on eight threads at once");
    on_threads(on_a_thread, world);
    leave_world(world);
    step("finalize");
    OK(parla_finalize());
    step("after finalize");
    bad_arguments(world, AFTER_FINALIZE);
    on_threads(before_on_a_thread, world);
}

/* abuse [SEED [ROUNDS]]: other random arguments, or more of them, than in every other run. */
int main(int argc, char **argv)
{
    struct world world = {0};
    parla_config_t two = {.size = sizeof two, .num_threads = 2};
    parla_config_t frozen = {.size = sizeof frozen, .num_threads = 3, .wait_mode = PARLA_WAIT_THREAD,
                             .topology = "numa:2 core:2 pu:1"};
    parla_config_t hasty = {.size = sizeof hasty, .num_threads = 2, .stall_ms = 100, .hold_stall_ms = 100};

    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        rounds = atoi(argv[2]);
    guard_start();
    step("before init");
    bad_arguments(&world, BEFORE_INIT);
    on_threads(before_on_a_thread, &world);
    one_runtime(&world, &two);
    one_runtime(&world, &frozen);

    step("random arguments");
    OK(parla_init(&hasty));
    random_on_a_thread((void *)42);
    on_threads(random_on_a_thread, NULL);
    for (uintptr_t i = 0; i < 8; i++)
        OK(parla_spawn(random_in_a_task, (void *)(i + 100), PARLA_ANY, 0, NULL, 0, NULL));
    step("finalize after random arguments");
    parla_finalize(); /* What was left undone is named; nobody can say what that is. */
    GIVES(parla_finalize(), PARLA_ERR_NOT_INITIALIZED);
    return guard_end();
}

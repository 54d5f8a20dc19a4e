/* Each function with arguments that it must refuse. tests/abuse_covers_header.rs checks that no function of the header is missing. */

#include "abuse.h"

#include <math.h>

/* The status that the documentation promises. While the runtime does not run, that takes precedence or the argument does:
 * both are true. */
#define REFUSES(call, status) refuses((call), (status), phase, #call, __LINE__)

static void refuses(parla_status_t got, parla_status_t want, enum phase phase, const char *call, int line)
{
    int is_running = phase == ON_HOST || phase == IN_TASK;
    if (!is_running && got == PARLA_ERR_NOT_INITIALIZED)
        want = got;
    guard_gives(got, want, call, __FILE__, line);
    CHECK(got == PARLA_OK || parla_last_error_message()[0] != '\0');
}

/* The status while the runtime runs; NOT_INITIALIZED while it does not. */
#define ANSWERS(call, status) \
    GIVES(call, phase == ON_HOST || phase == IN_TASK ? (status) : PARLA_ERR_NOT_INITIALIZED)

enum { INVALID = PARLA_ERR_INVALID_ARGUMENT, NO_HANDLE = PARLA_ERR_INVALID_HANDLE };

/* Handles that are not what is asked for, none of which was ever issued as such. */
static const uint64_t never_issued[] = {
    1,                     /* no kind */
    UINT64_MAX,            /* no such kind */
    0x1000000000000000,    /* a task: slot 0, generation 0 */
    0x1000000100000000,    /* a task: slot 0 */
    0x10000001ffffffff,    /* a task: a slot beyond all */
    0x1fffffff00000001,    /* a task: a generation that has not come */
    0x1000000200000001,    /* a task: an even generation is never issued */
    0x2000000000000000,    /* a space: generation 0 */
    0x2fffffffffffffff,    /* a space: a slot beyond all */
    0x200000010000ffff,    /* a space: a slot not in use */
    0x3000000100000001,    /* a kind of the future */
    0x8000000000000000,
};
enum { NEVER_ISSUED = sizeof never_issued / sizeof never_issued[0] };

static void no_tasks(uint64_t handle, enum phase phase)
{
    int32_t number = 77;
    parla_task_t origin = 77;
    char text[64] = "untouched";
    size_t length = 77;
    parla_task_spec_t spec = {.size = sizeof spec, .task = handle, .fn = nothing};

    REFUSES(parla_task_cancel(handle), NO_HANDLE);
    REFUSES(parla_task_hold(handle), NO_HANDLE);
    REFUSES(parla_task_release(handle), NO_HANDLE);
    REFUSES(parla_task_state(handle, &number), NO_HANDLE);
    REFUSES(parla_task_failure(handle, &number, &origin, text, sizeof text, &length), NO_HANDLE);
    REFUSES(parla_task_name(handle, text, sizeof text, &length), NO_HANDLE);
    REFUSES(parla_explain(handle, text, sizeof text, &length), NO_HANDLE);
    if (handle != 0)
        REFUSES(parla_spawn_task(&spec, &origin), NO_HANDLE);
    CHECK(number == 77 && origin == 77 && length == 77 && strcmp(text, "untouched") == 0);
}

static void no_spaces(uint64_t handle, enum phase phase)
{
    int64_t index[8] = {0};
    parla_key_t key[8] = {{.kind = PARLA_KEY_INT}};
    parla_range_t ranges[8] = {{0, 1, 1}};
    parla_task_t task = 77, tasks[4] = {77, 77, 77, 77};
    size_t count = 77;

    REFUSES(parla_taskspace_wait(handle, 0), NO_HANDLE);
    REFUSES(parla_taskspace_wait(handle, -1), NO_HANDLE);
    REFUSES(parla_taskspace_cancel(handle), NO_HANDLE);
    REFUSES(parla_taskspace_destroy(handle), NO_HANDLE);
    REFUSES(parla_taskspace_task(handle, index, &task), NO_HANDLE);
    REFUSES(parla_taskspace_task_key(handle, key, &task), NO_HANDLE);
    REFUSES(parla_taskspace_spawn(handle, index, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task), NO_HANDLE);
    REFUSES(parla_taskspace_slice(handle, ranges, tasks, 4, &count), NO_HANDLE);
    REFUSES(parla_taskspace_view(handle, ranges, tasks, 4, &count), NO_HANDLE);
    REFUSES(parla_taskspace_view(handle, NULL, tasks, 4, &count), NO_HANDLE);
    REFUSES(parla_taskspace_size(handle, &count), NO_HANDLE);
    CHECK(task == 77 && tasks[0] == 77 && count == 77);
}

/* Handles in lists, where a space may stand too. */
static void no_handles(uint64_t handle, const struct world *world, enum phase phase)
{
    const parla_handle_t list[3] = {0, world->done, handle};
    parla_task_t task = 77;
    parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing, .deps = list, .n_deps = 3};
    int64_t index = 5;

    REFUSES(parla_wait(list, 3, -1), NO_HANDLE);
    REFUSES(parla_wait(list, 3, 0), NO_HANDLE);
    REFUSES(parla_run_until(list, 3, -1), phase == IN_TASK ? PARLA_ERR_IN_TASK : NO_HANDLE);
    REFUSES(parla_spawn(nothing, NULL, PARLA_ANY, 0, list, 3, &task), NO_HANDLE);
    REFUSES(parla_spawn_task(&spec, &task), NO_HANDLE);
    REFUSES(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, list, 3, &task), NO_HANDLE);
    CHECK(task == 77);
    REFUSES(parla_spawn_batch(&spec, 1, &task), NO_HANDLE);
    CHECK(task == 77 || task == 0);
    REFUSES(parla_continue(nothing, NULL, list, 3), phase == IN_TASK ? NO_HANDLE : PARLA_ERR_NOT_IN_TASK);
}

static void wrong_handles(const struct world *world, enum phase phase)
{
    no_tasks(0, phase);
    no_spaces(0, phase);
    for (int i = 0; i < NEVER_ISSUED; i++) {
        no_tasks(never_issued[i], phase);
        no_spaces(never_issued[i], phase);
        no_handles(never_issued[i], world, phase);
    }
    if (phase == BEFORE_INIT)
        return;
    no_tasks(world->space, phase);
    no_tasks(world->dead, phase);
    no_spaces(world->done, phase);
    no_spaces(world->unspawned, phase);
    no_spaces(world->dead, phase);
    no_handles(world->dead, world, phase);
    if (world->space_of_last_time) {
        no_spaces(world->space_of_last_time, phase);
        no_handles(world->space_of_last_time, world, phase);
    }
}

/* A handle whose task has completed means "completed", for ever. */
static void completed(parla_task_t task, enum phase phase)
{
    int32_t number = 77;
    char text[256];
    parla_task_spec_t spec = {.size = sizeof spec, .task = task, .fn = nothing};
    parla_task_t spawned;

    ANSWERS(parla_task_state(task, &number), PARLA_OK);
    CHECK(number == PARLA_STATE_DONE || phase == AFTER_FINALIZE);
    ANSWERS(parla_wait(&task, 1, -1), PARLA_OK);
    ANSWERS(parla_wait(&task, 1, 0), PARLA_OK);
    ANSWERS(parla_run_until(&task, 1, -1), phase == IN_TASK ? PARLA_ERR_IN_TASK : PARLA_OK);
    ANSWERS(parla_task_cancel(task), PARLA_OK);
    ANSWERS(parla_task_hold(task), PARLA_ERR_COMPLETED);
    ANSWERS(parla_task_release(task), PARLA_ERR_COMPLETED);
    ANSWERS(parla_task_failure(task, &number, NULL, NULL, 0, NULL), PARLA_ERR_NOT_FOUND);
    ANSWERS(parla_task_name(task, text, sizeof text, NULL), PARLA_ERR_COMPLETED);
    ANSWERS(parla_explain(task, text, sizeof text, NULL), PARLA_OK);
    ANSWERS(parla_spawn_task(&spec, &spawned), PARLA_ERR_ALREADY_SPAWNED);
    ANSWERS(parla_spawn(nothing, NULL, PARLA_ANY, 0, &task, 1, NULL), PARLA_OK);
}

static void control(enum phase phase)
{
    parla_config_t config = {.size = sizeof config};
    char text[8] = "1234567";
    size_t length = 77;

    for (uint32_t size = 0; size < sizeof config; size += 4) {
        config.size = size;
        GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    }
    config.size = UINT32_MAX;
    GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    config.size = sizeof config;
    config.bind = 4;
    GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    config.bind = -1;
    GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    config.bind = 0;
    config.wait_mode = 3;
    GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    config.wait_mode = 0;
    config.topology = "\xff\xfe";
    GIVES(parla_init(&config), PARLA_ERR_INVALID_ARGUMENT);
    switch (phase) {
    case IN_TASK:
        GIVES(parla_init(NULL), PARLA_ERR_IN_TASK);
        GIVES(parla_finalize(), PARLA_ERR_IN_TASK);
        GIVES(parla_wait_all(0), PARLA_ERR_IN_TASK);
        GIVES(parla_wait_all(-1), PARLA_ERR_IN_TASK);
        GIVES(parla_run_until_all(0), PARLA_ERR_IN_TASK);
        GIVES(parla_run_until_all(-1), PARLA_ERR_IN_TASK);
        break;
    case ON_HOST:
        OK(parla_init(NULL)); /* One more user, */
        OK(parla_finalize()); /* one less. */
        GIVES(parla_wait_all(0), PARLA_ERR_TIMEOUT);
        GIVES(parla_wait_all(1000), PARLA_ERR_TIMEOUT);
        GIVES(parla_run_until_all(0), PARLA_ERR_TIMEOUT);
        GIVES(parla_run_until_all(1000), PARLA_ERR_TIMEOUT);
        break;
    default:
        GIVES(parla_finalize(), PARLA_ERR_NOT_INITIALIZED);
        GIVES(parla_wait_all(0), PARLA_ERR_NOT_INITIALIZED);
        GIVES(parla_wait_all(-1), PARLA_ERR_NOT_INITIALIZED);
        GIVES(parla_run_until_all(-1), PARLA_ERR_NOT_INITIALIZED);
    }
    CHECK(parla_is_initialized() == (phase == ON_HOST || phase == IN_TASK));
    CHECK(parla_version() > 0);
    CHECK(strchr(parla_version_string(), '.') != NULL);
    for (parla_status_t status = -40; status < 10; status++)
        CHECK(parla_status_string(status)[0] != '\0');
    CHECK(parla_status_string(INT32_MIN)[0] != '\0' && parla_status_string(INT32_MAX)[0] != '\0');
    CHECK(parla_cancel_requested() == 0);
    CHECK((parla_current_task() != 0) == (phase == IN_TASK));
    CHECK((parla_current_worker() >= 0) == (phase == IN_TASK));

    CHECK(parla_last_error(NULL, 1, &length) == INVALID);
    CHECK(parla_last_error(NULL, 0, NULL) == PARLA_OK);
    CHECK(parla_last_error(NULL, 0, &length) == PARLA_OK && length == strlen(parla_last_error_message()));
    CHECK(parla_last_error(text, 4, &length) == PARLA_ERR_BUFFER_TOO_SMALL && length > 4 && strlen(text) == 3);

    REFUSES(parla_set_failure_text(NULL), INVALID);
    REFUSES(parla_set_failure_text("\xff"), INVALID);
    GIVES(parla_set_failure_text("text"), phase == IN_TASK ? PARLA_OK : PARLA_ERR_NOT_IN_TASK);
    REFUSES(parla_continue(NULL, NULL, NULL, 0), INVALID);
    if (phase == IN_TASK) {
        parla_task_t own = parla_current_task();
        GIVES(parla_wait(&own, 1, -1), PARLA_ERR_DEADLOCK);
        GIVES(parla_continue(nothing, NULL, &own, 1), PARLA_ERR_DEADLOCK);
        GIVES(parla_continue(nothing, NULL, NULL, 1), INVALID);
        GIVES(parla_run_until(&own, 1, 0), PARLA_ERR_IN_TASK);
        GIVES(parla_task_release(own), PARLA_ERR_COMPLETED);
    } else {
        REFUSES(parla_continue(nothing, NULL, NULL, 0), PARLA_ERR_NOT_IN_TASK);
    }
}

static void spawning(const struct world *world, enum phase phase)
{
    static const double bad_vcus[] = {-1, 2, 1.0000001, -1e-300, NAN, INFINITY, -INFINITY};
    static const parla_place_t bad_places[] = {-1, 1, INT32_MIN, INT32_MAX, 3 << 24, 0x00ffffff};
    static const parla_place_t no_device[] = {PARLA_GPU, PARLA_GPU + 1, PARLA_CPU + 0xffffff};
    parla_task_t task = 77, tasks[2] = {77, 77};
    int64_t index = 5, outside = 10;
    parla_task_spec_t specs[2];

    REFUSES(parla_spawn(NULL, NULL, PARLA_ANY, 0, NULL, 0, &task), INVALID);
    REFUSES(parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 1, &task), INVALID);
    REFUSES(parla_spawn(nothing, NULL, PARLA_ANY, 0, (void *)1, 1, &task), INVALID);
    REFUSES(parla_spawn(nothing, NULL, PARLA_ANY, 0, &task, SIZE_MAX, &task), INVALID);
    REFUSES(parla_taskspace_spawn(world->space, NULL, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task), phase == BEFORE_INIT ? NO_HANDLE : INVALID);
    if (phase != BEFORE_INIT) {
        REFUSES(parla_taskspace_spawn(world->space, &index, NULL, NULL, PARLA_ANY, 0, NULL, 0, &task), INVALID);
        REFUSES(parla_taskspace_spawn(world->space, &outside, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task), INVALID);
        REFUSES(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, NULL, 3, &task), INVALID);
        index = 1;
        REFUSES(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task), PARLA_ERR_ALREADY_SPAWNED);
        index = 2;
        REFUSES(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, NULL, 0, &task), PARLA_ERR_CANCELLED);
        index = 0;
        REFUSES(parla_taskspace_spawn(world->space, &index, nothing, NULL, PARLA_ANY, 0, &world->unspawned, 1, &task), PARLA_ERR_DEADLOCK);
        index = 5;
    }

    for (size_t i = 0; i < sizeof bad_vcus / sizeof bad_vcus[0]; i++) {
        specs[0] = (parla_task_spec_t){.size = sizeof specs[0], .fn = nothing, .vcus = bad_vcus[i]};
        REFUSES(parla_spawn(nothing, NULL, PARLA_ANY, bad_vcus[i], NULL, 0, &task), INVALID);
        REFUSES(parla_spawn(nothing, NULL, PARLA_CPU, bad_vcus[i], NULL, 0, &task), INVALID);
        REFUSES(parla_spawn_task(specs, &task), INVALID);
    }
    for (size_t i = 0; i < sizeof bad_places / sizeof bad_places[0]; i++) {
        specs[0] = (parla_task_spec_t){.size = sizeof specs[0], .fn = nothing, .place = bad_places[i]};
        REFUSES(parla_spawn(nothing, NULL, bad_places[i], 0, NULL, 0, &task), INVALID);
        REFUSES(parla_spawn_task(specs, &task), INVALID);
    }
    for (size_t i = 0; i < sizeof no_device / sizeof no_device[0]; i++)
        REFUSES(parla_spawn(nothing, NULL, no_device[i], 0, NULL, 0, &task), PARLA_ERR_INFEASIBLE);

    REFUSES(parla_spawn_task(NULL, &task), INVALID);
    REFUSES(parla_spawn_batch(NULL, 1, tasks), INVALID);
    REFUSES(parla_spawn_batch(specs, SIZE_MAX, tasks), INVALID);
    ANSWERS(parla_spawn_batch(NULL, 0, NULL), PARLA_OK);
    CHECK(task == 77);
    specs[0] = specs[1] = (parla_task_spec_t){.size = sizeof specs[0], .fn = nothing};
    specs[1].size = sizeof specs[0] + 8; /* Its end would lie beyond the array. */
    REFUSES(parla_spawn_batch(specs, 2, tasks), INVALID);
    CHECK(tasks[1] == 77 || tasks[1] == 0);
}

/* One field of the specification at a time. */
static void specifications(const struct world *world, enum phase phase)
{
    static const parla_place_t cpu = PARLA_CPU, device = PARLA_CPU + 1, bad = 9;
    static const parla_member_t members[2] = {{.place = PARLA_CPU + 1}, {.place = PARLA_CPU + 1}};
    static const parla_member_t huge[1] = {{.place = PARLA_ANY, .memory = UINT64_MAX}};
    static const parla_member_t wild[1] = {{.place = PARLA_ANY, .vcus = 2}};
    static const parla_alternative_t none[1] = {{NULL, 0}}, null[1] = {{NULL, 1}}, many[1] = {{members, 17}},
                                     twice[1] = {{members, 2}}, large[1] = {{huge, 1}}, twofold[1] = {{wild, 1}};
    static const parla_alternative_t lots_of_alternatives[65] = {{0}};
    static const parla_variant_t empty[1] = {{NULL, 0, nothing}}, no_archs[1] = {{NULL, 1, nothing}},
                                 no_body[1] = {{&cpu, 1, NULL}}, a_device[1] = {{&device, 1, nothing}},
                                 no_arch[1] = {{&bad, 1, nothing}}, too_long[1] = {{&cpu, 17, nothing}};
    parla_variant_t lots_of_variants[65];
    parla_task_t task = 77;
    struct {
        parla_task_spec_t known;
        char more[8];
    } longer;

#define FIELD(status, ...)                                                                      \
    do {                                                                                        \
        parla_task_spec_t spec = {.size = sizeof spec, .fn = nothing};                          \
        __VA_ARGS__;                                                                            \
        REFUSES(parla_spawn_task(&spec, &task), status);                                        \
        REFUSES(parla_spawn_batch(&spec, 1, NULL), status);                                     \
    } while (0)
    FIELD(INVALID, spec.size = 0);
    FIELD(INVALID, spec.size = 1);
    FIELD(INVALID, spec.size = sizeof spec - 1);
    FIELD(INVALID, spec.size = 1 << 20);
    FIELD(INVALID, spec.size = UINT32_MAX);
    FIELD(INVALID, spec.flags = 8);
    FIELD(INVALID, spec.flags = UINT32_MAX);
    FIELD(INVALID, spec.fn = NULL);
    FIELD(INVALID, spec.name = "\xc3(");
    FIELD(INVALID, spec.priority = PARLA_PRIORITY_MAX + 1);
    FIELD(INVALID, spec.priority = PARLA_PRIORITY_MIN - 1);
    FIELD(INVALID, spec.priority = INT32_MIN);
    FIELD(INVALID, spec.n_deps = 1);
    FIELD(INVALID, spec.n_alternatives = 1);
    FIELD(INVALID, spec.n_alternatives = 65; spec.alternatives = lots_of_alternatives);
    FIELD(INVALID, spec.n_alternatives = SIZE_MAX; spec.alternatives = lots_of_alternatives);
    FIELD(INVALID, spec.n_alternatives = 1; spec.alternatives = none);
    FIELD(INVALID, spec.n_alternatives = 1; spec.alternatives = null);
    FIELD(INVALID, spec.n_alternatives = 1; spec.alternatives = many);
    FIELD(INVALID, spec.n_alternatives = 1; spec.alternatives = twofold);
    FIELD(PARLA_ERR_INFEASIBLE, spec.n_alternatives = 1; spec.alternatives = twice);
    FIELD(PARLA_ERR_INFEASIBLE, spec.n_alternatives = 1; spec.alternatives = large);
    FIELD(PARLA_ERR_INFEASIBLE, spec.memory = UINT64_MAX);
    FIELD(INVALID, spec.n_variants = 1);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = empty);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = no_archs);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = no_body);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = a_device);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = no_arch);
    FIELD(INVALID, spec.n_variants = 1; spec.variants = too_long);
    for (int i = 0; i < 65; i++)
        lots_of_variants[i] = (parla_variant_t){&cpu, 1, nothing};
    FIELD(INVALID, spec.n_variants = 65; spec.variants = lots_of_variants);
    if (phase != BEFORE_INIT)
        FIELD(PARLA_ERR_DEADLOCK, spec.task = world->unspawned; spec.deps = &world->unspawned; spec.n_deps = 1);

    /* From a newer header: fine as long as what is not known here is 0. */
    memset(&longer, 0, sizeof longer);
    longer.known = (parla_task_spec_t){.size = sizeof longer, .fn = nothing};
    longer.more[3] = 1;
    REFUSES(parla_spawn_task(&longer.known, &task), PARLA_ERR_UNSUPPORTED);
    CHECK(task == 77);
    longer.more[3] = 0;
    ANSWERS(parla_spawn_task(&longer.known, &task), PARLA_OK);
#undef FIELD
}

static void waiting(const struct world *world, enum phase phase)
{
    static const int64_t timeouts[] = {-1, 0, 1, 1000, INT64_MAX, INT64_MIN};
    int is_running = phase == ON_HOST || phase == IN_TASK;
    parla_status_t lends = phase == IN_TASK ? PARLA_ERR_IN_TASK : PARLA_OK;
    const parla_handle_t zeros[3] = {0, 0, 0};

    for (int i = 0; i < 6; i++) {
        REFUSES(parla_wait(NULL, 1, timeouts[i]), INVALID);
        REFUSES(parla_wait(zeros, SIZE_MAX, timeouts[i]), INVALID);
        REFUSES(parla_run_until(NULL, 1, timeouts[i]), INVALID);
        ANSWERS(parla_wait(NULL, 0, timeouts[i]), PARLA_OK);
        ANSWERS(parla_wait(zeros, 3, timeouts[i]), PARLA_OK);
        ANSWERS(parla_run_until(NULL, 0, timeouts[i]), lends);
        ANSWERS(parla_run_until(zeros, 3, timeouts[i]), lends);
        if (phase == BEFORE_INIT)
            continue;
        ANSWERS(parla_wait(&world->done, 1, timeouts[i]), PARLA_OK);
        ANSWERS(parla_wait(&world->failed, 1, timeouts[i]), PARLA_ERR_TASK_FAILED);
        ANSWERS(parla_wait(&world->cancelled, 1, timeouts[i]), PARLA_ERR_CANCELLED);
    }
    for (int i = 1; i < 4 && is_running; i++) {
        GIVES(parla_wait(&world->unspawned, 1, timeouts[i]), PARLA_ERR_TIMEOUT);
        GIVES(parla_wait(&world->waiting, 1, timeouts[i]), PARLA_ERR_TIMEOUT);
        GIVES(parla_wait(&world->space, 1, timeouts[i]), PARLA_ERR_TIMEOUT);
        GIVES(parla_taskspace_wait(world->space, timeouts[i]), PARLA_ERR_TIMEOUT);
        GIVES(parla_run_until(&world->waiting, 1, timeouts[i]), phase == IN_TASK ? PARLA_ERR_IN_TASK : PARLA_ERR_TIMEOUT);
    }
}

static void asking(const struct world *world, enum phase phase)
{
    parla_place_t places[4];
    parla_stats_t stats = {.size = sizeof stats};
    size_t count = 77, length = 77;
    int32_t number = 77;
    parla_task_t origin = 77;
    char text[256], small[3] = "ab";

    GIVES(parla_current_places(places, 4, &count), phase == IN_TASK ? PARLA_OK : PARLA_ERR_NOT_IN_TASK);
    CHECK(phase != IN_TASK || count == 1);
    if (phase == IN_TASK) {
        GIVES(parla_current_places(places, 4, NULL), INVALID);
        GIVES(parla_current_places(NULL, 4, &count), INVALID);
        GIVES(parla_current_places(NULL, 0, &count), PARLA_ERR_BUFFER_TOO_SMALL);
    }
    REFUSES(parla_stats(NULL), INVALID);
    for (uint32_t size = 0; size < sizeof stats; size++) {
        stats.size = size;
        REFUSES(parla_stats(&stats), INVALID);
    }
    stats.size = UINT32_MAX;
    REFUSES(parla_stats(&stats), INVALID);
    stats.size = sizeof stats;
    ANSWERS(parla_stats(&stats), PARLA_OK);
    if (phase == BEFORE_INIT)
        return;

    REFUSES(parla_task_state(world->done, NULL), INVALID);
    ANSWERS(parla_task_state(world->unspawned, &number), PARLA_OK);
    CHECK(number == PARLA_STATE_CREATED || phase == AFTER_FINALIZE);
    ANSWERS(parla_task_state(world->failed, &number), PARLA_OK);
    CHECK(number == PARLA_STATE_FAILED || phase == AFTER_FINALIZE);
    ANSWERS(parla_task_state(world->waiting, &number), PARLA_OK);
    CHECK(number == PARLA_STATE_WAITING || phase == AFTER_FINALIZE);

    number = 77;
    REFUSES(parla_task_failure(world->failed, &number, &origin, NULL, 9, &length), INVALID);
    CHECK(number == 77 && origin == 77 && length == 77);
    REFUSES(parla_task_failure(world->unspawned, &number, &origin, text, 9, &length), PARLA_ERR_NOT_FOUND);
    CHECK(number == 77 && origin == 77 && length == 77);
    ANSWERS(parla_task_failure(world->failed, NULL, NULL, NULL, 0, NULL), PARLA_OK);
    ANSWERS(parla_task_failure(world->failed, &number, &origin, small, 3, &length), PARLA_ERR_BUFFER_TOO_SMALL);
    if (phase != AFTER_FINALIZE)
        CHECK(number == 5 && origin == world->failed && length > 3 && strlen(small) == 2);

    REFUSES(parla_task_name(world->unspawned, NULL, 9, NULL), INVALID);
    ANSWERS(parla_task_name(world->unspawned, NULL, 0, NULL), PARLA_OK);
    ANSWERS(parla_task_name(world->unspawned, small, 3, &length), PARLA_ERR_BUFFER_TOO_SMALL);
    ANSWERS(parla_task_name(world->unspawned, text, sizeof text, &length), PARLA_OK);
    REFUSES(parla_explain(world->waiting, NULL, 9, NULL), INVALID);
    ANSWERS(parla_explain(world->waiting, small, 3, &length), PARLA_ERR_BUFFER_TOO_SMALL);
    ANSWERS(parla_explain(world->waiting, text, sizeof text, NULL), PARLA_OK);
    CHECK(phase == AFTER_FINALIZE || strstr(text, "not spawned") != NULL);
}

static void spaces(const struct world *world, enum phase phase)
{
    int64_t lower[9] = {0}, shape[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, far[2] = {INT64_MAX, INT64_MIN}, index[2] = {10, 0};
    parla_key_t key[2] = {{.kind = PARLA_KEY_INT}, {.kind = PARLA_KEY_INT}};
    parla_range_t ranges[2] = {{0, 4, 1}, {0, 4, 1}};
    parla_taskspace_t space = 77;
    parla_task_t task = 77, tasks[4] = {77, 77, 77, 77};
    size_t count = 77;

    REFUSES(parla_taskspace_create("x", 1, NULL, NULL, NULL), INVALID);
    REFUSES(parla_taskspace_create("\xff", 1, NULL, NULL, &space), INVALID);
    REFUSES(parla_taskspace_create(NULL, 0, NULL, NULL, &space), INVALID);
    REFUSES(parla_taskspace_create(NULL, 9, lower, shape, &space), INVALID);
    REFUSES(parla_taskspace_create(NULL, UINT32_MAX, NULL, NULL, &space), INVALID);
    shape[0] = -2;
    REFUSES(parla_taskspace_create(NULL, 1, NULL, shape, &space), INVALID);
    shape[0] = INT64_MIN;
    REFUSES(parla_taskspace_create(NULL, 1, NULL, shape, &space), INVALID);
    shape[0] = 2;
    lower[0] = INT64_MAX - 1;
    REFUSES(parla_taskspace_create(NULL, 1, lower, shape, &space), INVALID);
    REFUSES(parla_taskspace_find(NULL, &space), INVALID);
    REFUSES(parla_taskspace_find("T", NULL), INVALID);
    REFUSES(parla_taskspace_find("\xff", &space), INVALID);
    REFUSES(parla_taskspace_find("no such space", &space), PARLA_ERR_NOT_FOUND);
    REFUSES(parla_taskspace_find("", &space), PARLA_ERR_NOT_FOUND);
    CHECK(space == 77);
    if (phase == BEFORE_INIT)
        return;
    REFUSES(parla_taskspace_create("T", 1, NULL, NULL, &space), PARLA_ERR_ALREADY_EXISTS);
    CHECK(space == 77);

    REFUSES(parla_taskspace_task(world->space, NULL, &task), INVALID);
    REFUSES(parla_taskspace_task(world->space, index, NULL), INVALID);
    REFUSES(parla_taskspace_task_key(world->space, NULL, &task), INVALID);
    REFUSES(parla_taskspace_task_key(world->space, key, NULL), INVALID);
    key[0].kind = 2;
    REFUSES(parla_taskspace_task_key(world->space, key, &task), INVALID);
    key[0].kind = PARLA_KEY_STRING; /* and no string */
    REFUSES(parla_taskspace_task_key(world->space, key, &task), INVALID);
    key[0].string = "\xe2\x28";
    REFUSES(parla_taskspace_task_key(world->space, key, &task), INVALID);
    CHECK(task == 77);
    ANSWERS(parla_taskspace_task(world->space, index, &task), PARLA_OK);
    CHECK(task == 0 || phase == AFTER_FINALIZE);
    ANSWERS(parla_taskspace_task(world->plane, far, &task), PARLA_OK); /* Below the lower bound. */
    CHECK(task == 0 || phase == AFTER_FINALIZE);

    REFUSES(parla_taskspace_slice(world->space, NULL, tasks, 4, &count), INVALID);
    REFUSES(parla_taskspace_slice(world->space, ranges, NULL, 4, &count), INVALID);
    REFUSES(parla_taskspace_slice(world->space, ranges, tasks, 4, NULL), INVALID);
    REFUSES(parla_taskspace_view(world->space, ranges, NULL, 4, &count), INVALID);
    REFUSES(parla_taskspace_view(world->space, ranges, tasks, 4, NULL), INVALID);
    REFUSES(parla_taskspace_size(world->space, NULL), INVALID);
    ranges[0].step = -1;
    REFUSES(parla_taskspace_slice(world->space, ranges, tasks, 4, &count), INVALID);
    REFUSES(parla_taskspace_view(world->space, ranges, tasks, 4, &count), INVALID);
    ranges[0].step = INT64_MIN;
    REFUSES(parla_taskspace_slice(world->space, ranges, tasks, 4, &count), INVALID);
    CHECK(tasks[0] == 77 && count == 77);
    ranges[0] = (parla_range_t){0, INT64_MAX, 1};
    ranges[1] = (parla_range_t){PARLA_OPEN, INT64_MAX, 1};
    ANSWERS(parla_taskspace_slice(world->plane, ranges, tasks, 4, &count), PARLA_ERR_BUFFER_TOO_SMALL);
    CHECK(count > 4 || phase == AFTER_FINALIZE);
    ranges[1].stop = PARLA_OPEN;
    ANSWERS(parla_taskspace_slice(world->plane, ranges, tasks, 4, &count), PARLA_OK);
    CHECK(count == 0 || phase == AFTER_FINALIZE);
    ranges[0] = (parla_range_t){INT64_MAX, INT64_MIN + 1, INT64_MAX};
    ANSWERS(parla_taskspace_slice(world->plane, ranges, tasks, 4, &count), PARLA_OK);
    ANSWERS(parla_taskspace_view(world->plane, ranges, tasks, 4, &count), PARLA_OK);
    ANSWERS(parla_taskspace_view(world->space, NULL, tasks, 0, &count), PARLA_ERR_BUFFER_TOO_SMALL);
    ANSWERS(parla_taskspace_view(world->space, NULL, NULL, 0, &count), PARLA_ERR_BUFFER_TOO_SMALL);
    ANSWERS(parla_taskspace_size(world->space, &count), PARLA_OK);
    CHECK(count == 3 || phase == AFTER_FINALIZE);
}

static void devices(enum phase phase)
{
    parla_device_info_t info = {.size = sizeof info};
    uint32_t count = 77;
    void *memory = (void *)77;
    int32_t bound = 77;
    int local;

    CHECK(parla_cpu(0) == PARLA_CPU + 1 && parla_gpu(0) == PARLA_GPU + 1);
    CHECK(parla_cpu(UINT32_MAX) > PARLA_CPU && parla_cpu(UINT32_MAX) < PARLA_GPU);
    CHECK(parla_gpu(UINT32_MAX) > PARLA_GPU);
    REFUSES(parla_device_count(PARLA_ANY, NULL), INVALID);
    REFUSES(parla_device_count(-1, &count), INVALID);
    REFUSES(parla_device_count(parla_cpu(0), &count), INVALID);
    REFUSES(parla_device_count(INT32_MAX, &count), INVALID);
    CHECK(count == 77);
    ANSWERS(parla_device_count(PARLA_GPU, &count), PARLA_OK);
    REFUSES(parla_device_info(parla_cpu(0), NULL), INVALID);
    REFUSES(parla_device_info(PARLA_CPU, &info), INVALID);
    REFUSES(parla_device_info(parla_cpu(UINT32_MAX), &info), INVALID);
    REFUSES(parla_device_info(parla_gpu(0), &info), INVALID);
    REFUSES(parla_device_info(-7, &info), INVALID);
    for (uint32_t size = 0; size < sizeof info; size++) {
        info.size = size;
        REFUSES(parla_device_info(parla_cpu(0), &info), INVALID);
    }
    info.size = UINT32_MAX;
    REFUSES(parla_device_info(parla_cpu(0), &info), INVALID);

    REFUSES(parla_alloc_on(parla_cpu(0), 1, NULL, &bound), INVALID);
    REFUSES(parla_alloc_on(parla_cpu(0), 0, &memory, &bound), INVALID);
    REFUSES(parla_alloc_on(PARLA_ANY, 1, &memory, &bound), INVALID);
    REFUSES(parla_alloc_on(PARLA_CPU, 1, &memory, &bound), INVALID);
    REFUSES(parla_alloc_on(parla_gpu(0), 1, &memory, &bound), INVALID);
    REFUSES(parla_alloc_on(parla_cpu(0), SIZE_MAX, &memory, &bound), PARLA_ERR_OUT_OF_MEMORY);
    REFUSES(parla_alloc_on(parla_cpu(0), SIZE_MAX / 2, &memory, NULL), PARLA_ERR_OUT_OF_MEMORY);
    CHECK(memory == (void *)77 && bound == 77);
    OK(parla_free(NULL));
    GIVES(parla_free(&local), INVALID);
    GIVES(parla_free((void *)-1), INVALID);
    GIVES(parla_free((void *)4096), INVALID);
}

static void hooks(enum phase phase)
{
    parla_hooks_t none = {.size = sizeof none};
    uint32_t id = 77;

    GIVES(parla_hooks_add(NULL, &id), INVALID);
    for (uint32_t size = 0; size < sizeof none; size++) {
        none.size = size;
        GIVES(parla_hooks_add(&none, &id), INVALID);
    }
    none.size = UINT32_MAX;
    GIVES(parla_hooks_add(&none, &id), INVALID);
    CHECK(id == 77);
    if (phase == IN_TASK) {
        none.size = sizeof none;
        GIVES(parla_hooks_add(&none, &id), PARLA_ERR_IN_TASK);
        GIVES(parla_hooks_remove(1), PARLA_ERR_IN_TASK);
    } else {
        GIVES(parla_hooks_remove(0), PARLA_ERR_NOT_FOUND);
        GIVES(parla_hooks_remove(UINT32_MAX), PARLA_ERR_NOT_FOUND);
    }
}

void bad_arguments(const struct world *world, enum phase phase)
{
    control(phase);
    wrong_handles(world, phase);
    if (phase != BEFORE_INIT) {
        completed(world->done, phase);
        completed(world->dead_element, phase);
        if (world->of_last_time)
            completed(world->of_last_time, phase);
    }
    spawning(world, phase);
    specifications(world, phase);
    waiting(world, phase);
    asking(world, phase);
    spaces(world, phase);
    devices(phase);
    hooks(phase);
}

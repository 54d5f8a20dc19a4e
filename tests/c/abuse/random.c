/* Each function with random arguments, and with handles that differ from true ones in a few bits. Nobody can say what each
 * call gives; none may crash, hang, or give a status that is not one. */

#include "abuse.h"

struct dice {
    uint64_t state;
    uint64_t handles[16]; /* true ones, of all kinds and ages */
};

static uint64_t roll(struct dice *dice, uint64_t below)
{
    return next_random(&dice->state) % below;
}

static uint64_t some_handle(struct dice *dice)
{
    uint64_t handle = dice->handles[roll(dice, 16)];
    switch (roll(dice, 5)) {
    case 0:
        return next_random(&dice->state);
    case 1:
        return handle ^ UINT64_C(1) << roll(dice, 64);
    case 2: /* A small slot, a small generation, a kind that exists. */
        return (1 + roll(dice, 2)) << 60 | roll(dice, 64) << 32 | roll(dice, 4096);
    default:
        return handle;
    }
}

static int64_t some_number(struct dice *dice)
{
    static const int64_t edges[] = {INT64_MIN, INT64_MIN + 1, -2, -1, 0, 1, 2, 9, 10, 1 << 20, INT64_MAX - 1, INT64_MAX};
    return roll(dice, 3) ? edges[roll(dice, 12)] : (int64_t)next_random(&dice->state);
}

static double some_fraction(struct dice *dice)
{
    uint64_t bits = next_random(&dice->state);
    double value;
    if (roll(dice, 2))
        return (double)roll(dice, 5) / 4;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static parla_place_t some_place(struct dice *dice)
{
    static const parla_place_t places[] = {PARLA_ANY, PARLA_CPU, PARLA_GPU, PARLA_CPU + 1, PARLA_CPU + 2, -1};
    return roll(dice, 3) ? places[roll(dice, 6)] : (parla_place_t)next_random(&dice->state);
}

static void is_status(parla_status_t status, int which)
{
    int known = status <= PARLA_OK && status >= PARLA_ERR_UNSUPPORTED;
    if (!known)
        fprintf(stderr, "call %d gives %d: %s\n", which, (int)status, parla_last_error_message());
    CHECK(known);
}

static parla_status_t call(struct dice *dice, int which)
{
    uint64_t handle = some_handle(dice), task = 0, list[12];
    int64_t numbers[8], shape[8];
    parla_key_t key[8];
    parla_range_t ranges[8];
    parla_task_t tasks[16];
    size_t count, n = roll(dice, 13);
    int32_t number;
    uint32_t unsigned_number;
    char text[64];
    void *memory = NULL;
    parla_status_t status;

    for (int i = 0; i < 12; i++)
        list[i] = some_handle(dice);
    for (int i = 0; i < 8; i++) {
        numbers[i] = some_number(dice);
        shape[i] = some_number(dice);
        key[i] = (parla_key_t){.kind = (int32_t)roll(dice, 3), .integer = some_number(dice), .string = roll(dice, 4) ? "key" : NULL};
        ranges[i] = (parla_range_t){some_number(dice), some_number(dice), some_number(dice)};
    }
    parla_member_t member = {some_place(dice), 0, some_fraction(dice), roll(dice, 3) ? 0 : next_random(&dice->state)};
    parla_alternative_t alternative = {&member, 1};
    parla_task_spec_t spec = {
        .size = sizeof spec, .flags = (uint32_t)roll(dice, 4), .task = roll(dice, 2) ? handle : 0, .fn = nothing,
        .deps = list, .n_deps = n, .priority = (int32_t)roll(dice, 2100) - 1050,
        .place = some_place(dice), .vcus = some_fraction(dice), .memory = roll(dice, 2) ? 0 : next_random(&dice->state),
        .alternatives = &alternative, .n_alternatives = roll(dice, 2),
    };
    parla_device_info_t info = {.size = sizeof info};

    switch (which) {
    case 0: return parla_task_cancel(handle);
    case 1:
        status = parla_task_hold(handle);
        if (status == PARLA_OK)
            parla_task_release(handle); /* Another thread may have been faster. */
        return status;
    case 2: return parla_task_release(handle);
    case 3: return parla_task_state(handle, &number);
    case 4: return parla_task_failure(handle, &number, &task, text, roll(dice, 64), &count);
    case 5: return parla_task_name(handle, text, roll(dice, 64), &count);
    case 6: return parla_explain(handle, text, roll(dice, 64), &count);
    case 7: return parla_wait(list, n, (int64_t)roll(dice, 1000));
    case 8: return parla_run_until(list, n, (int64_t)roll(dice, 1000));
    case 9: return parla_taskspace_wait(handle, (int64_t)roll(dice, 1000));
    case 10: return parla_taskspace_cancel(handle);
    case 11: return parla_spawn(nothing, NULL, some_place(dice), some_fraction(dice), list, n, &task);
    case 12: return parla_spawn_task(&spec, &task);
    case 13: return parla_spawn_batch(&spec, 1, &task);
    case 14: return parla_taskspace_task(handle, numbers, &task);
    case 15: return parla_taskspace_task_key(handle, key, &task);
    case 16: return parla_taskspace_spawn(handle, numbers, nothing, NULL, some_place(dice), some_fraction(dice), list, n, &task);
    case 17: return parla_taskspace_slice(handle, ranges, tasks, roll(dice, 17), &count);
    case 18: return parla_taskspace_view(handle, roll(dice, 2) ? ranges : NULL, tasks, roll(dice, 17), &count);
    case 19: return parla_taskspace_size(handle, &count);
    case 20:
        status = parla_taskspace_create(roll(dice, 2) ? NULL : "random", (uint32_t)roll(dice, 10), numbers, shape, &task);
        if (status == PARLA_OK)
            dice->handles[roll(dice, 16)] = task;
        return status;
    case 21: return roll(dice, 8) ? PARLA_OK : parla_taskspace_destroy(handle);
    case 22: return parla_device_count(some_place(dice), &unsigned_number);
    case 23: return parla_device_info(some_place(dice), &info);
    case 24:
        status = parla_alloc_on(some_place(dice), (size_t)next_random(&dice->state) >> roll(dice, 64), &memory, &number);
        return status == PARLA_OK ? parla_free(memory) : status;
    case 25: return parla_free((void *)(uintptr_t)next_random(&dice->state));
    case 26: return parla_continue(nothing, NULL, list, n);
    case 27: return parla_hooks_remove((uint32_t)(next_random(&dice->state) | 1u << 31));
    case 28: return parla_wait_all((int64_t)roll(dice, 1000));
    case 29: return parla_run_until_all((int64_t)roll(dice, 1000));
    default: return parla_taskspace_find("random", &task);
    }
}

void random_arguments(uint64_t seed, int rounds)
{
    struct dice dice = {.state = seed};
    for (int i = 0; i < 16; i++) {
        int64_t index = i;
        if (i < 4)
            parla_spawn(nothing, NULL, PARLA_ANY, 0, NULL, 0, &dice.handles[i]);
        else if (i < 8)
            parla_taskspace_create(NULL, 1 + (uint32_t)i % 2, NULL, NULL, &dice.handles[i]);
        else
            parla_taskspace_task(dice.handles[4], &index, &dice.handles[i]);
    }
    for (int i = 0; i < rounds; i++) {
        int which = (int)roll(&dice, 31);
        is_status(call(&dice, which), which);
    }
}

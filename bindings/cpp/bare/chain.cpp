// A chain in a task space: T[i] depends on T[i-1], in whatever order they are spawned.
#include "bare.hpp"

#include <array>

constexpr int64_t length = 10;

struct Step {
    int64_t *x;
    int64_t index;
};

// x = 2 x + i: any other order of the steps gives another x.
static int32_t step(void *ctx) noexcept {
    const auto *step = static_cast<const Step *>(ctx);
    *step->x = 2 * *step->x + step->index;
    return 0;
}

// Spawns step order[0], order[1], ... and returns x after all of them.
static int64_t run_chain(const std::array<int64_t, length> &order) {
    parla_taskspace_t space = 0;
    check(parla_taskspace_create(nullptr, 1, nullptr, &length, &space));

    int64_t x = 1;
    std::array<Step, length> steps{};
    for (const int64_t i : order) {
        const int64_t before = i - 1;
        parla_task_t dependency = 0;
        check(parla_taskspace_task(space, &before, &dependency));
        steps[static_cast<size_t>(i)] = Step{&x, i};
        check(parla_taskspace_spawn(space, &i, step, &steps[static_cast<size_t>(i)], PARLA_CPU, 0.0,
                                    &dependency, 1, nullptr));
    }
    check(parla_taskspace_wait(space, -1));
    check(parla_taskspace_destroy(space));
    return x;
}

// T[-1] is outside of the space: the handle is 0, which is no dependency.
static bool border_is_free() {
    parla_taskspace_t space = 0;
    check(parla_taskspace_create(nullptr, 1, nullptr, &length, &space));
    const int64_t outside = -1;
    parla_task_t task = 1;
    check(parla_taskspace_task(space, &outside, &task));
    check(parla_taskspace_destroy(space));
    return task == 0;
}

int main() {
    check(parla_init(nullptr));
    std::printf("T[-1] is no dependency: %s\n", yes_or_no(border_is_free()));

    const std::array<int64_t, length> in_order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const std::array<int64_t, length> out_of_order{3, 0, 7, 4, 1, 8, 5, 2, 9, 6};
    std::printf("in order: %lld\n", static_cast<long long>(run_chain(in_order)));
    std::printf("out of order: %lld\n", static_cast<long long>(run_chain(out_of_order)));
    std::printf("finalize returned %d\n", parla_finalize());
}

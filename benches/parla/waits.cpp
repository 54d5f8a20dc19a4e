// A task that spawns a child and waits for it, again and again: what each way of waiting costs, the child's spawn
// included.
//
// For the waits that block, the child is held until a second task releases it, so that it cannot be run in place; these
// spawn two tasks for each wait.
#include "runtime.hpp"

namespace {

struct Parent {
    std::size_t left;
    std::size_t children = 0; // which have run; each is over before the next is spawned
};

int32_t child(void *ctx) {
    ++static_cast<Parent *>(ctx)->children;
    return 0;
}

int32_t wait_in_place(void *ctx) {
    auto &parent = *static_cast<Parent *>(ctx);
    for (; parent.left > 0; --parent.left) {
        parla_task_t task;
        CALL(parla_spawn(child, ctx, PARLA_ANY, 0, nullptr, 0, &task));
        CALL(parla_wait(&task, 1, -1));
    }
    return 0;
}

int32_t wait_blocked(void *ctx) {
    auto &parent = *static_cast<Parent *>(ctx);
    const auto held = bench::spec(child, ctx, PARLA_TASK_HOLD);
    const parla_task_fn release = [](void *child_task) -> int32_t {
        CALL(parla_task_release(*static_cast<parla_task_t *>(child_task)));
        return 0;
    };
    for (; parent.left > 0; --parent.left) {
        parla_task_t task;
        CALL(parla_spawn_task(&held, &task));
        CALL(parla_spawn(release, &task, PARLA_ANY, 0, nullptr, 0, nullptr));
        CALL(parla_wait(&task, 1, -1));
    }
    return 0;
}

int32_t go_on(void *ctx) {
    auto &parent = *static_cast<Parent *>(ctx);
    if (parent.left-- > 0) {
        parla_task_t task;
        CALL(parla_spawn(child, ctx, PARLA_ANY, 0, nullptr, 0, &task));
        CALL(parla_continue(go_on, ctx, &task, 1));
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "A task waits for its child: ns per spawn and wait");
    std::size_t waits = 0;
    program.option("--tasks", waits, 0, 100'000'000, "How many waits; 0: as many as take about a second");

    enum Blocks { never, mostly, always };
    const auto measure = [&](const char *workload, parla_task_fn body, uint32_t flags, Blocks blocks, std::size_t usual) {
        bench::offer_repeated(program, workload, [=, &program, &waits](bool timed) {
            const std::size_t n = waits > 0 ? waits : usual;
            Parent parent{.left = n};
            const auto before = bench::Runtime::stats();
            const auto spec = bench::spec(body, &parent, flags);
            const double elapsed = bench::time_of([&] {
                parla_task_t task;
                CALL(parla_spawn_task(&spec, &task));
                CALL(parla_wait(&task, 1, -1));
            });
            const auto blocked = bench::Runtime::stats().blocked - before.blocked;
            REQUIRE(parent.children == n);
            // With more workers, one may have taken the child before its parent waits, or have released it by then. So may a
            // spare thread that has not yet noticed that the worker is back.
            if (program.workers == 1) {
                REQUIRE(blocks == never ? blocked == 0 : blocks == mostly ? 2 * blocked > n : blocked == n);
            }
            if (timed) {
                program.report(workload, "ns_per_wait", elapsed / static_cast<double>(n),
                               {{"waits", n}, {"blocked", blocked}});
            }
        });
    };
    measure("wait-in-place", wait_in_place, PARLA_TASK_NONE, never, 1'000'000);
    measure("wait-switch", wait_blocked, PARLA_TASK_NONE, always, 500'000);
    measure("wait-thread", wait_blocked, PARLA_TASK_WAIT_THREAD, mostly, 20'000);
    measure("wait-continuation", go_on, PARLA_TASK_NONE, never, 1'000'000);
    return program.run(argc, argv);
}

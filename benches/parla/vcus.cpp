// Tasks that take a part of a device: half of it, so that two run at once, or all of it.
#include "common/tally.hpp"
#include "runtime.hpp"

#include <atomic>

namespace {

std::atomic<int> running{0}, most{0};

// Stays until as many others as may run at once do, or it has waited long enough for them.
int32_t together(void *ctx) {
    const int wanted = static_cast<int>(reinterpret_cast<std::intptr_t>(ctx));
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    const auto deadline = bench::Clock::now() + std::chrono::milliseconds(1);
    while (running < wanted && bench::Clock::now() < deadline) {
    }
    --running;
    return 0;
}

int32_t nothing(void *) {
    bench::Tally::add_one();
    return 0;
}

void spawn_all(parla_task_fn body, int at_once, std::size_t n) {
    void *const ctx = reinterpret_cast<void *>(static_cast<std::intptr_t>(at_once));
    for (std::size_t i = 0; i < n; ++i) {
        CALL(parla_spawn(body, ctx, parla_cpu(0), 1.0 / at_once, nullptr, 0, nullptr));
    }
    CALL(parla_wait_all(-1));
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "Tasks that take a part of one device: ns per task");
    std::size_t tasks = 200'000;
    program.option("--tasks", tasks, 1, 100'000'000, "How many");

    const auto measure = [&](const char *workload, int at_once) {
        bench::offer_repeated(program, workload, [&, workload, at_once](bool timed) {
            if (!timed) {
                // The warm-up sees how many run at once; its bodies would be too slow to time.
                spawn_all(together, at_once, 2'000);
                REQUIRE(most <= at_once);
                REQUIRE(most == std::min(at_once, static_cast<int>(program.workers)));
            }
            const auto before = bench::Tally::total();
            const double elapsed = bench::time_of([&] { spawn_all(nothing, at_once, tasks); });
            REQUIRE(bench::Tally::total() - before == tasks);
            if (timed) {
                program.report(workload, "ns_per_task", elapsed / static_cast<double>(tasks),
                               {{"tasks", tasks}, {"at_once", most.load()}});
            }
        });
    };
    measure("vcus-half", 2);
    measure("vcus-whole", 1);
    return program.run(argc, argv);
}

// Starting and ending the runtime.
#include "runtime.hpp"

namespace {

void empty() {}

void one_task() {
    int32_t ran = 0;
    const parla_task_fn body = [](void *ctx) -> int32_t {
        *static_cast<int32_t *>(ctx) = 1;
        return 0;
    };
    parla_task_t task;
    CALL(parla_spawn(body, &ran, PARLA_ANY, 0, nullptr, 0, &task));
    CALL(parla_wait(&task, 1, -1));
    REQUIRE(ran == 1);
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "parla_init and parla_finalize together: median, in microseconds");
    std::size_t rounds = 100;
    program.option("--rounds", rounds, 1, 1'000'000, "Of which the median is taken");

    const auto measure = [&](const char *workload, void (*use)()) {
        program.offer(workload, [&, workload, use] {
            const auto once = [&] {
                return bench::time_of([&] {
                           const bench::Runtime runtime(program.workers);
                           use();
                       }) *
                       1e-3;
            };
            // The first one of a process also finds out about the machine and reserves address space.
            const double first = once();
            for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
                std::vector<double> times(rounds);
                std::ranges::generate(times, once);
                program.report(workload, "us", bench::quantile(times, 0.5),
                               {{"rounds", rounds}, {"p99", bench::quantile(times, 0.99)}, {"first", first}});
            }
        });
    };
    measure("init", empty);
    measure("init-task", one_task);
    return program.run(argc, argv);
}

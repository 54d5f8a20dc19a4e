// OpenMP, for libgomp (g++) and libomp (clang++). Behind one task: depend(in) of what a task writes that is not over.
//
// libgomp holds back at most 64 tasks for each thread of a region, and waits for their dependencies itself from then
// on. So the region has many threads, which sleep, and the tasks are fewer than elsewhere. Tasks without a dependency
// are not measured: libomp queues 256 for each thread and runs the next ones at once.
#include "memory.hpp"

#include <omp.h>

namespace {

constexpr unsigned kThreads = 64, kTasksPerThread = 64;

double held(std::size_t tasks, unsigned) {
    static bench::Busy busy;
    [[maybe_unused]] static char gate;
    double grown = 0;
#pragma omp task depend(out : gate)
    busy.body();
    busy.wait_until_begun(1);
    grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
#pragma omp task depend(in : gate)
            bench::Tally::add_one();
        }
    });
    busy.end();
#pragma omp taskwait
    return grown;
}

} // namespace

int main(int argc, char **argv) {
    constexpr std::size_t most = kThreads * kTasksPerThread - kThreads;
    bench::MemoryProgram program(BENCH_PEER, most, most);
    const auto start = [](unsigned, const auto &measure) {
#pragma omp parallel num_threads(kThreads)
#pragma omp single
        measure();
    };
    program.offer("memory-held", start, held);
    return program.run(argc, argv);
}

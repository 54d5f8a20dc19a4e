// OpenMP tasks, for libgomp (g++) and libomp (clang++). Idioms: `task`, `task depend` on the cells that a task reads
// and writes, `taskwait` for a task's own children, `taskgroup` for all that descends from it. One thread of the region
// is the host: it spawns, and runs tasks while it waits.
#include "common/task_program.hpp"

#include <vector>

using namespace bench;

namespace {

void spawn_all(Flat &work) {
    for (std::size_t i = 0; i < work.tasks(); ++i) {
#pragma omp task
        Flat::body();
    }
}

void spawn_all(Chain &work) {
    [[maybe_unused]] static char link;
    for (std::uint32_t i = 1; i <= work.tasks(); ++i) {
#pragma omp task firstprivate(i) shared(work) depend(inout : link)
        work.body(i);
    }
}

// Each task writes a cell of its own. Cells that are written in turn, by step after step, would be fewer, but make
// libgomp look through all earlier readers of a cell.
void spawn_all(Stencil &work) {
    const std::uint32_t width = work.width();
    const std::size_t pitch = width + 2;
    static std::vector<char> cells;
    cells.resize((work.steps() + 1) * pitch);
    for (std::uint32_t step = 1; step <= work.steps(); ++step) {
        [[maybe_unused]] char *now = &cells[step * pitch], *before = now - pitch;
        for (std::uint32_t i = 0; i < width; ++i) {
            // clang-format off
#pragma omp task firstprivate(step, i) shared(work) \
    depend(in : before[i], before[i + 1], before[i + 2]) depend(out : now[i + 1])
            work.body({step, i});
            // clang-format on
        }
    }
}

void spawn_all(Wavefront &work) {
    const std::uint32_t width = work.width();
    const std::size_t pitch = width + 1;
    static std::vector<char> cells;
    cells.resize(pitch * pitch);
    for (std::uint32_t i = 1; i <= width; ++i) {
        [[maybe_unused]] char *row = &cells[i * pitch], *above = row - pitch;
        for (std::uint32_t j = 1; j <= width; ++j) {
#pragma omp task firstprivate(i, j) shared(work) depend(in : row[j - 1], above[j]) depend(out : row[j])
            work.body({i, j});
        }
    }
}

template <class Work> void by_host(Work &work) {
#pragma omp taskgroup
    spawn_all(work);
}

template <class Work> void by_worker(Work &work) {
#pragma omp taskgroup
    {
#pragma omp task shared(work)
        spawn_all(work);
    }
}

void nested_body(unsigned depth) {
    Nested::body();
    if (depth > 1) {
#pragma omp task firstprivate(depth)
        nested_body(depth - 1);
#pragma omp task firstprivate(depth)
        nested_body(depth - 1);
    }
}

void nested(Nested &work) {
#pragma omp taskgroup
    {
#pragma omp task shared(work)
        nested_body(work.depth());
    }
}

// Both smaller numbers are tasks.
std::uint64_t fib_body(unsigned n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a, b;
#pragma omp task shared(a) firstprivate(n)
    a = fib_body(n - 1);
#pragma omp task shared(b) firstprivate(n)
    b = fib_body(n - 2);
#pragma omp taskwait
    return a + b;
}

// One is a task, the other is called.
std::uint64_t fib_join_body(unsigned n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a;
#pragma omp task shared(a) firstprivate(n)
    a = fib_join_body(n - 2);
    const std::uint64_t b = fib_join_body(n - 1);
#pragma omp taskwait
    return a + b;
}

template <std::uint64_t (*body)(unsigned)> void fib(Fib &work) {
#pragma omp task shared(work)
    work.result = body(work.number());
#pragma omp taskwait
}

} // namespace

int main(int argc, char **argv) {
    TaskProgram program(BENCH_PEER);
    program.offer<Flat>("flat", by_host<Flat>);
    program.offer<Fib>("fib", fib<fib_body>);
    program.offer<Fib>("fib-join", fib<fib_join_body>);
    program.offer<Chain>("chain", by_host<Chain>);
    program.offer<Stencil>("stencil", by_host<Stencil>);
    program.offer<Wavefront>("wavefront", by_host<Wavefront>);
    program.offer<Flat>("flat-worker", by_worker<Flat>);
    program.offer<Chain>("chain-worker", by_worker<Chain>);
    program.offer<Stencil>("stencil-worker", by_worker<Stencil>);
    program.offer<Wavefront>("wavefront-worker", by_worker<Wavefront>);
    program.offer<Nested>("nested", nested);
    return program.run(argc, argv, [](unsigned workers, const auto &measure) {
#pragma omp parallel num_threads(workers)
#pragma omp single
        measure();
    });
}

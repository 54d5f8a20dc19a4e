// oneTBB. Idioms: task_group::run for each task that has no predecessor, parallel_invoke where a task spawns two and
// waits for them; a flow graph for tasks with predecessors.
#include "common/task_program.hpp"
#include "graph.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_group.h>

#include <memory>

using namespace bench;
namespace tbb = oneapi::tbb;

namespace {

void spawn_flat(Flat &work, tbb::task_group &group) {
    for (std::size_t i = 0; i < work.tasks(); ++i) {
        group.run([] { Flat::body(); });
    }
}

void flat(Flat &work) {
    tbb::task_group group;
    spawn_flat(work, group);
    group.wait();
}

void flat_worker(Flat &work) {
    tbb::task_group group;
    group.run([&] { spawn_flat(work, group); });
    group.wait();
}

void nested_body(tbb::task_group &group, unsigned depth) {
    Nested::body();
    if (depth > 1) {
        group.run([&group, depth] { nested_body(group, depth - 1); });
        group.run([&group, depth] { nested_body(group, depth - 1); });
    }
}

void nested(Nested &work) {
    tbb::task_group group;
    group.run([&] { nested_body(group, work.depth()); });
    group.wait();
}

// Both smaller numbers are tasks.
std::uint64_t fib_body(unsigned n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a, b;
    tbb::task_group group;
    group.run([&a, n] { a = fib_body(n - 1); });
    group.run([&b, n] { b = fib_body(n - 2); });
    group.wait();
    return a + b;
}

// The library may call one of them.
std::uint64_t fib_join_body(unsigned n) {
    if (n < 2) {
        return n;
    }
    std::uint64_t a, b;
    tbb::parallel_invoke([&a, n] { a = fib_join_body(n - 1); }, [&b, n] { b = fib_join_body(n - 2); });
    return a + b;
}

template <std::uint64_t (*body)(unsigned)> void fib(Fib &work) {
    tbb::task_group group;
    group.run([&] { work.result = body(work.number()); });
    group.wait();
}

// Graphs are returned, so that freeing them is not measured.
template <class Work> std::unique_ptr<Graph> graph(Work &work) {
    auto graph = std::make_unique<Graph>();
    graph->spawn_all(work);
    graph->wait();
    return graph;
}

template <class Work> std::unique_ptr<Graph> graph_worker(Work &work) {
    auto graph = std::make_unique<Graph>();
    tbb::task_group group;
    group.run([&] { graph->spawn_all(work); });
    group.wait();
    graph->wait();
    return graph;
}

} // namespace

int main(int argc, char **argv) {
    TaskProgram program("tbb");
    program.offer<Flat>("flat", flat);
    program.offer<Fib>("fib", fib<fib_body>);
    program.offer<Fib>("fib-join", fib<fib_join_body>);
    program.offer<Chain>("chain", graph<Chain>);
    program.offer<Stencil>("stencil", graph<Stencil>);
    program.offer<Wavefront>("wavefront", graph<Wavefront>);
    program.offer<Flat>("flat-worker", flat_worker);
    program.offer<Chain>("chain-worker", graph_worker<Chain>);
    program.offer<Stencil>("stencil-worker", graph_worker<Stencil>);
    program.offer<Wavefront>("wavefront-worker", graph_worker<Wavefront>);
    program.offer<Nested>("nested", nested);
    return program.run(argc, argv, [](unsigned workers, const auto &measure) {
        // The calling thread is one of them: it runs tasks while it waits.
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
        measure();
    });
}

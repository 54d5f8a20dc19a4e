// oneTBB. Behind one task: nodes of a flow graph, each with an edge from one that has not run. Without a dependency:
// tasks of a group, in an arena whose workers have something else to do.
#include "memory.hpp"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <deque>

namespace {

using tbb::flow::continue_msg;

double held(std::size_t tasks, unsigned) {
    tbb::flow::graph graph;
    tbb::flow::broadcast_node<continue_msg> gate(graph);
    std::deque<tbb::flow::continue_node<continue_msg>> nodes;
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            nodes.emplace_back(graph, [](const continue_msg &) { bench::Tally::add_one(); });
            tbb::flow::make_edge(gate, nodes.back());
        }
    });
    gate.try_put({});
    graph.wait_for_all();
    return grown;
}

double queued(std::size_t tasks, unsigned workers) {
    bench::Busy busy;
    tbb::task_group group;
    for (unsigned i = 0; i < workers; ++i) {
        group.run([&] { busy.body(); });
    }
    busy.wait_until_begun(workers);
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            group.run([] { bench::Tally::add_one(); });
        }
    });
    busy.end();
    group.wait();
    return grown;
}

} // namespace

int main(int argc, char **argv) {
    bench::MemoryProgram program("tbb", 1'000'000, 100'000'000);
    const auto start = [](unsigned workers, const auto &measure) {
        // The thread that spawns takes a place of its own, and so many workers are there besides.
        const auto threads = static_cast<int>(workers) + 1;
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        tbb::task_arena arena(threads, 1);
        arena.execute(measure);
    };
    program.offer("memory-held", start, held);
    program.offer("memory-queued", start, queued);
    return program.run(argc, argv);
}

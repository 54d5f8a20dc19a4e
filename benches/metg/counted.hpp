// Dependences as a program keeps them by hand that knows its whole graph: for each task, the number of those it still
// waits for. There are no tasks of a runtime until they are ready.
#pragma once

#include "graph.hpp"

namespace metg {

class Counted {
  public:
    // The counters are kept from run to run of the same graph.
    void begin(Graph &graph) {
        if (left_.size() != std::size_t(graph.width()) * graph.steps())
            left_ = std::vector<std::atomic<int>>(std::size_t(graph.width()) * graph.steps());
        for (int step = 0; step < graph.steps(); step++)
            for (int point = 0; point < graph.width_at(step); point++)
                left_[graph.index(step, point)].store(int(graph.predecessors(step, point).size()),
                                                      std::memory_order_relaxed);
    }

    // Those that are ready from the start.
    template <class Ready> static void roots(Graph &graph, Ready &&ready) {
        for (int step = 0; step < graph.steps(); step++)
            for (int point = 0; point < graph.width_at(step); point++)
                if (graph.predecessors(step, point).empty()) ready(graph.task(step, point));
    }

    // Runs a task, and calls `ready` for each successor that waited for nothing else.
    template <class Ready> void run(const Task &task, Ready &&ready) {
        task.run();
        Graph &graph = *task.graph;
        for (int p : graph.successors(task.step, task.point)) {
            // Acquire and release: who takes the last count has seen what all predecessors did.
            if (left_[graph.index(task.step + 1, p)].fetch_sub(1, std::memory_order_acq_rel) == 1)
                ready(graph.task(task.step + 1, p));
        }
    }

  private:
    std::vector<std::atomic<int>> left_;
};

} // namespace metg

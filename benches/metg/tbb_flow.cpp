// oneTBB's flow graph: one continue_node for each task and one edge for each dependence. A graph must be complete
// before it is started, so all of it is built first.
#include "metg.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <deque>
#include <optional>

namespace {

namespace flow = oneapi::tbb::flow;
using metg::Graph;

class FlowGraph final : public metg::Peer {
  public:
    explicit FlowGraph(int workers)
        : limit_(oneapi::tbb::global_control::max_allowed_parallelism, std::size_t(workers)), arena_(workers) {}

    void run(Graph &graph) override {
        arena_.execute([&] { build_and_run(graph); });
    }

    void clean_up() override {
        nodes_.clear();
        flow_graph_.reset();
    }

  private:
    using Node = flow::continue_node<flow::continue_msg>;

    void build_and_run(Graph &graph) {
        flow_graph_.emplace();
        std::vector<Node *> before(graph.width()), row(graph.width());
        std::vector<Node *> roots;

        for (int step = 0; step < graph.steps(); step++) {
            for (int point = 0; point < graph.width_at(step); point++) {
                metg::Task *const task = &graph.task(step, point);
                row[point] = &nodes_.emplace_back(*flow_graph_, [task](const flow::continue_msg &) { task->run(); });
                const auto predecessors = graph.predecessors(step, point);
                for (int p : predecessors) flow::make_edge(*before[p], *row[point]);
                if (predecessors.empty()) roots.push_back(row[point]);
            }
            before.swap(row);
        }
        for (Node *root : roots) root->try_put(flow::continue_msg());
        flow_graph_->wait_for_all();
    }

    oneapi::tbb::global_control limit_;
    oneapi::tbb::task_arena arena_;
    std::optional<flow::graph> flow_graph_; // in the arena in which it is made
    std::deque<Node> nodes_;                // a node cannot move
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, "tbb", [](int workers) { return std::make_unique<FlowGraph>(workers); });
}

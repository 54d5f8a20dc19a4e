// oneTBB's flow graph: one continue_node for each step, with its priority, and one edge for each dependence.
#include "cholesky.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

#include <deque>

namespace {

namespace flow = oneapi::tbb::flow;
using cholesky::Step;

class FlowGraph final : public cholesky::Peer {
  public:
    explicit FlowGraph(const cholesky::Options &options)
        : priorities_(options.priorities),
          limit_(oneapi::tbb::global_control::max_allowed_parallelism, std::size_t(options.workers)),
          arena_(options.workers) {}

    void run(cholesky::Factorisation &factorisation) override {
        arena_.execute([&] { build_and_run(factorisation); });
    }

  private:
    using Node = flow::continue_node<flow::continue_msg>;

    void build_and_run(cholesky::Factorisation &factorisation) const {
        flow::graph graph;
        std::deque<Node> nodes; // a node cannot move
        factorisation.spawn<Node *>([&](Step &step, std::span<Node *const> predecessors) {
            const auto body = [&step](const flow::continue_msg &) { step.run(); };
            const auto priority = priorities_ ? flow::node_priority_t(step.priority) : flow::no_priority;
            Node &node = nodes.emplace_back(graph, body, priority);
            for (Node *predecessor : predecessors) flow::make_edge(*predecessor, node);
            return &node;
        });
        nodes.front().try_put(flow::continue_msg()); // the only step without predecessors
        graph.wait_for_all();
    }

    bool priorities_;
    oneapi::tbb::global_control limit_;
    oneapi::tbb::task_arena arena_;
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(argc, argv, "tbb",
                                   [](const auto &options) { return std::make_unique<FlowGraph>(options); });
}

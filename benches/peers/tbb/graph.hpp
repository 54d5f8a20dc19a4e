// Workloads with dependencies as flow graphs of continue_nodes. An edge from a node that has run already is never
// served, so a graph is built first and started then.
#pragma once

#include "common/workloads.hpp"

#include <oneapi/tbb/flow_graph.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

class Graph {
    using Message = oneapi::tbb::flow::continue_msg;
    using Node = oneapi::tbb::flow::continue_node<Message>;

    oneapi::tbb::flow::graph graph;
    std::deque<Node> nodes; // which do not move

    template <class Body> Node &add(Body body) {
        return nodes.emplace_back(graph, [body](const Message &) { body(); });
    }

    // The first `sources` nodes are those without a predecessor.
    void start(std::size_t sources) {
        for (std::size_t i = 0; i < sources; ++i) {
            nodes[i].try_put({});
        }
    }

  public:
    void spawn_all(bench::Chain &work) {
        Node *last = nullptr;
        for (std::uint32_t i = 1; i <= work.tasks(); ++i) {
            Node &node = add([&work, i] { work.body(i); });
            if (last != nullptr) {
                make_edge(*last, node);
            }
            last = &node;
        }
        start(1);
    }

    void spawn_all(bench::Stencil &work) {
        const std::uint32_t width = work.width();
        std::vector<Node *> before, now(width);
        for (std::uint32_t step = 1; step <= work.steps(); ++step) {
            for (std::uint32_t i = 0; i < width; ++i) {
                now[i] = &add([&work, at = bench::Point{step, i}] { work.body(at); });
                const std::uint32_t right = std::min(i + 1, width - 1);
                for (std::uint32_t j = i == 0 ? 0 : i - 1; j <= right && !before.empty(); ++j) {
                    make_edge(*before[j], *now[i]);
                }
            }
            before = now;
        }
        start(width);
    }

    void spawn_all(bench::Wavefront &work) {
        const std::uint32_t width = work.width();
        std::vector<Node *> row(width + 1);
        for (std::uint32_t i = 1; i <= width; ++i) {
            for (std::uint32_t j = 1; j <= width; ++j) {
                Node &node = add([&work, at = bench::Point{i, j}] { work.body(at); });
                for (Node *earlier : {row[j - 1], row[j]}) {
                    if (earlier != nullptr) {
                        make_edge(*earlier, node);
                    }
                }
                row[j] = &node;
            }
        }
        start(1);
    }

    void wait() { graph.wait_for_all(); }
};

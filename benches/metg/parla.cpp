// libparla through its C ABI. The graph is spawned in order by one task, so that the spawner is one of the workers;
// only the handles of two rows are kept.
#include "metg.hpp"

#include "common/program.hpp"

#include <parla.h>

namespace {

using metg::Graph;
using metg::Task;

void check(parla_status_t status) {
    if (status != PARLA_OK) bench::fail(parla_last_error_message());
}

std::int32_t run_task(void *ctx) {
    static_cast<Task *>(ctx)->run();
    return 0;
}

std::int32_t spawn_graph(void *ctx) {
    Graph &graph = *static_cast<Graph *>(ctx);
    std::vector<parla_task_t> before(graph.width()), row(graph.width());
    std::vector<parla_handle_t> deps;

    for (int step = 0; step < graph.steps(); step++) {
        for (int point = 0; point < graph.width_at(step); point++) {
            deps.clear();
            for (int p : graph.predecessors(step, point)) deps.push_back(before[p]);
            check(parla_spawn(run_task, &graph.task(step, point), PARLA_ANY, 0, deps.data(), deps.size(), &row[point]));
        }
        before.swap(row);
    }
    return 0;
}

class Parla final : public metg::Peer {
  public:
    explicit Parla(int workers) {
        parla_config_t config{};
        config.size = sizeof config;
        config.num_threads = workers;
        check(parla_init(&config));
    }

    ~Parla() override { check(parla_finalize()); }

    void run(Graph &graph) override {
        check(parla_spawn(spawn_graph, &graph, PARLA_ANY, 0, nullptr, 0, nullptr));
        check(parla_wait_all(-1));
    }
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, "libparla", [](int workers) { return std::make_unique<Parla>(workers); });
}

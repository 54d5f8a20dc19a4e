// OpenMP tasks with `depend`, created in order by one thread of the team. BENCH_PEER names the runtime: one source for
// GCC's and LLVM's.
#include "metg.hpp"

namespace {

using metg::Graph;
using metg::Task;

class OpenMP final : public metg::Peer {
  public:
    explicit OpenMP(int workers) : workers_(workers) {}

    void run(Graph &graph) override {
        // A task's own context stands for its result: no address is written twice, so there are true dependences only.
#pragma omp parallel num_threads(workers_)
#pragma omp single
        for (int step = 0; step < graph.steps(); step++)
            for (int point = 0; point < graph.width_at(step); point++) create(graph, step, point);
    }

  private:
    static void create(Graph &graph, int step, int point) {
        const auto points = graph.predecessors(step, point);
        const int n = int(points.size());
        Task *const task = &graph.task(step, point);
        Task *const before = step == 0 ? nullptr : &graph.task(step - 1, 0);
        const int *const p = points.data();
        // A list of dependences has a fixed length unless it has an iterator, which is what this pattern needs.
// clang-format off
#pragma omp task default(none) firstprivate(task) depend(iterator(i = 0 : n), in : *(before + p[i])) depend(out : *task)
// clang-format on
        task->run();
    }

    int workers_;
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, BENCH_PEER, [](int workers) { return std::make_unique<OpenMP>(workers); });
}

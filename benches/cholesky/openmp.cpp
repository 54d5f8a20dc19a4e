// OpenMP tasks with `depend` on the tiles. BENCH_PEER names the runtime: one source for GCC's and LLVM's. Priorities
// count only if OMP_MAX_TASK_PRIORITY allows them (1000 are used), which OpenMP reads before `main`.
#include "cholesky.hpp"

#include <omp.h>

#include <iostream>
#include <vector>

namespace {

using cholesky::Step;

class OpenMP final : public cholesky::Peer {
  public:
    explicit OpenMP(const cholesky::Options &options) : options_(options) {
        if (options.priorities && omp_get_max_task_priority() < cholesky::HIGHEST_PRIORITY)
            std::cerr << "OMP_MAX_TASK_PRIORITY is below " << cholesky::HIGHEST_PRIORITY << ": priorities are cut\n";
    }

    void run(cholesky::Factorisation &factorisation) override {
#pragma omp parallel num_threads(options_.workers)
#pragma omp single
        for (Step &step : factorisation.steps()) create(step);
    }

  private:
    // The tiles' addresses stand for them.
    void create(Step &step) const {
        Step *const task = &step;
        cholesky::Matrix &matrix = *step.matrix;
        std::vector<const double *> in, inout;
        for (int r = 0; r < step.reads; r++)
            step.read[r].each_tile([&](cholesky::Tile tile) { in.push_back(matrix.tile(tile.i, tile.j)); });
        step.updated.each_tile([&](cholesky::Tile tile) { inout.push_back(matrix.tile(tile.i, tile.j)); });
        const double *const *const reads = in.data(), *const *const updates = inout.data();
        const int n_reads = int(in.size()), n_updates = int(inout.size());
        const int priority = options_.priorities ? step.priority : 0;
#pragma omp task default(none) firstprivate(task) priority(priority) \
    depend(iterator(int i = 0 : n_reads), in : *reads[i]) depend(iterator(int i = 0 : n_updates), inout : *updates[i])
        task->run();
    }

    cholesky::Options options_;
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(argc, argv, BENCH_PEER,
                                   [](const auto &options) { return std::make_unique<OpenMP>(options); });
}

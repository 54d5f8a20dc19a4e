// OpenMP tasks with `depend` on the tiles. BENCH_PEER names the runtime: one source for GCC's and LLVM's. Priorities
// count only if OMP_MAX_TASK_PRIORITY allows them (1000 are used), which OpenMP reads before `main`.
#include "cholesky.hpp"

#include <omp.h>

#include <iostream>

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
    void create(Step &step) const {
        Step *const task = &step;
        cholesky::Matrix &matrix = *step.matrix;
        const double *const updated = matrix.tile(step.updated.i, step.updated.j);
        const double *const left = step.reads > 0 ? matrix.tile(step.read[0].i, step.read[0].j) : nullptr;
        const double *const right = step.reads > 1 ? matrix.tile(step.read[1].i, step.read[1].j) : nullptr;
        const int priority = options_.priorities ? step.priority : 0;
        switch (step.reads) {
        case 0:
#pragma omp task default(none) firstprivate(task) depend(inout : *updated) priority(priority)
            task->run();
            break;
        case 1:
#pragma omp task default(none) firstprivate(task) depend(in : *left) depend(inout : *updated) priority(priority)
            task->run();
            break;
        default:
#pragma omp task default(none) firstprivate(task) depend(in : *left, *right) depend(inout : *updated) priority(priority)
            task->run();
        }
    }

    cholesky::Options options_;
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(argc, argv, BENCH_PEER,
                                   [](const auto &options) { return std::make_unique<OpenMP>(options); });
}

// StarPU with explicit dependences between tasks and its scheduler `prio`, one queue by priority. STARPU_SCHED
// overrides it.
#include "cholesky.hpp"

#include "../common/application.hpp"

#include <starpu.h>

#include <deque>

namespace {

using cholesky::Step;

void check(int status, const char *call) {
    if (status != 0) bench::fail(std::string("StarPU: ") + call + " returned " + std::to_string(status));
}

void run_step(void **, void *step) { static_cast<Step *>(step)->run(); }

starpu_codelet codelet() {
    starpu_codelet codelet;
    starpu_codelet_init(&codelet);
    codelet.cpu_funcs[0] = run_step;
    codelet.cpu_funcs_name[0] = "run_step";
    codelet.name = "cholesky";
    return codelet;
}

class StarPU final : public cholesky::Peer {
  public:
    explicit StarPU(const cholesky::Options &options) : priorities_(options.priorities) {
        starpu_conf conf;
        starpu_conf_init(&conf);
        conf.ncpus = options.workers;
        conf.ncuda = 0;
        conf.nopencl = 0;
        conf.sched_policy_name = "prio";
        check(starpu_init(&conf), "starpu_init");
    }

    ~StarPU() override { starpu_shutdown(); }

    void run(cholesky::Factorisation &factorisation) override {
        std::deque<starpu_task> tasks; // they stay where they are, as later ones refer to them
        factorisation.spawn<starpu_task *>([&](Step &step, std::span<starpu_task *const> predecessors) {
            starpu_task &task = tasks.emplace_back();
            starpu_task_init(&task);
            task.cl = &codelet_;
            task.cl_arg = &step;
            task.destroy = 0;
            task.priority = priorities_ ? step.priority : STARPU_DEFAULT_PRIO;
            if (!predecessors.empty()) {
                std::vector<starpu_task *> before(predecessors.begin(), predecessors.end());
                starpu_task_declare_deps_array(&task, unsigned(before.size()), before.data());
            }
            check(starpu_task_submit(&task), "starpu_task_submit");
            return &task;
        });
        check(starpu_task_wait_for_all(), "starpu_task_wait_for_all");
        for (starpu_task &task : tasks) starpu_task_clean(&task);
    }

  private:
    starpu_codelet codelet_ = codelet();
    bool priorities_;
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(argc, argv, "starpu",
                                   [](const auto &options) { return std::make_unique<StarPU>(options); });
}

// StarPU with explicit dependences between tasks: data handles would cost more. The structs of the tasks are kept from
// run to run, which saves their allocation.
#include "metg.hpp"

#include "common/program.hpp"

#include <starpu.h>

namespace {

using metg::Graph;
using metg::Task;

void check(int status, const char *call) {
    if (status != 0) bench::fail(std::string("StarPU: ") + call + " returned " + std::to_string(status));
}

void run_task(void **, void *task) { static_cast<Task *>(task)->run(); }

starpu_codelet codelet() {
    starpu_codelet codelet;
    starpu_codelet_init(&codelet);
    codelet.cpu_funcs[0] = run_task;
    codelet.cpu_funcs_name[0] = "run_task";
    codelet.name = "metg";
    return codelet;
}

class StarPU final : public metg::Peer {
  public:
    explicit StarPU(int workers) {
        starpu_conf conf;
        starpu_conf_init(&conf);
        conf.ncpus = workers;
        conf.ncuda = 0;
        conf.nopencl = 0;
        check(starpu_init(&conf), "starpu_init");
    }

    ~StarPU() override { starpu_shutdown(); }

    void run(Graph &graph) override {
        tasks_.resize(std::size_t(graph.width()) * graph.steps());
        std::vector<starpu_task *> before;

        for (int step = 0; step < graph.steps(); step++)
            for (int point = 0; point < graph.width_at(step); point++) {
                starpu_task &task = tasks_[graph.index(step, point)];
                starpu_task_init(&task);
                task.cl = &codelet_;
                task.cl_arg = &graph.task(step, point);
                task.destroy = 0;
                before.clear();
                for (int p : graph.predecessors(step, point)) before.push_back(&tasks_[graph.index(step - 1, p)]);
                if (!before.empty()) starpu_task_declare_deps_array(&task, unsigned(before.size()), before.data());
                check(starpu_task_submit(&task), "starpu_task_submit");
            }
        check(starpu_task_wait_for_all(), "starpu_task_wait_for_all");
    }

    void clean_up() override {
        for (starpu_task &task : tasks_)
            if (task.cl != nullptr) starpu_task_clean(&task); // a point that does not exist has never been a task
    }

  private:
    starpu_codelet codelet_ = codelet();
    std::vector<starpu_task> tasks_;
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, "starpu", [](int workers) { return std::make_unique<StarPU>(workers); });
}

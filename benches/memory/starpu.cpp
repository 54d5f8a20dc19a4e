// StarPU. Behind one task: one that is declared and not submitted yet. Without a dependency: workers that have
// something else to do.
#include "memory.hpp"

#include <starpu.h>

namespace {

starpu_codelet codelet(starpu_cpu_func_t body) {
    starpu_codelet made;
    starpu_codelet_init(&made);
    made.where = STARPU_CPU;
    made.cpu_funcs[0] = body;
    return made;
}

starpu_codelet counting = codelet([](void **, void *) { bench::Tally::add_one(); });
starpu_codelet occupying = codelet([](void **, void *busy) { static_cast<bench::Busy *>(busy)->body(); });
starpu_codelet empty = codelet([](void **, void *) {});

starpu_task *make(starpu_codelet &of, void *argument = nullptr) {
    starpu_task *task = starpu_task_create();
    REQUIRE(task != nullptr);
    task->cl = &of;
    task->cl_arg = argument;
    return task;
}

void submit(starpu_task *task) { REQUIRE(starpu_task_submit(task) == 0); }

double held(std::size_t tasks, unsigned) {
    starpu_task *gate = make(empty);
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            starpu_task *task = make(counting);
            starpu_task_declare_deps_array(task, 1, &gate);
            submit(task);
        }
    });
    submit(gate);
    REQUIRE(starpu_task_wait_for_all() == 0);
    return grown;
}

double queued(std::size_t tasks, unsigned workers) {
    bench::Busy busy;
    for (unsigned i = 0; i < workers; ++i) {
        submit(make(occupying, &busy));
    }
    busy.wait_until_begun(workers);
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            submit(make(counting));
        }
    });
    busy.end();
    REQUIRE(starpu_task_wait_for_all() == 0);
    return grown;
}

} // namespace

int main(int argc, char **argv) {
    bench::MemoryProgram program("starpu", 200'000, 10'000'000);
    const auto start = [](unsigned workers, const auto &measure) {
        starpu_conf conf;
        REQUIRE(starpu_conf_init(&conf) == 0);
        conf.ncpus = static_cast<int>(workers);
        conf.ncuda = conf.nopencl = 0;
        REQUIRE(starpu_init(&conf) == 0);
        measure();
        starpu_shutdown();
    };
    program.offer("memory-held", start, held);
    program.offer("memory-queued", start, queued);
    return program.run(argc, argv);
}

// oneTBB's task_group with counters kept by hand: no flow graph, but the program must know the successors of each task.
// The first successor that gets ready runs next on the same thread, without a task of its own.
#include "counted.hpp"
#include "metg.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

namespace {

using metg::Graph;
using metg::Task;

class TaskGroup final : public metg::Peer {
  public:
    explicit TaskGroup(int workers)
        : limit_(oneapi::tbb::global_control::max_allowed_parallelism, std::size_t(workers)), arena_(workers) {}

    void run(Graph &graph) override {
        arena_.execute([&] {
            oneapi::tbb::task_group group;
            counted_.begin(graph);
            metg::Counted::roots(graph, [&](Task &task) { spawn(group, task); });
            group.wait();
        });
    }

  private:
    void spawn(oneapi::tbb::task_group &group, Task &task) {
        group.run([this, &group, &task] {
            for (Task *next = &task; next != nullptr;) {
                Task *first = nullptr;
                counted_.run(*next, [&](Task &ready) {
                    if (first == nullptr)
                        first = &ready;
                    else
                        spawn(group, ready);
                });
                next = first;
            }
        });
    }

    oneapi::tbb::global_control limit_;
    oneapi::tbb::task_arena arena_;
    metg::Counted counted_;
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, "tbb-counters",
                           [](int workers) { return std::make_unique<TaskGroup>(workers); });
}

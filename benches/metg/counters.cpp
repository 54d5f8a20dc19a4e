// Hand-written counters on a bare pool of threads: near what the hardware allows, and a bound for every runtime.
#include "counted.hpp"
#include "metg.hpp"
#include "pool.hpp"

namespace {

using metg::Graph;
using metg::Task;

class Counters final : public metg::Peer {
  public:
    explicit Counters(int workers) : team_(workers), deques_(workers) {}

    void run(Graph &graph) override {
        counted_.begin(graph);
        for (auto &deque : deques_) deque.reset(graph.size());
        std::vector<Task *> roots;
        metg::Counted::roots(graph, [&](Task &task) { roots.push_back(&task); });
        // In blocks, as neighbours have dependences in common.
        for (std::size_t r = 0; r < roots.size(); r++) deques_[r * deques_.size() / roots.size()].push(roots[r]);
        done_.store(0, std::memory_order_relaxed);
        team_.run([&](int worker) { work(worker, graph.size()); });
    }

  private:
    // Until all tasks are done, wherever. The common count is touched only by a worker that has run out of tasks.
    void work(int worker, std::size_t tasks) {
        auto &own = deques_[worker];
        std::size_t unreported = 0;
        for (;;) {
            Task *next = own.pop();
            for (int i = 1; next == nullptr && i < team_.size(); i++)
                next = deques_[(worker + i) % team_.size()].steal();
            if (next == nullptr) {
                if (done_.fetch_add(unreported, std::memory_order_relaxed) + unreported == tasks) return;
                unreported = 0;
                std::this_thread::yield();
            }
            while (next != nullptr) {
                Task *first = nullptr;
                counted_.run(*next, [&](Task &ready) {
                    if (first == nullptr)
                        first = &ready;
                    else
                        own.push(&ready);
                });
                unreported++;
                next = first;
            }
        }
    }

    metg::Team team_;
    metg::Counted counted_;
    std::vector<metg::Deque<Task>> deques_;
    alignas(64) std::atomic<std::size_t> done_{0};
};

} // namespace

int main(int argc, char **argv) {
    return metg::metg_main(argc, argv, "counters", [](int workers) { return std::make_unique<Counters>(workers); });
}

// oneTBB without its graph: a wavefront by a countdown for each task, and who takes the last count spawns the task. It
// is the pattern that oneTBB's own documents show. The runtime knows of no dependency.
#include "common/task_program.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

using namespace bench;
namespace tbb = oneapi::tbb;

namespace {

class Countdowns {
    Wavefront &work;
    tbb::task_group &group;
    std::vector<std::atomic<std::uint8_t>> counts;

    std::atomic<std::uint8_t> &count(std::uint32_t i, std::uint32_t j) {
        return counts[std::size_t{i - 1} * work.width() + (j - 1)];
    }

    void count_down(std::uint32_t i, std::uint32_t j) {
        const bool exists = i <= work.width() && j <= work.width();
        if (exists && count(i, j).fetch_sub(1, std::memory_order_acq_rel) == 1) {
            spawn(i, j);
        }
    }

  public:
    Countdowns(Wavefront &work, tbb::task_group &group)
        : work(work), group(group), counts(std::size_t{work.width()} * work.width()) {
        for (std::uint32_t i = 1; i <= work.width(); ++i) {
            for (std::uint32_t j = 1; j <= work.width(); ++j) {
                count(i, j).store(static_cast<std::uint8_t>((i > 1) + (j > 1)), std::memory_order_relaxed);
            }
        }
    }

    void spawn(std::uint32_t i, std::uint32_t j) {
        group.run([this, i, j] {
            work.body({i, j});
            count_down(i + 1, j);
            count_down(i, j + 1);
        });
    }
};

// Countdowns are returned, so that freeing them is not measured.
std::unique_ptr<Countdowns> wavefront(Wavefront &work) {
    tbb::task_group group;
    auto countdowns = std::make_unique<Countdowns>(work, group);
    countdowns->spawn(1, 1);
    group.wait();
    return countdowns;
}

std::unique_ptr<Countdowns> wavefront_worker(Wavefront &work) {
    tbb::task_group group;
    std::unique_ptr<Countdowns> countdowns;
    group.run([&] {
        countdowns = std::make_unique<Countdowns>(work, group);
        countdowns->spawn(1, 1);
    });
    group.wait();
    return countdowns;
}

} // namespace

int main(int argc, char **argv) {
    TaskProgram program("tbb-counters");
    program.offer<Wavefront>("wavefront", wavefront);
    program.offer<Wavefront>("wavefront-worker", wavefront_worker);
    return program.run(argc, argv, [](unsigned workers, const auto &measure) {
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
        measure();
    });
}

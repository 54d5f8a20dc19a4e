// A wavefront by a countdown for each task: who takes the last count spawns the task. It is the pattern that oneTBB's own
// documents show for a wavefront.
#pragma once

#include "common/workloads.hpp"

#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

class Countdowns {
    bench::Wavefront &work;
    oneapi::tbb::task_group &group;
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
    Countdowns(bench::Wavefront &work, oneapi::tbb::task_group &group)
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

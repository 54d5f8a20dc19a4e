#include "timeline.hpp"

#include <algorithm>

namespace cholesky {

Timeline timeline(std::span<const Step> steps, int workers, double elapsed) {
    double in_kernels = 0;
    std::vector<std::pair<double, int>> changes; // of the number of kernels that run; an end sorts before a start
    for (const Step &step : steps) {
        in_kernels += step.end - step.begin;
        changes.emplace_back(step.begin, 1);
        changes.emplace_back(step.end, -1);
    }
    std::sort(changes.begin(), changes.end());

    double last_full = changes.front().first;
    int running = 0;
    for (const auto &[time, change] : changes) {
        if (running >= workers && change < 0) last_full = time;
        running += change;
    }
    return {in_kernels / (workers * elapsed), (changes.back().first - last_full) * 1e3};
}

} // namespace cholesky

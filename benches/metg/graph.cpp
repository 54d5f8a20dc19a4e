#include "graph.hpp"

namespace metg {

Graph::Graph(Pattern pattern, int width, int steps)
    : pattern_(pattern), width_(width), steps_(steps), period_(period(pattern, width)),
      before_(std::size_t(period_) * width), after_(std::size_t(period_) * width), tasks_(std::size_t(width) * steps),
      stamps_(std::size_t(width) * steps) {
    for (int step = 0; step < steps; step++) {
        size_ += std::size_t(width_at(step));
        for (int point = 0; point < width; point++) task(step, point) = {this, step, point};
    }
    for (int step = 1; step <= period_; step++)
        for (int point = 0; point < width; point++) {
            before_[row(step, point)] = dependencies(pattern, width, step, point);
            for (int p : before_[row(step, point)]) after_[row(step, p)].push_back(point);
        }
}

void Graph::begin(std::uint64_t iterations) {
    run_++;
    iterations_ = iterations;
    too_early_.store(false, std::memory_order_relaxed);
}

bool Graph::correct() const {
    for (int step = 0; step < steps_; step++)
        for (int point = 0; point < width_at(step); point++)
            if (stamps_[index(step, point)].load(std::memory_order_relaxed) != stamp(index(step, point))) return false;
    return !too_early_.load(std::memory_order_relaxed);
}

} // namespace metg

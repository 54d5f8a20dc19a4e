// A task graph that can be run again and again: who depends on whom, the body of each task, and the check that each
// task came after what it depends on.
#pragma once

#include "kernel.hpp"
#include "pattern.hpp"

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

namespace metg {

class Graph;

// What a peer hands to its runtime as the context of one task.
struct Task {
    Graph *graph;
    std::int32_t step;
    std::int32_t point;

    void run() const;
};

class Graph {
  public:
    Graph(Pattern pattern, int width, int steps);
    Graph(const Graph &) = delete;
    Graph &operator=(const Graph &) = delete;

    int width() const { return width_; }
    int steps() const { return steps_; }
    int width_at(int step) const { return metg::width_at(pattern_, width_, step); }

    // Over all steps.
    std::size_t size() const { return size_; }

    // Points of the step before, or after, `step`.
    std::span<const int> predecessors(int step, int point) const {
        return step == 0 ? std::span<const int>() : before_[row(step, point)];
    }
    std::span<const int> successors(int step, int point) const {
        return step + 1 == steps_ ? std::span<const int>() : after_[row(step + 1, point)];
    }

    Task &task(int step, int point) { return tasks_[index(step, point)]; }

    // Where (step, point) lies in an array of `width() * steps()` elements.
    std::size_t index(int step, int point) const { return std::size_t(step) * width_ + point; }

    // Before each run: the length of the bodies.
    void begin(std::uint64_t iterations);

    // After each run: whether every task ran, after its predecessors.
    bool correct() const;

  private:
    friend struct Task;

    std::size_t row(int step, int point) const { return std::size_t(step % period_) * width_ + point; }

    // What a task of this run leaves behind: no other run and no other task leaves the same.
    std::uint64_t stamp(std::size_t index) const { return run_ * stamps_.size() + index; }

    void execute(int step, int point);

    Pattern pattern_;
    int width_, steps_, period_;
    std::size_t size_ = 0;
    std::vector<std::vector<int>> before_; // by row(step, point)
    std::vector<std::vector<int>> after_;  // by row(step + 1, point): of the rows that this point precedes
    std::vector<Task> tasks_;
    std::vector<std::atomic<std::uint64_t>>
        stamps_; // atomic, so that a wrong order is a wrong value and not a data race
    std::uint64_t run_ = 0;
    std::uint64_t iterations_ = 0;
    std::atomic<bool> too_early_{false};
};

inline void Graph::execute(int step, int point) {
    for (int p : predecessors(step, point)) {
        const std::size_t predecessor = index(step - 1, p);
        if (stamps_[predecessor].load(std::memory_order_relaxed) != stamp(predecessor))
            too_early_.store(true, std::memory_order_relaxed);
    }
    kernel(iterations_);
    const std::size_t self = index(step, point);
    stamps_[self].store(stamp(self), std::memory_order_relaxed);
}

inline void Task::run() const { graph->execute(step, point); }

} // namespace metg

// The workloads, without any runtime: their sizes, the bodies of their tasks, and the check of the result.
//
// A workload has tasks(), reset() before each run, and check() after it. Bodies look for what their predecessors must
// have left; what they find wrong is counted, and check() is then false. All cells are relaxed atomics: a runtime that
// orders tasks makes them as good as plain variables, and one that does not is found out instead of being undefined
// behaviour.
#pragma once

#include "sizes.hpp"
#include "tally.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bench {

class Cell {
    std::atomic<std::uint32_t> value{0};

  public:
    std::uint32_t get() const noexcept { return value.load(std::memory_order_relaxed); }
    void set(std::uint32_t to) noexcept { value.store(to, std::memory_order_relaxed); }
};

// What bodies have found wrong.
class Faults {
    std::atomic<std::uint64_t> count{0};

  public:
    void expect(bool holds) noexcept {
        if (!holds) [[unlikely]] {
            count.fetch_add(1, std::memory_order_relaxed);
        }
    }
    void clear() noexcept { count = 0; }
    bool none() const noexcept { return count == 0; }
};

// Tasks that have nothing to do with each other.
class Flat {
    std::size_t n;
    std::uint64_t before = 0;

  public:
    explicit Flat(const Sizes &sizes) : n(sizes.tasks.value_or(1'000'000)) {}
    std::size_t tasks() const { return n; }
    void reset() { before = Tally::total(); }
    bool check() const { return Tally::total() - before == n; }

    static void body() noexcept { Tally::add_one(); }
};

// A binary tree: each task spawns two, down to the leaves, and waits for neither.
class Nested {
    unsigned levels;
    std::uint64_t before = 0;

  public:
    explicit Nested(const Sizes &sizes) : levels(static_cast<unsigned>(sizes.depth.value_or(20))) {}
    std::size_t tasks() const { return (std::size_t{1} << levels) - 1; }
    unsigned depth() const { return levels; }
    void reset() { before = Tally::total(); }
    bool check() const { return Tally::total() - before == tasks(); }

    static void body() noexcept { Tally::add_one(); }
};

// fib(n) by two tasks for the smaller ones, whom the task waits for; nothing is cut off. The first call is a task too.
class Fib {
    unsigned n;

    static std::size_t calls(unsigned n) { return n < 2 ? 1 : 1 + calls(n - 1) + calls(n - 2); }
    static std::uint64_t expected(unsigned n) { return n < 2 ? n : expected(n - 1) + expected(n - 2); }

  public:
    std::uint64_t result = 0;

    explicit Fib(const Sizes &sizes) : n(static_cast<unsigned>(sizes.number.value_or(27))) {}
    unsigned number() const { return n; }
    std::size_t tasks() const { return calls(n); }
    void reset() { result = 0; }
    bool check() const { return result == expected(n); }
};

// Each task comes after the one before.
class Chain {
    std::uint32_t n;
    Cell last;
    Faults faults;

  public:
    explicit Chain(const Sizes &sizes) : n(static_cast<std::uint32_t>(sizes.tasks.value_or(200'000))) {}
    std::uint32_t tasks() const { return n; }
    void reset() {
        last.set(0);
        faults.clear();
    }
    bool check() const { return last.get() == n && faults.none(); }

    // Link `i`, from 1.
    void body(std::uint32_t i) noexcept {
        faults.expect(last.get() == i - 1);
        last.set(i);
    }
};

// A task of a workload in two dimensions. It fits into a pointer.
struct Point {
    std::uint32_t row, column;
};

// Each place goes from step to step, after its left neighbour, itself and its right neighbour have done the step
// before.
class Stencil {
    std::uint32_t places, last;
    std::vector<Cell> step_of;
    Faults faults;

    // A neighbour may be one step ahead, as it depends on this place in turn.
    void expect_neighbour(std::uint32_t column, std::uint32_t before) noexcept {
        const std::uint32_t step = step_of[column].get();
        faults.expect(step == before || step == before + 1);
    }

  public:
    explicit Stencil(const Sizes &sizes)
        : places(static_cast<std::uint32_t>(sizes.width.value_or(64))),
          last(static_cast<std::uint32_t>(sizes.steps.value_or(2'000))), step_of(places) {}
    std::uint32_t width() const { return places; }
    std::uint32_t steps() const { return last; }
    std::size_t tasks() const { return std::size_t{places} * last; }
    void reset() {
        std::ranges::for_each(step_of, [](Cell &cell) { cell.set(0); });
        faults.clear();
    }
    bool check() const {
        return faults.none() && std::ranges::all_of(step_of, [&](const Cell &cell) { return cell.get() == last; });
    }

    // Step `at.row`, from 1, of place `at.column`, from 0.
    void body(Point at) noexcept {
        const std::uint32_t before = at.row - 1, column = at.column;
        faults.expect(step_of[column].get() == before);
        if (column > 0) {
            expect_neighbour(column - 1, before);
        }
        if (column + 1 < places) {
            expect_neighbour(column + 1, before);
        }
        step_of[column].set(at.row);
    }
};

// A square in which each task comes after its left and its upper neighbour.
class Wavefront {
    std::uint32_t n;
    std::vector<Cell> done; // with a border above and to the left, which is done from the start
    Faults faults;

    Cell &cell(std::uint32_t row, std::uint32_t column) { return done[std::size_t{row} * (n + 1) + column]; }

  public:
    explicit Wavefront(const Sizes &sizes)
        : n(static_cast<std::uint32_t>(sizes.width.value_or(512))), done((std::size_t{n} + 1) * (n + 1)) {}
    std::uint32_t width() const { return n; }
    std::size_t tasks() const { return std::size_t{n} * n; }
    void reset() {
        for (std::uint32_t row = 0; row <= n; ++row) {
            for (std::uint32_t column = 0; column <= n; ++column) {
                cell(row, column).set(row == 0 || column == 0);
            }
        }
        faults.clear();
    }
    bool check() const {
        return faults.none() && std::ranges::all_of(done, [](const Cell &cell) { return cell.get() == 1; });
    }

    // Row and column count from 1.
    void body(Point at) noexcept {
        faults.expect(cell(at.row - 1, at.column).get() == 1 && cell(at.row, at.column - 1).get() == 1);
        faults.expect(cell(at.row, at.column).get() == 0);
        cell(at.row, at.column).set(1);
    }
};

} // namespace bench

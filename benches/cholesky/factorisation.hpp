// The tiled right-looking factorisation A = L L^T as a list of steps. With A[i,j] a tile and i > j > k:
//
//     potrf    A[k,k]  = L[k,k], where A[k,k] = L[k,k] L[k,k]^T
//     trsm     A[i,k]  = A[i,k] L[k,k]^-T
//     syrk     A[i,i] -= A[i,k] A[i,k]^T
//     gemm     A[i,j] -= A[i,k] A[j,k]^T
//
// These act on single tiles while i, j and k are of the same block. Where the rows i are of another block, all its rows
// are taken at once; where the columns j are, all these and all k: a whole block is updated by two others.
//
// Each step updates one area and reads up to two that are final. So it depends on the last steps before it that updated
// any tile of these, and on nothing else.
#pragma once

#include "matrix.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace cholesky {

enum class Kernel : std::uint8_t { potrf, trsm, syrk, gemm };

struct Tile {
    int i, j;
};

// Neighbouring tiles of one block, `at` being the upper left one.
struct Area {
    Tile at;
    int rows, columns;

    template <class Each> void each_tile(Each &&each) const {
        for (int i = at.i; i < at.i + rows; i++)
            for (int j = at.j; j < std::min(i + 1, at.j + columns); j++) each(Tile{i, j}); // the lower half
    }
};

struct Step {
    Kernel kernel;
    Matrix *matrix;
    Area updated;
    std::array<Area, 2> read;
    int reads;         // how many of `read` there are
    int priority;      // 1 to HIGHEST_PRIORITY: grows with the work from here to the end of the factorisation
    bool failed;       // the matrix is not positive definite
    double begin, end; // of its last run, in seconds since the epoch of the steady clock

    // Computes, on one thread.
    void run();
};

constexpr int HIGHEST_PRIORITY = 1000;

class Factorisation {
  public:
    explicit Factorisation(Matrix &matrix);
    Factorisation(const Factorisation &) = delete;
    Factorisation &operator=(const Factorisation &) = delete;

    Matrix &matrix() { return matrix_; }

    // In an order that a single thread could run them in.
    std::span<Step> steps() { return steps_; }

    // The number of a tile, for tables of `tiles() * tiles()` elements.
    std::size_t number(Tile tile) const { return std::size_t(tile.i) * matrix_.tiles() + tile.j; }
    std::size_t numbers() const { return std::size_t(matrix_.tiles()) * matrix_.tiles(); }

    // Calls `each(step, predecessors)` for all steps in order. `Handle` is what a runtime calls a task; `each` returns
    // the step's own, which later steps get as predecessor.
    template <class Handle, class Each> void spawn(Each &&each) {
        std::vector<Handle> last(numbers(), Handle());
        std::vector<Handle> predecessors;
        for (Step &step : steps_) {
            predecessors.clear();
            const auto add = [&](Tile tile) {
                const Handle before = last[number(tile)];
                if (before != Handle() && std::ranges::find(predecessors, before) == predecessors.end())
                    predecessors.push_back(before);
            };
            for (int r = 0; r < step.reads; r++) step.read[r].each_tile(add);
            step.updated.each_tile(add);
            const Handle handle = each(step, std::span<const Handle>(predecessors));
            step.updated.each_tile([&](Tile tile) { last[number(tile)] = handle; });
        }
    }

  private:
    void add(Kernel kernel, Area updated, std::initializer_list<Area> read);
    void factor_columns(int block);
    void update_behind(int block);
    void set_priorities();

    Matrix &matrix_;
    std::vector<Step> steps_;
};

} // namespace cholesky

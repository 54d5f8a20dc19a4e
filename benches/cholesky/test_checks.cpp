// The residual notices a wrong tile, in whatever storage; priorities fall along every edge.
#include "factorisation.hpp"
#include "timeline.hpp"

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace cholesky;

bool all_good = true;

void expect(bool good, const std::string &what) {
    if (good) return;
    std::cerr << "wrong: " << what << '\n';
    all_good = false;
}

// Factors in order, leaving out one step if `left_out` is one.
double residual_without(int n, int tile, int block, std::size_t left_out) {
    Matrix matrix(n, tile, block);
    matrix.fill();
    Factorisation factorisation(matrix);
    for (std::size_t s = 0; s < factorisation.steps().size(); s++)
        if (s != left_out) factorisation.steps()[s].run();
    return residual(matrix);
}

void residual_notices() {
    constexpr int N = 64, TILE = 16;
    constexpr std::size_t NONE = -1;
    expect(residual_without(N, N, 1, NONE) <= LARGEST_RESIDUAL, "all steps in plain storage");
    for (int block = 1; block <= 5; block++) { // 3: not all are full; 5: more than there is
        Matrix matrix(N, TILE, block);
        const std::size_t steps = Factorisation(matrix).steps().size();
        const std::string with = "blocks of " + std::to_string(block);
        if (block == 1) expect(steps == 4 + 6 + 6 + 4, "4 potrf, 6 trsm, 6 syrk and 4 gemm");
        if (block == 2) expect(steps == 4 + 4 + 3 + 1, "4 potrf, 4 trsm, 3 syrk and 1 gemm");
        expect(residual_without(N, TILE, block, NONE) <= LARGEST_RESIDUAL, "all steps, " + with);
        for (std::size_t s = 0; s < steps; s++)
            expect(residual_without(N, TILE, block, s) > 100 * LARGEST_RESIDUAL,
                   "without step " + std::to_string(s) + ", " + with);
    }
}

void priorities_fall() {
    Matrix matrix(96, 8, 2);
    Factorisation factorisation(matrix);
    factorisation.spawn<Step *>([](Step &step, std::span<Step *const> predecessors) {
        for (const Step *predecessor : predecessors)
            expect(predecessor->priority > step.priority, "a priority that does not fall");
        return &step;
    });
    expect(factorisation.steps().front().priority == HIGHEST_PRIORITY, "the first step comes first");
}

void timeline_measures() {
    Step steps[3] = {};
    steps[0].begin = 0, steps[0].end = 2;
    steps[1].begin = 1, steps[1].end = 3;
    steps[2].begin = 3, steps[2].end = 4; // starts when another ends: one of two workers from 2 on
    const Timeline seen = timeline(steps, 2, 4);
    expect(std::abs(seen.in_kernels - 5.0 / 8) < 1e-12, "the time in kernels");
    expect(std::abs(seen.tail_ms - 2000) < 1e-9, "the tail");
}

} // namespace

int main() {
    residual_notices();
    priorities_fall();
    timeline_measures();
    return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

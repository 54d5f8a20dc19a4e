#include "kernel.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace metg {

double nanoseconds_per_iteration() {
    using Clock = std::chrono::steady_clock;
    // About a millisecond each: shorter than a slice of the operating system, so that some are not interrupted.
    constexpr std::uint64_t ITERATIONS = 1 << 20;
    constexpr int TRIES = 50;

    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < TRIES; i++) {
        const auto start = Clock::now();
        kernel(ITERATIONS);
        best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - start).count());
    }
    return best / ITERATIONS;
}

} // namespace metg

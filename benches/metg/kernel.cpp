// Alone in its translation unit: every peer runs the same machine code, and no compiler sees that nobody uses the
// result.
#include "kernel.hpp"

namespace metg {

namespace {

using Vector [[gnu::vector_size(64)]] = double;

constexpr int VECTORS = 8; // enough for the units to be busy while each vector waits for its last sum
constexpr double FACTOR = 0.999, SUMMAND = 0.001; // tends to 1: never denormal

} // namespace

double kernel(std::uint64_t iterations) {
    Vector x[VECTORS];
    for (int v = 0; v < VECTORS; v++) x[v] = Vector{} + 0.1 * v;
    for (std::uint64_t i = 0; i < iterations; i++)
        for (int v = 0; v < VECTORS; v++) x[v] = x[v] * FACTOR + SUMMAND;
    Vector sum{};
    for (int v = 0; v < VECTORS; v++) sum += x[v];
    return sum[0];
}

} // namespace metg

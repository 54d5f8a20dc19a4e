#include "pattern.hpp"

#include <algorithm>
#include <cstdint>

namespace metg {

namespace {

// Random rows recur, so that graphs of any length need a table of a fixed size.
constexpr int RANDOM_ROWS = 8;
constexpr int RANDOM_RADIUS = 2;

int stages(int width) {
    int stages = 1;
    while ((1 << stages) < width) stages++;
    return stages;
}

// SplitMix64's finaliser: the same graph on every machine.
bool coin(int row, int point, int neighbour) {
    std::uint64_t x = (std::uint64_t(row) << 42) ^ (std::uint64_t(point) << 21) ^ std::uint64_t(neighbour);
    x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return ((x >> 31) & 1) != 0;
}

} // namespace

const std::vector<std::string> &pattern_names() {
    static const std::vector<std::string> names{"trivial", "stencil_1d", "fft", "sweep", "tree", "random_nearest"};
    return names;
}

int width_at(Pattern pattern, int width, int step) {
    return pattern == Pattern::tree && step < 30 ? std::min(width, 1 << step) : width;
}

int period(Pattern pattern, int width) {
    switch (pattern) {
    case Pattern::fft: return stages(width);
    case Pattern::random_nearest: return RANDOM_ROWS;
    default: return 1;
    }
}

std::vector<int> dependencies(Pattern pattern, int width, int step, int point) {
    std::vector<int> points;
    if (step == 0) return points;

    const auto add = [&](int p) {
        if (p >= 0 && p < width) points.push_back(p);
    };
    switch (pattern) {
    case Pattern::trivial: break;
    case Pattern::stencil_1d:
        for (int p = point - 1; p <= point + 1; p++) add(p);
        break;
    case Pattern::fft: {
        const int distance = 1 << ((step - 1) % stages(width));
        for (int p : {point - distance, point, point + distance}) add(p);
        break;
    }
    case Pattern::sweep:
        for (int p : {point - 1, point}) add(p);
        break;
    case Pattern::tree: add(point / 2); break;
    case Pattern::random_nearest:
        for (int p = point - RANDOM_RADIUS; p <= point + RANDOM_RADIUS; p++)
            if (p == point || coin(step % RANDOM_ROWS, point, p)) add(p);
        break;
    }
    return points;
}

} // namespace metg

#include "scan.hpp"

#include "common/program.hpp"

#include <algorithm>
#include <cmath>

namespace metg {

namespace {

constexpr double HALF = 0.5;
constexpr double END_OF_CURVE = 0.25;
constexpr int REFINEMENTS = 2;
constexpr int DOUBLINGS = 2;

// The shortest length that reaches 50 %, with the one before which it lies.
std::vector<Measurement>::const_iterator last_good(const std::vector<Measurement> &curve) {
    const auto found =
        std::find_if(curve.rbegin(), curve.rend(), [](const Measurement &m) { return m.efficiency >= HALF; });
    return found.base() - 1;
}

double interpolate(const Measurement &good, const Measurement &bad) {
    const double part = (good.efficiency - HALF) / (good.efficiency - bad.efficiency);
    return good.task_us * std::pow(bad.task_us / good.task_us, part);
}

} // namespace

Measurement measure(Peer &peer, Graph &graph, int workers, double iteration_ns, double length_us, int tries) {
    const auto iterations = std::uint64_t(std::max(1.0, std::round(length_us * 1e3 / iteration_ns)));
    std::vector<double> elapsed_us;
    for (int i = 0; i < tries; i++) {
        graph.begin(iterations);
        elapsed_us.push_back(bench::time_of([&] { peer.run(graph); }) * 1e-3);
        peer.clean_up();
        if (!graph.correct()) bench::fail(WRONG);
    }
    const auto median = elapsed_us.begin() + elapsed_us.size() / 2;
    std::nth_element(elapsed_us.begin(), median, elapsed_us.end());

    const double task_us = double(iterations) * iteration_ns * 1e-3;
    return {task_us, *median, task_us * double(graph.size()) / (workers * *median)};
}

Scan scan(const std::function<Measurement(double length_us)> &measure, double longest_us, double shortest_us) {
    std::vector<Measurement> curve{measure(longest_us)};
    for (int i = 0; i < DOUBLINGS && curve.front().efficiency < HALF; i++)
        curve.insert(curve.begin(), measure(curve.front().task_us * 2));
    if (curve.front().efficiency < HALF) return {std::move(curve), std::nullopt};

    while (curve.back().efficiency >= END_OF_CURVE && curve.back().task_us > shortest_us)
        curve.push_back(measure(curve.back().task_us / 2));

    for (int i = 0; i < REFINEMENTS; i++) {
        const auto good = last_good(curve);
        if (good + 1 == curve.end()) break; // one iteration is enough for 50 %
        const Measurement middle = measure(std::sqrt(good->task_us * (good + 1)->task_us));
        curve.insert(good + 1, middle);
    }
    const auto good = last_good(curve);
    const double metg_us = good + 1 == curve.end() ? good->task_us : interpolate(*good, *(good + 1));
    return {curve, metg_us};
}

} // namespace metg

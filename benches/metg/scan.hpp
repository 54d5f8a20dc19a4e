// The search for METG(50 %): at which length of its tasks a graph runs at half of the speed of its bodies alone.
#pragma once

#include "metg.hpp"

#include <optional>
#include <vector>

namespace metg {

constexpr char WRONG[] = "a task did not run, or ran before a task that it depends on";

struct Measurement {
    double task_us;    // length of a body
    double elapsed_us; // of the run
    double efficiency; // time in bodies / (workers x elapsed)
};

// Runs a graph several times with bodies of that length, of which the median counts.
Measurement measure(Peer &peer, Graph &graph, int workers, double iteration_ns, double length_us, int tries);

struct Scan {
    std::vector<Measurement> curve; // from long to short tasks
    std::optional<double> metg_us;  // none: not even the longest tasks reached 50 %
};

// 1. From `longest_us`, lengths are halved until the efficiency is below 25 %, so that both sides of 50 % are seen. If
//    the first is below 50 % already, lengths are doubled before, at most twice, until one is not.
// 2. The interval from the shortest length with 50 % to the next one is halved twice, at its geometric mean.
// 3. In what is left, the efficiency is taken to be linear in the logarithm of the length.
Scan scan(const std::function<Measurement(double length_us)> &measure, double longest_us, double shortest_us);

} // namespace metg

// The search for METG(50 %): at which length of its tasks a graph runs at half of the speed of its bodies alone.
#pragma once

#include "metg.hpp"

#include <optional>
#include <vector>

namespace metg {

struct ScanOptions {
    double longest_us = 16; // where the scan starts
    int tries = 3;          // runs per length, of which the median counts
};

struct Measurement {
    double task_us;    // length of a body
    double elapsed_us; // of the run
    double efficiency; // time in bodies / (workers x elapsed)
};

struct Scan {
    std::vector<Measurement> curve; // from long to short tasks
    std::optional<double> metg_us;  // none: not even the longest tasks reached 50 %
};

// 1. From `longest_us`, lengths are halved until the efficiency is below 25 %, so that the curve shows both sides of 50
// %.
//    If the first one is below 50 % already, lengths are doubled first until one is not, up to 4 times `longest_us`.
// 2. The bracket, which is the shortest length with 50 % and the next below it, is halved twice more at its geometric
// mean.
// 3. Within the bracket, the efficiency is taken to be linear in the logarithm of the length.
Scan scan(Peer &peer, Graph &graph, int workers, double iteration_ns, const ScanOptions &options);

} // namespace metg

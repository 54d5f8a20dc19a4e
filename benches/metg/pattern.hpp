// The dependence patterns of Task Bench (Slaughter et al., "Task Bench: A Parameterized Benchmark for Evaluating
// Parallel Runtime Performance", SC20). A graph has `steps` rows of at most `width` points; a point depends on points
// of the row before it.
#pragma once

#include <string>
#include <vector>

namespace metg {

enum class Pattern { trivial, stencil_1d, fft, sweep, tree, random_nearest };

// By their names, in the order of the enumeration.
const std::vector<std::string> &pattern_names();

// How many points the row has: `width`, but a tree starts with one point and doubles.
int width_at(Pattern pattern, int width, int step);

// After how many steps the dependences of a row are those of an earlier row again.
int period(Pattern pattern, int width);

// The points of row `step - 1` that (step, point) depends on, in ascending order; none in row 0.
std::vector<int> dependencies(Pattern pattern, int width, int step, int point);

} // namespace metg

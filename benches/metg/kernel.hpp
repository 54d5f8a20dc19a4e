// The compute-bound body of a task: fused multiply-adds on 64 numbers, as in Task Bench. They keep the units busy
// rather than waiting for each other, as a processor would run several chains of waits side by side, and the task after
// next would start within this one.
#pragma once

#include <cstdint>

namespace metg {

double kernel(std::uint64_t iterations);

// Nanoseconds that one iteration takes on this machine, measured now, on the calling thread.
double nanoseconds_per_iteration();

} // namespace metg

// How well the workers were fed, read off the times of the steps after a run.
#pragma once

#include "factorisation.hpp"

namespace cholesky {

struct Timeline {
    double in_kernels; // time in kernels / (workers x elapsed)
    double tail_ms;    // from the last moment with a kernel on every worker to the end
};

Timeline timeline(std::span<const Step> steps, int workers, double elapsed);

} // namespace cholesky

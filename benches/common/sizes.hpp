// The sizes of the workloads that all peers share. One that is not given is the workload's own.
#pragma once

#include <cstddef>
#include <optional>

namespace bench {

struct Sizes {
    std::optional<std::size_t> tasks, width, steps, number, depth;
};

} // namespace bench

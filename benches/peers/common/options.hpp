// The command line that all programs share: PROGRAM WORKLOAD --workers N [sizes] [--repeats R].
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace bench {

// Sizes that are not given are the workload's own.
struct Options {
    std::string workload;
    unsigned workers = 1;
    unsigned repeats = 3;
    bool list = false;
    std::optional<std::size_t> tasks, width, steps, number, depth;

    void add_to(CLI::App &app) {
        app.add_option("workload", workload, "What to run; --list names what there is");
        app.add_option("--workers", workers, "Threads that run tasks")->check(CLI::Range(1, 1024));
        app.add_option("--repeats", repeats, "Timed runs, after one that is not timed");
        app.add_option("--tasks", tasks, "flat, chain: how many");
        app.add_option("--width", width, "stencil, wavefront: places side by side");
        app.add_option("--steps", steps, "stencil: steps of each place");
        app.add_option("--number", number, "fib: whose Fibonacci number");
        app.add_option("--depth", depth, "nested: levels of the tree");
        app.add_flag("--list", list, "Name the workloads, and end");
    }
};

} // namespace bench

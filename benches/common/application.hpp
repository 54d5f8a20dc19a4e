// The command line and the output of Cholesky.
#pragma once

#include "program.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace bench {

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct CommonOptions {
    std::string workload;
    int workers = 2;
    int repeats = 3;
};

// WORKLOAD, --workers, --repeats and --list.
inline void add_common_options(CLI::App &app, CommonOptions &options, const std::vector<std::string> &workloads) {
    app.add_option("WORKLOAD", options.workload, "What to run; --list names them")
        ->required()
        ->check(CLI::IsMember(workloads))
        ->option_text("");
    app.add_option("--workers", options.workers, "Threads that run tasks")
        ->capture_default_str()
        ->check(CLI::Range(1, 1024));
    app.add_option("--repeats", options.repeats, "Timed repeats")->capture_default_str()->check(CLI::Range(1, 1000));
    app.add_flag_callback(
           "--list",
           [workloads] {
               for (const std::string &workload : workloads) std::cout << workload << '\n';
               throw CLI::Success();
           },
           "List the workloads and exit")
        ->trigger_on_parse();
}

inline void print(const nlohmann::ordered_json &line) { std::cout << line.dump() << std::endl; }

} // namespace bench

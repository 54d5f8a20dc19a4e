// What the programs of the applications have in common: command line, clock, and one JSON object per line on stdout.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Ends the program: a benchmark that cannot do its work, or has done it wrong, reports no figure.
[[noreturn]] inline void fail(const std::string &why) {
    std::cerr << "error: " << why << std::endl;
    std::_Exit(1); // the runtime's threads may be anywhere: nothing is torn down
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

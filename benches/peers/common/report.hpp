// One measured value is one JSON object on one line of stdout.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <iostream>
#include <string>

namespace bench {

struct Sample {
    std::string peer, workload;
    unsigned workers;
    std::string metric; // such as "ns_per_task"; less is better, but for "gflops"
    double value;
    std::size_t tasks; // what the value was taken over
};

inline void report(const Sample &sample) {
    nlohmann::ordered_json line;
    line["peer"] = sample.peer;
    line["workload"] = sample.workload;
    line["workers"] = sample.workers;
    line["metric"] = sample.metric;
    line["value"] = sample.value;
    line["tasks"] = sample.tasks;
    std::cout << line << std::endl;
}

} // namespace bench

#include "metg.hpp"

#include "../common/application.hpp"
#include "scan.hpp"

#include <algorithm>

namespace metg {

namespace {

const std::string PREFIX = "metg_";

std::vector<std::string> workloads() {
    std::vector<std::string> names;
    for (const std::string &name : pattern_names()) names.push_back(PREFIX + name);
    return names;
}

Pattern pattern_of(const std::string &workload) {
    const auto &names = pattern_names();
    return Pattern(std::find(names.begin(), names.end(), workload.substr(PREFIX.size())) - names.begin());
}

} // namespace

int metg_main(int argc, char **argv, const char *peer_name, const MakePeer &make) {
    bench::CommonOptions common;
    double longest_us = 16;
    int tries = 3;
    int width = 32, steps = 1000;

    CLI::App app{std::string("METG(50 %) of Task Bench's patterns, with ") + peer_name};
    bench::add_common_options(app, common, workloads());
    app.add_option("--width", width, "Points of a step; rounded up to a multiple of the workers")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    app.add_option("--steps", steps, "Steps")->capture_default_str()->check(CLI::Range(2, 1000000));
    app.add_option("--longest", longest_us, "Microseconds of the tasks that the scan starts with")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--tries", tries, "Runs at each length, of which the median counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    CLI11_PARSE(app, argc, argv);

    const double iteration_ns = nanoseconds_per_iteration();
    width = (width + common.workers - 1) / common.workers * common.workers;
    Graph graph(pattern_of(common.workload), width, steps);
    const std::unique_ptr<Peer> peer = make(common.workers);

    graph.begin(1);
    peer->run(graph);
    peer->clean_up();
    if (!graph.correct()) bench::fail("a task did not run, or ran before a task that it depends on");

    for (int repeat = 0; repeat < common.repeats; repeat++) {
        const Scan result = scan(
            [&](double length_us) { return measure(*peer, graph, common.workers, iteration_ns, length_us, tries); },
            longest_us, iteration_ns * 1e-3);
        const auto line = [&](const char *metric, double value) {
            return nlohmann::ordered_json{{"peer", peer_name},
                                          {"workload", common.workload},
                                          {"workers", common.workers},
                                          {"metric", metric},
                                          {"value", value},
                                          {"tasks", graph.size()},
                                          {"width", graph.width()},
                                          {"steps", graph.steps()}};
        };
        for (const Measurement &m : result.curve) {
            auto efficiency = line("efficiency", m.efficiency);
            efficiency["task_us"] = m.task_us;
            // Task Bench's own x axis: what a task takes of its worker, overhead included.
            efficiency["granularity_us"] = m.elapsed_us * common.workers / double(graph.size());
            bench::print(efficiency);
        }
        if (result.metg_us)
            bench::print(line("us", *result.metg_us));
        else
            std::cerr << "no task length up to " << result.curve.front().task_us << " us reaches 50 %\n";
    }
    return 0;
}

} // namespace metg

#include "metg.hpp"

#include "common/program.hpp"
#include "scan.hpp"

#include <limits>

namespace metg {

namespace {

struct Sizes {
    std::size_t width = 32, steps = 1000, tries = 3;
    double longest_us = 16;
};

std::vector<std::vector<bench::Field>> fields_of(const std::vector<Measurement> &curve, double workers_per_task) {
    std::vector<std::vector<bench::Field>> points;
    for (const Measurement &m : curve)
        points.push_back({{"task_us", m.task_us},
                          // Task Bench's own x axis: what a task takes of its worker, overhead included.
                          {"granularity_us", m.elapsed_us * workers_per_task},
                          {"efficiency", m.efficiency}});
    return points;
}

void measure_pattern(const bench::Program &program, const std::string &workload, Pattern pattern, Sizes sizes,
                     const MakePeer &make) {
    const int workers = int(program.workers);
    const int width = (int(sizes.width) + workers - 1) / workers * workers;
    const double iteration_ns = nanoseconds_per_iteration();
    Graph graph(pattern, width, int(sizes.steps));
    const std::unique_ptr<Peer> peer = make(workers);

    graph.begin(1);
    peer->run(graph);
    peer->clean_up();
    if (!graph.correct()) bench::fail(WRONG);

    for (unsigned repeat = 0; repeat < program.repeats; repeat++) {
        const Scan result = scan(
            [&](double length_us) { return measure(*peer, graph, workers, iteration_ns, length_us, int(sizes.tries)); },
            sizes.longest_us, iteration_ns * 1e-3);
        program.report(workload, "us", result.metg_us.value_or(std::numeric_limits<double>::quiet_NaN()),
                       {{"tasks", graph.size()},
                        {"width", graph.width()},
                        {"steps", graph.steps()},
                        {"curve", fields_of(result.curve, workers / double(graph.size()))}});
    }
}

} // namespace

int metg_main(int argc, char **argv, const char *peer, const MakePeer &make) {
    bench::Program program(peer, "METG(50 %) of Task Bench's patterns: the shortest tasks at half of the ideal speed");
    Sizes sizes;
    program.option("--width", sizes.width, 1, 100'000, "Points of a step; rounded up to a multiple of the workers");
    program.option("--steps", sizes.steps, 2, 1'000'000, "Steps");
    program.option("--longest", sizes.longest_us, 1e-3, 1e6, "Microseconds of the tasks that the scan starts with");
    program.option("--tries", sizes.tries, 1, 1'000, "Runs at each length, of which the median counts");

    const auto &names = pattern_names();
    for (std::size_t i = 0; i < names.size(); i++) {
        const std::string workload = "metg_" + names[i];
        program.offer(workload, [&, i, workload] { measure_pattern(program, workload, Pattern(i), sizes, make); });
    }
    return program.run(argc, argv);
}

} // namespace metg

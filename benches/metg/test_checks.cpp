// The check of a run notices what is missing or too early; the table of dependences is the one that the patterns
// define; a scan finds the length at which it is given 50 %.
#include "scan.hpp"

#include <cstdlib>
#include <iostream>

namespace {

using namespace metg;

bool all_good = true;

void expect(bool good, const std::string &what) {
    if (good) return;
    std::cerr << "wrong: " << what << '\n';
    all_good = false;
}

// Runs all tasks in order but one, which runs where `instead` runs, or never.
bool correct_without(Graph &graph, const Task *left_out, const Task *instead = nullptr) {
    graph.begin(0);
    for (int step = 0; step < graph.steps(); step++)
        for (int point = 0; point < graph.width_at(step); point++) {
            const Task &task = graph.task(step, point);
            if (&task == instead) left_out->run();
            if (&task != left_out) task.run();
        }
    return graph.correct();
}

void checks_notice(const std::string &name, Pattern pattern) {
    Graph graph(pattern, 6, 9);
    expect(correct_without(graph, nullptr), name + " in order");
    expect(!correct_without(graph, &graph.task(8, 3)), name + " without a task of the last step");
    expect(correct_without(graph, nullptr), name + " in order, after a wrong run");
    if (pattern != Pattern::trivial)
        expect(!correct_without(graph, &graph.task(6, 3), &graph.task(0, 0)), name + " with a task before all others");
}

void tables_agree(const std::string &name, Pattern pattern) {
    Graph graph(pattern, 6, 20);
    std::size_t forward = 0, backward = 0;
    for (int step = 0; step < graph.steps(); step++)
        for (int point = 0; point < graph.width_at(step); point++) {
            const auto before = graph.predecessors(step, point);
            expect(std::vector<int>(before.begin(), before.end()) == dependencies(pattern, 6, step, point),
                   name + ": a row");
            for (int p : before) expect(p < graph.width_at(step - 1), name + ": a predecessor that does not exist");
            forward += graph.successors(step, point).size();
            backward += before.size();
        }
    expect(forward == backward, name + ": as many successors as predecessors");
}

// A runtime that takes 3 us for each task on top of its body: 50 % where the body takes as long.
Measurement with_overhead(double length_us) { return {length_us, 0, length_us / (length_us + 3)}; }

void scan_finds_the_overhead() {
    for (double longest_us : {16.0, 1.0}) {
        const Scan found = scan(with_overhead, longest_us, 0.01);
        expect(found.metg_us && *found.metg_us > 2.99 && *found.metg_us < 3.01, "the length at 50 %");
        expect(found.curve.front().efficiency > 0.5 && found.curve.back().efficiency < 0.5, "both sides of 50 %");
    }
    expect(!scan(with_overhead, 0.1, 0.01).metg_us, "no length at 50 %, if none is long enough");
    const Scan bare = scan([](double us) { return Measurement{us, 0, 1}; }, 16, 1);
    expect(bare.metg_us && *bare.metg_us == 1, "the shortest length, if it reaches 50 %");
}

} // namespace

int main() {
    for (std::size_t p = 0; p < pattern_names().size(); p++) {
        checks_notice(pattern_names()[p], Pattern(p));
        tables_agree(pattern_names()[p], Pattern(p));
    }
    scan_finds_the_overhead();
    return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

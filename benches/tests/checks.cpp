// The checks of the workloads are worth something: what runs in order passes, and what loses, repeats or swaps tasks
// fails.
#include "common/workloads.hpp"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

using namespace bench;

namespace {

bool all_good = true;

using Bodies = std::vector<std::function<void()>>;

// Runs `bodies` one after the other, and compares what the check says with what it should.
template <class Work> void expect(bool good, const std::string &what, Work &work, const Bodies &bodies) {
    work.reset();
    for (const auto &body : bodies) {
        body();
    }
    if (work.check() != good) {
        std::cerr << what << ": the check says " << (good ? "wrong" : "right") << '\n';
        all_good = false;
    }
}

// In order; without the last; with one twice; with two swapped that depend on each other, if `swapped` says which.
template <class Work>
void try_all(const std::string &name, Work &work, const Bodies &bodies, std::pair<std::size_t, std::size_t> swapped) {
    expect(true, name + " in order", work, bodies);
    expect(false, name + " without the last", work, {bodies.begin(), bodies.end() - 1});
    Bodies twice = bodies;
    twice.push_back(bodies.back());
    expect(false, name + " with one twice", work, twice);
    if (swapped.first != swapped.second) {
        Bodies disordered = bodies;
        std::swap(disordered[swapped.first], disordered[swapped.second]);
        expect(false, name + " with two swapped", work, disordered);
    }
}

} // namespace

int main() {
    Sizes sizes;
    sizes.tasks = 10;
    sizes.depth = 3;
    sizes.number = 10;
    sizes.width = 4;
    sizes.steps = 5;

    Flat flat(sizes);
    try_all("flat", flat, Bodies(flat.tasks(), Flat::body), {0, 0});

    Nested nested(sizes);
    try_all("nested", nested, Bodies(nested.tasks(), Nested::body), {0, 0});

    Fib fib(sizes);
    expect(true, "fib", fib, {[&] { fib.result = 55; }});
    expect(false, "fib with another result", fib, {[&] { fib.result = 54; }});
    expect(false, "fib without a result", fib, {});

    Chain chain(sizes);
    Bodies links;
    for (std::uint32_t i = 1; i <= chain.tasks(); ++i) {
        links.push_back([&, i] { chain.body(i); });
    }
    try_all("chain", chain, links, {4, 5});

    Stencil stencil(sizes);
    Bodies points;
    for (std::uint32_t step = 1; step <= stencil.steps(); ++step) {
        for (std::uint32_t i = 0; i < stencil.width(); ++i) {
            points.push_back([&, step, i] { stencil.body({step, i}); });
        }
    }
    // The last place of one step, and the place to its left in the next.
    try_all("stencil", stencil, points, {stencil.width() - 1, 2 * stencil.width() - 2});

    Wavefront wavefront(sizes);
    Bodies squares;
    for (std::uint32_t i = 1; i <= wavefront.width(); ++i) {
        for (std::uint32_t j = 1; j <= wavefront.width(); ++j) {
            squares.push_back([&, i, j] { wavefront.body({i, j}); });
        }
    }
    try_all("wavefront", wavefront, squares, {1, 1 + wavefront.width()});

    return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

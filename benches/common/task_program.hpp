// A program of the workloads that all peers share.
//
//     bench::TaskProgram program("tbb");
//     program.offer<bench::Flat>("flat", [](bench::Flat &work) { ...spawn everything, wait for it... });
//     return program.run(argc, argv, [](unsigned workers, auto measure) { ...start...; measure(); ...stop...; });
#pragma once

#include "program.hpp"
#include "workloads.hpp"

#include <functional>
#include <string>
#include <type_traits>

namespace bench {

class TaskProgram : public Program {
    Sizes sizes;
    std::function<void(const std::function<void()> &)> with_runtime;

    // What `spawn_and_wait` returns lives until the clock has stopped: freeing it is not measured.
    template <class Work, class Run> static double time(Work &work, const Run &spawn_and_wait) {
        if constexpr (std::is_void_v<std::invoke_result_t<const Run &, Work &>>) {
            return time_of([&] { spawn_and_wait(work); });
        } else {
            const auto begin = Clock::now();
            const auto left_over = spawn_and_wait(work);
            return nanoseconds(Clock::now() - begin);
        }
    }

    template <class Work, class Run> void measure(const std::string &workload, const Run &spawn_and_wait) const {
        Work work(sizes);
        for (unsigned run = 0; run <= repeats; ++run) {
            work.reset();
            const double elapsed = time(work, spawn_and_wait);
            if (!work.check()) {
                fail(workload + ": the result is wrong");
            }
            const bool is_warm_up = run == 0;
            if (!is_warm_up) {
                report(workload, "ns_per_task", elapsed / static_cast<double>(work.tasks()), {{"tasks", work.tasks()}});
            }
        }
    }

  public:
    explicit TaskProgram(const char *peer) : Program(peer, "What a task costs that does next to nothing") {
        option("--tasks", sizes.tasks, "flat, chain: how many");
        option("--width", sizes.width, "stencil, wavefront: places side by side");
        option("--steps", sizes.steps, "stencil: steps of each place");
        option("--number", sizes.number, "fib: whose Fibonacci number");
        option("--depth", sizes.depth, "nested: levels of the tree");
    }

    // `spawn_and_wait(work)` spawns the tasks of the workload and returns when they are complete.
    template <class Work, class Run> void offer(const std::string &workload, Run spawn_and_wait) {
        Program::offer(workload, [=, this] { with_runtime([&] { measure<Work>(workload, spawn_and_wait); }); });
    }

    // `runtime(workers, measure)` starts the peer with so many workers, calls `measure` once, and stops the peer.
    template <class Runtime> int run(const Runtime &runtime) {
        with_runtime = [&](const std::function<void()> &measure) { runtime(workers, measure); };
        return Program::run();
    }
    template <class Runtime> int run(int argc, char **argv, const Runtime &runtime) {
        parse(argc, argv);
        return run(runtime);
    }
};

} // namespace bench

// The frame of a program: it offers workloads, and runs the one that the command line names.
//
//     bench::Program program("tbb");
//     program.offer<bench::Flat>("flat", [](bench::Flat &work) { ...spawn everything, wait for it... });
//     return program.run(argc, argv, [](unsigned workers, auto measure) { ...start...; measure(); ...stop...; });
#pragma once

#include "options.hpp"
#include "report.hpp"
#include "workloads.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

class Program {
    using Measure = std::function<void()>;

    std::string peer;
    Options options;
    std::vector<std::pair<std::string, Measure>> offers;

    static double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

    // What `spawn_and_wait` returns lives until the clock has stopped: freeing it is not measured.
    template <class Work, class Run> static double time(Work &work, const Run &spawn_and_wait) {
        const auto begin = Clock::now();
        if constexpr (std::is_void_v<std::invoke_result_t<const Run &, Work &>>) {
            spawn_and_wait(work);
            return nanoseconds(Clock::now() - begin);
        } else {
            const auto left_over = spawn_and_wait(work);
            return nanoseconds(Clock::now() - begin);
        }
    }

    template <class Work, class Run> void measure(const std::string &workload, const Run &spawn_and_wait) const {
        Work work(options);
        for (unsigned run = 0; run <= options.repeats; ++run) {
            work.reset();
            const double elapsed = time(work, spawn_and_wait);
            if (!work.check()) {
                throw std::runtime_error(workload + ": the result is wrong");
            }
            const bool is_warm_up = run == 0;
            if (!is_warm_up) {
                const double value = elapsed / static_cast<double>(work.tasks());
                report({peer, workload, options.workers, "ns_per_task", value, work.tasks()});
            }
        }
    }

    const Measure &chosen() const {
        for (const auto &[workload, measure] : offers) {
            if (workload == options.workload) {
                return measure;
            }
        }
        throw std::runtime_error("no workload '" + options.workload + "' (--list names them)");
    }

  public:
    explicit Program(std::string name) : peer(std::move(name)) {}

    // `spawn_and_wait(work)` spawns the tasks of the workload and returns when they are complete.
    template <class Work, class Run> void offer(const std::string &workload, Run spawn_and_wait) {
        offers.emplace_back(workload, [=, this] { measure<Work>(workload, spawn_and_wait); });
    }

    // `runtime(workers, measure)` starts the peer with so many workers, calls `measure` once, and stops the peer.
    template <class Runtime> int run(int argc, char **argv, const Runtime &runtime) {
        CLI::App app("Task benchmarks of " + peer);
        options.add_to(app);
        CLI11_PARSE(app, argc, argv);
        if (options.list) {
            for (const auto &offer : offers) {
                std::cout << offer.first << '\n';
            }
            return 0;
        }
        // An error stays inside `runtime`, as exceptions may not leave some peers' regions.
        int status = 0;
        const auto guarded = [&](const Measure &action) {
            try {
                action();
            } catch (const std::exception &error) {
                std::cerr << peer << ": " << error.what() << '\n';
                status = 1;
            }
        };
        guarded([&] {
            const Measure &measure = chosen();
            runtime(options.workers, [&] { guarded(measure); });
        });
        return status;
    }
};

} // namespace bench

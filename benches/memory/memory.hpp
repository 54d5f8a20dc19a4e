// How much a process grows by tasks that cannot run yet.
#pragma once

#include "common/program.hpp"
#include "common/tally.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <fstream>

namespace bench {

inline double resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    double pages_of_address_space = 0, resident_pages = 0;
    REQUIRE(statm >> pages_of_address_space >> resident_pages);
    return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// Bytes that the process grows by for each of `tasks` while `spawn_all()` runs.
template <class Spawn> double growth_per_task(std::size_t tasks, const Spawn &spawn_all) {
    const double before = resident_bytes();
    spawn_all();
    return (resident_bytes() - before) / static_cast<double>(tasks);
}

// Runs `action()` in a child of this process, which must not have started a runtime. Memory is kept for reuse, so only
// the first time tells what is needed.
template <class Action> void in_new_process(const Action &action) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        action();
        std::exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

// A program with `--tasks` that measures the memory of tasks.
class MemoryProgram : public Program {
    std::size_t tasks;

  public:
    MemoryProgram(const char *peer, std::size_t usual, std::size_t most)
        : Program(peer, "Bytes that the process grows by for each task that cannot run yet"), tasks(usual) {
        option("--tasks", tasks, 1, most, "How many");
    }

    // `runtime(workers, measure)` starts the peer, calls `measure()`, and stops the peer. `hold_back(tasks, workers)`
    // gives the growth while so many are held back, lets them go, and returns when they have run.
    template <class Runtime, class HoldBack> void offer(const char *workload, Runtime runtime, HoldBack hold_back) {
        Program::offer(workload, [=, this] {
            for (unsigned repeat = 0; repeat < repeats; ++repeat) {
                in_new_process([&] {
                    runtime(workers, [&] {
                        const double grown = hold_back(tasks, workers);
                        REQUIRE(Tally::total() == tasks);
                        report(workload, "bytes_per_task", grown, {{"tasks", tasks}});
                    });
                });
            }
        });
    }
};

// Something for each worker to do until it is over: it sleeps in a body, so that the processor is free.
class Busy {
    std::atomic<unsigned> begun{0};
    std::atomic<bool> over{false};

  public:
    void body() {
        ++begun;
        over.wait(false);
    }
    void wait_until_begun(unsigned workers) const {
        while (begun < workers) {
        }
    }
    void end() {
        over = true;
        over.notify_all();
    }
};

} // namespace bench

// An idle pool: the CPU time its threads use, and how often they wake up for nothing.
#include "common/tally.hpp"
#include "runtime.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>

namespace {

double seconds(clockid_t clock) {
    timespec now;
    REQUIRE(clock_gettime(clock, &now) == 0);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The CPU time of all threads but this one.
double cpu_of_others() { return seconds(CLOCK_PROCESS_CPUTIME_ID) - seconds(CLOCK_THREAD_CPUTIME_ID); }

struct Others {
    unsigned threads = 0;
    unsigned asleep = 0;       // now
    unsigned never_asleep = 0; // since they were started
    uint64_t switches = 0;     // how often they have gone to sleep
};

// What the kernel tells of all threads but this one.
Others others() {
    Others found;
    for (const auto &thread : std::filesystem::directory_iterator("/proc/self/task")) {
        if (thread.path().filename() == std::to_string(gettid())) {
            continue;
        }
        std::ifstream status(thread.path() / "status");
        ++found.threads;
        for (std::string word; status >> word;) {
            if (word == "State:") {
                char state = '?';
                status >> state;
                found.asleep += state == 'S';
            } else if (word == "voluntary_ctxt_switches:") {
                uint64_t switches = 0;
                status >> switches;
                found.switches += switches;
                found.never_asleep += switches == 0;
            }
        }
    }
    return found;
}

void run_some_tasks() {
    constexpr std::size_t tasks = 100'000;
    const auto before = bench::Tally::total();
    const parla_task_fn body = [](void *) -> int32_t {
        bench::Tally::add_one();
        return 0;
    };
    for (std::size_t i = 0; i < tasks; ++i) {
        CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, nullptr, 0, nullptr));
    }
    CALL(parla_wait_all(-1));
    REQUIRE(bench::Tally::total() - before == tasks);
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "CPU time that an idle pool uses after it has run some tasks, in microseconds");
    double length = 5;
    program.option("--seconds", length, 0.01, 3'600, "How long each repeat is");

    const auto measure = [&](const char *workload, const auto &idle) {
        program.offer(workload, [&, workload, idle] {
            const bench::Runtime runtime(program.workers);
            for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
                run_some_tasks();
                // Looking for work a little longer is part of running tasks.
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
                const auto before = others();
                const double used = cpu_of_others();
                idle(std::chrono::duration<double>(length));
                const double cpu = cpu_of_others() - used;
                const auto after = others();
                REQUIRE(after.threads >= program.workers);
                REQUIRE(after.never_asleep == 0);
                // The two clocks are not read in the same instant.
                program.report(workload, "cpu_us", std::max(0.0, cpu * 1e6),
                               {{"seconds", length},
                                {"threads", after.threads},
                                {"asleep", after.asleep},
                                {"switches", after.switches - before.switches}});
            }
        });
    };
    measure("idle", [](auto length) { std::this_thread::sleep_for(length); });
    // A task that is held, as for a message from elsewhere, is no work either.
    measure("idle-held", [](auto length) {
        const bench::Gate gate;
        std::this_thread::sleep_for(length);
        gate.release();
        CALL(parla_wait_all(-1));
    });
    return program.run(argc, argv);
}

// A sleeping pool: how long from a spawn until the body starts; beside it, in turns, how long a bare futex takes to
// wake a thread. Both with a waker that then blocks until it is answered, and with one that goes on running.
#include "runtime.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <thread>

namespace {

// The processors that this process may use.
cpu_set_t allowed() {
    cpu_set_t cpus;
    REQUIRE(sched_getaffinity(0, sizeof cpus, &cpus) == 0);
    return cpus;
}

int first_of(const cpu_set_t &cpus) {
    int cpu = 0;
    while (!CPU_ISSET(cpu, &cpus)) {
        ++cpu;
    }
    return cpu;
}

int last_of(const cpu_set_t &cpus) {
    int cpu = CPU_SETSIZE - 1;
    while (!CPU_ISSET(cpu, &cpus)) {
        --cpu;
    }
    return cpu;
}

void pin_this_thread(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE(pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0);
}

// One word that a thread sleeps on, by the system calls alone.
class Futex {
    std::atomic<uint32_t> word{0};
    static_assert(sizeof word == sizeof(uint32_t));

    long call(int operation, uint32_t value) {
        return syscall(SYS_futex, &word, operation, value, nullptr, nullptr, 0);
    }

  public:
    uint32_t value() const { return word.load(std::memory_order_acquire); }
    void wait_while(uint32_t old) {
        while (value() == old) {
            call(FUTEX_WAIT_PRIVATE, old);
        }
    }
    void set_and_wake(uint32_t now) {
        word.store(now, std::memory_order_release);
        call(FUTEX_WAKE_PRIVATE, INT_MAX);
    }
};

// When the woken one has begun, as the clock's count; 0: not yet.
std::atomic<bench::Clock::rep> started{0};

void start() { started.store(bench::Clock::now().time_since_epoch().count(), std::memory_order_release); }

bench::Clock::rep wait_running() {
    bench::Clock::rep at;
    while ((at = started.load(std::memory_order_acquire)) == 0) {
    }
    return at;
}

// The bare limit: a thread that sleeps on one futex and answers by another.
class Sleeper {
    static constexpr uint32_t kStop = UINT32_MAX;
    Futex call, answer;
    uint32_t round = 0;
    std::thread thread;

    void serve(int cpu) {
        pin_this_thread(cpu);
        for (uint32_t seen = 0;;) {
            call.wait_while(seen);
            start();
            seen = call.value();
            if (seen == kStop) {
                return;
            }
            answer.set_and_wake(seen);
        }
    }

  public:
    explicit Sleeper(int cpu) : thread([this, cpu] { serve(cpu); }) {}
    ~Sleeper() {
        call.set_and_wake(kStop);
        thread.join();
    }
    void wake() { call.set_and_wake(++round); }
    void wait_blocked() { answer.wait_while(round - 1); }
};

struct Latencies {
    std::vector<double> of_tasks, of_futex;
};

// Until everybody sleeps again. A waker that goes on running does so here, too.
void pause(std::chrono::microseconds gap, bool spinning) {
    if (!spinning) {
        std::this_thread::sleep_for(gap);
        return;
    }
    const auto end = bench::Clock::now() + gap;
    while (bench::Clock::now() < end) {
    }
}

// `wake()` wakes, `wait_blocked()` sleeps until it has been answered: microseconds until the other one began.
template <class Wake, class Wait> double latency(bool spinning, const Wake &wake, const Wait &wait_blocked) {
    started.store(0, std::memory_order_relaxed);
    const auto begin = bench::Clock::now();
    wake();
    if (spinning) {
        wait_running();
    }
    wait_blocked();
    const bench::Clock::time_point began{bench::Clock::duration(wait_running())};
    return bench::nanoseconds(began - begin) * 1e-3;
}

Latencies sample(Sleeper &sleeper, std::size_t rounds, std::chrono::microseconds gap, bool spinning) {
    Latencies found;
    for (std::size_t round = 0; round < rounds; ++round) {
        pause(gap, spinning);
        parla_task_t task = 0;
        const parla_task_fn body = [](void *) -> int32_t {
            start();
            return 0;
        };
        found.of_tasks.push_back(latency(
            spinning, [&] { CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, nullptr, 0, &task)); },
            [&] { CALL(parla_wait(&task, 1, -1)); }));
        pause(gap, spinning);
        found.of_futex.push_back(latency(
            spinning, [&] { sleeper.wake(); }, [&] { sleeper.wait_blocked(); }));
    }
    return found;
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla",
                           "From a spawn until the body starts, on a sleeping pool: us, and the ratio to a bare futex");
    program.workers = 1;
    std::size_t rounds = 2'000;
    std::size_t gap = 500;
    bool free_waker = false;
    program.option("--rounds", rounds, 10, 10'000'000, "Wake-ups of each kind");
    program.option("--gap", gap, 50, 1'000'000, "Microseconds between them, for everybody to fall asleep");
    program.option("--free-waker", free_waker, "Leave the waking thread where the system puts it");

    const auto measure = [&](const char *workload, bool spinning) {
        program.offer(workload, [&, workload, spinning] {
            const cpu_set_t cpus = allowed();
            const bench::Runtime runtime(program.workers);
            Sleeper sleeper(first_of(cpus));
            if (!free_waker) {
                pin_this_thread(last_of(cpus));
            }
            sample(sleeper, rounds / 10 + 1, std::chrono::microseconds(gap), spinning);
            for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
                const auto woken_before = bench::Runtime::stats().woken;
                auto [tasks, futex] = sample(sleeper, rounds, std::chrono::microseconds(gap), spinning);
                const auto woken = bench::Runtime::stats().woken - woken_before;
                // Else the pool was not asleep, and something else was measured.
                REQUIRE(10 * woken >= 9 * rounds);
                const double median = bench::quantile(tasks, 0.5), bare = bench::quantile(futex, 0.5);
                const double p99 = bench::quantile(tasks, 0.99), bare_p99 = bench::quantile(futex, 0.99);
                program.report(workload, "us", median, {{"rounds", rounds}, {"woken", woken}, {"futex", bare}});
                program.report(workload, "ratio", median / bare);
                program.report(workload, "us_p99", p99, {{"rounds", rounds}, {"futex", bare_p99}});
                program.report(workload, "ratio_p99", p99 / bare_p99);
            }
        });
    };
    measure("wakeup-blocked", false);
    measure("wakeup-running", true);
    return program.run(argc, argv);
}

// Does a task cost the same whatever there is of it? Tasks in flight, elements of a space, workers.
//
// Small points are measured again and again, until they have seen a tenth of the tasks of the largest, so that they are
// not lost in the clock. The last line of a repeat is the cost of the dearest point over that of the cheapest.
#include "common/tally.hpp"
#include "runtime.hpp"

#include <string>

namespace {

int32_t body(void *) {
    bench::Tally::add_one();
    return 0;
}

// Sees that `n` tasks run while `action()` does.
template <class Action> void expect_tasks(std::size_t n, const Action &action) {
    const auto before = bench::Tally::total();
    action();
    REQUIRE(bench::Tally::total() - before == n);
}

// No workers: this thread spawns everything, and then runs everything, so that all are in flight at once and nobody
// has to be woken.
void queued(std::size_t n) {
    parla_task_t first = 0, last = 0;
    for (std::size_t i = 0; i < n; ++i) {
        CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, nullptr, 0, i == 0 ? &first : &last));
    }
    // Whichever end of its queue a runtime begins with, one of these runs last.
    CALL(parla_run_until(&first, 1, -1));
    CALL(parla_run_until(&last, 1, -1));
}

// All behind one task, with workers that stay awake.
void held(std::size_t n) {
    const bench::Gate gate;
    for (std::size_t i = 0; i < n; ++i) {
        CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, &gate.task(), 1, nullptr));
    }
    gate.release();
    CALL(parla_wait_all(-1));
}

// A square of elements, each after its left and its upper neighbour. `n` is rounded down to a square.
std::size_t square_root(std::size_t n) {
    std::size_t root = 1;
    while ((root + 1) * (root + 1) <= n) {
        ++root;
    }
    return root;
}

void space(std::size_t n) {
    const auto side = static_cast<int64_t>(square_root(n));
    const int64_t shape[] = {side, side};
    parla_taskspace_t space;
    CALL(parla_taskspace_create(nullptr, 2, nullptr, shape, &space));
    for (int64_t row = 0; row < side; ++row) {
        for (int64_t column = 0; column < side; ++column) {
            const int64_t index[] = {row, column}, left[] = {row, column - 1}, upper[] = {row - 1, column};
            parla_handle_t deps[2];
            CALL(parla_taskspace_task(space, left, &deps[0]));
            CALL(parla_taskspace_task(space, upper, &deps[1]));
            CALL(parla_taskspace_spawn(space, index, body, nullptr, PARLA_ANY, 0, deps, 2, nullptr));
        }
    }
    CALL(parla_taskspace_wait(space, -1));
    CALL(parla_taskspace_destroy(space));
}

void flat(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, nullptr, 0, nullptr));
    }
    CALL(parla_wait_all(-1));
}

// ns per task, of `total` tasks, `n` at a time, after a round that is not timed.
double cost(std::size_t n, std::size_t total, void (*round)(std::size_t)) {
    expect_tasks(n, [&] { round(n); });
    const std::size_t rounds = std::max<std::size_t>(1, total / n);
    double elapsed = 0;
    expect_tasks(rounds * n, [&] {
        elapsed = bench::time_of([&] {
            for (std::size_t i = 0; i < rounds; ++i) {
                round(n);
            }
        });
    });
    return elapsed / static_cast<double>(rounds * n);
}

// The points of one repeat, and how far apart they are.
class Series {
    const bench::Program &program;
    const char *workload;
    double least = 0, most = 0;

  public:
    Series(const bench::Program &reporter, const char *name) : program(reporter), workload(name) {}
    void add(double ns, const char *axis, std::size_t at) {
        least = least == 0 ? ns : std::min(least, ns);
        most = std::max(most, ns);
        const std::string name = std::string(axis) + "=" + std::to_string(at);
        program.report(workload, "ns_per_task", ns, {{"point", name}, {axis, at}});
    }
    void end() const { program.report(workload, "ratio", most / least); }
};

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "How the cost of a task grows");
    program.workers = 1; // so that the spawner has a core of its own while the worker stays awake
    std::size_t least = 1'000, most = 10'000'000;
    unsigned most_workers = 16;
    program.option("--least", least, 4, 100'000'000, "Tasks of the first point");
    program.option("--most", most, 10, 100'000'000,
                   "Tasks of the last point; each has ten times those of the one before");
    program.option("--most-workers", most_workers, 1, 1'024,
                   "growth-workers: the last point; each has twice those of the one before");

    // `count(n)`: the tasks that a point with n has, if it cannot have just so many.
    const auto by_size = [&](const char *workload, const char *axis, bool with_workers, void (*round)(std::size_t),
                             std::size_t (*count)(std::size_t)) {
        program.offer(workload, [=, &program, &least, &most] {
            constexpr int32_t longest_spin = 1'000'000;
            auto config = bench::Runtime::with_workers(program.workers);
            config.spin_us = longest_spin;
            if (!with_workers) {
                config.num_threads = PARLA_NO_THREADS;
            }
            const bench::Runtime runtime(config);
            for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
                Series series(program, workload);
                for (std::size_t n = least; n <= most; n *= 10) {
                    series.add(cost(count(n), most / 10, round), axis, count(n));
                }
                series.end();
            }
        });
    };
    const auto as_it_is = [](std::size_t n) { return n; };
    const auto squares = [](std::size_t n) { return square_root(n) * square_root(n); };
    by_size("growth-queued", "in_flight", false, queued, as_it_is);
    by_size("growth-held", "in_flight", true, held, as_it_is);
    by_size("growth-space", "elements", true, space, squares);

    program.offer("growth-workers", [&] {
        for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
            Series series(program, "growth-workers");
            for (unsigned workers = 1; workers <= most_workers; workers *= 2) {
                program.workers = workers;
                const bench::Runtime runtime(workers);
                series.add(cost(most / 10, most / 10, flat), "workers", workers);
            }
            series.end();
        }
    });
    return program.run(argc, argv);
}

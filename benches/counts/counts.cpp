// The workloads whose instructions are counted. The program runs under callgrind (see counts.py), which it tells where
// a phase begins and ends. There are no workers: one thread lends itself, so every run executes the same instructions.
//
//   counts WORKLOAD          prints nothing; exits with 1 if a result is wrong
//   counts --list

#include <parla.h>
#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

// Tasks of the smaller measurement; a multiple of every batch and table size that a runtime may reasonably use, so that
// what happens once in a while is in the difference as often as it should be.
constexpr std::size_t kTasks = 8192;

void require(bool holds, const char *what, int line) {
    if (!holds) {
        std::fprintf(stderr, "line %d: %s (%s)\n", line, what, parla_last_error_message());
        std::exit(1);
    }
}
#define CHECK(condition) require((condition), #condition, __LINE__)
#define CALL(call) require((call) == PARLA_OK, #call, __LINE__)

using Tasks = std::vector<parla_task_t>;

std::size_t ran = 0;

int32_t count(void *) {
    ran++;
    return 0;
}

// Callgrind writes what was counted since `begin` under the name of the phase and the number of tasks.
void begin() { CALLGRIND_ZERO_STATS; }
void end(const char *phase, std::size_t tasks) {
    CALLGRIND_DUMP_STATS_AT((std::string(phase) + " " + std::to_string(tasks)).c_str());
}

void run_until(parla_task_t task) { CALL(parla_run_until(&task, 1, -1)); }

// Runs everything that was spawned, and sees that it was: whichever end of its queue a runtime begins with, the first
// task or one of the `late` last ones is the last to run.
void run_all(const Tasks &tasks, std::size_t expected, std::size_t late = 1) {
    begin();
    run_until(tasks.front());
    for (std::size_t i = 1; i <= late; i++) run_until(tasks[tasks.size() - i]);
    end("run", expected);
    CHECK(ran == expected);
}

void spawn(const parla_handle_t *deps, std::size_t n_deps, parla_task_t &task) {
    CALL(parla_spawn(count, nullptr, PARLA_ANY, 0, deps, n_deps, &task));
}

void flat(std::size_t n) {
    Tasks tasks(n);
    begin();
    for (auto &task : tasks)
        spawn(nullptr, 0, task);
    end("spawn", n);
    run_all(tasks, n);
}

// As flat, through the full specification.
void spec(std::size_t n) {
    Tasks tasks(n);
    parla_task_spec_t spec{};
    spec.size = sizeof spec;
    spec.fn = count;
    begin();
    for (auto &task : tasks)
        CALL(parla_spawn_task(&spec, &task));
    end("spawn", n);
    run_all(tasks, n);
}

// The same in one call.
void spec_batch(std::size_t n) {
    Tasks tasks(n);
    parla_task_spec_t spec{};
    spec.size = sizeof spec;
    spec.fn = count;
    const std::vector<parla_task_spec_t> specs(n, spec);
    begin();
    CALL(parla_spawn_batch(specs.data(), n, tasks.data()));
    end("spawn", n);
    run_all(tasks, n);
}

// A specification that uses what most tasks do without.
void spec_full(std::size_t n) {
    Tasks tasks(n);
    static std::size_t dropped;
    dropped = 0;
    parla_task_spec_t spec{};
    spec.size = sizeof spec;
    spec.fn = count;
    spec.name = "named";
    spec.drop = [](void *) { dropped++; };
    spec.priority = 1;
    begin();
    for (auto &task : tasks)
        CALL(parla_spawn_task(&spec, &task));
    end("spawn", n);
    run_all(tasks, n);
    CHECK(dropped == n);
}

// One dependency each: every task after the one before.
void chain(std::size_t n) {
    Tasks tasks(n);
    begin();
    for (std::size_t i = 0; i < n; i++)
        spawn(&tasks[i - (i > 0)], i > 0, tasks[i]);
    end("spawn", n);
    run_all(tasks, n);
}

// One dependency each, and the same one: how much the n-th successor costs.
void gate(std::size_t n) {
    Tasks tasks(n);
    parla_task_t gate;
    spawn(nullptr, 0, gate);
    begin();
    for (auto &task : tasks)
        spawn(&gate, 1, task);
    end("spawn", n);
    run_all(tasks, n + 1);
}

// Three dependencies each: a periodic stencil.
void stencil(std::size_t n) {
    constexpr std::size_t width = 64;
    Tasks tasks(n);
    begin();
    for (std::size_t i = 0; i < n; i++) {
        const std::size_t above = i - width, column = i % width;
        if (i < width) {
            spawn(nullptr, 0, tasks[i]);
        } else {
            const parla_task_t deps[] = {tasks[above - column + (column + width - 1) % width], tasks[above],
                                         tasks[above - column + (column + 1) % width]};
            spawn(deps, 3, tasks[i]);
        }
    }
    end("spawn", n);
    run_all(tasks, n);
}

// Elements of a two-dimensional space, each after its left and its upper neighbour, looked up by index.
void space(std::size_t n) {
    constexpr int64_t width = 128;
    Tasks tasks(n);
    const int64_t shape[] = {static_cast<int64_t>(n) / width, width};
    parla_taskspace_t space;
    CALL(parla_taskspace_create(nullptr, 2, nullptr, shape, &space));
    begin();
    for (int64_t row = 0; row < shape[0]; row++) {
        for (int64_t column = 0; column < width; column++) {
            const int64_t index[] = {row, column}, left[] = {row, column - 1}, upper[] = {row - 1, column};
            parla_handle_t deps[2];
            CALL(parla_taskspace_task(space, left, &deps[0]));
            CALL(parla_taskspace_task(space, upper, &deps[1]));
            CALL(parla_taskspace_spawn(space, index, count, nullptr, PARLA_ANY, 0, deps, 2,
                                       &tasks[row * width + column]));
        }
    }
    end("spawn", n);
    run_all(tasks, n);
    begin();
    CALL(parla_taskspace_destroy(space));
    end("destroy", n);
}

// Half-device tasks.
void vcus(std::size_t n) {
    Tasks tasks(n);
    begin();
    for (auto &task : tasks)
        CALL(parla_spawn(count, nullptr, PARLA_CPU, 0.5, nullptr, 0, &task));
    end("spawn", n);
    // A worker goes on for a while with what the end of one task admits, before it runs what was admitted earlier.
    run_all(tasks, n, 128);
}

// Spawns `body(n)` as the only task, and counts it to its end.
void in_task(std::size_t n, parla_task_fn body) {
    parla_task_t task;
    CALL(parla_spawn(body, &n, PARLA_ANY, 0, nullptr, 0, &task));
    begin();
    run_until(task);
    end("all", n);
    CHECK(ran == n);
}

uint64_t blocked_waits() {
    parla_stats_t stats{};
    stats.size = sizeof stats;
    CALL(parla_stats(&stats));
    return stats.blocked;
}

struct Fib {
    int n;
    long result;
};

int32_t fib(void *ctx) {
    auto &f = *static_cast<Fib *>(ctx);
    ran++;
    if (f.n < 2) {
        f.result = f.n;
        return 0;
    }
    Fib parts[] = {{f.n - 1, 0}, {f.n - 2, 0}};
    parla_task_t tasks[2];
    for (int i = 0; i < 2; i++)
        CALL(parla_spawn(fib, &parts[i], PARLA_ANY, 0, nullptr, 0, &tasks[i]));
    CALL(parla_wait(tasks, 2, -1));
    f.result = parts[0].result + parts[1].result;
    return 0;
}

// Fork and join: spawn two, wait for both. The smaller and the larger measurement are two Fibonacci numbers.
void fork_join(std::size_t n) {
    Fib f{n == kTasks ? 17 : 19, 0};
    parla_task_t task;
    CALL(parla_spawn(fib, &f, PARLA_ANY, 0, nullptr, 0, &task));
    begin();
    run_until(task);
    end("all", ran);
    CHECK(f.result == (n == kTasks ? 1597 : 4181));
}

// One task that spawns a child and waits for it, again and again: the child lies at hand and is run in place.
void wait_in_place(std::size_t n) {
    in_task(n, [](void *ctx) -> int32_t {
        for (auto left = *static_cast<std::size_t *>(ctx); left > 0; left--) {
            parla_task_t child;
            spawn(nullptr, 0, child);
            CALL(parla_wait(&child, 1, -1));
        }
        return 0;
    });
}

// The same with a child that completes only when another task releases it, so the wait leaves its stack.
void wait_switch(std::size_t n) {
    const uint64_t before = blocked_waits();
    in_task(n, [](void *ctx) -> int32_t {
        for (auto left = *static_cast<std::size_t *>(ctx); left > 0; left--) {
            parla_task_spec_t spec{};
            spec.size = sizeof spec;
            spec.fn = count;
            spec.flags = PARLA_TASK_HOLD;
            parla_task_t child;
            CALL(parla_spawn_task(&spec, &child));
            const parla_task_fn release = [](void *held) -> int32_t {
                CALL(parla_task_release(*static_cast<parla_task_t *>(held)));
                return 0;
            };
            CALL(parla_spawn(release, &child, PARLA_ANY, 0, nullptr, 0, nullptr));
            CALL(parla_wait(&child, 1, -1));
        }
        return 0;
    });
    CHECK(blocked_waits() - before >= n);
}

// The same as continuations: the task ends, and goes on when the child has.
int32_t continue_after_child(void *ctx) {
    auto &left = *static_cast<std::size_t *>(ctx);
    if (left > 0) {
        left--;
        parla_task_t child;
        spawn(nullptr, 0, child);
        CALL(parla_continue(continue_after_child, ctx, &child, 1));
    }
    return 0;
}

void continuation(std::size_t n) {
    std::size_t left = n;
    parla_task_t task;
    CALL(parla_spawn(continue_after_child, &left, PARLA_ANY, 0, nullptr, 0, &task));
    begin();
    run_until(task);
    end("all", n);
    CHECK(ran == n);
}

const std::map<std::string, std::function<void(std::size_t)>> kWorkloads = {
    {"flat", flat},
    {"spec", spec},
    {"spec_batch", spec_batch},
    {"spec_full", spec_full},
    {"chain", chain},
    {"gate", gate},
    {"stencil", stencil},
    {"space", space},
    {"vcus", vcus},
    {"fork_join", fork_join},
    {"wait_in_place", wait_in_place},
    {"wait_switch", wait_switch},
    {"continuation", continuation},
};

} // namespace

int main(int argc, char **argv) {
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
        for (const auto &[name, run] : kWorkloads)
            std::puts(name.c_str());
        return 0;
    }
    const auto workload = argc == 2 ? kWorkloads.find(argv[1]) : kWorkloads.end();
    if (workload == kWorkloads.end()) {
        std::fprintf(stderr, "usage: counts WORKLOAD | --list\n");
        return 2;
    }

    parla_config_t config{};
    config.size = sizeof config;
    config.num_threads = PARLA_NO_THREADS;
    config.topology = "numa:1 core:1 pu:1";
    CALL(parla_init(&config));
    CALLGRIND_START_INSTRUMENTATION;
    // The first, largest round fills the caches of records and of everything else that is kept for reuse.
    for (const std::size_t n : {2 * kTasks, kTasks, 2 * kTasks}) {
        ran = 0;
        workload->second(n);
    }
    CALLGRIND_STOP_INSTRUMENTATION;
    CALL(parla_finalize());
    return 0;
}

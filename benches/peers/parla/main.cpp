// libparla, called through its C ABI as any C program would. Idiom: parla_spawn, without a handle where nobody asks for
// one; dependencies are the handles of earlier tasks, kept where they lie side by side for the next call.
//
// With --lend the host is one of the workers, as in oneTBB and OpenMP: it lends itself to the runtime while it waits.
#include "common/task_program.hpp"

#include <parla.h>

#include <bit>
#include <vector>

using namespace bench;

namespace {

constexpr std::int64_t for_ever = -1;

void must(parla_status_t status) {
    if (status != PARLA_OK) [[unlikely]] {
        fail("libparla", parla_last_error_message());
    }
}

bool lends = false;

using Tasks = std::vector<parla_task_t>;

void lend_until(const Tasks &last) { must(parla_run_until(last.data(), last.size(), for_ever)); }

// `last`: the tasks that complete after all others. A thread is lent for the sake of some tasks, not of all.
void wait_for_all(const Tasks &last) {
    if (lends) {
        lend_until(last);
    } else {
        must(parla_wait_all(for_ever));
    }
}

// In a body, where no exception may leave: the status becomes the body's, and fails the task and the wait for it.
#define RETURN_IF_FAILED(call)                                                                                         \
    if (const parla_status_t status = (call); status != PARLA_OK) [[unlikely]] {                                       \
        return status;                                                                                                 \
    }

void spawn(parla_task_fn fn, void *ctx) { must(parla_spawn(fn, ctx, PARLA_ANY, 0, nullptr, 0, nullptr)); }

void spawn_after(parla_task_fn fn, void *ctx, const parla_task_t *deps, std::size_t n, parla_task_t *task) {
    must(parla_spawn(fn, ctx, PARLA_ANY, 0, deps, n, task));
}

// Numbers travel in the context pointer, so what they refer to is where every body finds it.
template <class Work> Work *work_of = nullptr;

void *as_context(std::uintptr_t number) { return reinterpret_cast<void *>(number); }
void *as_context(Point at) { return as_context(std::bit_cast<std::uintptr_t>(at)); }
std::uintptr_t as_number(void *ctx) { return reinterpret_cast<std::uintptr_t>(ctx); }
Point as_point(void *ctx) { return std::bit_cast<Point>(as_number(ctx)); }

template <class Work> std::int32_t body_of_link(void *ctx) noexcept {
    work_of<Work>->body(static_cast<std::uint32_t>(as_number(ctx)));
    return 0;
}

template <class Work> std::int32_t body_at_point(void *ctx) noexcept {
    work_of<Work>->body(as_point(ctx));
    return 0;
}

// What comes last cannot be told: it is any of them.
Tasks spawn_all(Flat &work) {
    for (std::size_t i = 0; i < work.tasks(); ++i) {
        spawn([](void *) noexcept { return Flat::body(), 0; }, nullptr);
    }
    return {};
}

Tasks spawn_all(Chain &work) {
    parla_task_t last = 0;
    for (std::uint32_t i = 1; i <= work.tasks(); ++i) {
        spawn_after(body_of_link<Chain>, as_context(i), &last, 1, &last);
    }
    return {last};
}

Tasks spawn_all(Stencil &work) {
    const std::uint32_t width = work.width();
    // A border of "no task" on either side.
    Tasks before(width + 2), now(width + 2);
    for (std::uint32_t step = 1; step <= work.steps(); ++step) {
        for (std::uint32_t i = 0; i < width; ++i) {
            spawn_after(body_at_point<Stencil>, as_context(Point{step, i}), &before[i], 3, &now[i + 1]);
        }
        before.swap(now);
    }
    return before;
}

Tasks spawn_all(Wavefront &work) {
    const std::uint32_t width = work.width();
    // One row: to the left of the task it holds this row's handles, from the task on those of the row above.
    Tasks row(width + 1);
    for (std::uint32_t i = 1; i <= width; ++i) {
        for (std::uint32_t j = 1; j <= width; ++j) {
            spawn_after(body_at_point<Wavefront>, as_context(Point{i, j}), &row[j - 1], 2, &row[j]);
        }
    }
    return {row.back()};
}

// Spawned by the host.
template <class Work> void by_host(Work &work) {
    work_of<Work> = &work;
    wait_for_all(spawn_all(work));
}

// Spawned by a task.
template <class Work> void by_worker(Work &work) {
    work_of<Work> = &work;
    Tasks last;
    const parla_task_fn body = [](void *ctx) noexcept {
        *static_cast<Tasks *>(ctx) = spawn_all(*work_of<Work>);
        return 0;
    };
    parla_task_t root;
    spawn_after(body, &last, nullptr, 0, &root);
    if (lends) {
        lend_until({root}); // only then is known who is last
    }
    wait_for_all(last);
}

std::int32_t nested_body(void *ctx) noexcept {
    Nested::body();
    const std::uintptr_t below = as_number(ctx) - 1;
    if (below > 0) {
        spawn(nested_body, as_context(below));
        spawn(nested_body, as_context(below));
    }
    return 0;
}

void nested(Nested &work) {
    spawn(nested_body, as_context(work.depth()));
    must(parla_wait_all(for_ever));
}

struct Call {
    unsigned number;
    std::uint64_t result;
};

// Both smaller numbers are tasks.
std::int32_t fib_body(void *ctx) noexcept {
    Call &call = *static_cast<Call *>(ctx);
    if (call.number < 2) {
        call.result = call.number;
        return 0;
    }
    Call smaller[2] = {{call.number - 1, 0}, {call.number - 2, 0}};
    parla_task_t tasks[2];
    RETURN_IF_FAILED(parla_spawn(fib_body, &smaller[0], PARLA_ANY, 0, nullptr, 0, &tasks[0]));
    RETURN_IF_FAILED(parla_spawn(fib_body, &smaller[1], PARLA_ANY, 0, nullptr, 0, &tasks[1]));
    RETURN_IF_FAILED(parla_wait(tasks, 2, for_ever));
    call.result = smaller[0].result + smaller[1].result;
    return 0;
}

// One is a task, the other is called.
std::int32_t fib_join_body(void *ctx) noexcept {
    Call &call = *static_cast<Call *>(ctx);
    if (call.number < 2) {
        call.result = call.number;
        return 0;
    }
    Call spawned{call.number - 2, 0}, called{call.number - 1, 0};
    parla_task_t task;
    RETURN_IF_FAILED(parla_spawn(fib_join_body, &spawned, PARLA_ANY, 0, nullptr, 0, &task));
    RETURN_IF_FAILED(fib_join_body(&called));
    RETURN_IF_FAILED(parla_wait(&task, 1, for_ever));
    call.result = spawned.result + called.result;
    return 0;
}

template <parla_task_fn body> void fib(Fib &work) {
    Call call{work.number(), 0};
    parla_task_t task;
    spawn_after(body, &call, nullptr, 0, &task);
    wait_for_all({task});
    work.result = call.result;
}

} // namespace

int main(int argc, char **argv) {
    TaskProgram program("libparla");
    program.option("--lend", lends, "The host is one of the workers: it lends itself while it waits");
    program.parse(argc, argv);
    program.offer<Fib>("fib", fib<fib_body>);
    program.offer<Fib>("fib-join", fib<fib_join_body>);
    program.offer<Chain>("chain", by_host<Chain>);
    program.offer<Stencil>("stencil", by_host<Stencil>);
    program.offer<Wavefront>("wavefront", by_host<Wavefront>);
    program.offer<Chain>("chain-worker", by_worker<Chain>);
    program.offer<Stencil>("stencil-worker", by_worker<Stencil>);
    program.offer<Wavefront>("wavefront-worker", by_worker<Wavefront>);
    if (!lends) {
        program.offer<Flat>("flat", by_host<Flat>);
        program.offer<Flat>("flat-worker", by_worker<Flat>);
        program.offer<Nested>("nested", nested);
    }
    return program.run([](unsigned workers, const auto &measure) {
        const auto threads = static_cast<std::int32_t>(lends ? workers - 1 : workers);
        parla_config_t config{};
        config.size = sizeof config;
        config.num_threads = threads > 0 ? threads : PARLA_NO_THREADS;
        must(parla_init(&config));
        measure();
        must(parla_finalize());
    });
}

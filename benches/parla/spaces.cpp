// Task spaces: spawning elements by their indices, and depending on slices.
#include "runtime.hpp"

#include <atomic>
#include <cstdint>
#include <vector>

namespace {

// How often each element has run, and whether what must come before it had. Relaxed: a runtime that orders tasks makes
// it as good as plain, and one that does not is found out.
class Board {
    std::vector<std::atomic<uint8_t>> runs;
    std::atomic<bool> out_of_order{false};

  public:
    explicit Board(std::size_t n) : runs(n) {}
    void clear() {
        for (auto &run : runs) {
            run.store(0, std::memory_order_relaxed);
        }
    }
    void expect(std::size_t before) {
        if (runs[before].load(std::memory_order_relaxed) != 1) {
            out_of_order = true;
        }
    }
    void run(std::size_t element) {
        runs[element].store(runs[element].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void check() const {
        REQUIRE(!out_of_order);
        REQUIRE(std::ranges::all_of(runs, [](const auto &run) { return run == 1; }));
    }
};

struct Grid {
    int64_t side;
    Board board;

    explicit Grid(int64_t n) : side(n), board(static_cast<std::size_t>(n * n)) {}
    std::size_t at(int64_t row, int64_t column) const { return static_cast<std::size_t>(row * side + column); }
    std::size_t tasks() const { return static_cast<std::size_t>(side * side); }
};

Grid *grid;

// An element's context is its number on the board: nothing to allocate, nothing to free.
void *context(int64_t row, int64_t column) { return reinterpret_cast<void *>(grid->at(row, column)); }
int64_t row_of(void *ctx) { return static_cast<int64_t>(reinterpret_cast<std::size_t>(ctx)) / grid->side; }
int64_t column_of(void *ctx) { return static_cast<int64_t>(reinterpret_cast<std::size_t>(ctx)) % grid->side; }

parla_taskspace_t create() {
    const int64_t shape[] = {grid->side, grid->side};
    parla_taskspace_t space;
    CALL(parla_taskspace_create(nullptr, 2, nullptr, shape, &space));
    return space;
}

parla_handle_t element(parla_taskspace_t space, int64_t row, int64_t column) {
    const int64_t index[] = {row, column};
    parla_task_t task;
    CALL(parla_taskspace_task(space, index, &task));
    return task;
}

void spawn(parla_taskspace_t space, int64_t row, int64_t column, parla_task_fn fn, const parla_handle_t *deps,
           std::size_t n) {
    const int64_t index[] = {row, column};
    CALL(parla_taskspace_spawn(space, index, fn, context(row, column), PARLA_ANY, 0, deps, n, nullptr));
}

// After the left and the upper neighbour; outside of the space there is "no dependency".
void spawn_neighbours(parla_taskspace_t space) {
    const parla_task_fn body = [](void *ctx) -> int32_t {
        const int64_t row = row_of(ctx), column = column_of(ctx);
        if (row > 0) {
            grid->board.expect(grid->at(row - 1, column));
        }
        if (column > 0) {
            grid->board.expect(grid->at(row, column - 1));
        }
        grid->board.run(grid->at(row, column));
        return 0;
    };
    for (int64_t row = 0; row < grid->side; ++row) {
        for (int64_t column = 0; column < grid->side; ++column) {
            const parla_handle_t deps[] = {element(space, row, column - 1), element(space, row - 1, column)};
            spawn(space, row, column, body, deps, 2);
        }
    }
}

// The first element of a row comes after the slice that is the row before, the others after the first.
void spawn_rows(parla_taskspace_t space) {
    const parla_task_fn row_body = [](void *ctx) -> int32_t {
        const int64_t row = row_of(ctx);
        for (int64_t column = 0; row > 0 && column < grid->side; ++column) {
            grid->board.expect(grid->at(row - 1, column));
        }
        grid->board.run(grid->at(row, 0));
        return 0;
    };
    const parla_task_fn body = [](void *ctx) -> int32_t {
        const int64_t row = row_of(ctx), column = column_of(ctx);
        grid->board.expect(grid->at(row, 0));
        grid->board.run(grid->at(row, column));
        return 0;
    };
    std::vector<parla_handle_t> before(static_cast<std::size_t>(grid->side));
    for (int64_t row = 0; row < grid->side; ++row) {
        const parla_range_t slice[] = {{row - 1, row, 1}, {PARLA_OPEN, PARLA_OPEN, 1}};
        std::size_t n = 0;
        CALL(parla_taskspace_slice(space, slice, before.data(), before.size(), &n));
        REQUIRE(n == (row > 0 ? before.size() : 0));
        spawn(space, row, 0, row_body, before.data(), n);
        const parla_handle_t row_task = element(space, row, 0);
        for (int64_t column = 1; column < grid->side; ++column) {
            spawn(space, row, column, body, &row_task, 1);
        }
    }
}

} // namespace

int main(int argc, char **argv) {
    bench::Program program("libparla", "Task spaces: ns per element, from the creation of a space until all have run");
    std::size_t side = 1'000;
    program.option("--width", side, 2, 10'000, "Rows, and columns");

    const auto measure = [&](const char *workload, auto spawn_all) {
        bench::offer_repeated(program, workload, [&, workload, spawn_all](bool timed) {
            static Grid instance(static_cast<int64_t>(side));
            grid = &instance;
            grid->board.clear();
            parla_taskspace_t space;
            const double elapsed = bench::time_of([&] {
                space = create();
                spawn_all(space);
                CALL(parla_taskspace_wait(space, -1));
            });
            const double destroying = bench::time_of([&] { CALL(parla_taskspace_destroy(space)); });
            grid->board.check();
            if (timed) {
                const auto tasks = static_cast<double>(grid->tasks());
                program.report(workload, "ns_per_task", elapsed / tasks,
                               {{"tasks", grid->tasks()}, {"destroy_ns_per_task", destroying / tasks}});
            }
        });
    };
    measure("space-neighbours", spawn_neighbours);
    measure("space-rows", spawn_rows);
    return program.run(argc, argv);
}

// StarPU, workers on CPUs only. Idiom: sequential task flow. Each cell of the workload is a registered int; tasks say
// which they read and write, and StarPU derives the dependencies from the order of submission. Tasks are filled in by
// hand, which costs less than starpu_task_insert. A task cannot wait, so there is no fib.
#include "common/task_program.hpp"

#include <starpu.h>

#include <bit>
#include <cstdlib>
#include <string>
#include <vector>

using namespace bench;

namespace {

void must(int status, const char *what) {
    if (status != 0) [[unlikely]] {
        fail(what, std::to_string(status));
    }
}

// Registered ints, until the end of the run.
class Cells {
    std::vector<int> values;
    std::vector<starpu_data_handle_t> handles;

  public:
    explicit Cells(std::size_t n) : values(n), handles(n) {
        for (std::size_t i = 0; i < n; ++i) {
            const auto address = reinterpret_cast<std::uintptr_t>(&values[i]);
            starpu_variable_data_register(&handles[i], STARPU_MAIN_RAM, address, sizeof values[i]);
        }
    }
    Cells(const Cells &) = delete;
    Cells &operator=(const Cells &) = delete;
    ~Cells() {
        for (const starpu_data_handle_t handle : handles) {
            starpu_data_unregister(handle);
        }
    }
    starpu_data_handle_t operator[](std::size_t i) const { return handles[i]; }
};

starpu_codelet codelet(starpu_cpu_func_t body, std::initializer_list<starpu_data_access_mode> modes) {
    starpu_codelet made;
    starpu_codelet_init(&made);
    made.where = STARPU_CPU;
    made.cpu_funcs[0] = body;
    made.nbuffers = static_cast<int>(modes.size());
    std::copy(modes.begin(), modes.end(), made.modes);
    return made;
}

// Numbers travel in the argument pointer, so what they refer to is where every body finds it.
template <class Work> Work *work_of = nullptr;

void *as_argument(std::uintptr_t number) { return reinterpret_cast<void *>(number); }
void *as_argument(Point at) { return as_argument(std::bit_cast<std::uintptr_t>(at)); }
std::uintptr_t as_number(void *argument) { return reinterpret_cast<std::uintptr_t>(argument); }

template <class Work> void body_at_point(void **, void *argument) {
    work_of<Work>->body(std::bit_cast<Point>(as_number(argument)));
}

void submit(starpu_codelet &codelet, void *argument, std::initializer_list<starpu_data_handle_t> cells) {
    starpu_task *task = starpu_task_create();
    task->cl = &codelet;
    task->cl_arg = argument;
    std::copy(cells.begin(), cells.end(), task->handles);
    must(starpu_task_submit(task), "starpu_task_submit");
}

void spawn_all(Flat &work) {
    static starpu_codelet task = codelet([](void **, void *) { Flat::body(); }, {});
    for (std::size_t i = 0; i < work.tasks(); ++i) {
        submit(task, nullptr, {});
    }
}

void spawn_all(Chain &work, const Cells &cells) {
    const auto body = [](void **, void *i) { work_of<Chain>->body(static_cast<std::uint32_t>(as_number(i))); };
    static starpu_codelet task = codelet(body, {STARPU_RW});
    for (std::uint32_t i = 1; i <= work.tasks(); ++i) {
        submit(task, as_argument(i), {cells[0]});
    }
}

// Two rows of cells, which the steps write in turn.
void spawn_all(Stencil &work, const Cells &cells) {
    static starpu_codelet inner = codelet(body_at_point<Stencil>, {STARPU_W, STARPU_R, STARPU_R, STARPU_R});
    static starpu_codelet border = codelet(body_at_point<Stencil>, {STARPU_W, STARPU_R, STARPU_R});
    static starpu_codelet lone = codelet(body_at_point<Stencil>, {STARPU_W, STARPU_R});
    const std::uint32_t width = work.width();
    for (std::uint32_t step = 1; step <= work.steps(); ++step) {
        const std::uint32_t now = step % 2 * width, before = (step + 1) % 2 * width;
        for (std::uint32_t i = 0; i < width; ++i) {
            void *argument = as_argument(Point{step, i});
            const bool has_left = i > 0, has_right = i + 1 < width;
            if (has_left && has_right) {
                submit(inner, argument,
                       {cells[now + i], cells[before + i - 1], cells[before + i], cells[before + i + 1]});
            } else if (has_left || has_right) {
                submit(border, argument,
                       {cells[now + i], cells[before + i], cells[has_left ? before + i - 1 : before + i + 1]});
            } else {
                submit(lone, argument, {cells[now + i], cells[before + i]});
            }
        }
    }
}

// One row of cells, which all rows of tasks write in turn.
void spawn_all(Wavefront &work, const Cells &row) {
    static starpu_codelet task = codelet(body_at_point<Wavefront>, {STARPU_RW, STARPU_R});
    const std::uint32_t width = work.width();
    for (std::uint32_t i = 1; i <= width; ++i) {
        for (std::uint32_t j = 1; j <= width; ++j) {
            submit(task, as_argument(Point{i, j}), {row[j], row[j - 1]});
        }
    }
}

std::size_t cells_of(const Chain &) { return 1; }
std::size_t cells_of(const Stencil &work) { return std::size_t{work.width()} * 2; }
std::size_t cells_of(const Wavefront &work) { return std::size_t{work.width()} + 1; }

void wait_for_all() { must(starpu_task_wait_for_all(), "starpu_task_wait_for_all"); }

void flat(Flat &work) {
    spawn_all(work);
    wait_for_all();
}

void flat_worker(Flat &work) {
    work_of<Flat> = &work;
    static starpu_codelet root = codelet([](void **, void *) { spawn_all(*work_of<Flat>); }, {});
    submit(root, nullptr, {});
    wait_for_all();
}

// The cells are returned, so that unregistering them is not measured.
template <class Work> std::unique_ptr<Cells> by_host(Work &work) {
    work_of<Work> = &work;
    auto cells = std::make_unique<Cells>(cells_of(work));
    spawn_all(work, *cells);
    wait_for_all();
    return cells;
}

template <class Work> std::unique_ptr<Cells> by_worker(Work &work) {
    work_of<Work> = &work;
    auto cells = std::make_unique<Cells>(cells_of(work));
    const auto body = [](void **, void *cells) { spawn_all(*work_of<Work>, *static_cast<const Cells *>(cells)); };
    static starpu_codelet root = codelet(body, {});
    submit(root, cells.get(), {});
    wait_for_all();
    return cells;
}

void nested_body(void **, void *depth);
starpu_codelet nested_task = codelet(nested_body, {});

void nested_body(void **, void *depth) {
    Nested::body();
    const std::uintptr_t below = as_number(depth) - 1;
    if (below > 0) {
        submit(nested_task, as_argument(below), {});
        submit(nested_task, as_argument(below), {});
    }
}

void nested(Nested &work) {
    submit(nested_task, as_argument(work.depth()), {});
    wait_for_all();
}

} // namespace

int main(int argc, char **argv) {
    TaskProgram program("starpu");
    program.offer<Flat>("flat", flat);
    program.offer<Chain>("chain", by_host<Chain>);
    program.offer<Stencil>("stencil", by_host<Stencil>);
    program.offer<Wavefront>("wavefront", by_host<Wavefront>);
    program.offer<Flat>("flat-worker", flat_worker);
    program.offer<Chain>("chain-worker", by_worker<Chain>);
    program.offer<Stencil>("stencil-worker", by_worker<Stencil>);
    program.offer<Wavefront>("wavefront-worker", by_worker<Wavefront>);
    program.offer<Nested>("nested", nested);
    return program.run(argc, argv, [](unsigned workers, const auto &measure) {
        starpu_conf conf;
        starpu_conf_init(&conf);
        conf.ncpus = static_cast<int>(workers);
        conf.ncuda = conf.nopencl = 0;
        must(starpu_init(&conf), "starpu_init");
        measure();
        starpu_shutdown();
    });
}

// libparla. Behind one task: one that is held. Without a dependency: workers that have something else to do.
#include "memory.hpp"
#include "parla/runtime.hpp"

namespace {

int32_t body(void *) {
    bench::Tally::add_one();
    return 0;
}

void runtime(unsigned workers, const auto &measure) {
    const bench::Runtime started(workers);
    measure();
}

double held(std::size_t tasks, unsigned) {
    const bench::Gate gate;
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, &gate.task(), 1, nullptr));
        }
    });
    gate.release();
    CALL(parla_wait_all(-1));
    return grown;
}

double queued(std::size_t tasks, unsigned workers) {
    bench::Busy busy;
    const parla_task_fn keep_busy = [](void *ctx) -> int32_t {
        static_cast<bench::Busy *>(ctx)->body();
        return 0;
    };
    for (unsigned i = 0; i < workers; ++i) {
        CALL(parla_spawn(keep_busy, &busy, PARLA_ANY, 0, nullptr, 0, nullptr));
    }
    busy.wait_until_begun(workers);
    const double grown = bench::growth_per_task(tasks, [&] {
        for (std::size_t i = 0; i < tasks; ++i) {
            CALL(parla_spawn(body, nullptr, PARLA_ANY, 0, nullptr, 0, nullptr));
        }
    });
    busy.end();
    CALL(parla_wait_all(-1));
    return grown;
}

} // namespace

int main(int argc, char **argv) {
    bench::MemoryProgram program("libparla", 1'000'000, 100'000'000);
    const auto start = [](unsigned workers, const auto &measure) { runtime(workers, measure); };
    program.offer("memory-held", start, held);
    program.offer("memory-queued", start, queued);
    return program.run(argc, argv);
}

// libparla as the programs of this folder use it.
#pragma once

#include "common/program.hpp"

#include <parla.h>

namespace bench {

#define CALL(call) ((call) == PARLA_OK ? void() : ::bench::fail(#call, parla_last_error_message()))

// One use of libparla, with the defaults but for what `config` says.
class Runtime {
  public:
    explicit Runtime(parla_config_t config) {
        config.size = sizeof config;
        CALL(parla_init(&config));
    }
    explicit Runtime(unsigned workers) : Runtime(with_workers(workers)) {}
    Runtime(const Runtime &) = delete;
    Runtime &operator=(const Runtime &) = delete;
    ~Runtime() { CALL(parla_finalize()); }

    static parla_config_t with_workers(unsigned workers) {
        parla_config_t config{};
        config.num_threads = static_cast<int32_t>(workers);
        return config;
    }

    static parla_stats_t stats() {
        parla_stats_t stats{};
        stats.size = sizeof stats;
        CALL(parla_stats(&stats));
        return stats;
    }
};

inline parla_task_spec_t spec(parla_task_fn fn, void *ctx = nullptr, uint32_t flags = PARLA_TASK_NONE) {
    parla_task_spec_t spec{};
    spec.size = sizeof spec;
    spec.flags = flags;
    spec.fn = fn;
    spec.ctx = ctx;
    return spec;
}

// A task that completes when `release` is called: what keeps others back.
class Gate {
    parla_task_t held = 0;

  public:
    Gate() {
        const auto gate = spec([](void *) -> int32_t { return 0; }, nullptr, PARLA_TASK_HOLD);
        CALL(parla_spawn_task(&gate, &held));
    }
    const parla_task_t &task() const { return held; }
    void release() const { CALL(parla_task_release(held)); }
};

// Offers a workload of which all repeats happen in one runtime: `once(timed)`, first for a warm-up that is not timed.
template <class Once> void offer_repeated(Program &program, const char *workload, Once once) {
    program.offer(workload, [&program, once] {
        const Runtime runtime(program.workers);
        once(false);
        for (unsigned repeat = 0; repeat < program.repeats; ++repeat) {
            once(true);
        }
    });
}

} // namespace bench

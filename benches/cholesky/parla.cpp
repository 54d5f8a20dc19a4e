// libparla through its C ABI: plain tasks with priorities, spawned by the host's thread, which then waits.
#include "cholesky.hpp"

#include "../common/application.hpp"

#include <parla.h>

namespace {

using cholesky::Step;

void check(parla_status_t status) {
    if (status != PARLA_OK) bench::fail(parla_last_error_message());
}

std::int32_t run_step(void *ctx) {
    static_cast<Step *>(ctx)->run();
    return 0;
}

class Parla final : public cholesky::Peer {
  public:
    explicit Parla(const cholesky::Options &options) : priorities_(options.priorities) {
        parla_config_t config{};
        config.size = sizeof config;
        config.num_threads = options.workers;
        check(parla_init(&config));
    }

    ~Parla() override { check(parla_finalize()); }

    void run(cholesky::Factorisation &factorisation) override {
        factorisation.spawn<parla_task_t>([this](Step &step, std::span<const parla_task_t> predecessors) {
            parla_task_spec_t spec{};
            spec.size = sizeof spec;
            spec.fn = run_step;
            spec.ctx = &step;
            spec.deps = predecessors.data();
            spec.n_deps = predecessors.size();
            spec.priority = priorities_ ? step.priority : 0;
            parla_task_t task;
            check(parla_spawn_task(&spec, &task));
            return task;
        });
        check(parla_wait_all(-1));
    }

  private:
    static_assert(cholesky::HIGHEST_PRIORITY <= PARLA_PRIORITY_MAX);
    bool priorities_;
};

} // namespace

int main(int argc, char **argv) {
    return cholesky::cholesky_main(argc, argv, "libparla",
                                   [](const auto &options) { return std::make_unique<Parla>(options); });
}

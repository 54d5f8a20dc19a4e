// A task that waits inside a catch block finds its exception again, though another task has thrown and
// caught one on the same thread meanwhile.
#include <parla.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>

static parla_task_t gate;
static bool other_caught;
static bool same_exception;

static int32_t other(void *) noexcept {
    try {
        throw std::runtime_error("the other's");
    } catch (const std::exception &error) {
        other_caught = std::strcmp(error.what(), "the other's") == 0;
        parla_task_release(gate);
    }
    return 0;
}

static int32_t waits_in_a_catch(void *) noexcept {
    try {
        throw std::runtime_error("its own");
    } catch (const std::exception &) {
        parla_spawn(other, nullptr, PARLA_ANY, 0, nullptr, 0, nullptr);
        if (parla_wait(&gate, 1, -1) != PARLA_OK) return 1;
        try {
            throw;
        } catch (const std::exception &again) {
            same_exception = std::strcmp(again.what(), "its own") == 0;
        }
    }
    return 0;
}

int main() {
    parla_config_t config{};
    config.size = sizeof config;
    config.num_threads = 1;
    if (parla_init(&config) != PARLA_OK) return 1;
    parla_task_spec_t spec{};
    spec.size = sizeof spec;
    spec.fn = [](void *) -> int32_t { return 0; };
    spec.flags = PARLA_TASK_HOLD;
    parla_task_t task = 0;
    bool ok = parla_spawn_task(&spec, &gate) == PARLA_OK;
    ok = ok && parla_spawn(waits_in_a_catch, nullptr, PARLA_ANY, 0, nullptr, 0, &task) == PARLA_OK;
    ok = ok && parla_wait(&task, 1, -1) == PARLA_OK;
    ok = parla_finalize() == PARLA_OK && ok && other_caught && same_exception;
    std::puts(ok ? "ok" : "FAILED");
    return ok ? 0 : 1;
}

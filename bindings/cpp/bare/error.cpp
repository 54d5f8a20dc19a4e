// A task fails with a code and a text, its dependent is skipped, and the waiter learns why.
#include "bare.hpp"

#include <array>
#include <cstring>

int main() {
    check(parla_init(nullptr));

    parla_task_t failing = 0;
    check(parla_spawn(
        [](void *) noexcept -> int32_t {
            parla_set_failure_text("the pivot of row 3 is zero");
            return 42;
        },
        nullptr, PARLA_CPU, 0.0, nullptr, 0, &failing));

    bool ran = false;
    parla_task_t dependent = 0;
    check(parla_spawn(
        [](void *ctx) noexcept -> int32_t {
            *static_cast<bool *>(ctx) = true;
            return 0;
        },
        &ran, PARLA_CPU, 0.0, &failing, 1, &dependent));

    // The message belongs to this thread's last failing call: ask before making another one.
    const parla_status_t status = parla_wait(&dependent, 1, -1);
    std::array<char, 256> text{};
    int32_t failing_state = 0;
    int32_t dependent_state = 0;
    int32_t code = 0;
    parla_task_t origin = 0;
    check(parla_task_state(failing, &failing_state));
    check(parla_task_state(dependent, &dependent_state));
    check(parla_task_failure(dependent, &code, &origin, text.data(), text.size(), nullptr));
    const bool told = std::strstr(parla_last_error_message(), text.data()) != nullptr;

    std::printf("the wait returned %d\n", status);
    std::printf("the failing task: state %d\n", failing_state);
    std::printf("its dependent: state %d, its body ran: %s\n", dependent_state, yes_or_no(ran));
    std::printf("the failure: code %d, its origin is the failing task: %s\n", code,
                yes_or_no(origin == failing));
    std::printf("the text: %s\n", text.data());
    std::printf("the last error message has the text: %s\n", yes_or_no(told));
    std::printf("finalize returned %d\n", parla_finalize());
}

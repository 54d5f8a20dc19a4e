// The smallest C++ program that proves an installed libparla: many tasks add to one counter.
#include <parla.h>

#include <atomic>
#include <cstdio>

int main()
{
    constexpr int tasks = 100;
    std::atomic<int> count{0};

    if (parla_init(nullptr) != 0)
        return 1;
    for (int i = 0; i < tasks; i++) {
        const parla_status_t status = parla_spawn(
            [](void *ctx) -> int32_t {
                static_cast<std::atomic<int> *>(ctx)->fetch_add(1);
                return 0;
            },
            &count, PARLA_CPU, 0.0, nullptr, 0, nullptr);
        if (status != 0) {
            std::fprintf(stderr, "parla_spawn: %s\n", parla_status_string(status));
            return 1;
        }
    }
    if (parla_finalize() != 0)
        return 1;

    std::printf("%d tasks of C++\n", count.load());
    return count.load() == tasks ? 0 : 1;
}

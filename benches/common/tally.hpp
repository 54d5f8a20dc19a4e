// Counts bodies that ran, without a cache line that threads share: each thread adds to its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>

namespace bench {

class Tally {
    // Two lines, as processors fetch lines in pairs.
    struct alignas(128) Slot {
        std::atomic<std::uint64_t> count{0};
    };

    static Slot *claim() {
        const std::lock_guard lock(mutex);
        return &slots.emplace_back();
    }

    static inline std::mutex mutex;
    static inline std::list<Slot> slots;
    static inline thread_local Slot *mine = nullptr;

  public:
    static void add_one() noexcept {
        if (mine == nullptr) [[unlikely]] {
            mine = claim();
        }
        // Only this thread writes, so no read-modify-write is needed.
        mine->count.store(mine->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }

    // The sum over all threads; exact when no body runs.
    static std::uint64_t total() {
        const std::lock_guard lock(mutex);
        std::uint64_t sum = 0;
        for (const Slot &slot : slots) {
            sum += slot.count.load(std::memory_order_relaxed);
        }
        return sum;
    }
};

} // namespace bench

// Pinned threads, each with a Chase-Lev deque of as many places as there will ever be tasks (Lê et al., "Correct and
// Efficient Work-Stealing for Weak Memory Models", PPoPP 2013). They spin while they have nothing to do: this is a
// bound for the runtimes, not one of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace metg {

template <class T> class Deque {
  public:
    // Empties it. Nobody else may use it meanwhile.
    void reset(std::size_t places) {
        if (items_.size() < places) items_ = std::vector<std::atomic<T *>>(places);
        top_.store(0, std::memory_order_relaxed);
        bottom_.store(0, std::memory_order_relaxed);
    }

    void push(T *item) {
        const auto b = bottom_.load(std::memory_order_relaxed);
        items_[b].store(item, std::memory_order_relaxed);
        bottom_.store(b + 1, std::memory_order_release); // with steal's acquire: the item is there
    }

    T *pop() {
        const auto b = bottom_.load(std::memory_order_relaxed) - 1;
        bottom_.store(b, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst); // with steal's: one of the two sees the other
        auto t = top_.load(std::memory_order_relaxed);
        T *item = nullptr;
        if (t <= b) {
            item = items_[b].load(std::memory_order_relaxed);
            if (t != b) return item;
            if (!top_.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst, std::memory_order_relaxed))
                item = nullptr;
        }
        bottom_.store(b + 1, std::memory_order_relaxed);
        return item;
    }

    T *steal() {
        auto t = top_.load(std::memory_order_acquire);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (t >= bottom_.load(std::memory_order_acquire)) return nullptr;
        T *const item = items_[t].load(std::memory_order_relaxed);
        return top_.compare_exchange_strong(t, t + 1, std::memory_order_seq_cst, std::memory_order_relaxed) ? item
                                                                                                            : nullptr;
    }

  private:
    alignas(64) std::atomic<std::ptrdiff_t> top_{0};
    alignas(64) std::atomic<std::ptrdiff_t> bottom_{0};
    std::vector<std::atomic<T *>> items_;
};

// The calling thread is worker 0 while it is in `run`.
class Team {
  public:
    explicit Team(int workers);
    ~Team();

    int size() const { return int(threads_.size()) + 1; }

    // Calls `work(worker)` once on each worker, and returns when all calls have.
    void run(const std::function<void(int)> &work);

  private:
    void serve(int worker);

    std::vector<std::thread> threads_;
    const std::function<void(int)> *work_ = nullptr; // nullptr: end
    alignas(64) std::atomic<unsigned> round_{0};
    alignas(64) std::atomic<int> busy_{0};
};

} // namespace metg

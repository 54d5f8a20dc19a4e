#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

namespace metg {

namespace {

// Binds the calling thread to one of the processors that the process may use.
void bind(int worker) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    int left = worker % CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        return;
    }
}

} // namespace

Team::Team(int workers) {
    for (int worker = 1; worker < workers; worker++) threads_.emplace_back([this, worker] { serve(worker); });
    bind(0); // after the others have inherited the whole mask
}

Team::~Team() {
    work_ = nullptr;
    round_.fetch_add(1, std::memory_order_release);
    for (std::thread &thread : threads_) thread.join();
}

void Team::run(const std::function<void(int)> &work) {
    work_ = &work;
    busy_.store(int(threads_.size()), std::memory_order_relaxed);
    round_.fetch_add(1, std::memory_order_release);
    work(0);
    while (busy_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void Team::serve(int worker) {
    bind(worker);
    for (unsigned seen = 0;; seen++) {
        while (round_.load(std::memory_order_acquire) == seen) std::this_thread::yield();
        if (work_ == nullptr) return;
        (*work_)(worker);
        busy_.fetch_sub(1, std::memory_order_release); // with run's acquire: what the call did is done
    }
}

} // namespace metg

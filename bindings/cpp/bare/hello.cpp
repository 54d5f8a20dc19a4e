// One task, and a context through which it gets its input and hands back its result.
#include "bare.hpp"

struct Product {
    int first;
    int second;
    int result;
};

int main() {
    std::puts("hello from the main program");
    check(parla_init(nullptr));

    // A body is a plain function: a lambda that captures nothing is one. noexcept, because nothing may be
    // thrown through libparla.
    Product product{6, 7, 0};
    parla_task_t task = 0;
    check(parla_spawn(
        [](void *ctx) noexcept -> int32_t {
            auto *product = static_cast<Product *>(ctx);
            std::puts("hello from a task");
            product->result = product->first * product->second;
            return 0;
        },
        &product, PARLA_CPU, 0.0, nullptr, 0, &task));

    // `product` is on this stack, so the task must be over before it goes.
    check(parla_wait(&task, 1, -1));
    std::printf("the task computed %d\n", product.result);
    std::printf("finalize returned %d\n", parla_finalize());
}

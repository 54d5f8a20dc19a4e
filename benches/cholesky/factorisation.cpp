#include "factorisation.hpp"

#include <cblas.h>

#include <algorithm>

// LAPACK's Fortran symbol; the last argument is the length of `uplo`, which Fortran compilers pass behind the others.
extern "C" void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, std::size_t);

namespace cholesky {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Operations in units of b^3 / 3, for tiles of b x b.
int work(Kernel kernel) {
    switch (kernel) {
    case Kernel::potrf: return 1;
    case Kernel::gemm: return 6;
    default: return 3;
    }
}

} // namespace

void Step::run() {
    const int b = matrix->tile_size();
    double *const c = matrix->tile(updated.i, updated.j);
    const double *const left = reads > 0 ? matrix->tile(read[0].i, read[0].j) : nullptr;
    const double *const right = reads > 1 ? matrix->tile(read[1].i, read[1].j) : nullptr;

    begin = now();
    switch (kernel) {
    case Kernel::potrf: {
        int info;
        dpotrf_("L", &b, c, &b, &info, 1);
        failed = info != 0;
        break;
    }
    case Kernel::trsm:
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, b, b, 1, left, b, c, b);
        break;
    case Kernel::syrk: cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, b, b, -1, left, b, 1, c, b); break;
    case Kernel::gemm:
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, b, b, b, -1, left, b, right, b, 1, c, b);
        break;
    }
    end = now();
}

Factorisation::Factorisation(Matrix &matrix) : matrix_(matrix) {
    const int n = matrix.tiles();
    for (int k = 0; k < n; k++) {
        add(Kernel::potrf, {k, k}, {});
        for (int i = k + 1; i < n; i++) add(Kernel::trsm, {i, k}, {{k, k}});
        for (int j = k + 1; j < n; j++) {
            add(Kernel::syrk, {j, j}, {{j, k}});
            for (int i = j + 1; i < n; i++) add(Kernel::gemm, {i, j}, {{i, k}, {j, k}});
        }
    }
    set_priorities();
}

void Factorisation::add(Kernel kernel, Tile updated, std::initializer_list<Tile> read) {
    Step step{};
    step.kernel = kernel;
    step.matrix = &matrix_;
    step.updated = updated;
    step.reads = int(read.size());
    std::copy(read.begin(), read.end(), step.read.begin());
    steps_.push_back(step);
}

// The most work on any path from the start of a step to the end, scaled.
void Factorisation::set_priorities() {
    std::vector<std::vector<std::size_t>> predecessors(steps_.size());
    spawn<std::size_t>([&, next = std::size_t(0)](Step &, std::span<const std::size_t> before) mutable {
        predecessors[next].assign(before.begin(), before.end());
        return ++next; // from 1, as 0 stands for none
    });
    std::vector<int> longest(steps_.size());
    for (std::size_t s = steps_.size(); s-- > 0;) {
        longest[s] += work(steps_[s].kernel); // so far: the longest of its successors
        for (std::size_t p : predecessors[s]) longest[p - 1] = std::max(longest[p - 1], longest[s]);
    }
    const int most = *std::max_element(longest.begin(), longest.end());
    for (std::size_t s = 0; s < steps_.size(); s++)
        steps_[s].priority = std::max(1, int(std::int64_t(longest[s]) * HIGHEST_PRIORITY / most));
}

} // namespace cholesky

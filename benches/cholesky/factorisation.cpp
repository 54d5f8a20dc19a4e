#include "factorisation.hpp"

#include <cblas.h>

#include <algorithm>

// LAPACK's Fortran symbol; the last argument is the length of `uplo`, which Fortran compilers pass behind the others.
extern "C" void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, std::size_t);

namespace cholesky {

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// C = C L^-T, for C of m x n. OpenBLAS's dtrsm has half the speed of its dgemm, so most of the work is handed to that.
void solve(int m, int n, const double *l, double *c, int stride) {
    constexpr int SMALL = 32;
    if (n <= SMALL) {
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, l, stride, c, stride);
        return;
    }
    const int done = n / 2, rest = n - done;
    double *const behind = c + std::size_t(done) * stride;
    solve(m, done, l, c, stride);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m, rest, done, -1, c, stride, l + done, stride, 1, behind,
                stride);
    solve(m, rest, l + std::size_t(done) * stride + done, behind, stride);
}

// Operations in units of b^3 / 3, for tiles of b x b.
int work(const Step &step) {
    const int tiles = step.updated.rows * step.updated.columns;
    switch (step.kernel) {
    case Kernel::potrf: return 1;
    case Kernel::gemm: return 6 * tiles * step.read[0].columns;
    case Kernel::syrk: return 3 * tiles * step.read[0].columns;
    default: return 3 * tiles;
    }
}

} // namespace

void Step::run() {
    const auto first = [this](const Area &area) { return matrix->tile(area.at.i, area.at.j); };
    const int b = matrix->tile_size(), stride = matrix->stride();
    const int m = updated.rows * b, n = updated.columns * b, k = read[0].columns * b;
    double *const c = first(updated);
    const double *const left = reads > 0 ? first(read[0]) : nullptr;
    const double *const right = reads > 1 ? first(read[1]) : nullptr;

    begin = now();
    switch (kernel) {
    case Kernel::potrf: {
        int info;
        dpotrf_("L", &n, c, &stride, &info, 1);
        failed = info != 0;
        break;
    }
    case Kernel::trsm: solve(m, n, left, c, stride); break;
    case Kernel::syrk:
        cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n, k, -1, left, stride, 1, c, stride);
        break;
    case Kernel::gemm:
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m, n, k, -1, left, stride, right, stride, 1, c, stride);
        break;
    }
    end = now();
}

Factorisation::Factorisation(Matrix &matrix) : matrix_(matrix) {
    for (int block = 0; block < matrix.tiles(); block += matrix.block()) {
        factor_columns(block);
        update_behind(block);
    }
    set_priorities();
}

// The steps that update the columns of the blocks from tile (block, block) down.
void Factorisation::factor_columns(int block) {
    const int n = matrix_.tiles(), end = std::min(n, block + matrix_.block());
    for (int k = block; k < end; k++) {
        const Area diagonal{{k, k}, 1, 1};
        add(Kernel::potrf, diagonal, {});
        const auto height = [&](int i) { return i < end ? 1 : std::min(matrix_.block(), n - i); };
        for (int i = k + 1; i < n; i += height(i)) add(Kernel::trsm, {{i, k}, height(i), 1}, {diagonal});
        for (int j = k + 1; j < end; j++) {
            const Area right{{j, k}, 1, 1};
            add(Kernel::syrk, {{j, j}, 1, 1}, {right});
            for (int i = j + 1; i < n; i += height(i))
                add(Kernel::gemm, {{i, j}, height(i), 1}, {{{i, k}, height(i), 1}, right});
        }
    }
}

// The steps by which these columns update the blocks to their right.
void Factorisation::update_behind(int block) {
    const int n = matrix_.tiles(), width = matrix_.block();
    const auto size = [&](int i) { return std::min(width, n - i); };
    for (int j = block + width; j < n; j += width) {
        const Area right{{j, block}, size(j), width};
        add(Kernel::syrk, {{j, j}, size(j), size(j)}, {right});
        for (int i = j + width; i < n; i += width)
            add(Kernel::gemm, {{i, j}, size(i), size(j)}, {{{i, block}, size(i), width}, right});
    }
}

void Factorisation::add(Kernel kernel, Area updated, std::initializer_list<Area> read) {
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
        longest[s] += work(steps_[s]); // so far: the longest of its successors
        for (std::size_t p : predecessors[s]) longest[p - 1] = std::max(longest[p - 1], longest[s]);
    }
    const int most = *std::max_element(longest.begin(), longest.end());
    for (std::size_t s = 0; s < steps_.size(); s++)
        steps_[s].priority = std::max(1, int(std::int64_t(longest[s]) * HIGHEST_PRIORITY / most));
}

} // namespace cholesky

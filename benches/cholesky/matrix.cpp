#include "matrix.hpp"

#include <cblas.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace cholesky {

namespace {

constexpr std::size_t HUGE_PAGE = 2 << 20; // tiles are walked through in an order that misses the TLB otherwise

// SplitMix64 of the element's position, in [-1/2, 1/2).
double element(std::uint64_t i, std::uint64_t j) {
    std::uint64_t x = ((i << 32) | j) + 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    x ^= x >> 31;
    return double(x >> 11) * 0x1p-53 - 0.5;
}

double largest(const std::vector<double> &x) {
    double max = 0;
    for (double value : x) max = std::isnan(value) ? value : std::max(max, std::abs(value));
    return max;
}

} // namespace

void Matrix::Free::operator()(double *memory) const { std::free(memory); }

Matrix::Matrix(int n, int tile, int block) : tile_(tile), tiles_(n / tile), block_(block) {
    const int full = (tiles_ + block - 1) / block * block; // blocks at the edge take as much room as others
    const std::size_t elements = offset(full, 0);
    const std::size_t bytes = (elements * sizeof(double) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    data_.reset(static_cast<double *>(std::aligned_alloc(HUGE_PAGE, bytes)));
    if (!data_) throw std::bad_alloc();
    madvise(data_.get(), bytes, MADV_HUGEPAGE); // a wish: without huge pages it is the same, only slower
}

void Matrix::fill() {
    for (int tj = 0; tj < tiles_; tj++)
        for (int ti = tj; ti < tiles_; ti++) {
            for (int j = tj * tile_; j < (tj + 1) * tile_; j++) {
                double *out = tile(ti, tj) + std::size_t(j - tj * tile_) * stride();
                for (int i = ti * tile_; i < (ti + 1) * tile_; i++)
                    *out++ = element(std::max(i, j), std::min(i, j)) + (i == j ? n() : 0);
            }
        }
}

std::vector<double> Matrix::times(const std::vector<double> &x) const {
    std::vector<double> y(n(), 0.0);
    for (int j = 0; j < tiles_; j++) {
        cblas_dsymv(CblasColMajor, CblasLower, tile_, 1, tile(j, j), stride(), &x[j * tile_], 1, 1, &y[j * tile_], 1);
        for (int i = j + 1; i < tiles_; i++) {
            cblas_dgemv(CblasColMajor, CblasNoTrans, tile_, tile_, 1, tile(i, j), stride(), &x[j * tile_], 1, 1,
                        &y[i * tile_], 1);
            cblas_dgemv(CblasColMajor, CblasTrans, tile_, tile_, 1, tile(i, j), stride(), &x[i * tile_], 1, 1,
                        &y[j * tile_], 1);
        }
    }
    return y;
}

std::vector<double> Matrix::times_factor_and_transpose(const std::vector<double> &x) const {
    // z = L^T x, then y = L z.
    std::vector<double> z = x;
    for (int j = 0; j < tiles_; j++) { // row j of L^T needs the x of the tiles below, which are not overwritten yet
        cblas_dtrmv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, tile_, tile(j, j), stride(), &z[j * tile_], 1);
        for (int i = j + 1; i < tiles_; i++)
            cblas_dgemv(CblasColMajor, CblasTrans, tile_, tile_, 1, tile(i, j), stride(), &x[i * tile_], 1, 1,
                        &z[j * tile_], 1);
    }
    std::vector<double> y = z;
    for (int j = 0; j < tiles_; j++)
        cblas_dtrmv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, tile_, tile(j, j), stride(), &y[j * tile_],
                    1);
    for (int j = 0; j < tiles_; j++)
        for (int i = j + 1; i < tiles_; i++)
            cblas_dgemv(CblasColMajor, CblasNoTrans, tile_, tile_, 1, tile(i, j), stride(), &z[j * tile_], 1, 1,
                        &y[i * tile_], 1);
    return y;
}

double residual(const Matrix &factor) {
    const int n = factor.n();
    std::vector<double> x(n);
    for (int i = 0; i < n; i++) x[i] = element(std::uint64_t(i), std::uint64_t(1) << 31);

    Matrix original(n, factor.tile_size(), factor.block());
    original.fill();
    std::vector<double> difference = original.times(x);
    const std::vector<double> product = factor.times_factor_and_transpose(x);
    for (int i = 0; i < n; i++) difference[i] -= product[i];

    const double row_sum = 1.5 * n; // no row of A sums up to more
    return largest(difference) / (row_sum * largest(x));
}

} // namespace cholesky

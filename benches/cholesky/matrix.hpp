// A symmetric positive definite matrix and its factor, of which only the lower half is kept. Blocks of a few square
// tiles are each contiguous and column-major. With one tile as large as the matrix that is LAPACK's plain column-major
// storage.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace cholesky {

class Matrix {
  public:
    // `n` is a multiple of `tile`. A block is `block` x `block` tiles, less at the lower and right edge.
    Matrix(int n, int tile, int block);

    int n() const { return tile_ * tiles_; }
    int tile_size() const { return tile_; }
    int tiles() const { return tiles_; }
    int block() const { return block_; }
    int stride() const { return block_ * tile_; } // from a column to the next

    // The first element of tile (i, j), i >= j; columns are `stride()` apart, also those of tiles of the same block.
    double *tile(int i, int j) { return data_.get() + offset(i, j); }
    const double *tile(int i, int j) const { return data_.get() + offset(i, j); }

    // Independent of the tiles: off-diagonal elements are pseudo-random in [-1/2, 1/2), and `n` is added to the
    // diagonal, which makes the matrix positive definite, as each diagonal element outweighs the rest of its row.
    void fill();

    // y = A x, for the symmetric matrix whose lower half this is.
    std::vector<double> times(const std::vector<double> &x) const;

    // y = L L^T x, for the lower triangle L of this.
    std::vector<double> times_factor_and_transpose(const std::vector<double> &x) const;

  private:
    struct Free {
        void operator()(double *memory) const;
    };

    std::size_t offset(int i, int j) const {
        const std::size_t column = j / block_, row = i / block_;
        const std::size_t before = row * (row + 1) / 2 + column; // blocks in earlier rows, and further left
        return (before * stride() + j % block_ * tile_) * stride() + i % block_ * tile_;
    }

    int tile_, tiles_, block_;
    std::unique_ptr<double[], Free> data_;
};

// How far L L^T is from the matrix that `fill` makes: the largest element of (A - L L^T) x, for a pseudo-random x,
// relative to the norms of A and x. A tile that is wrong anywhere shows, as x has no zeros.
double residual(const Matrix &factor);

// A residual that rounding explains is below this.
constexpr double LARGEST_RESIDUAL = 1e-14;

} // namespace cholesky

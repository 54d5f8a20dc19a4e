/* The arithmetic of `digits`, one thread, no tasks. Matrices are column-major; `ld` is the distance
 * of two columns. Triangular and symmetric matrices are their lower halves. */

#ifndef DIGITS_LINALG_H
#define DIGITS_LINALG_H

#include "digits_data.h"

#include <stddef.h>

/* k[i,j] = exp(-gamma |a_i - b_j|^2) for the images of `a` (rows) and `b` (columns). */
void rbf_kernel(const images_t *a, const images_t *b, double *k, int ld);

/* Adds `lambda` to the diagonal. */
void add_ridge(int n, double *k, int ld);

/* a = L L^T, in place. Returns 0, or the order of the first minor that is not positive. */
int factor(int n, double *a, int ld);

/* b (m x n) = b L^-T. */
void solve_panel(int m, int n, const double *l, double *b, int ld);

/* c (m x n) -= a b^T, with k columns in `a` and `b`. */
void update(int m, int n, int k, const double *a, const double *b, double *c, int ld);

/* The same for the lower half of a square: c (n x n) -= a a^T. */
void update_diagonal(int n, int k, const double *a, double *c, int ld);

/* x (n x CLASSES) = L^-1 x, and x = L^-T x. */
void solve_forward(int n, const double *l, int ldl, double *x, int ldx);
void solve_backward(int n, const double *l, int ldl, double *x, int ldx);

/* y (m x CLASSES) -= l x, and y (n x CLASSES) -= l^T x, for l (m x n). */
void subtract_product(int m, int n, const double *l, int ldl, const double *x, double *y, int ldx);
void subtract_transposed(int m, int n, const double *l, int ldl, const double *x, double *y,
                         int ldx);

/* y (m x CLASSES) += k x, for k (m x n). */
void add_product(int m, int n, const double *k, int ldk, const double *x, int ldx, double *y,
                 int ldy);

/* How many threads the BLAS uses inside one call. */
void use_blas_threads(int threads);

/* |a - b| / |b|, Euclidean norms. */
double relative_difference(size_t count, const double *a, const double *b);

/* The same system solved by LAPACK, to compare with. */
typedef struct {
    double seconds;    /* of dposv alone */
    double residual;   /* |K a - y| / (|K| |a|) of the tasks' solution a, Frobenius norms */
    double difference; /* its relative difference from LAPACK's solution */
} reference_t;

/* Uses the number of BLAS threads that is set. Ends the program with status 1 if it cannot. */
reference_t compare_with_lapack(const images_t *training, const double *solution);

/* Wall-clock seconds since some fixed moment. */
double seconds_now(void);

#endif

#define _POSIX_C_SOURCE 200809L
#include "digits_linalg.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double GAMMA = 0.001, LAMBDA = 0.1;

/* LAPACK's Fortran symbols; the last argument is the length of `uplo`, which Fortran compilers
 * pass behind the others. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, int *info, size_t);

void rbf_kernel(const images_t *a, const images_t *b, double *k, int ld)
{
    /* |a - b|^2 = |a|^2 + |b|^2 - 2 a b: the products are a matrix product. */
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, a->count, b->count, PIXELS, 1, a->pixels,
                PIXELS, b->pixels, PIXELS, 0, k, ld);
    for (int j = 0; j < b->count; j++) {
        double *column = k + (size_t)j * ld;
        for (int i = 0; i < a->count; i++)
            column[i] = exp(-GAMMA * (a->norms[i] + b->norms[j] - 2 * column[i]));
    }
}

void add_ridge(int n, double *k, int ld)
{
    for (int i = 0; i < n; i++)
        k[(size_t)i * ld + i] += LAMBDA;
}

int factor(int n, double *a, int ld)
{
    int info;

    dpotrf_("L", &n, a, &ld, &info, 1);
    return info;
}

void solve_panel(int m, int n, const double *l, double *b, int ld)
{
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, m, n, 1, l, ld, b,
                ld);
}

void update(int m, int n, int k, const double *a, const double *b, double *c, int ld)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m, n, k, -1, a, ld, b, ld, 1, c, ld);
}

void update_diagonal(int n, int k, const double *a, double *c, int ld)
{
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, n, k, -1, a, ld, 1, c, ld);
}

void solve_forward(int n, const double *l, int ldl, double *x, int ldx)
{
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, CLASSES, 1, l,
                ldl, x, ldx);
}

void solve_backward(int n, const double *l, int ldl, double *x, int ldx)
{
    cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n, CLASSES, 1, l,
                ldl, x, ldx);
}

void subtract_product(int m, int n, const double *l, int ldl, const double *x, double *y, int ldx)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, CLASSES, n, -1, l, ldl, x, ldx, 1, y,
                ldx);
}

void subtract_transposed(int m, int n, const double *l, int ldl, const double *x, double *y,
                         int ldx)
{
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n, CLASSES, m, -1, l, ldl, x, ldx, 1, y,
                ldx);
}

void add_product(int m, int n, const double *k, int ldk, const double *x, int ldx, double *y,
                 int ldy)
{
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, CLASSES, n, 1, k, ldk, x, ldx, 1, y,
                ldy);
}

static double norm(size_t count, const double *values)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += values[i] * values[i];
    return sqrt(sum);
}

double relative_difference(size_t count, const double *a, const double *b)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum) / norm(count, b);
}

void use_blas_threads(int threads)
{
    openblas_set_num_threads(threads);
}

reference_t compare_with_lapack(const images_t *training, const double *solution)
{
    const int n = training->count, columns = CLASSES;
    const size_t size = (size_t)n * CLASSES;
    double *k = malloc((size_t)n * n * sizeof(double));
    double *y = malloc(size * sizeof(double));
    reference_t reference;
    double started;
    int info;

    if (k == NULL || y == NULL) {
        fprintf(stderr, "digits: out of memory for the comparison with LAPACK\n");
        exit(1);
    }
    rbf_kernel(training, training, k, n);
    add_ridge(n, k, n);

    images_targets(training, y);
    cblas_dsymm(CblasColMajor, CblasLeft, CblasLower, n, CLASSES, 1, k, n, solution, n, -1, y, n);
    reference.residual = norm(size, y) / (norm((size_t)n * n, k) * norm(size, solution));

    images_targets(training, y);
    started = seconds_now();
    dposv_("L", &n, &columns, k, &n, y, &n, &info, 1);
    reference.seconds = seconds_now() - started;
    if (info != 0) {
        fprintf(stderr, "digits: LAPACK's dposv failed with %d\n", info);
        exit(1);
    }
    reference.difference = relative_difference(size, solution, y);
    free(k);
    free(y);
    return reference;
}

double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

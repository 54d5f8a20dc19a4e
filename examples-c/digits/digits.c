/* Learns handwritten digits: kernel ridge classification as one task graph.
 *
 * There is one weight for each training image and class, from (K + lambda I) a = y with the kernel
 * K[i,j] = exp(-gamma |x_i - x_j|^2). The matrix is built in tiles, factored by a tiled Cholesky
 * factorisation and solved for all classes. digits_graph.c is the part to read.
 *
 * It runs the graph with all workers, then with one, and compares the weights with LAPACK's.
 *
 *     cc digits*.c $(pkg-config --cflags --libs parla openblas) -lm -o digits
 *     ./digits --data ../../data/digits.csv */

#include "digits_data.h"
#include "digits_graph.h"
#include "digits_linalg.h"
#include "digits_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAINING = 1347 };

static const double TOLERANCE = 1e-8;

/* Floating-point operations; the exponentials are not counted. */
typedef struct {
    double kernel, cholesky, solves, test;
} work_t;

static work_t count_work(double n, double m)
{
    return (work_t){.kernel = n * n * PIXELS, /* the lower half of n^2 scalar products */
                    .cholesky = n * n * n / 3,
                    .solves = 2 * n * n * CLASSES,
                    .test = 2 * n * m * (PIXELS + CLASSES)};
}

static void print_rate(const char *who, int count, double seconds, double work, double speed_up)
{
    printf("%-14s %3d  %9.3f s  %7.1f GFLOP/s", who, count, seconds, 1e-9 * work / seconds);
    if (speed_up > 0)
        printf("  speed-up %.2f", speed_up);
    printf("\n");
}

/* Large tiles suit the BLAS, small ones give enough tasks to share. */
static int good_tile(int n)
{
    return n <= 3000 ? 128 : 256;
}

static problem_t read_problem(const options_t *options, images_t *images)
{
    int n = options->n;

    if (n > 0) {
        *images = images_random(n);
    } else {
        *images = images_read(options->data);
        n = TRAINING;
        if (images->count <= n) {
            fprintf(stderr, "digits: %s has %d images, but %d are needed for the training alone\n",
                    options->data, images->count, n);
            exit(1);
        }
    }
    return problem_create(images_part(images, 0, n), images_part(images, n, images->count - n),
                          options->tile > 0 ? options->tile : good_tile(n));
}

/* Runs the graph with all workers, then with one, and prints their speed. Returns the relative
 * difference of the two solutions, which should be nothing but rounding. */
static double run_twice(problem_t *problem, const options_t *options, const work_t *work,
                        int *workers)
{
    const double total = work->kernel + work->cholesky + work->solves + work->test;
    const size_t size = (size_t)problem->training.count * CLASSES;
    double *first = malloc(size * sizeof *first);
    double difference;
    run_t all, one;

    if (first == NULL) {
        fprintf(stderr, "digits: out of memory for the weights\n");
        exit(1);
    }
    all = graph_run(problem, options->workers, options->progress);
    memcpy(first, problem->solution, size * sizeof *first);
    one = graph_run(problem, 1, options->progress);
    difference = relative_difference(size, first, problem->solution);
    free(first);

    print_rate("tasks, workers", all.workers, all.seconds, total, one.seconds / all.seconds);
    print_rate("tasks, workers", one.workers, one.seconds, total, 0);
    *workers = all.workers;
    return difference;
}

int main(int argc, char **argv)
{
    const options_t options = options_read(argc, argv);
    images_t images;
    problem_t problem = read_problem(&options, &images);
    const int n = problem.training.count, m = problem.test.count;
    const work_t work = count_work(n, m);
    reference_t reference;
    double difference;
    int workers;

    printf("%d training images, %d test images, tiles of %d, %ld tasks\n", n, m, problem.tile,
           graph_tasks(&problem));
    printf("GFLOP: kernel %.3f, Cholesky (n^3/3) %.3f, solves %.3f, test %.3f\n",
           1e-9 * work.kernel, 1e-9 * work.cholesky, 1e-9 * work.solves, 1e-9 * work.test);
    fflush(stdout);

    difference = run_twice(&problem, &options, &work, &workers);
    use_blas_threads(workers);
    reference = compare_with_lapack(&problem.training, problem.solution);
    print_rate("dposv, threads", workers, reference.seconds, work.cholesky + work.solves, 0);

    printf("difference between the two runs: %.1e\n", difference);
    printf("residual |K a - y| / (|K| |a|): %.1e\n", reference.residual);
    printf("residual against LAPACK: %.1e\n", reference.difference);
    if (m > 0) {
        int correct = problem_correct(&problem);
        printf("accuracy: %d of %d (%.1f %%)\n", correct, m, 100.0 * correct / m);
    }
    problem_free(&problem);
    images_free(&images);
    /* Written so that NaN is not good either. */
    return difference < TOLERANCE && reference.difference < TOLERANCE ? 0 : 1;
}

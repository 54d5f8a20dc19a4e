/* With A[i,j] a tile of the kernel matrix, y[i] and a[i] blocks of the targets and of the weights,
 * and i > j > k, the tasks are
 *
 *     K[i,j]                A[i,j]  = kernel of the images i and j (plus lambda if i = j)
 *     POTRF[k]              A[k,k]  = L[k,k], where A[k,k] = L[k,k] L[k,k]^T
 *     TRSM[i,k]             A[i,k]  = L[i,k] = A[i,k] L[k,k]^-T
 *     UPDATE[i,j,k]         A[i,j] -= L[i,k] L[j,k]^T, also for i = j
 *     FORWARD[k]            y[k]    = L[k,k]^-1 y[k]
 *     FORWARD_UPDATE[i,k]   y[i]   -= L[i,k] y[k]
 *     BACKWARD[k]           y[k]    = a[k] = L[k,k]^-T y[k]
 *     BACKWARD_UPDATE[k,i]  y[k]   -= L[i,k]^T a[i]
 *     PREDICT[t]            scores of block t of the test images
 *
 * There is no barrier between the phases: a tile of L is used as soon as it is there. */

#define _POSIX_C_SOURCE 200809L
#include "digits_graph.h"
#include "../check.h"
#include "digits_linalg.h"

#include <unistd.h>

/* What a body gets: the problem and its indices. */
typedef struct {
    problem_t *p;
    int i, j, k;
} step_t;

/* ---- The bodies ---- */

static int32_t done(const step_t *s)
{
    atomic_fetch_add_explicit(&s->p->done, 1, memory_order_relaxed);
    return 0;
}

static int32_t build_tile(void *ctx)
{
    const step_t *s = ctx;
    const images_t a = problem_block(s->p, s->i), b = problem_block(s->p, s->j);
    double *target = problem_tile(s->p, s->i, s->j);

    rbf_kernel(&a, &b, target, s->p->tile);
    if (s->i == s->j)
        add_ridge(a.count, target, s->p->tile);
    return done(s);
}

static int32_t factor_tile(void *ctx)
{
    const step_t *s = ctx;
    int minor = factor(problem_rows(s->p, s->k), problem_tile(s->p, s->k, s->k), s->p->tile);

    if (minor != 0) {
        char text[64];
        snprintf(text, sizeof text, "POTRF[%d]: minor %d is not positive", s->k, minor);
        CHECK(parla_set_failure_text(text));
        return minor;
    }
    return done(s);
}

static int32_t solve_tile(void *ctx)
{
    const step_t *s = ctx;

    solve_panel(problem_rows(s->p, s->i), problem_rows(s->p, s->k),
                problem_tile(s->p, s->k, s->k), problem_tile(s->p, s->i, s->k), s->p->tile);
    return done(s);
}

static int32_t update_tile(void *ctx)
{
    const step_t *s = ctx;
    const double *left = problem_tile(s->p, s->i, s->k), *right = problem_tile(s->p, s->j, s->k);
    double *target = problem_tile(s->p, s->i, s->j);
    const int m = problem_rows(s->p, s->i), n = problem_rows(s->p, s->j);
    const int depth = problem_rows(s->p, s->k);

    if (s->i == s->j)
        update_diagonal(m, depth, left, target, s->p->tile);
    else
        update(m, n, depth, left, right, target, s->p->tile);
    return done(s);
}

static int32_t forward(void *ctx)
{
    const step_t *s = ctx;

    solve_forward(problem_rows(s->p, s->k), problem_tile(s->p, s->k, s->k), s->p->tile,
                  problem_right_side(s->p, s->k), s->p->training.count);
    return done(s);
}

static int32_t forward_update(void *ctx)
{
    const step_t *s = ctx;

    subtract_product(problem_rows(s->p, s->i), problem_rows(s->p, s->k),
                     problem_tile(s->p, s->i, s->k), s->p->tile, problem_right_side(s->p, s->k),
                     problem_right_side(s->p, s->i), s->p->training.count);
    return done(s);
}

static int32_t backward(void *ctx)
{
    const step_t *s = ctx;

    solve_backward(problem_rows(s->p, s->k), problem_tile(s->p, s->k, s->k), s->p->tile,
                   problem_right_side(s->p, s->k), s->p->training.count);
    return done(s);
}

static int32_t backward_update(void *ctx)
{
    const step_t *s = ctx;

    subtract_transposed(problem_rows(s->p, s->i), problem_rows(s->p, s->k),
                        problem_tile(s->p, s->i, s->k), s->p->tile,
                        problem_right_side(s->p, s->i), problem_right_side(s->p, s->k),
                        s->p->training.count);
    return done(s);
}

/* The kernel of one block of test images with the training images, times the weights. */
static int32_t predict(void *ctx)
{
    const step_t *s = ctx;
    const problem_t *p = s->p;
    const images_t test = problem_test_block(p, s->i);
    double *scores = p->scores + (size_t)s->i * p->tile;
    double *kernel = malloc((size_t)p->tile * p->tile * sizeof(double));

    if (kernel == NULL) {
        CHECK(parla_set_failure_text("out of memory for a tile"));
        return 1;
    }
    for (int k = 0; k < p->tiles; k++) {
        const images_t training = problem_block(p, k);
        rbf_kernel(&test, &training, kernel, p->tile);
        add_product(test.count, training.count, kernel, p->tile, problem_right_side(p, k),
                    p->training.count, scores, p->test.count);
    }
    free(kernel);
    return done(s);
}

/* ---- The graph ---- */

typedef struct {
    problem_t *p;
    step_t *next; /* the context of the next task */
    parla_taskspace_t K, POTRF, TRSM, UPDATE;
    parla_taskspace_t FORWARD, FORWARD_UPDATE, BACKWARD, BACKWARD_UPDATE, PREDICT;
} graph_t;

/* The handle of an element; 0, "no dependency", if it is outside the space. */
static parla_task_t at(parla_taskspace_t space, int64_t i, int64_t j, int64_t k)
{
    const int64_t index[3] = {i, j, k}; /* a space of fewer dimensions reads fewer of them */
    parla_task_t task;

    CHECK(parla_taskspace_task(space, index, &task));
    return task;
}

static void spawn(graph_t *g, parla_task_t task, parla_task_fn fn, int i, int j, int k,
                  parla_handle_t dep1, parla_handle_t dep2, parla_handle_t dep3)
{
    const parla_handle_t deps[3] = {dep1, dep2, dep3};
    const parla_task_spec_t spec = {.size = sizeof spec, .task = task, .fn = fn, .ctx = g->next,
                                    .deps = deps, .n_deps = 3};

    *g->next++ = (step_t){g->p, i, j, k};
    CHECK(parla_spawn_task(&spec, NULL));
}

/* The task that writes tile (i,j) last before step k of the factorisation. */
static parla_task_t writer(const graph_t *g, int i, int j, int k)
{
    return k == 0 ? at(g->K, i, j, 0) : at(g->UPDATE, i, j, k - 1);
}

static void spawn_kernel(graph_t *g, int n)
{
    for (int j = 0; j < n; j++)
        for (int i = j; i < n; i++)
            spawn(g, at(g->K, i, j, 0), build_tile, i, j, 0, 0, 0, 0);
}

static void spawn_factorisation(graph_t *g, int n)
{
    for (int k = 0; k < n; k++) {
        parla_task_t potrf = at(g->POTRF, k, 0, 0);

        spawn(g, potrf, factor_tile, k, k, k, writer(g, k, k, k), 0, 0);
        for (int i = k + 1; i < n; i++)
            spawn(g, at(g->TRSM, i, k, 0), solve_tile, i, k, k, potrf, writer(g, i, k, k), 0);
        for (int j = k + 1; j < n; j++)
            for (int i = j; i < n; i++)
                spawn(g, at(g->UPDATE, i, j, k), update_tile, i, j, k, at(g->TRSM, i, k, 0),
                      at(g->TRSM, j, k, 0), writer(g, i, j, k));
    }
}

/* BACKWARD overwrites what FORWARD_UPDATE reads, and needs no dependency for it: the last FORWARD
 * comes after every FORWARD_UPDATE, and the first BACKWARD after the last FORWARD. */
static void spawn_solves(graph_t *g, int n)
{
    for (int k = 0; k < n; k++) {
        parla_task_t solve = at(g->FORWARD, k, 0, 0);

        spawn(g, solve, forward, k, k, k, at(g->POTRF, k, 0, 0), at(g->FORWARD_UPDATE, k, k - 1, 0),
              0);
        for (int i = k + 1; i < n; i++)
            spawn(g, at(g->FORWARD_UPDATE, i, k, 0), forward_update, i, k, k, solve,
                  at(g->TRSM, i, k, 0), at(g->FORWARD_UPDATE, i, k - 1, 0));
    }
    for (int i = n - 1; i >= 0; i--) {
        parla_task_t solve = at(g->BACKWARD, i, 0, 0);

        spawn(g, solve, backward, i, i, i, at(g->FORWARD, i, 0, 0),
              at(g->BACKWARD_UPDATE, i, i + 1, 0), 0);
        for (int k = i - 1; k >= 0; k--)
            spawn(g, at(g->BACKWARD_UPDATE, k, i, 0), backward_update, i, k, k, solve,
                  at(g->BACKWARD_UPDATE, k, i + 1, 0), 0);
    }
}

/* A block of test images needs all weights: it depends on a whole space. */
static void spawn_prediction(graph_t *g, int blocks)
{
    for (int t = 0; t < blocks; t++)
        spawn(g, at(g->PREDICT, t, 0, 0), predict, t, 0, 0, g->BACKWARD, 0, 0);
}

static parla_taskspace_t space(const char *name, uint32_t dimensions, int64_t n)
{
    const int64_t shape[3] = {n, n, n};
    parla_taskspace_t created;

    CHECK(parla_taskspace_create(name, dimensions, NULL, shape, &created));
    return created;
}

static void spawn_all(graph_t *g, int n, int test_blocks)
{
    g->K = space("K", 2, n);
    g->POTRF = space("POTRF", 1, n);
    g->TRSM = space("TRSM", 2, n);
    g->UPDATE = space("UPDATE", 3, n);
    g->FORWARD = space("FORWARD", 1, n);
    g->FORWARD_UPDATE = space("FORWARD_UPDATE", 2, n);
    g->BACKWARD = space("BACKWARD", 1, n);
    g->BACKWARD_UPDATE = space("BACKWARD_UPDATE", 2, n);
    g->PREDICT = space("PREDICT", 1, test_blocks);

    spawn_kernel(g, n);
    spawn_factorisation(g, n);
    spawn_solves(g, n);
    spawn_prediction(g, test_blocks);
}

long graph_tasks(const problem_t *p)
{
    const long n = p->tiles, pairs = n * (n - 1) / 2;

    return (n + pairs)                 /* K */
           + n + pairs                 /* POTRF, TRSM */
           + (n - 1) * n * (n + 1) / 6 /* UPDATE */
           + 2 * (n + pairs)           /* FORWARD, BACKWARD and their updates */
           + problem_test_blocks(p);   /* PREDICT */
}

/* ---- A run ---- */

/* On a terminal a line that is rewritten; elsewhere a line every two seconds. */
static void show_progress(const problem_t *p, double elapsed, double *shown)
{
    const bool terminal = isatty(STDERR_FILENO);
    const long ended = atomic_load_explicit(&p->done, memory_order_relaxed);
    const long tasks = graph_tasks(p);

    if (!terminal && elapsed - *shown < 2)
        return;
    *shown = elapsed;
    fprintf(stderr, "%s%6.1f s  %ld of %ld tasks (%.0f %%)%s", terminal ? "\r" : "", elapsed, ended,
            tasks, 100.0 * (double)ended / (double)tasks, terminal ? "" : "\n");
}

/* Waits for the tasks that all others lead to, and looks up now and then. */
static void wait_for(const graph_t *g, bool progress, double started)
{
    static const int64_t TENTH_OF_A_SECOND = 100000000;
    const parla_handle_t last[2] = {g->BACKWARD, g->PREDICT};
    double shown = 0;
    parla_status_t status;

    while ((status = parla_wait(last, 2, progress ? TENTH_OF_A_SECOND : -1)) == PARLA_ERR_TIMEOUT)
        show_progress(g->p, seconds_now() - started, &shown);
    if (shown > 0 && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%50s\r", ""); /* wipes the line */
    CHECK(status);
}

run_t graph_run(problem_t *p, int workers, bool progress)
{
    const parla_config_t config = {.size = sizeof config, .num_threads = workers};
    parla_stats_t stats = {.size = sizeof stats};
    step_t *steps = malloc((size_t)graph_tasks(p) * sizeof *steps);
    graph_t g = {.p = p, .next = steps};
    double started;
    run_t run;

    if (steps == NULL) {
        fprintf(stderr, "digits: out of memory for %ld tasks\n", graph_tasks(p));
        exit(1);
    }
    problem_reset(p);
    use_blas_threads(1); /* the tasks are the parallelism */

    CHECK(parla_init(&config));
    started = seconds_now();
    spawn_all(&g, p->tiles, problem_test_blocks(p));
    wait_for(&g, progress, started);
    run.seconds = seconds_now() - started;
    CHECK(parla_stats(&stats));
    run.workers = (int)stats.num_workers;
    CHECK(parla_finalize());

    free(steps);
    return run;
}

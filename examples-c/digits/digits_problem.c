#include "digits_problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int blocks(int count, int tile)
{
    return (count + tile - 1) / tile;
}

problem_t problem_create(images_t training, images_t test, int tile)
{
    const int n = blocks(training.count, tile);
    problem_t p = {.training = training, .test = test, .tile = tile, .tiles = n};

    p.matrix = calloc((size_t)n * (n + 1) / 2 * tile * tile, sizeof(double));
    p.solution = calloc((size_t)training.count * CLASSES, sizeof(double));
    p.scores = calloc((size_t)test.count * CLASSES + 1, sizeof(double)); /* never NULL for 0 */
    if (p.matrix == NULL || p.solution == NULL || p.scores == NULL) {
        fprintf(stderr, "digits: out of memory for a matrix of order %d\n", training.count);
        exit(1);
    }
    return p;
}

void problem_free(problem_t *p)
{
    free(p->matrix);
    free(p->solution);
    free(p->scores);
}

void problem_reset(problem_t *p)
{
    images_targets(&p->training, p->solution);
    memset(p->scores, 0, (size_t)p->test.count * CLASSES * sizeof(double));
    atomic_store(&p->done, 0);
}

int problem_rows(const problem_t *p, int i)
{
    return least(p->tile, p->training.count - i * p->tile);
}

images_t problem_block(const problem_t *p, int i)
{
    return images_part(&p->training, i * p->tile, problem_rows(p, i));
}

int problem_test_blocks(const problem_t *p)
{
    return blocks(p->test.count, p->tile);
}

images_t problem_test_block(const problem_t *p, int i)
{
    const int first = i * p->tile;
    return images_part(&p->test, first, least(p->tile, p->test.count - first));
}

double *problem_tile(const problem_t *p, int i, int j)
{
    size_t number = (size_t)i * (i + 1) / 2 + j;
    return p->matrix + number * p->tile * p->tile;
}

double *problem_right_side(const problem_t *p, int i)
{
    return p->solution + (size_t)i * p->tile;
}

int problem_correct(const problem_t *p)
{
    const size_t m = p->test.count;
    int correct = 0;

    for (size_t i = 0; i < m; i++) {
        int best = 0;
        for (int digit = 1; digit < CLASSES; digit++)
            if (p->scores[i + digit * m] > p->scores[i + best * m])
                best = digit;
        correct += best == p->test.labels[i];
    }
    return correct;
}

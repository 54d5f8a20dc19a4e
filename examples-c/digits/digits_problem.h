/* The problem: the images, and the tiled matrix and vectors that belong to them. */

#ifndef DIGITS_PROBLEM_H
#define DIGITS_PROBLEM_H

#include "digits_data.h"

#include <stdatomic.h>

typedef struct {
    images_t training, test; /* no test images: count 0 */
    int tile;                /* order of a tile */
    int tiles;               /* tiles along the matrix; the last may be smaller */
    double *matrix;          /* the lower tiles, first K, then L */
    double *solution;        /* training.count x CLASSES, first the targets, then the weights */
    double *scores;          /* test.count x CLASSES */
    atomic_long done;        /* tasks that have ended */
} problem_t;

/* Ends the program with status 1 if there is no memory. */
problem_t problem_create(images_t training, images_t test, int tile);
void problem_free(problem_t *problem);

/* Sets the solution to the targets, and the rest to zero, for one more run. */
void problem_reset(problem_t *problem);

/* The number of images in block `i`, and these images. */
int problem_rows(const problem_t *problem, int i);
images_t problem_block(const problem_t *problem, int i);

/* The same for the blocks of the test images. */
int problem_test_blocks(const problem_t *problem);
images_t problem_test_block(const problem_t *problem, int i);

/* Tile (i,j), i >= j, whose leading dimension is `tile`. */
double *problem_tile(const problem_t *problem, int i, int j);

/* The rows of block `i` in the solution, whose leading dimension is training.count. */
double *problem_right_side(const problem_t *problem, int i);

/* The number of test images whose highest score is that of their label. */
int problem_correct(const problem_t *problem);

#endif

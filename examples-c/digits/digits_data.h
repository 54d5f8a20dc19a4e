/* Images and what they show. */

#ifndef DIGITS_DATA_H
#define DIGITS_DATA_H

enum { PIXELS = 64, CLASSES = 10 };

typedef struct {
    int count;
    double *pixels; /* image j: PIXELS numbers from pixels + j * PIXELS */
    double *norms;  /* the square of its length */
    int *labels;    /* the digit it shows */
} images_t;

/* Reads the images of a file; ends the program with status 1 if it cannot. */
images_t images_read(const char *path);

/* `count` random images, always the same ones. */
images_t images_random(int count);

/* The images from `first` on, `count` of them: a view, nothing is copied. */
images_t images_part(const images_t *images, int first, int count);

void images_free(images_t *images);

/* One-vs-rest targets, images->count rows by CLASSES columns, column-major: 1 where the image shows
 * the digit, else 0. */
void images_targets(const images_t *images, double *targets);

#endif

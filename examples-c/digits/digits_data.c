#include "digits_data.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BRIGHTEST = 16 };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        fprintf(stderr, "digits: out of memory for the images\n");
        exit(1);
    }
    return memory;
}

static images_t images_allocate(int count)
{
    return (images_t){.count = count,
                      .pixels = allocate((size_t)count * PIXELS, sizeof(double)),
                      .norms = allocate((size_t)count, sizeof(double)),
                      .labels = allocate((size_t)count, sizeof(int))};
}

static void compute_norms(images_t *images)
{
    for (int j = 0; j < images->count; j++) {
        const double *image = images->pixels + (size_t)j * PIXELS;
        images->norms[j] = 0;
        for (int p = 0; p < PIXELS; p++)
            images->norms[j] += image[p] * image[p];
    }
}

static int count_lines(FILE *file)
{
    int lines = 0;

    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    rewind(file);
    return lines;
}

/* One number and the separator behind it, which must be the expected one. */
static int read_number(FILE *file, int most, char separator, int *number)
{
    char found;

    return fscanf(file, "%d%c", number, &found) == 2 && found == separator && *number >= 0 &&
           *number <= most;
}

static int read_image(FILE *file, double *image, int *label)
{
    int value;

    for (int p = 0; p < PIXELS; p++) {
        if (!read_number(file, BRIGHTEST, ',', &value))
            return 0;
        image[p] = value;
    }
    return read_number(file, CLASSES - 1, '\n', label);
}

images_t images_read(const char *path)
{
    FILE *file = fopen(path, "r");
    images_t images;

    if (file == NULL) {
        perror(path);
        fprintf(stderr, "digits: name the file with --data\n");
        exit(1);
    }
    images = images_allocate(count_lines(file));
    for (int j = 0; j < images.count; j++)
        if (!read_image(file, images.pixels + (size_t)j * PIXELS, &images.labels[j])) {
            fprintf(stderr, "digits: %s:%d: not %d numbers from 0 to %d and a digit\n", path, j + 1,
                    PIXELS, BRIGHTEST);
            exit(1);
        }
    fclose(file);
    compute_norms(&images);
    return images;
}

images_t images_random(int count)
{
    images_t images = images_allocate(count);
    uint32_t random = 2463534242u; /* xorshift32, G. Marsaglia, 2003 */

    for (int j = 0; j < count; j++) {
        for (int p = 0; p < PIXELS; p++) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            images.pixels[(size_t)j * PIXELS + p] = random % (BRIGHTEST + 1);
        }
        images.labels[j] = (int)(random % CLASSES);
    }
    compute_norms(&images);
    return images;
}

images_t images_part(const images_t *images, int first, int count)
{
    return (images_t){.count = count,
                      .pixels = images->pixels + (size_t)first * PIXELS,
                      .norms = images->norms + first,
                      .labels = images->labels + first};
}

void images_free(images_t *images)
{
    free(images->pixels);
    free(images->norms);
    free(images->labels);
    *images = (images_t){.count = 0};
}

void images_targets(const images_t *images, double *targets)
{
    for (int digit = 0; digit < CLASSES; digit++)
        for (int j = 0; j < images->count; j++)
            targets[(size_t)digit * images->count + j] = images->labels[j] == digit;
}

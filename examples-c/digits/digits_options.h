/* The command line of `digits`. */

#ifndef DIGITS_OPTIONS_H
#define DIGITS_OPTIONS_H

#include <stdbool.h>

typedef struct {
    int tile;         /* order of a tile; 0: by the number of images */
    int workers;      /* 0: the runtime decides */
    int n;            /* number of random images; 0: the digits */
    bool progress;    /* may show it */
    const char *data; /* file of the digits */
} options_t;

/* Ends the program after `--help`, and with status 2 if an option is wrong. */
options_t options_read(int argc, char **argv);

#endif

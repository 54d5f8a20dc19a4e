#include "digits_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char HELP[] =
    "usage: digits [options]\n"
    "Learns handwritten digits: kernel ridge classification by a tiled Cholesky factorisation.\n"
    "\n"
    "  --tile N       order of a tile, 8 to 4096 (default 128; 256 above 3000 images)\n"
    "  --workers N    workers of the runtime, 1 to 1024 (default: one per core)\n"
    "  --n N          N random images instead of the digits, 1 to 100000: a larger matrix\n"
    "  --data FILE    the digits (default data/digits.csv)\n"
    "  --no-progress  do not show the progress of a long run\n"
    "  --help         this text\n";

static _Noreturn void usage_error(void)
{
    fprintf(stderr, "digits: try --help\n");
    exit(2);
}

static int number(const char *option, const char *text, long least, long most)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
        fprintf(stderr, "digits: --%s needs a number from %ld to %ld, not \"%s\"\n", option, least,
                most, text);
        usage_error();
    }
    return (int)value;
}

options_t options_read(int argc, char **argv)
{
    static const struct option names[] = {
        {"tile", required_argument, NULL, 't'},  {"workers", required_argument, NULL, 'w'},
        {"n", required_argument, NULL, 'n'},     {"data", required_argument, NULL, 'd'},
        {"no-progress", no_argument, NULL, 'q'}, {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    options_t options = {.progress = true, .data = "data/digits.csv"};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 't': options.tile = number("tile", optarg, 8, 4096); break;
        case 'w': options.workers = number("workers", optarg, 1, 1024); break;
        case 'n': options.n = number("n", optarg, 1, 100000); break;
        case 'd': options.data = optarg; break;
        case 'q': options.progress = false; break;
        case 'h': fputs(HELP, stdout); exit(0);
        default: usage_error(); /* getopt_long has said what is wrong */
        }
    }
    if (optind < argc) {
        fprintf(stderr, "digits: unexpected argument \"%s\"\n", argv[optind]);
        usage_error();
    }
    return options;
}

/* Ends the test with a message unless `condition` holds. */

#ifndef CHECK_H
#define CHECK_H

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            printf("line %d: %s (%s)\n", __LINE__, #condition, parla_last_error_message());     \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

#endif

/* Every example checks every status with this. */

#ifndef CHECK_H
#define CHECK_H

#include <parla.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program, with the reason on stderr, if a call of libparla fails. */
#define CHECK(call) check_status((call), #call, __FILE__, __LINE__)

static inline void check_status(parla_status_t status, const char *call, const char *file, int line)
{
    if (status == PARLA_OK)
        return;
    fprintf(stderr, "%s:%d: %s: %s (%d): %s\n", file, line, call, parla_status_string(status),
            (int)status, parla_last_error_message());
    exit(1);
}

#endif

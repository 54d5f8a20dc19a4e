// What the three programs share: the end of a program whose call failed unexpectedly.
#ifndef PARLA_BARE_HPP
#define PARLA_BARE_HPP

#include <parla.h>

#include <cstdio>
#include <cstdlib>

inline void check(parla_status_t status) {
    if (status != PARLA_OK) {
        std::fprintf(stderr, "%s: %s\n", parla_status_string(status), parla_last_error_message());
        std::exit(EXIT_FAILURE);
    }
}

inline const char *yes_or_no(bool condition) { return condition ? "yes" : "no"; }

#endif

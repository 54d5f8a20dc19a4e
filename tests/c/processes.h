/* A part of a test in a process of its own: a fork that is made before the runtime is started. */

#ifndef PROCESSES_H
#define PROCESSES_H

#include "guard.h"

#include <sys/wait.h>

/* Runs `body` in a child, whose exit status is what it returns, or 1 if a check failed there; gives the status of waitpid.
 * A child that hangs dies of SIGALRM's handler, that is, of SIGABRT. */
static inline int run_in_child(int (*body)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(GUARD_SECONDS / 2);
        atomic_store(&guard_failures, 0); /* Those of the parent are the parent's. */
        int result = body();
        exit(atomic_load(&guard_failures) ? 1 : result);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

#define IN_CHILD(body, want)                                                        \
    do {                                                                            \
        step(#body);                                                                \
        int child_status = run_in_child(body);                                      \
        if (!CHECK(WIFEXITED(child_status) && WEXITSTATUS(child_status) == (want))) \
            fprintf(stderr, "  wait status %#x\n", (unsigned)child_status);         \
    } while (0)

#endif

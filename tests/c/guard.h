/* What the tests in C share: a watchdog, so that a hang is a failure with a message, and checks that count. */

#ifndef GUARD_H
#define GUARD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <parla.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Sanitizers slow everything down; the limit is then a multiple, and rounds are fewer. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { GUARD_SECONDS = 300, GUARD_SLOW = 10 };
#else
enum { GUARD_SECONDS = 60, GUARD_SLOW = 1 };
#endif

/* One of each for all files of a program. */
#define GUARD_SHARED __attribute__((weak))
GUARD_SHARED atomic_int guard_failures;
GUARD_SHARED atomic_int guard_checks;
/* What the program was doing, for the watchdog. */
GUARD_SHARED const char *volatile guard_step = "start";

static inline void guard_alarm(int signal)
{
    static const char said[] = "guard: the time is up; the last step was: ";
    (void)signal;
    if (write(2, said, sizeof said - 1) < 0 || write(2, guard_step, strlen(guard_step)) < 0
        || write(2, "\n", 1) < 0)
        _exit(99);
    abort();
}

/* Ends the program with a message if it runs for longer than it may. */
static inline void guard_start(void)
{
    signal(SIGALRM, guard_alarm);
    alarm(GUARD_SECONDS);
}

static inline void step(const char *what)
{
    guard_step = what;
    if (getenv("GUARD_VERBOSE"))
        fprintf(stderr, "-- %s\n", what);
}

/* The exit status of main. */
static inline int guard_end(void)
{
    int failures = atomic_load(&guard_failures);
    if (failures)
        fprintf(stderr, "%d of %d checks failed\n", failures, atomic_load(&guard_checks));
    else
        printf("%d checks\n", atomic_load(&guard_checks));
    return failures != 0;
}

#define CHECK(condition) guard_check((condition) != 0, #condition, __FILE__, __LINE__)

static inline int guard_check(int holds, const char *text, const char *file, int line)
{
    atomic_fetch_add(&guard_checks, 1);
    if (!holds && atomic_fetch_add(&guard_failures, 1) < 50)
        fprintf(stderr, "%s:%d: [%s] not so: %s\n", file, line, guard_step, text);
    return holds;
}

/* The call gives exactly this status. */
#define GIVES(call, status) guard_gives((call), (status), #call, __FILE__, __LINE__)
#define OK(call) GIVES(call, PARLA_OK)

static inline int guard_gives(parla_status_t got, parla_status_t want, const char *call, const char *file, int line)
{
    atomic_fetch_add(&guard_checks, 1);
    if (got == want)
        return 1;
    if (atomic_fetch_add(&guard_failures, 1) < 50)
        fprintf(stderr, "%s:%d: [%s] %s\n    gives %d (%s: %s), not %d (%s)\n", file, line, guard_step, call, (int)got,
                parla_status_string(got), got ? parla_last_error_message() : "", (int)want, parla_status_string(want));
    return 0;
}

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static inline void sleep_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        ;
}

/* Fails the test unless the condition comes true within ten seconds. */
#define EVENTUALLY(condition)                        \
    do {                                             \
        double until = seconds() + 10 * GUARD_SLOW;  \
        while (!(condition) && seconds() < until)    \
            sleep_ms(1);                             \
        CHECK(condition);                            \
    } while (0)

/* xorshift64*: the same numbers in every run. */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

static inline pthread_t start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);
    if (error) {
        fprintf(stderr, "pthread_create: %s\n", strerror(error));
        exit(1);
    }
    return thread;
}

#endif

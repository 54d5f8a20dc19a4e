/* Every exported function of libparla with every kind of bad argument, in every state of the runtime. */

#ifndef ABUSE_H
#define ABUSE_H

#include "guard.h"

/* When and where the calls are made. */
enum phase { BEFORE_INIT, ON_HOST, IN_TASK, AFTER_FINALIZE };

/* What there is to be named. Calls that are refused change none of it. */
struct world {
    parla_task_t done;          /* completed long ago */
    parla_task_t failed;        /* failed with code 5 */
    parla_task_t unspawned;     /* T[0], an element */
    parla_task_t spawned;       /* T[1], completed */
    parla_task_t cancelled;     /* T[2], cancelled before it was spawned */
    parla_task_t waiting;       /* depends on `unspawned` */
    parla_taskspace_t space;    /* T, 1 dimension, 0 to 9 */
    parla_taskspace_t plane;    /* 2 dimensions, without bounds */
    parla_taskspace_t dead;     /* destroyed */
    parla_task_t dead_element;  /* of `dead`; never spawned */
    parla_task_t of_last_time;  /* of a runtime that has ended; 0 in the first */
    parla_taskspace_t space_of_last_time;
};

void build_world(struct world *world);
void leave_world(struct world *world);

/* arguments.c: each function with arguments that it must refuse, and how. */
void bad_arguments(const struct world *world, enum phase phase);

/* random.c: each function with random arguments; only what cannot be is a failure. */
void random_arguments(uint64_t seed, int rounds);

static inline int32_t nothing(void *ctx)
{
    (void)ctx;
    return 0;
}

#endif

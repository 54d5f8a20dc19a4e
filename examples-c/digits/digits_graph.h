/* The whole of `digits` as one task graph. */

#ifndef DIGITS_GRAPH_H
#define DIGITS_GRAPH_H

#include "digits_problem.h"

#include <stdbool.h>

typedef struct {
    int workers;
    double seconds; /* from the first spawn to the last task's end */
} run_t;

/* The number of tasks of the graph. */
long graph_tasks(const problem_t *problem);

/* Starts a runtime with `workers` workers (0: its choice), runs the graph on it, and ends it. Ends
 * the program with status 1, and the reason on stderr, if anything fails. */
run_t graph_run(problem_t *problem, int workers, bool progress);

#endif

/* A barrier: wait for a whole task space, then go on with the next phase.
 *
 * In each phase, every element of a ring adds its neighbour's value from the phase before.
 *
 *     cc 10_barriers.c $(pkg-config --cflags --libs parla) -o barriers */

#include "check.h"

enum { N = 4, PHASES = 5 };

static int ring[PHASES + 1][N] = {{1, 0, 0, 0}};

typedef struct {
    int phase, i;
} cell_t;

static int32_t add_neighbour(void *ctx)
{
    const cell_t *cell = ctx;
    const int *old = ring[cell->phase];
    ring[cell->phase + 1][cell->i] = old[cell->i] + old[(cell->i + 1) % N];
    return 0;
}

int main(void)
{
    cell_t cells[N];
    parla_taskspace_t T;

    CHECK(parla_init(NULL));
    CHECK(parla_taskspace_create("T", 2, NULL, NULL, &T));

    for (int phase = 0; phase < PHASES; phase++) {
        for (int i = 0; i < N; i++) {
            const int64_t index[2] = {phase, i};
            cells[i] = (cell_t){phase, i};
            CHECK(parla_taskspace_spawn(T, index, add_neighbour, &cells[i], PARLA_ANY, 0, NULL, 0,
                                        NULL));
        }
        /* A space stands for the elements it has now; those of earlier phases are long complete.
         * After the wait, nobody reads `cells` any more. */
        CHECK(parla_taskspace_wait(T, -1));
        printf("phase %d:", phase + 1);
        for (int i = 0; i < N; i++)
            printf(" %d", ring[phase + 1][i]);
        printf("\n");
    }

    CHECK(parla_finalize());
    return 0;
}

/* What all programs here need: to fail loudly, and to know that they were started by the launcher of their own MPI. */
#ifndef CHECK_H
#define CHECK_H

#include <mpi.h>

#include <stdio.h>
#include <stdlib.h>

static int rank, size;

/* Ends all ranks, with what was expected. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "rank %d: %s:%d: not true: %s\n", rank, __FILE__, __LINE__, #condition); \
            fflush(stderr);                                                                        \
            MPI_Abort(MPI_COMM_WORLD, 1);                                                          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The first argument is the number of ranks. A program of one MPI under the launcher of another is a world of its own for
 * each process, where everything passes. */
static inline void start(int *argc, char ***argv) {
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    CHECK(*argc >= 2 && size == atoi((*argv)[1]));
}

#endif

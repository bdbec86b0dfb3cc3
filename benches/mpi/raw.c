/* The same communication by hand, in C with MPI alone. */
#include <mpi.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Waits for all ranks, and gives the time. */
double raw_now(void) {
    MPI_Barrier(MPI_COMM_WORLD);
    return MPI_Wtime();
}

/* The time since then, on the rank where it is longest. */
double raw_since(double start) {
    double time = MPI_Wtime() - start, longest;
    MPI_Allreduce(&time, &longest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return longest;
}

/* `sizes` are the bytes for each rank, and `received` those from each. */
void raw_alltoallv(const uint8_t *send, const int *sizes, uint8_t *receive, const int *received) {
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int *starts = calloc(2 * (size_t)ranks, sizeof *starts);
    for (int i = 1; i < ranks; i++) {
        starts[i] = starts[i - 1] + sizes[i - 1];
        starts[ranks + i] = starts[ranks + i - 1] + received[i - 1];
    }
    MPI_Alltoallv(send, sizes, starts, MPI_BYTE, receive, received, starts + ranks, MPI_BYTE, MPI_COMM_WORLD);
    free(starts);
}

void raw_alltoall(const int *sizes, int *received) {
    MPI_Alltoall(sizes, 1, MPI_INT, received, 1, MPI_INT, MPI_COMM_WORLD);
}

void raw_allreduce(double *values, int count) {
    MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

/* Rows of two ranks that the other one needs, as engines send them: `rows` of the own ones are packed, and those of the other
 * arrive where ghosts stay. */
void raw_halo(const double *owned, const uint32_t *rows, int count, int width, double *buffer, double *ghosts) {
    int rank;
    MPI_Request requests[2];
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Irecv(ghosts, count * width, MPI_DOUBLE, 1 - rank, 0, MPI_COMM_WORLD, &requests[0]);
    for (int i = 0; i < count; i++) {
        memcpy(buffer + (size_t)i * (size_t)width, owned + (size_t)rows[i] * (size_t)width, (size_t)width * sizeof *buffer);
    }
    MPI_Isend(buffer, count * width, MPI_DOUBLE, 1 - rank, 0, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
}

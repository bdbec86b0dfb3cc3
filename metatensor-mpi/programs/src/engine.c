/* What an engine has to do with MPI, and does not tell metatensor: groups of ranks, and messages of its own. */
#include <mpi.h>
#include <stdint.h>

static MPI_Comm group;
static int from_next;
static MPI_Request request;

/* The address of a communicator of all ranks with the same `color`, the last ranks first. */
const void *engine_group(int color) {
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_split(MPI_COMM_WORLD, color, -rank, &group);
    return &group;
}

void engine_group_free(void) {
    MPI_Comm_free(&group);
}

/* A message to the next rank, with the tag that metatensor has, of which only half was done until `engine_receive`. */
void engine_send(int value) {
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Irecv(&from_next, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
    MPI_Send(&value, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD);
}

int engine_receive(void) {
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return from_next;
}

/* The numbers of all ranks. */
void engine_gather(uint64_t own, uint64_t *all) {
    MPI_Allgather(&own, 1, MPI_UINT64_T, all, 1, MPI_UINT64_T, MPI_COMM_WORLD);
}

/* What engines in C do: `program N groups`, `program N halo`, and `program N address LIBRARY`, where the library is
 * libmetatensor_mpi.so. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <string.h>

#include "check.h"
#include "metatensor/mpi.h"

static const char *last_error(void) {
    const char *message = NULL;
    mts_last_error(&message, NULL, NULL);
    return message;
}

/* A failure of the last rank is known to all, and the communicator works afterwards. */
static void check_agreement(const mts_communicator_t *communicator) {
    uintptr_t own = 0, ranks = 0;
    char expected[64];
    CHECK(mts_communicator_rank(communicator, &own) == MTS_SUCCESS);
    CHECK(mts_communicator_size(communicator, &ranks) == MTS_SUCCESS);
    CHECK(own < ranks);
    mts_status_t mine = own + 1 == ranks ? MTS_IO_ERROR : MTS_SUCCESS;
    CHECK(mts_collective_agree(communicator, mine, "the disk is full") == MTS_IO_ERROR);
    (void)snprintf(expected, sizeof expected, "rank %d: the disk is full", (int)ranks - 1);
    CHECK(strstr(last_error(), expected) != NULL);
    for (int i = 0; i < 10; i++) CHECK(mts_collective_agree(communicator, MTS_SUCCESS, NULL) == MTS_SUCCESS);
}

/* Two halves of the world at once, each with a communicator of its own, the second one through Fortran; and messages of the
 * program with the same tag meanwhile. */
static void groups(void) {
    int from_before = -1;
    MPI_Request request;
    MPI_Comm half;
    mts_communicator_t *world = NULL, *communicator = NULL;
    MPI_Irecv(&from_before, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &request);
    CHECK(mts_mpi_communicator(MPI_COMM_WORLD, &world) == MTS_SUCCESS);
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);
    if (rank % 2 == 0) {
        CHECK(mts_mpi_communicator(half, &communicator) == MTS_SUCCESS);
    } else {
        CHECK(mts_mpi_communicator_f(MPI_Comm_c2f(half), &communicator) == MTS_SUCCESS);
    }
    MPI_Comm_free(&half);
    uintptr_t own, ranks;
    CHECK(mts_communicator_rank(communicator, &own) == MTS_SUCCESS);
    CHECK(mts_communicator_size(communicator, &ranks) == MTS_SUCCESS);
    CHECK((int)ranks == (size + 1 - rank % 2) / 2 && (int)(ranks - 1 - own) == rank / 2);
    for (int i = 0; i < 1 + 5 * (rank % 2); i++) check_agreement(communicator);
    check_agreement(world);
    MPI_Send(&rank, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD);
    CHECK(mts_communicator_free(communicator) == MTS_SUCCESS);
    check_agreement(world);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    CHECK(from_before == (rank + size - 1) % size);
    CHECK(mts_communicator_free(world) == MTS_SUCCESS);

    communicator = (mts_communicator_t *)&half;
    CHECK(mts_mpi_communicator(MPI_COMM_NULL, &communicator) == MTS_INVALID_PARAMETER_ERROR && communicator == NULL);
    CHECK(strncmp(last_error(), "invalid parameter: the communicator is MPI_COMM_NULL", 52) == 0);
}

/* Each rank owns four atoms, and has the two next ones as ghosts, twice: of itself if it is alone. The plan is used in many steps. */
static void halo(void) {
    enum { OWNED = 4, GHOSTS = 4, WIDTH = 600 };
    static double features[OWNED + GHOSTS][WIDTH];
    const DLDataType f64 = {kDLFloat, 64, 1};
    int32_t owned[OWNED], ghosts[GHOSTS];
    const int next = (rank + 1) % size, before = (rank + size - 1) % size;
    for (int i = 0; i < OWNED; i++) owned[i] = rank * OWNED + i;
    for (int i = 0; i < GHOSTS; i++) ghosts[i] = next * OWNED + i / 2;

    mts_transport_t transport;
    mts_mpi_options_t options = {1000, 0};
    mts_communicator_t *communicator = NULL;
    mts_halo_t *plan = NULL;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &transport) == MTS_SUCCESS);
    CHECK(mts_communicator(transport, &communicator) == MTS_SUCCESS);
    CHECK(mts_collective_halo(communicator, owned, OWNED, ghosts, GHOSTS, 1, NULL, &plan) == MTS_SUCCESS);
    for (int step = 0; step < 100; step++) {
        for (int i = 0; i < OWNED * WIDTH; i++) features[i / WIDTH][i % WIDTH] = rank + step + i;
        CHECK(mts_collective_halo_forward(plan, f64, WIDTH, features, features[OWNED]) == MTS_SUCCESS);
        for (int i = 0; i < GHOSTS; i++) {
            for (int k = 0; k < WIDTH; k++) CHECK(features[OWNED + i][k] == next + step + i / 2 * WIDTH + k);
        }
        for (int i = 0; i < GHOSTS * WIDTH; i++) features[OWNED + i / WIDTH][i % WIDTH] = rank;
        CHECK(mts_collective_halo_reverse(plan, MTS_ADD, f64, WIDTH, features[OWNED], features) == MTS_SUCCESS);
        for (int i = 0; i < OWNED; i++) {
            /* each of the first two has two ghosts */
            for (int k = 0; k < WIDTH; k++) CHECK(features[i][k] == rank + step + i * WIDTH + k + (i < 2 ? 2 * before : 0));
        }
    }
    mts_halo_free(plan);
    owned[0] = 0;
    CHECK(mts_collective_halo(communicator, owned, OWNED, ghosts, GHOSTS, 1, NULL, &plan) ==
          (size == 1 ? MTS_SUCCESS : MTS_INVALID_PARAMETER_ERROR));
    mts_halo_free(plan);
    check_agreement(communicator);
    CHECK(mts_communicator_free(communicator) == MTS_SUCCESS);
}

typedef mts_status_t (*at_t)(const void *, uintptr_t, mts_communicator_t **);
typedef mts_status_t (*fortran_t)(int64_t, mts_communicator_t **);

static void *symbol(void *library, const char *name) {
    void *result = dlsym(library, name);
    CHECK(result != NULL);
    return result;
}

/* As Python and Fortran do, which have no mpi.h. */
static void address(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) fprintf(stderr, "%s\n", dlerror());
    CHECK(library != NULL);
    at_t at;
    fortran_t fortran;
    void *pointer = symbol(library, "mts_mpi_communicator_at");
    memcpy(&at, &pointer, sizeof at);
    pointer = symbol(library, "mts_mpi_communicator_fortran");
    memcpy(&fortran, &pointer, sizeof fortran);

    MPI_Comm world = MPI_COMM_WORLD;
    mts_communicator_t *communicator = NULL;
    CHECK(at(&world, sizeof world, &communicator) == MTS_SUCCESS);
    check_agreement(communicator);
    CHECK(mts_communicator_free(communicator) == MTS_SUCCESS);
    CHECK(fortran(MPI_Comm_c2f(MPI_COMM_SELF), &communicator) == MTS_SUCCESS);
    check_agreement(communicator);
    CHECK(mts_communicator_free(communicator) == MTS_SUCCESS);

    CHECK(at(NULL, sizeof world, &communicator) == MTS_INVALID_PARAMETER_ERROR && communicator == NULL);
    CHECK(at(&world, 12 - sizeof world, &communicator) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error(), "the program has another MPI") != NULL);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    CHECK(argc >= 3);
    if (strcmp(argv[2], "groups") == 0) {
        groups();
    } else if (strcmp(argv[2], "halo") == 0) {
        halo();
    } else if (strcmp(argv[2], "address") == 0 && argc == 4) {
        address(argv[3]);
    } else {
        fprintf(stderr, "there is no command '%s'\n", argv[2]);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    MPI_Finalize();
    return 0;
}

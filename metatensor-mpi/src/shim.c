/* The transport of metatensor/mpi.h for Rust, and what else needs mpi.h. Handles of MPI never leave this file: in Rust, a
 * communicator is known by its address. */

#include <stddef.h>
#include <stdio.h>

/* The last error of this thread. */
static _Thread_local char last_error[1024];

static void set_last_error(const char *message) {
    (void)snprintf(last_error, sizeof last_error, "%s", message);
}

#define METATENSOR_MPI_ERROR(message) set_last_error(message)
#include "metatensor/mpi.h"

const char *metatensor_mpi_last_error(void) { return last_error; }

mts_status_t metatensor_mpi_transport(const void *comm, uint64_t piece, double timeout, mts_transport_t *transport) {
    mts_mpi_options_t options;
    options.piece = piece;
    options.timeout = timeout;
    if (comm == NULL) return mts_mpi_detail_invalid("the address of the communicator is NULL");
    return mts_mpi_transport(*(const MPI_Comm *)comm, &options, transport);
}

/* The environment of this process and the transports made of it: the last of them to go finalizes MPI. */
static int users = 0;

mts_status_t metatensor_mpi_init(void) {
    int initialized = 0, provided = 0;
    if (MPI_Initialized(&initialized) != MPI_SUCCESS || initialized) {
        return mts_mpi_detail_invalid("MPI was initialized before, and can be initialized only once in a process");
    }
    const mts_status_t status =
        mts_mpi_detail_status("MPI_Init_thread", MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided));
    if (status == MTS_SUCCESS) users = 1;
    return status;
}

void metatensor_mpi_release(void) {
    int finalized = 0;
    users -= 1;
    if (users == 0 && MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) (void)MPI_Finalize();
}

void metatensor_mpi_abort(int32_t code) {
    (void)MPI_Abort(MPI_COMM_WORLD, (int)code);
    abort();
}

static void destroy(void *ptr) {
    mts_mpi_detail_destroy(ptr);
    metatensor_mpi_release();
}

mts_status_t metatensor_mpi_world(uint64_t piece, double timeout, mts_transport_t *transport) {
    const MPI_Comm world = MPI_COMM_WORLD;
    const mts_status_t status = metatensor_mpi_transport(&world, piece, timeout, transport);
    if (status == MTS_SUCCESS) {
        users += 1;
        transport->destroy = destroy;
    }
    return status;
}

/* libmetatensor_mpi.so: communicators for programs that have no `mpi.h`, as those in Python and Fortran. It is compiled with the
 * MPI that the program runs with (in CMake: METATENSOR_MPI=ON), and these functions are all that it has. */
#include "metatensor/mpi.h"

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

/**
 * Make a communicator of an MPI communicator that is known by its address. Collective.
 *
 * @param mpi_comm address of an `MPI_Comm`, as `MPI._addressof(comm)` of mpi4py
 * @param sizeof_mpi_comm its size, as `MPI._sizeof(comm)`: it is 4 or 8, and tells if the caller has another MPI than this
 *        library
 * @param communicator as for `mts_mpi_communicator`
 *
 * @returns as `mts_mpi_communicator`, and `MTS_INVALID_PARAMETER_ERROR` if the address is NULL or the size another one
 */
EXPORT mts_status_t mts_mpi_communicator_at(const void *mpi_comm, uintptr_t sizeof_mpi_comm, mts_communicator_t **communicator);

/**
 * Make a communicator of the handle of an MPI communicator in Fortran. Collective.
 *
 * @param comm the integer, in Fortran 2008 `comm%MPI_VAL`; of 64 bits, whatever size integers have in that program
 * @param communicator as for `mts_mpi_communicator`
 *
 * @returns as `mts_mpi_communicator`
 */
EXPORT mts_status_t mts_mpi_communicator_fortran(int64_t comm, mts_communicator_t **communicator);

mts_status_t mts_mpi_communicator_at(const void *mpi_comm, uintptr_t sizeof_mpi_comm, mts_communicator_t **communicator) {
    if (communicator != NULL) *communicator = NULL;
    if (mpi_comm == NULL) return mts_mpi_detail_named(mts_mpi_detail_invalid("the address of the communicator is NULL"));
    if (sizeof_mpi_comm != sizeof(MPI_Comm)) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "communicators of the MPI of this library have %d bytes, and not %llu: the program has another MPI",
                       (int)sizeof(MPI_Comm), (unsigned long long)sizeof_mpi_comm);
        return mts_mpi_detail_named(mts_mpi_detail_invalid(text));
    }
    return mts_mpi_communicator(*(const MPI_Comm *)mpi_comm, communicator);
}

mts_status_t mts_mpi_communicator_fortran(int64_t comm, mts_communicator_t **communicator) {
    return mts_mpi_communicator_f((MPI_Fint)comm, communicator);
}

"""What makes no library for the MPI of mpi4py is an error on all ranks, that says what to do."""

import os
import shutil

import metatensor_native  # noqa: F401 (before metatensor)
from metatensor_native.distributed import Communicator, mpi_library
from mpi4py import MPI
from worlds import assert_raises

WORLD = MPI.COMM_WORLD
others = {"mpicc.openmpi", "mpicc.mpich"} - {os.environ["MPICC"]}


def fails(text, **variables):
    """Variables of rank 0 only."""
    mpi_library.cache_clear()
    before = dict(os.environ)
    if WORLD.rank == 0:
        os.environ.update(variables)
    assert_raises(RuntimeError, text if WORLD.rank == 0 else "rank 0: ", Communicator, WORLD)
    mpi_library.cache_clear()
    os.environ.clear()
    os.environ.update(before)


right = str(mpi_library())
for other in others:
    if shutil.which(other):
        fails("is for another MPI", MPICC=other)
fails("can not run the compiler of MPI, 'no-such-mpicc'", MPICC="no-such-mpicc")
fails("failed", MPICC="gcc -include no-such-header.h")
fails("can not load /no/such/library.so", METATENSOR_MPI_LIBRARY="/no/such/library.so")
fails("there is no place for", XDG_CACHE_HOME="/dev/null")

# a library that is there needs no compiler
os.environ.update(METATENSOR_MPI_LIBRARY=right, MPICC="no-such-mpicc")
with Communicator(WORLD) as communicator:
    assert communicator.size == WORLD.size

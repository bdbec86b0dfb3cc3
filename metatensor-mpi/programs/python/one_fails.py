"""One rank leaves with an exception, while all others wait for it in the library."""

import metatensor_native  # noqa: F401 (before metatensor)
from metatensor_native import distributed
from mpi4py import MPI
from worlds import whole

with distributed.Communicator(MPI.COMM_WORLD) as communicator:
    if communicator.rank == 1:
        raise RuntimeError("this rank is on fire")
    distributed.all_reduce(communicator, whole())

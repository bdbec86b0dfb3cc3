"""Maps over several processes, with MPI: each process (*rank*) has a map with some of the rows, and together they are one map.

>>> from mpi4py import MPI  # doctest: +SKIP
>>> from metatensor_native import distributed
>>> with distributed.Communicator(MPI.COMM_WORLD) as communicator:
...     mine = distributed.load(communicator, "train.mts", distributed.Partition.strided(["system"]))
...     weights = distributed.lstsq(communicator, features(mine), targets)

What takes a communicator as its first parameter is *collective*: all ranks call it, in the same order, and with the same options. What
goes wrong on one of them, in its arguments, in the library or in a function that it gave, is an exception on all: on that rank as it
is, and on all others with the rank before the message. The communicator can be used again. After a :py:exc:`CommunicationError` it can
not, and other ranks may wait for this one forever: :py:meth:`Communicator.abort` is the way out. For what the program does between
these functions, there is :py:meth:`Communicator.agreement`.

Maps are those of ``metatensor``, with arrays of numpy, or those of ``metatensor.torch``, in main memory; results are of the same kind. No
derivative in torch is computed: tensors that one depends on are refused, and have to be detached. Gradients in maps move with their
samples. Labels are metadata: they are what says which rows belong together, so that nobody counts rows.

Communicators are made of those of mpi4py, for any MPI that this runs with: see :py:func:`mpi_library`.
"""

from ._mpi_library import mpi_library
from .communicator import CommunicationError, Communicator
from .files import load, save
from .halo import BlockHalo, Halo, Neighbor
from .movement import all_gather, broadcast, gather, redistribute, scatter
from .partition import Partition
from .sums import (
    all_reduce,
    lstsq,
    mean_over_samples,
    normal_equations,
    std_over_samples,
    sum_by_labels,
    sum_over_samples,
    var_over_samples,
)

__all__ = [
    "BlockHalo",
    "CommunicationError",
    "Communicator",
    "Halo",
    "Neighbor",
    "Partition",
    "all_gather",
    "all_reduce",
    "broadcast",
    "gather",
    "load",
    "lstsq",
    "mean_over_samples",
    "mpi_library",
    "normal_equations",
    "redistribute",
    "save",
    "scatter",
    "std_over_samples",
    "sum_by_labels",
    "sum_over_samples",
    "var_over_samples",
]

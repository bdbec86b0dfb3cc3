"""Maps in one file, of which each rank has a part."""

import ctypes
import os

from .. import _declarations
from .._calling import path_bytes
from .._map_file import LIBRARY_ARRAYS
from .._results import given, map_address, map_of, numpy_arrays
from ._calls import collective, order_number


def load(communicator, path: str | os.PathLike, partition, *, arrays: str = "numpy"):
    """Loads a map, so that each rank gets a part of it. Collective.

    The directory of the file is read once, labels by one rank each, and rows by the ranks that get them.

    :param path: path of a file that all ranks see
    :param partition: which rank gets what: a :py:class:`Partition`, but for that of lists of ranks
    :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
    :return: a new map with all blocks, the samples of this rank in them, and the info of the file
    :raises OSError: on all ranks, if the file can not be read
    :raises ValueError: on all ranks, if it holds no map, or is damaged
    """

    def arguments():
        numpy_arrays(arrays)
        return [path_bytes(path), ctypes.byref(partition._for_c()), LIBRARY_ARRAYS]

    (pointer,) = collective(communicator, "load", arguments)
    return map_of(pointer, arrays)


def save(communicator, path: str | os.PathLike, tensor, *, order: str = "source", writers: int | None = None) -> None:
    """Saves the map that the maps of all ranks are together to one file. Collective.

    It is byte for byte what ``metatensor.save`` of this library writes on the rank that :py:func:`gather` brings the map to, without that
    rank: several ranks write, each a region of the file. Until it is complete, it is a temporary file beside the old one: if a rank fails or
    dies, the old one stays.

    :param path: path of a file that all ranks see
    :param tensor: the map of this rank
    :param order: order of samples and of rows of gradients, as for :py:func:`gather`
    :param writers: how many ranks write; None for one for each GiB
    :raises OSError: on all ranks, if the file can not be written
    :raises ValueError: on all ranks, if maps do not fit together
    """

    def arguments():
        given("save", tensor)
        options = _declarations.mts_collective_save_options_t(0 if writers is None else writers)
        return [path_bytes(path), map_address(tensor), order_number(order), ctypes.byref(options)]

    collective(communicator, "save", arguments, results=0)

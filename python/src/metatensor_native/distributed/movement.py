"""Rows that move between ranks, with their labels and gradients."""

import ctypes

from .._convert import Torch
from .._results import given, map_address, map_of, numpy_arrays
from ._calls import collective, compute, order_number


def _from_root(communicator, name, tensor, root, arrays, further):
    """What is made of the map of one rank, on all of them: those without a map say which kind they want."""
    kind = arrays

    def arguments():
        nonlocal kind
        numpy_arrays(arrays)
        if tensor is not None:
            kind = "torch" if isinstance(given(name, tensor), Torch) else "numpy"
        address = None if tensor is None else map_address(tensor)
        return [root, address, *further()]

    (pointer,) = collective(communicator, name, arguments)
    return map_of(pointer, kind)


def broadcast(communicator, tensor=None, *, root: int = 0, arrays: str = "numpy"):
    """Gives the map of one rank to all. Collective.

    :param tensor: the map, on the rank ``root``; others can give None
    :param root: the rank that has the map, the same on all ranks
    :param arrays: on ranks that give no map: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
    :return: a new map with its info, equal on all ranks
    :raises ValueError: on all ranks, if the root has no map
    """
    return _from_root(communicator, "broadcast", tensor, root, arrays, lambda: [])


def scatter(communicator, tensor, partition, *, root: int = 0, arrays: str = "numpy"):
    """Gives each rank a part of the map of one of them. Collective.

    :param tensor: the map, on the rank ``root``; others can give None
    :param partition: which rank gets what: a :py:class:`Partition`. Only functions and lists of the root are used
    :param root: the rank that has the map, the same on all ranks
    :param arrays: on ranks that give no map: ``"numpy"`` or ``"torch"``, as for :py:func:`broadcast`
    :return: a new map with all blocks, and in them the samples that the partition gives this rank, with their gradients
    :raises ValueError: on all ranks, if the root has no map, or a sample goes to a rank that is not there
    """
    return _from_root(communicator, "scatter", tensor, root, arrays, lambda: [ctypes.byref(partition._for_c(tensor))])


def gather(communicator, tensor, *, root: int = 0, order: str = "source"):
    """Collects the rows of all ranks on one of them: what :py:func:`scatter` does backwards. Collective.

    Maps have equal names of keys, and blocks with the same key have equal types, components, properties and gradients: what is different
    is an error that names both ranks. No sample is on two ranks. A rank can have blocks without samples, and a map without blocks.

    :param tensor: the map of this rank
    :param root: the rank that gets the result, the same on all ranks
    :param order: order of samples and of rows of gradients, the same on all ranks: ``"source"`` for that of ranks, and of rows on each of
        them, or ``"labels"`` for sorted labels, which depends neither on the number of ranks, nor on where rows were
    :return: on the root, a map with the keys of all maps, those of rank 0 first, and for each key the samples of all ranks; None on others
    :raises ValueError: on all ranks, if maps do not fit together, or a sample is on two ranks
    """
    (result,) = compute(communicator, "gather", [tensor], lambda: [order_number(order)], before=[root])
    return result


def all_gather(communicator, tensor, *, order: str = "source"):
    """Collects the rows of all ranks on each of them, as :py:func:`gather` does on one. Collective.

    :param tensor: the map of this rank
    :param order: order of samples and of rows of gradients, as for :py:func:`gather`
    :return: a new map, equal on all ranks
    """
    (result,) = compute(communicator, "all_gather", [tensor], lambda: [order_number(order)])
    return result


def redistribute(communicator, tensor, partition, *, order: str = "source"):
    """Moves each sample to the rank of a partition, with its gradients. Collective.

    :param tensor: the map of this rank
    :param partition: which rank gets what: a :py:class:`Partition`
    :param order: order of samples and of rows of gradients, as for :py:func:`gather`
    :return: a new map with the keys of all maps, also those of which this rank gets no sample
    :raises ValueError: on all ranks, if maps do not fit together, or a sample goes to a rank that is not there
    """

    def options():
        return [ctypes.byref(partition._for_c(tensor)), order_number(order)]

    (result,) = compute(communicator, "redistribute", [tensor], options)
    return result

"""Calls of collective functions."""

import ctypes

from .. import _declarations
from .._calling import calling, choice
from .._convert import Torch
from .._results import given, map_address, map_of
from .communicator import Communicator

_ORDERS = {"source": _declarations.MTS_ORDER_SOURCE, "labels": _declarations.MTS_ORDER_LABELS}


def order_number(order):
    return choice(order, _ORDERS, "order")


def collective(communicator, name, prepare, results=1):
    """Calls ``mts_collective_<name>``, and gives the addresses of what it makes.

    :param prepare: a function that gives the arguments between the communicator and the results. What is wrong with them on this rank is
        told to all others, which wait in the same function
    """
    if not isinstance(communicator, Communicator):
        raise TypeError(f"expected a metatensor_native.distributed.Communicator, not {type(communicator).__name__}")
    with communicator._preparing():
        arguments = prepare()
    made = [ctypes.c_void_p() for _ in range(results)]
    with communicator._collective() as pointer:
        calling(f"mts_collective_{name}", pointer, *arguments, *map(ctypes.byref, made))
    return made


def compute(communicator, name, tensors, prepare, *, before=(), results=1):
    """The same for functions that make maps of those of this rank.

    :param prepare: a function that gives the arguments after these maps
    :param before: the arguments before them
    :return: a list of maps, or of None where this rank gets none
    """
    arrays = "numpy"

    def arguments():
        nonlocal arrays
        if isinstance(given(name, *tensors), Torch):
            arrays = "torch"
        return [*before, *map(map_address, tensors), *prepare()]

    made = collective(communicator, name, arguments, results)
    return [map_of(pointer, arrays) if pointer.value is not None else None for pointer in made]

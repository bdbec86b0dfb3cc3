"""Elements of arrays of numpy that are lent to the library for one operation: all at once, so that it does not ask each of them."""

import ctypes
import functools

import numpy as np

from .. import _convert
from .._errors import check
from .._library import library


class Lending:
    """From `start` to `end`, the library knows where the elements of these arrays are.

    This keeps the arrays, and the objects that say where their elements are, until the end, which comes with the end of this at the
    latest: a signal can interrupt Python anywhere.
    """

    _is_lent = False

    def __init__(self, addresses, arrays):
        """
        :param addresses: of the arrays for C
        :param arrays: the arrays of numpy that these stand for
        """
        self._addresses = addresses
        self._arrays = arrays

    def start(self):
        if self._arrays:
            count = len(self._arrays)
            self._objects = [array.__array_struct__ for array in self._arrays]
            addresses = np.fromiter(self._addresses, np.uintp, count)
            objects = np.fromiter(map(id, self._objects), np.uintp, count)
            function, interface = _lend()
            self._is_lent = True
            # if it fails, they are asked one by one
            self._is_lent = function(addresses.ctypes.data, objects.ctypes.data, count, interface) == 0

    def end(self):
        if self._is_lent:
            # fails if nothing was lent yet when a signal came
            library().mts_return_arrays()
            self._is_lent = False

    def __del__(self):
        self.end()


NOTHING = Lending([], [])
"""For maps whose arrays are not lent."""


@functools.cache
def _lend():
    """The function of the library, called with the lock of Python, and the function of Python that it needs."""
    function = ctypes.PyDLL(None, handle=library()._handle).mts_lend_arrays
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    function.restype = ctypes.c_int
    return function, ctypes.cast(ctypes.pythonapi.PyCapsule_GetPointer, ctypes.c_void_p)


def foreign_arrays(kind, value):
    """The addresses of all arrays in a map or block of ``metatensor`` that are not of the library, and will not be made later."""
    name = "mts_block_foreign_arrays" if kind.is_block(value) else "mts_tensormap_foreign_arrays"
    # most maps have less
    capacity = 256
    function, count = getattr(library(), name), ctypes.c_size_t()
    while True:
        addresses = (ctypes.c_void_p * capacity)()
        check(function(_convert.address(value), addresses, capacity, ctypes.byref(count)))
        if count.value <= capacity:
            return addresses[: count.value]
        capacity = count.value

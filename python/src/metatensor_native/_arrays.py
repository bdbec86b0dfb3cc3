"""Faster functions of numpy arrays, in place of those of the official package.

The library asks an array for its elements with ``as_dlpack``, and makes arrays of results with ``from_dlpack``: two calls of Python for
each array of each block. Those of the official package go through capsules. These here read and write the structures of DLPack
directly, for plain arrays of numpy; all others go to the functions that were there before. Arrays that are made from then on have them.
"""

import ctypes

import numpy as np

from . import _declarations
from ._declarations import DLManagedTensorVersioned, mts_array_t

_MOST_AXES = 8
_READ_ONLY = 1
_CODES = {"i": 0, "u": 1, "f": 2, "c": 5, "b": 6}
_SUPPORTED = ["f2", "f4", "f8", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
_TO_DLPACK = {dtype: (_CODES[dtype.kind], 8 * dtype.itemsize, dtype.itemsize) for dtype in map(np.dtype, _SUPPORTED)}
_FROM_DLPACK = {(code, bits, 1): dtype.str for dtype, (code, bits, _) in _TO_DLPACK.items()}


class _Tensor(ctypes.Structure):
    """A tensor, and what it points to."""

    _fields_ = [
        ("managed", DLManagedTensorVersioned),
        ("shape", ctypes.c_int64 * _MOST_AXES),
        ("strides", ctypes.c_int64 * _MOST_AXES),
    ]


class _Memory:
    """Memory of the library, as an array of numpy sees it: released with the last array that uses it."""

    __slots__ = ("__array_interface__", "tensor", "deleter")

    def __del__(self):
        self.deleter(self.tensor)

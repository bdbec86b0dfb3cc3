"""Arrays of numpy in results, which are only made when somebody looks at them.

Until then they are memory of the library: to make an array of numpy and what the official package keeps beside it takes longer than
most operations on small blocks. They are of the same kind as other arrays of numpy for the library, and for Python plain arrays,
the same object each time that somebody looks.
"""

import ctypes

from . import _declarations
from ._errors import check
from ._library import library

# of arrays that have to be made, and of those that were
_LATE, _SEEN = "metatensor_native.numpy", "metatensor_native.numpy.made"
# Those that were made, by the address of the array of the library, which calls `_forget` before there is another one at this
# address. Python may not get to do that, interrupted by a signal: what is found for an array that has to be made is old.
_MADE = {}


def _make(mts_array, parent=None):
    """The array for one of the library: on its memory, which exists as long as either of them."""
    array, other = _on_memory(mts_array), _MADE.get(mts_array.ptr)
    # two threads may make one at the same time: the first is that of both
    if other is None or not array.size or other.ctypes.data != array.ctypes.data:
        _MADE[mts_array.ptr] = other = array
    return other


def _made(mts_array, parent=None):
    """The same for one that was made, if it was Python that asked for its memory."""
    array = _MADE.get(mts_array.ptr)
    return _make(mts_array) if array is None else array


def _on_memory(mts_array):
    import numpy as np
    from ctypes_dlpack import DLDevice, DLDeviceType, DLManagedTensorVersioned, DLPackArray, DLPackVersion
    from metatensor._status import check_status

    tensor = ctypes.POINTER(DLManagedTensorVersioned)()
    device, version = DLDevice(DLDeviceType.kDLCPU, 0), DLPackVersion(1, 0)
    check_status(mts_array.as_dlpack(mts_array.ptr, ctypes.byref(tensor), device, None, version))
    return np.from_dlpack(DLPackArray(tensor))


# what it needs is a parameter: modules can be gone already when the last array is released
def _forget(address, made=_MADE):
    made.pop(address, None)


_FORGET = _declarations.mts_forget_array_callback_t(_forget)
# the library may call it as long as there are arrays, and these can be there longer than this module
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_FORGET))


def make_arrays_late():
    """From now on, arrays of numpy in results of the library are made late: for the whole process."""
    import metatensor
    import numpy as np
    from metatensor._data._extract import register_external_data_wrapper

    register_external_data_wrapper(_LATE, _make)
    register_external_data_wrapper(_SEEN, _made)
    labels = metatensor.Labels("_", np.zeros((0, 1), dtype=np.int32))
    block = metatensor.TensorBlock(np.zeros((0, 0)), labels, [], labels)
    pointer = ctypes.cast(block.as_mts_block_t(), ctypes.c_void_p)
    check(library().mts_make_arrays_late(pointer, _LATE.encode(), _SEEN.encode(), _FORGET))

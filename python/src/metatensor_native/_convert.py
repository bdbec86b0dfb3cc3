"""Objects of the official packages as handles of the library, and back.

There are two kinds of them: those of ``metatensor``, with numpy arrays or torch tensors in them, and those of ``metatensor.torch``.
"""

import atexit
import ctypes
import os
import sys
import threading
import time

from ._errors import check
from ._late_arrays import make_arrays_late
from ._library import library


class Core:
    """Objects of ``metatensor``."""

    def __init__(self):
        import metatensor
        from metatensor import _c_api
        from metatensor._c_lib import _get_library

        # The official package declares the functions of the library when it first calls one. Another thread that calls it meanwhile
        # would get pointers as integers of 32 bits.
        _get_library()
        make_arrays_late()
        self.Labels, self.TensorBlock, self.TensorMap = metatensor.Labels, metatensor.TensorBlock, metatensor.TensorMap
        self._types = {
            metatensor.Labels: ctypes.POINTER(_c_api.mts_labels_t),
            metatensor.TensorBlock: ctypes.POINTER(_c_api.mts_block_t),
            metatensor.TensorMap: ctypes.POINTER(_c_api.mts_tensormap_t),
        }

    def is_map(self, value):
        return isinstance(value, self.TensorMap)

    def is_block(self, value):
        return isinstance(value, self.TensorBlock)

    def is_labels(self, value):
        return isinstance(value, self.Labels)

    def map(self, pointer):
        """The map at an address, which belongs to it from now on."""
        return self.TensorMap.unsafe_from_ptr(ctypes.cast(pointer, self._types[self.TensorMap]))

    def block(self, pointer):
        """The block at an address, which belongs to it from now on."""
        return self.TensorBlock.unsafe_from_ptr(ctypes.cast(pointer, self._types[self.TensorBlock]))

    def labels(self, pointer):
        """The labels at an address, which belong to them from now on."""
        return self.Labels.unsafe_from_ptr(ctypes.cast(pointer, self._types[self.Labels]))


class Torch:
    """Objects of ``metatensor.torch``, which are all of the same class for Python."""

    def __init__(self):
        import metatensor.torch
        import torch

        self.Labels = metatensor.torch.Labels
        self.TensorBlock = metatensor.torch.TensorBlock
        self.TensorMap = metatensor.torch.TensorMap
        self._object = torch.ScriptObject

    def _is(self, value, name):
        return isinstance(value, self._object) and value._type().qualified_name() == f"__torch__.torch.classes.metatensor.{name}"

    def is_map(self, value):
        return self._is(value, "TensorMap")

    def is_block(self, value):
        return self._is(value, "TensorBlock")

    def is_labels(self, value):
        return self._is(value, "Labels")

    def map(self, pointer):
        return self.TensorMap.unsafe_from_ptr(pointer.value)

    def block(self, pointer):
        return self.TensorBlock.unsafe_from_ptr(pointer.value)

    def labels(self, pointer):
        return self.Labels.unsafe_from_ptr(pointer.value)


_KINDS = {}
_MAKING = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_MAKING.acquire, after_in_parent=_MAKING.release, after_in_child=_MAKING.release)


def core() -> Core:
    """What knows the objects of ``metatensor``."""
    if "core" not in _KINDS:
        with _MAKING:
            if "core" not in _KINDS:
                _KINDS["core"] = Core()
    return _KINDS["core"]


def torch() -> Torch | None:
    """What knows the objects of ``metatensor.torch``, if that was imported."""
    if "torch" not in _KINDS:
        if getattr(sys.modules.get("metatensor_torch"), "TensorMap", None) is None:
            return None
        _KINDS["torch"] = Torch()
    return _KINDS["torch"]


def kind_of(value):
    """Which kind of objects a map, block or labels are: :py:class:`Core`, :py:class:`Torch`, or None for everything else."""
    kind = core()
    if isinstance(value, (kind.TensorMap, kind.TensorBlock, kind.Labels)):
        return kind
    kind = torch()
    if kind is not None and (kind.is_map(value) or kind.is_block(value) or kind.is_labels(value)):
        return kind
    return None


def address(value):
    """Where the handle of a map, block or labels is, which still belongs to it.

    :raises ValueError: if it was released.
    """
    for name in ("as_mts_tensormap_t", "as_mts_block_t", "as_mts_labels_t"):
        method = getattr(value, name, None)
        if method is not None:
            return method()
    raise TypeError(f"expected labels, a block or a map of metatensor, not {type(value)}")


# Threads that are in the library now, through this package. When the interpreter ends, Python ends other threads as soon as they want
# its lock back, whatever is on their stack; with functions of the library on it, that would abort the process. So it waits for them.
_RUNNING = set()
_ENDING = threading.Event()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_RUNNING.clear)


@atexit.register
def _end():
    _ENDING.set()
    while _RUNNING - {threading.get_ident()}:
        time.sleep(0.001)


def call(name, *arguments):
    """Calls a function of the library that gives a status. The arguments have to stay alive until then.

    :raises NativeError: if it fails, or what a function in Python raised.
    """
    thread = threading.get_ident()
    if _ENDING.is_set() and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()  # for the end of the process
    # A function of Python that the library calls may call it again.
    is_inside = thread in _RUNNING
    _RUNNING.add(thread)
    try:
        check(getattr(library(), name)(*arguments))
    finally:
        if not is_inside:
            _RUNNING.discard(thread)

"""Which maps and blocks the library may compute with: those where nothing is lost that the official functions would see.

An array of numpy has to be exactly that, or one on memory of the library: other subclasses (masked arrays, units, ...) have operations of
their own. Arrays of the library, which it has loaded or computed, are nothing but elements. A tensor of torch has to
be in main memory, and there must be nothing that follows what happens to it: no derivative in any mode, no transformation, no
dispatch, no compiler. All arrays at all depths are looked at: the one that needs a derivative may be in any of them.
"""

import ctypes
import functools
import sys

import numpy as np

from .. import _convert, _declarations
from .._library import library

# those that the library computes with, in the byte order of this machine
_NUMPY = {np.dtype(code) for code in ["f2", "f4", "f8", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]}


def eligible(kind, objects, structural):
    """Whether the library may compute with all of these maps and blocks.

    :param structural: elements are only moved or compared; if not, tensors that torch promotes by rules of its own are left to it.
    """
    if isinstance(kind, _convert.Torch):
        tensors = [tensor for value in objects for tensor in _tensors(kind, value)]
        return plain_tensors(tensors, structural)
    # those of the library have nothing but elements
    objects = [value for value in objects if _count(kind, value) > 0 and _origin(kind, value) != _library_origin()]
    if _all_are_plain(kind, objects):
        return True
    arrays = []
    for value in objects:
        found = _arrays(kind, value)
        if found is None:
            return False
        arrays += found
    kinds = {type(array) for array in arrays}
    if kinds <= _plain_numpy():
        return all(array.dtype in _NUMPY for array in arrays)
    torch = sys.modules.get("torch")
    return torch is not None and kinds == {torch.Tensor} and plain_tensors(arrays, structural)


@functools.cache
def _plain_numpy():
    from metatensor._data import ExternalCpuArray

    return {np.ndarray, ExternalCpuArray}


# ---------------------------------------------------------------- arrays of maps and blocks


@functools.cache
def _library_origin():
    """The number of the origin of arrays of the library."""
    origin = _declarations.mts_data_origin_t()
    library().mts_register_data_origin(b"RustArray", ctypes.byref(origin))
    return origin.value


def _count(kind, value):
    return 1 if kind.is_block(value) else len(value)


def _origin(kind, value):
    """Where the arrays of a map or block come from, or None if they do not say: the library sees to it that all are of the same origin."""
    if kind.is_block(value):
        block = _convert.address(value)
    else:
        block = ctypes.c_void_p()
        library().mts_tensormap_block_by_id(_convert.address(value), ctypes.byref(block), 0)
    data, origin = _declarations.mts_array_t(), _declarations.mts_data_origin_t()
    library().mts_block_data(block, ctypes.byref(data))
    return origin.value if data.origin(data.ptr, ctypes.byref(origin)) == 0 else None


def _all_are_plain(kind, objects):
    """Whether all arrays of Python that are in any block now are plain ones of numpy. With many blocks, this is known much sooner than
    which of them are in these maps."""
    from metatensor._data._array import _KNOWN_ARRAY_WRAPPERS, _origin_numpy

    # all at once: other threads make arrays as well
    wrappers = list(_KNOWN_ARRAY_WRAPPERS.values())
    if len(wrappers) > 20 * sum(_count(kind, value) for value in objects):
        return False
    if any(_origin(kind, value) != _origin_numpy() for value in objects):
        return False
    return {type(wrapper.array) for wrapper in wrappers} <= _plain_numpy() and {wrapper.array.dtype for wrapper in wrappers} <= _NUMPY


def _arrays(kind, value):
    """The arrays of a map or block of ``metatensor``, or None if there is one that is not an object of Python."""
    from metatensor._data._array import _KNOWN_ARRAY_WRAPPERS

    lib = library()
    data = _declarations.mts_array_t()
    data_pointer = ctypes.byref(data)
    names, count = ctypes.POINTER(ctypes.c_char_p)(), ctypes.c_size_t()
    names_pointer, count_pointer = ctypes.byref(names), ctypes.byref(count)
    arrays = []

    def visit(block):
        lib.mts_block_data(block, data_pointer)
        # the address of an object of Python, if it is one: nothing else that is alive can be there
        wrapper = _KNOWN_ARRAY_WRAPPERS.get(data.ptr)
        if wrapper is None:
            return False
        arrays.append(wrapper.array)
        lib.mts_block_gradients_list(block, names_pointer, count_pointer)
        for parameter in names[: count.value] if count.value else ():
            gradient = ctypes.c_void_p()
            lib.mts_block_gradient(block, parameter, ctypes.byref(gradient))
            if not visit(gradient):
                return False
        return True

    if kind.is_block(value):
        return arrays if visit(_convert.address(value)) else None
    tensor = _convert.address(value)
    block = ctypes.c_void_p()
    block_pointer = ctypes.byref(block)
    for i in range(len(value)):
        lib.mts_tensormap_block_by_id(tensor, block_pointer, i)
        if not visit(block):
            return None
    return arrays


def _tensors(kind, value):
    """The tensors of a map or block of ``metatensor.torch``."""
    blocks = [value] if kind.is_block(value) else value.blocks()
    while blocks:
        block = blocks.pop()
        yield block.values
        blocks += [gradient for _, gradient in block.gradients()]


# ---------------------------------------------------------------- tensors


class _Rules:
    """What has to be true of tensors, with the functions of torch that say so."""

    def __init__(self, torch):
        import torch._C._functorch  # noqa: F401
        import torch.autograd.forward_ad
        import torch.overrides
        import torch.utils._python_dispatch

        self.torch = torch
        self.keys = torch._C._dispatch_keys
        # Conjugates, negatives, wrappers of transformations, sparse, quantized, meta tensors, ... have other keys than these two.
        with torch.inference_mode(False):
            plain = torch.zeros(1)
        with torch.inference_mode():
            inference = torch.zeros(1)
        self.plain = {self.keys(tensor).raw_repr() for tensor in (plain, inference)}
        self.computed = {torch.float32, torch.float64, torch.complex64, torch.complex128}
        integers = {torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.bool}
        self.moved = self.computed | integers | {torch.float16, torch.bfloat16}

    def quiet(self):
        """Whether nothing follows what happens to tensors in this thread."""
        torch = self.torch
        return not (
            torch.compiler.is_compiling()
            or torch.jit.is_tracing()
            or torch._C._functorch.peek_interpreter_stack() is not None
            or torch._C._len_torch_dispatch_stack() > 0
            or torch._C._len_torch_function_stack() > 0
            # Tensors only have tangents within a level. To ask each of them takes as long as to add it to another one.
            or torch.autograd.forward_ad._current_level >= 0
            or torch.is_autocast_enabled("cpu")
        )

    def is_plain(self, tensor):
        return (
            type(tensor) is self.torch.Tensor
            and not tensor.requires_grad
            and self.keys(tensor).raw_repr() in self.plain
        )


_RULES = None


def plain_tensors(tensors, structural):
    """Whether these tensors are in main memory, of a known type, and nothing depends on what happens to them."""
    global _RULES
    if _RULES is None:
        import torch

        _RULES = _Rules(torch)
    if not _RULES.quiet():
        return False
    types = {tensor.dtype for tensor in tensors}
    known = types <= _RULES.moved if structural else types <= _RULES.computed and len(types) <= 1
    return known and all(map(_RULES.is_plain, tensors))

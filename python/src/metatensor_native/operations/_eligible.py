"""Which maps and blocks the library may compute with: those where nothing is lost that the official functions would see.

An array of numpy has to be exactly that, or one on memory of the library: other subclasses (masked arrays, units, ...) have operations of
their own. Arrays of the library, which it has loaded or computed, are nothing but elements. A tensor of torch has to
be in main memory, and there must be nothing that follows what happens to it: no derivative in any mode, no transformation, no
dispatch, no compiler. All arrays at all depths are looked at: the one that needs a derivative may be in any of them.
"""

import functools
import sys

import numpy as np

from .. import _convert
from ._lending import NOTHING, Lending, foreign_arrays

# those that the library computes with, in the byte order of this machine
_NUMPY = {np.dtype(code) for code in ["f2", "f4", "f8", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]}


def eligible(kind, objects, structural):
    """Whether the library may compute with all of these maps and blocks: what has to be lent for this, or None if it may not.

    :param structural: elements are only moved or compared; if not, tensors that torch promotes by rules of its own are left to it.
    """
    if isinstance(kind, _convert.Torch):
        tensors = [tensor for value in objects for tensor in _tensors(kind, value)]
        return NOTHING if plain_tensors(tensors, structural) else None
    addresses = []
    for value in {id(value): value for value in objects}.values():
        addresses += foreign_arrays(kind, value)
    arrays = _arrays(addresses)
    if arrays is None:
        return None
    kinds = set(map(type, arrays))
    if kinds <= _plain_numpy():
        return Lending(addresses, arrays) if {array.dtype for array in arrays} <= _NUMPY else None
    torch = sys.modules.get("torch")
    if torch is None or kinds != {torch.Tensor}:
        return None
    # these, and no arrays of numpy that are still to be made beside them
    tensors = [tensor for value in objects for tensor in _tensors(kind, value)]
    plain = set(map(type, tensors)) == {torch.Tensor} and plain_tensors(tensors, structural)
    return NOTHING if plain else None


@functools.cache
def _plain_numpy():
    from metatensor._data import ExternalCpuArray

    return {np.ndarray, ExternalCpuArray}


# ---------------------------------------------------------------- arrays of maps and blocks


def _arrays(addresses):
    """The arrays of Python at these addresses, or None if one is something else."""
    from metatensor._data._array import _KNOWN_ARRAY_WRAPPERS

    # the address of an object of Python, if it is one: nothing else that is alive can be there
    wrappers = list(map(_KNOWN_ARRAY_WRAPPERS.get, addresses))
    return None if None in wrappers else [wrapper.array for wrapper in wrappers]


def _tensors(kind, value):
    """What a map or block has as values, at all depths."""
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

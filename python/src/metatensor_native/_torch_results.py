"""What the library loads, as objects of ``metatensor.torch`` on the same memory.

The array of any tensor in a block knows how to make others like it of what DLPack describes: one call for each array, which makes no
object of Python.
"""

import ctypes
import functools

from . import _convert, _declarations
from ._errors import check, last_error
from ._library import library

_CPU, _VERSION = _declarations.DLDevice(_declarations.kDLCPU, 0), _declarations.DLPackVersion(1, 0)


def torch_map(tensor, address):
    """A map of ``metatensor.torch`` for one of ``metatensor`` at an address: on the same memory, which exists as long as either of them."""
    lib = library()
    keys, blocks, block = _made(lib.mts_tensormap_keys(address)), [], ctypes.c_void_p()
    # keys can have tensors in them, which the official package can only count for torch
    count = len(_convert.torch().labels(ctypes.c_void_p(lib.mts_tensormap_keys(address))))
    try:
        for i in range(count):
            check(lib.mts_tensormap_block_by_id(address, ctypes.byref(block), i))
            blocks.append(_block(lib, block))
        owned = (ctypes.c_void_p * len(blocks))(*blocks)
        blocks.clear()  # the map takes them, also if there will be none
        result = _made(lib.mts_tensormap(keys, owned, len(owned)))
    finally:
        lib.mts_labels_free(keys)
        for made in blocks:
            lib.mts_block_free(made)
    result = _convert.torch().map(ctypes.c_void_p(result))
    for key, value in tensor.info().items():
        result.set_info(key, value)
    return result


def torch_block(block):
    """The same for a block."""
    return _convert.torch().block(ctypes.c_void_p(_block(library(), block)))


def _block(lib, block):
    """The address of a block with tensors."""
    labels = []
    try:
        while (axis := lib.mts_block_labels(block, len(labels))) is not None:
            labels.append(axis)
        samples, *components, properties = labels
        axes = (ctypes.c_void_p * len(components))(*components)
        result = _made(lib.mts_block(_tensor(lib, block), samples, axes, len(components), properties))
    finally:
        for axis in labels:
            lib.mts_labels_free(axis)
    try:
        for parameter, gradient in gradients(block):
            check(lib.mts_block_add_gradient(result, parameter.encode(), _block(lib, gradient)))
    except BaseException:
        lib.mts_block_free(result)
        raise
    return result


def _tensor(lib, block):
    """The array for C that has a tensor on the memory of the values of a block, which exists as long as the tensor."""
    array, made = _declarations.mts_array_t(), _declarations.mts_array_t()
    check(lib.mts_block_data(block, ctypes.byref(array)))
    shared = ctypes.POINTER(_declarations.DLManagedTensorVersioned)()
    check(array.as_dlpack(array.ptr, ctypes.byref(shared), _CPU, None, _VERSION))
    model, _ = _model()
    check(model.from_dlpack(model.ptr, shared, ctypes.byref(made)))
    return made


@functools.cache
def _model():
    """The array for C of a tensor, and the block that has it."""
    import torch

    kind = _convert.torch()
    labels = kind.Labels("_", torch.zeros(0, 1, dtype=torch.int32))
    block = kind.TensorBlock(torch.zeros(0, 0), labels, [], labels)
    array = _declarations.mts_array_t()
    check(library().mts_block_data(ctypes.c_void_p(block.as_mts_block_t()), ctypes.byref(array)))
    return array, block


def _made(pointer):
    """What a function has made, which gives NULL on error."""
    if pointer is None:
        raise last_error(_declarations.MTS_CALLBACK_ERROR)
    return pointer


def gradients(block):
    """Gradients of a block at an address, with their parameters."""
    lib = library()
    names, count = ctypes.POINTER(ctypes.c_char_p)(), ctypes.c_size_t()
    check(lib.mts_block_gradients_list(block, ctypes.byref(names), ctypes.byref(count)))
    for parameter in names[: count.value] if count.value else ():
        gradient = ctypes.c_void_p()
        check(lib.mts_block_gradient(block, parameter, ctypes.byref(gradient)))
        yield parameter.decode(), gradient

"""What the library loads, as objects of ``metatensor`` or ``metatensor.torch``; and what it may be given."""

import ctypes

from . import _convert, _declarations
from ._calling import choice
from ._errors import check
from ._library import library
from ._torch_results import gradients, torch_block, torch_map

ARRAYS = {"numpy": "numpy", "torch": "torch"}


def numpy_arrays(arrays):
    """Whether results should be maps of ``metatensor``, and not those of ``metatensor.torch``."""
    if choice(arrays, ARRAYS, "arrays") == "numpy":
        return True
    import metatensor.torch  # noqa: F401

    return False


def map_of(pointer, arrays):
    """The map at an address, which belongs to it from now on.

    Its arrays are of the library, and numpy arrays on their memory; or for torch, tensors on their memory.
    """
    tensor = _convert.core().map(pointer)
    return tensor if numpy_arrays(arrays) else torch_map(tensor, map_address(tensor))


def block_of(pointer, arrays):
    """The block at an address, as for maps."""
    block = _convert.core().block(pointer)
    return block if numpy_arrays(arrays) else torch_block(block_address(block))


# ---------------------------------------------------------------- what results will be


def described_map(kind, pointer):
    """A map that has labels, and arrays without elements, at an address that belongs to this function."""
    lib = library()
    try:
        keys = kind.labels(ctypes.c_void_p(lib.mts_tensormap_keys(pointer)))
        blocks, block = [], ctypes.c_void_p()
        for i in range(len(keys)):
            check(lib.mts_tensormap_block_by_id(pointer, ctypes.byref(block), i))
            blocks.append(_described(kind, block))
    finally:
        lib.mts_tensormap_free(pointer)
    return kind.TensorMap(keys, blocks)


def described_block(kind, pointer):
    """The same for a block."""
    try:
        return _described(kind, pointer)
    finally:
        library().mts_block_free(pointer)


def _described(kind, block):
    """Labels of a block, and values of the same type and shape that take no memory: the official packages look at their shape."""
    import numpy as np

    lib = library()
    labels, dtype = [], _declarations.DLDataType()
    while True:
        axis = lib.mts_block_labels(block, len(labels))
        if axis is None:
            break
        labels.append(kind.labels(ctypes.c_void_p(axis)))
    check(lib.mts_block_dtype(block, ctypes.byref(dtype)))
    shape = [len(axis) for axis in labels]
    dtype = numpy_type(dtype)
    value = float("nan") if np.dtype(dtype).kind in "fc" else 0
    if isinstance(kind, _convert.Torch):
        import torch

        values = torch.full((), value, dtype=getattr(torch, str(dtype))).expand(shape)
    else:
        values = np.broadcast_to(np.array(value, dtype=dtype), shape)
    samples, *components, properties = labels
    result = kind.TensorBlock(values, samples, components, properties)
    for parameter, gradient in gradients(block):
        result.add_gradient(parameter, _described(kind, gradient))
    return result


# ---------------------------------------------------------------- what the library may be given


def given(function, *objects):
    """Which kind of objects all of these maps and blocks are, which the library can compute with.

    :raises TypeError: if they are of different kinds, or something else
    :raises NotImplementedError: if something would be lost: they are not in main memory, or a derivative in torch depends on them
    """
    kind = _convert.kind_of(objects[0])
    for value in objects:
        if kind is None or not (kind.is_map(value) or kind.is_block(value)):
            raise TypeError(f"{function} needs maps or blocks, all of metatensor or all of metatensor.torch, not {type(value)}")
        if kind.is_map(value) != kind.is_map(objects[0]):
            raise TypeError(f"{function} needs maps or blocks, but not both")
    if isinstance(kind, _convert.Torch):
        arrays = [block.values for value in objects for block in _all_blocks(kind, value)]
    else:
        arrays = [_python_array(block) for value in objects for block in _all_blocks(kind, value)]
    _check(function, [array for array in arrays if array is not None])
    return kind


def _all_blocks(kind, value):
    blocks = [value] if kind.is_block(value) else list(value.blocks())
    while blocks:
        block = blocks.pop()
        yield block
        blocks += [gradient for _, gradient in block.gradients()]


def _python_array(block):
    """The array in a block, or None if it is one of the library, which has nothing but elements."""
    from metatensor._data._array import _KNOWN_ARRAY_WRAPPERS

    wrapper = _KNOWN_ARRAY_WRAPPERS.get(block._raw_values.ptr)
    return None if wrapper is None else wrapper.array


def _check(function, arrays):
    import numpy as np
    from metatensor._data import ExternalCpuArray

    tensors = []
    for array in arrays:
        if not isinstance(array, np.ndarray):
            tensors.append(array)
        elif type(array) not in (np.ndarray, ExternalCpuArray):
            raise NotImplementedError(f"{function} would lose what {type(array).__name__} is for, which is not a plain numpy array")
    if not tensors:
        return
    from .operations._eligible import plain_tensors

    if not plain_tensors(tensors, structural=True):
        raise NotImplementedError(
            f"{function} needs plain tensors in main memory that no derivative in torch depends on, since it can not compute it: "
            "detach them, or take their gradients in metatensor; and call it outside of transformations, tracing and autocast"
        )


def _address(value, method, what):
    if not hasattr(value, method):
        raise TypeError(f"expected {what}, not {type(value).__name__}")
    pointer = getattr(value, method)()
    return ctypes.c_void_p(pointer) if isinstance(pointer, int) else ctypes.cast(pointer, ctypes.c_void_p)


def map_address(tensor):
    """Where a map of ``metatensor`` or ``metatensor.torch`` is, which still belongs to it."""
    return _address(tensor, "as_mts_tensormap_t", "a TensorMap")


def block_address(block):
    """Where a block is."""
    return _address(block, "as_mts_block_t", "a TensorBlock")


def labels_address(labels):
    """Where labels are."""
    return _address(labels, "as_mts_labels_t", "Labels")


def selected(labels):
    """Where labels are, or None for None."""
    return None if labels is None else labels_address(labels)


def dlpack_type(dtype):
    """A type of numpy or torch for C."""
    import numpy as np

    name = str(dtype).removeprefix("torch.")
    if name == "bfloat16":
        return _declarations.DLDataType(_declarations.kDLBfloat, 16, 1)
    if name == "bool":
        return _declarations.DLDataType(_declarations.kDLBool, 8, 1)
    dtype = np.dtype(name if str(dtype).startswith("torch.") else dtype)
    codes = {"f": "kDLFloat", "i": "kDLInt", "u": "kDLUInt", "c": "kDLComplex", "b": "kDLBool"}
    if dtype.kind not in codes:
        raise TypeError(f"there are no blocks of {dtype}")
    return _declarations.DLDataType(getattr(_declarations, codes[dtype.kind]), 8 * dtype.itemsize, 1)


def numpy_type(dtype):
    """A type in C for numpy, or its name if numpy does not have it."""
    import numpy as np

    names = {
        _declarations.kDLFloat: "float",
        _declarations.kDLInt: "int",
        _declarations.kDLUInt: "uint",
        _declarations.kDLComplex: "complex",
        _declarations.kDLBfloat: "bfloat",
    }
    if dtype.code == _declarations.kDLBool:
        return np.dtype(bool)
    name = f"{names.get(dtype.code, f'DLPack type {dtype.code}, ')}{dtype.bits}"
    try:
        return np.dtype(name)
    except TypeError:
        return name

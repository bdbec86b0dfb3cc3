"""Parts of maps and blocks, and maps joined of others."""

import ctypes

import numpy as np

from .. import _declarations
from .._convert import Torch, address, call
from ._calls import AXES, made
from ._run import OFFICIAL, run
from ._types import Labels, TensorBlock, TensorMap

_PARTS = {axis: AXES[axis] for axis in ("samples", "properties")}


def _selection(kind, selection):
    """A selection for the library and what it points to, or None for one that only the official functions know."""
    if kind.is_labels(selection):
        if isinstance(kind, Torch) and selection.values.device.type != "cpu":
            return None
        handle = ctypes.cast(address(selection), ctypes.c_void_p)
        return _declarations.mts_selection_t(handle, None, 0), selection
    if isinstance(selection, list):
        if not all(type(index) is int for index in selection):
            return None
    elif isinstance(kind, Torch) and type(selection).__module__ == "torch" and selection.device.type == "cpu":
        selection = selection.detach().numpy()
    elif type(selection) is not np.ndarray:
        return None
    indices = np.asarray(selection, dtype=np.int64 if len(selection) == 0 else None)
    if indices.ndim != 1 or indices.dtype.kind != "i" or len(np.unique(indices)) != len(indices):
        return None  # masks, and positions that come twice
    indices = np.ascontiguousarray(indices, dtype=np.int64)
    pointer = indices.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
    return _declarations.mts_selection_t(None, pointer, len(indices)), indices


def _slice(is_wanted):
    def native(kind, value, axis, selection):
        if axis not in _PARTS or not getattr(kind, is_wanted)(value):
            return OFFICIAL
        chosen = _selection(kind, selection)
        return OFFICIAL if chosen is None else made(kind, "slice", value, _PARTS[axis], chosen[0])

    return native


def slice(tensor: TensorMap, axis: str, selection: Labels | list[int] | np.ndarray) -> TensorMap:
    """The samples or properties of all blocks that are selected, in the order of the map, and their gradients.

    :param tensor: a map with blocks of shape (samples, components..., properties)
    :param axis: ``"samples"`` or ``"properties"``
    :param selection: labels with some or all of the dimensions of the axis: what matches an entry of them; or positions
    :return: a map with the same keys, whose blocks may have no samples or properties left
    :raises ValueError: if there is no such axis, dimension or position
    """
    return run("slice", _slice("is_map"), tensor, axis, selection, structural=True)


def slice_block(block: TensorBlock, axis: str, selection: Labels | list[int] | np.ndarray) -> TensorBlock:
    """:py:func:`slice` for a block."""
    return run("slice_block", _slice("is_block"), block, axis, selection, structural=True)


def _split(is_wanted):
    def native(kind, value, axis, selections):
        if axis not in _PARTS or not getattr(kind, is_wanted)(value) or not isinstance(selections, list) or not selections:
            return OFFICIAL
        chosen = [_selection(kind, selection) for selection in selections]
        if any(selection is None for selection in chosen):
            return OFFICIAL
        array = (_declarations.mts_selection_t * len(chosen))(*[selection for selection, _ in chosen])
        results = (ctypes.c_void_p * len(chosen))()
        suffix, wrap = ("_block", kind.block) if kind.is_block(value) else ("", kind.map)
        call(f"mts_split{suffix}", address(value), _PARTS[axis], array, len(chosen), results)
        return [wrap(ctypes.c_void_p(result)) for result in results]

    return native


def split(tensor: TensorMap, axis: str, selections: list[Labels | list[int] | np.ndarray]) -> list[TensorMap]:
    """Several slices of a map, one for each selection. See :py:func:`slice`."""
    return run("split", _split("is_map"), tensor, axis, selections, structural=True)


def split_block(block: TensorBlock, axis: str, selections: list[Labels | list[int] | np.ndarray]) -> list[TensorBlock]:
    """:py:func:`split` for a block."""
    return run("split_block", _split("is_block"), block, axis, selections, structural=True)


def _join_options(add_dimension, different_keys="error"):
    name = None if add_dimension is None else add_dimension.encode()
    return _declarations.mts_join_options_t(["error", "intersection", "union"].index(different_keys), name)


def _is_joined(values, axis, add_dimension, is_wanted):
    # a single one is returned as it is
    several = isinstance(values, (list, tuple)) and len(values) > 1 and all(map(is_wanted, values))
    return several and axis in _PARTS and (add_dimension is None or isinstance(add_dimension, str))


def _addresses(values):
    return (ctypes.c_void_p * len(values))(*[ctypes.cast(address(value), ctypes.c_void_p) for value in values])


def _join(kind, tensors, axis, different_keys, add_dimension):
    if not _is_joined(tensors, axis, add_dimension, kind.is_map) or different_keys not in ("error", "intersection", "union"):
        return OFFICIAL
    options = _join_options(add_dimension, different_keys)
    result = ctypes.c_void_p()
    call("mts_join", _addresses(tensors), len(tensors), _PARTS[axis], ctypes.byref(options), ctypes.byref(result))
    return kind.map(result)


def join(tensors: list[TensorMap], axis: str, different_keys: str = "error", add_dimension: str | None = None) -> TensorMap:
    """One map of several, whose blocks have the samples, or the properties, of all of them.

    :param tensors: maps with the same labels on the other axes. A single one is returned as it is
    :param axis: ``"samples"`` or ``"properties"``
    :param different_keys: what to do with keys that not all maps have: ``"error"``, only take those in the ``"intersection"``, or, for
        ``"union"``, go on as if there were empty blocks
    :param add_dimension: name of a new last dimension of the joined labels, with the position of the map in the list
    :return: a map with blocks of shape (sum of samples, components..., properties), or (samples, components..., sum of properties)
    :raises NotEqualError: if keys or other labels are different
    :raises MetatensorError: if joined labels are there twice
    """
    return run("join", _join, tensors, axis, different_keys, add_dimension, structural=True)


def _join_blocks(kind, blocks, axis, add_dimension):
    if not _is_joined(blocks, axis, add_dimension, kind.is_block):
        return OFFICIAL
    name = None if add_dimension is None else add_dimension.encode()
    result = ctypes.c_void_p()
    call("mts_join_blocks", _addresses(blocks), len(blocks), _PARTS[axis], name, ctypes.byref(result))
    return kind.block(result)


def join_blocks(blocks: list[TensorBlock], axis: str, add_dimension: str | None = None) -> TensorBlock:
    """:py:func:`join` for blocks."""
    return run("join_blocks", _join_blocks, blocks, axis, add_dimension, structural=True)


def _have_components(kind, value):
    return all(block.components for block in ([value] if kind.is_block(value) else value.blocks()))


_SORT = {"samples": 1, "components": 2, "properties": 4}


def _sort(is_wanted, known):
    def native(kind, value, axes, descending):
        axes = list(known) if axes == "all" else [axes] if isinstance(axes, str) else axes
        if not isinstance(axes, list) or not all(isinstance(axis, str) and axis in known for axis in axes):
            return OFFICIAL
        if not isinstance(descending, bool) or not getattr(kind, is_wanted)(value):
            return OFFICIAL
        flags = 0
        for axis in axes:
            flags |= known[axis]
        if not flags & (known["samples"] | known["properties"]) and not (
            flags & known["components"] and _have_components(kind, value)
        ):
            return OFFICIAL  # no element moves, in some blocks at least: arrays are shared
        return made(kind, "sort", value, flags, descending)

    return native


def sort(tensor: TensorMap, axes: list[str] | str = "all", descending: bool = False) -> TensorMap:
    """The same map with sorted keys, and blocks with sorted labels, in lexicographic order.

    :param tensor: a map
    :param axes: what is sorted: ``"all"``, or some of ``"keys"``, ``"samples"``, ``"components"`` and ``"properties"``
    :param descending: from the largest to the smallest
    :return: a map with the same elements in another order, in arrays of its own
    :raises ValueError: if ``axes`` is something else
    """
    return run("sort", _sort("is_map", {**_SORT, "keys": 8}), tensor, axes, descending, structural=True)


def sort_block(block: TensorBlock, axes: list[str] | str = "all", descending: bool = False) -> TensorBlock:
    """:py:func:`sort` for a block, without keys."""
    return run("sort_block", _sort("is_block", _SORT), block, axes, descending, structural=True)

"""Operations whose results have the very arrays of their inputs: nothing is computed, and the official functions do them.

So that who writes to an array sees the same in all maps that share it, with and without this package.
"""

import numpy as np

from .._convert import address
from ._calls import made
from ._run import OFFICIAL, always_official, run
from ._types import Labels, TensorBlock, TensorMap


def _chosen_blocks(name):
    def native(kind, tensor, keys, copy):
        copied = copy is True and kind.is_map(tensor) and kind.is_labels(keys)
        return made(kind, name, tensor, address(keys)) if copied else OFFICIAL

    return native


def drop_blocks(tensor: TensorMap, keys: Labels, copy: bool = False) -> TensorMap:
    """The map without the blocks of some keys.

    :param tensor: a map
    :param keys: keys that it has, or labels with some of their dimensions
    :param copy: whether arrays are copied, or are those of ``tensor``
    """
    return run("drop_blocks", _chosen_blocks("drop_blocks"), tensor, keys, copy, structural=True, labels_only=copy is not True)


def filter_blocks(tensor: TensorMap, keys: Labels, copy: bool = False) -> TensorMap:
    """The map with nothing but the blocks of some keys. See :py:func:`drop_blocks`."""
    return run(
        "filter_blocks", _chosen_blocks("filter_blocks"), tensor, keys, copy, structural=True, labels_only=copy is not True
    )


def drop_empty_blocks(tensor: TensorMap, copy: bool = False) -> TensorMap:
    """The map without the blocks that have an axis of length 0. See :py:func:`drop_blocks`."""
    return run("drop_empty_blocks", always_official, tensor, copy, labels_only=True)


def remove_gradients(tensor: TensorMap, remove: list[str] | None = None) -> TensorMap:
    """The map without some gradients, or without any for None, with the same arrays."""
    return run("remove_gradients", always_official, tensor, remove, labels_only=True)


def remove_gradients_block(block: TensorBlock, remove: list[str] | None = None) -> TensorBlock:
    """:py:func:`remove_gradients` for a block."""
    return run("remove_gradients_block", always_official, block, remove, labels_only=True)


def append_dimension(tensor: TensorMap, axis: str, name: str, values: np.ndarray | int) -> TensorMap:
    """A new last dimension of an axis.

    :param tensor: a map
    :param axis: ``"keys"``, ``"samples"`` or ``"properties"``
    :param name: name of the dimension
    :param values: one for all entries, or one for each
    """
    return run("append_dimension", always_official, tensor, axis, name, values, labels_only=True)


def insert_dimension(tensor: TensorMap, axis: str, index: int, name: str, values: np.ndarray | int) -> TensorMap:
    """A new dimension before the one at ``index``. See :py:func:`append_dimension`."""
    return run("insert_dimension", always_official, tensor, axis, index, name, values, labels_only=True)


def permute_dimensions(tensor: TensorMap, axis: str, dimensions_indexes: list[int]) -> TensorMap:
    """The dimensions of an axis in another order. See :py:func:`append_dimension`."""
    return run("permute_dimensions", always_official, tensor, axis, dimensions_indexes, labels_only=True)


def remove_dimension(tensor: TensorMap, axis: str, name: str) -> TensorMap:
    """An axis without one of its dimensions. See :py:func:`append_dimension`."""
    return run("remove_dimension", always_official, tensor, axis, name, labels_only=True)


def rename_dimension(tensor: TensorMap, axis: str, old: str, new: str) -> TensorMap:
    """Another name for a dimension of an axis. See :py:func:`append_dimension`."""
    return run("rename_dimension", always_official, tensor, axis, old, new, labels_only=True)


def is_contiguous(tensor: TensorMap) -> bool:
    """Whether the elements of all arrays are in row-major order, without gaps."""
    return run("is_contiguous", always_official, tensor, labels_only=True)


def is_contiguous_block(block: TensorBlock) -> bool:
    """:py:func:`is_contiguous` for a block."""
    return run("is_contiguous_block", always_official, block, labels_only=True)


def make_contiguous(tensor: TensorMap) -> TensorMap:
    """The map with contiguous arrays: those that are not are copied."""
    return run("make_contiguous", always_official, tensor, labels_only=True)


def make_contiguous_block(block: TensorBlock) -> TensorBlock:
    """:py:func:`make_contiguous` for a block."""
    return run("make_contiguous_block", always_official, block, labels_only=True)


def detach(tensor: TensorMap) -> TensorMap:
    """The map with arrays that torch does not follow."""
    return run("detach", always_official, tensor, labels_only=True)


def detach_block(block: TensorBlock) -> TensorBlock:
    """:py:func:`detach` for a block."""
    return run("detach_block", always_official, block, labels_only=True)


def requires_grad(tensor: TensorMap, requires_grad: bool = True) -> TensorMap:
    """The map with arrays that torch follows, or does not."""
    return run("requires_grad", always_official, tensor, requires_grad, labels_only=True)


def requires_grad_block(block: TensorBlock, requires_grad: bool = True) -> TensorBlock:
    """:py:func:`requires_grad` for a block."""
    return run("requires_grad_block", always_official, block, requires_grad, labels_only=True)

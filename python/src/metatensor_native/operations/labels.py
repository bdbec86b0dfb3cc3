"""What labels say: entries of some of their dimensions, and one-hot vectors."""

import ctypes

import numpy as np

from .._convert import Torch, address, call
from ._calls import AXES, are_names, texts
from ._run import OFFICIAL, run
from ._types import Labels, TensorBlock, TensorMap


def _unique_metadata(is_wanted):
    def native(kind, value, axis, names, gradient):
        names = [names] if isinstance(names, str) else names
        known = axis in ("samples", "properties") and are_names(names) and (gradient is None or isinstance(gradient, str))
        if not known or not getattr(kind, is_wanted)(value):
            return OFFICIAL
        result = ctypes.c_void_p()
        suffix = "_block" if kind.is_block(value) else ""
        parameter = None if gradient is None else gradient.encode()
        call(f"mts_unique_metadata{suffix}", address(value), AXES[axis], *texts(names), parameter, ctypes.byref(result))
        return kind.labels(result)

    return native


def unique_metadata(tensor: TensorMap, axis: str, names: list[str] | tuple[str] | str, gradient: str | None = None) -> Labels:
    """The different entries of some dimensions, in all blocks.

    :param tensor: a map
    :param axis: ``"samples"`` or ``"properties"``
    :param names: the dimensions
    :param gradient: of the gradients with this name, and not of the values
    :return: labels with these dimensions, in lexicographic order
    :raises ValueError: if there is no such axis, dimension or gradient
    """
    return run("unique_metadata", _unique_metadata("is_map"), tensor, axis, names, gradient, labels_only=True)


def unique_metadata_block(
    block: TensorBlock, axis: str, names: list[str] | tuple[str] | str, gradient: str | None = None
) -> Labels:
    """:py:func:`unique_metadata` of a block."""
    return run("unique_metadata_block", _unique_metadata("is_block"), block, axis, names, gradient, labels_only=True)


def _one_hot(kind, labels, dimension):
    # the result is an array like those of labels
    if isinstance(kind, Torch) or not (kind.is_labels(labels) and kind.is_labels(dimension)) or len(dimension.names) != 1:
        return OFFICIAL
    if not isinstance(dimension.values, np.ndarray):
        return OFFICIAL
    result = np.zeros((len(labels), len(dimension)), dtype=dimension.values.dtype)
    pointer = result.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))
    call("mts_one_hot", address(labels), address(dimension), pointer, *result.shape)
    return result


def one_hot(labels: Labels, dimension: Labels) -> np.ndarray:
    """Which entry of ``dimension`` each of the labels has, as vectors that are 1 there and else 0.

    :param labels: labels that have this dimension, and others
    :param dimension: labels of one dimension, with all entries that it can have
    :return: an array of integers of shape (labels, entries of ``dimension``)
    :raises ValueError: if labels have another entry
    """
    return run("one_hot", _one_hot, labels, dimension, labels_only=True)

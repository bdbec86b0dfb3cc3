"""Comparisons of maps and blocks."""

import ctypes

from .. import _declarations
from .._convert import address
from ._calls import answered, checked
from ._run import OFFICIAL, run
from ._types import TensorBlock, TensorMap

_METADATA = {"samples": 1, "components": 2, "properties": 4}


def _same_kinds(kind, first, second, is_wanted):
    return getattr(kind, is_wanted)(first) and getattr(kind, is_wanted)(second)


def _equal(is_wanted, name, function):
    def native(kind, first, second):
        return function(kind, name, first, address(second)) if _same_kinds(kind, first, second, is_wanted) else OFFICIAL

    return native


def _allclose(is_wanted, name, function):
    def native(kind, first, second, rtol, atol, equal_nan):
        numbers = isinstance(rtol, (int, float)) and isinstance(atol, (int, float)) and isinstance(equal_nan, bool)
        if not numbers or not _same_kinds(kind, first, second, is_wanted):
            return OFFICIAL
        options = _declarations.mts_allclose_options_t(rtol, atol, equal_nan)
        return function(kind, name, first, address(second), ctypes.byref(options))

    return native


def _equal_metadata(is_wanted, name, function):
    def native(kind, first, second, check, check_gradients):
        axes = list(_METADATA) if check == "all" else check
        known = isinstance(axes, (list, tuple)) and all(isinstance(axis, str) and axis in _METADATA for axis in axes)
        if not known or not isinstance(check_gradients, bool) or not _same_kinds(kind, first, second, is_wanted):
            return OFFICIAL
        flags = 0
        for axis in axes:
            flags |= _METADATA[axis]
        options = _declarations.mts_equal_metadata_options_t(flags, check_gradients)
        return function(kind, name, first, address(second), ctypes.byref(options))

    return native


def equal(tensor_1: TensorMap, tensor_2: TensorMap) -> bool:
    """Whether two maps have the same labels, and equal elements; ``info`` is not compared.

    :raises TypeError: if one of them is no map
    """
    return run("equal", _equal("is_map", "equal", answered), tensor_1, tensor_2, structural=True)


def equal_raise(tensor_1: TensorMap, tensor_2: TensorMap) -> None:
    """Like :py:func:`equal`.

    :raises NotEqualError: if they are not equal, with what is different
    """
    return run("equal_raise", _equal("is_map", "equal_raise", checked), tensor_1, tensor_2, structural=True)


def equal_block(block_1: TensorBlock, block_2: TensorBlock) -> bool:
    """Whether two blocks have the same labels, and equal elements."""
    return run("equal_block", _equal("is_block", "equal", answered), block_1, block_2, structural=True)


def equal_block_raise(block_1: TensorBlock, block_2: TensorBlock) -> None:
    """Like :py:func:`equal_block`.

    :raises NotEqualError: if they are not equal, with what is different
    """
    return run("equal_block_raise", _equal("is_block", "equal_raise", checked), block_1, block_2, structural=True)


def allclose(tensor_1: TensorMap, tensor_2: TensorMap, rtol: float = 1e-13, atol: float = 1e-12, equal_nan: bool = False) -> bool:
    """Whether two maps have the same labels, and elements with :math:`|a - b| \\le atol + rtol\\,|b|`.

    :param tensor_1: the map with elements :math:`a`
    :param tensor_2: the map with elements :math:`b`
    :param rtol: tolerance relative to :math:`|b|`
    :param atol: absolute tolerance
    :param equal_nan: whether two elements that are both NaN are close
    """
    native = _allclose("is_map", "allclose", answered)
    return run("allclose", native, tensor_1, tensor_2, rtol, atol, equal_nan, structural=True)


def allclose_raise(
    tensor_1: TensorMap, tensor_2: TensorMap, rtol: float = 1e-13, atol: float = 1e-12, equal_nan: bool = False
) -> None:
    """Like :py:func:`allclose`.

    :raises NotEqualError: if they are not close, with what is different
    """
    native = _allclose("is_map", "allclose_raise", checked)
    return run("allclose_raise", native, tensor_1, tensor_2, rtol, atol, equal_nan, structural=True)


def allclose_block(
    block_1: TensorBlock, block_2: TensorBlock, rtol: float = 1e-13, atol: float = 1e-12, equal_nan: bool = False
) -> bool:
    """:py:func:`allclose` for two blocks."""
    native = _allclose("is_block", "allclose", answered)
    return run("allclose_block", native, block_1, block_2, rtol, atol, equal_nan, structural=True)


def allclose_block_raise(
    block_1: TensorBlock, block_2: TensorBlock, rtol: float = 1e-13, atol: float = 1e-12, equal_nan: bool = False
) -> None:
    """:py:func:`allclose_raise` for two blocks."""
    native = _allclose("is_block", "allclose_raise", checked)
    return run("allclose_block_raise", native, block_1, block_2, rtol, atol, equal_nan, structural=True)


def equal_metadata(
    tensor_1: TensorMap, tensor_2: TensorMap, check: list[str] | str = "all", check_gradients: bool = True
) -> bool:
    """Whether two maps have the same keys and labels, whatever their elements are.

    :param tensor_1: a map
    :param tensor_2: another one
    :param check: which labels: ``"all"``, or some of ``"samples"``, ``"components"`` and ``"properties"``
    :param check_gradients: whether to compare those of gradients as well
    :raises ValueError: if ``check`` is something else
    """
    native = _equal_metadata("is_map", "equal_metadata", answered)
    return run("equal_metadata", native, tensor_1, tensor_2, check, check_gradients, labels_only=True)


def equal_metadata_raise(
    tensor_1: TensorMap, tensor_2: TensorMap, check: list[str] | str = "all", check_gradients: bool = True
) -> None:
    """Like :py:func:`equal_metadata`.

    :raises NotEqualError: if they are not the same, with what is different
    """
    native = _equal_metadata("is_map", "equal_metadata_raise", checked)
    return run("equal_metadata_raise", native, tensor_1, tensor_2, check, check_gradients, labels_only=True)


def equal_metadata_block(
    block_1: TensorBlock, block_2: TensorBlock, check: list[str] | str = "all", check_gradients: bool = True
) -> bool:
    """:py:func:`equal_metadata` for two blocks."""
    native = _equal_metadata("is_block", "equal_metadata", answered)
    return run("equal_metadata_block", native, block_1, block_2, check, check_gradients, labels_only=True)


def equal_metadata_block_raise(
    block_1: TensorBlock, block_2: TensorBlock, check: list[str] | str = "all", check_gradients: bool = True
) -> None:
    """:py:func:`equal_metadata_raise` for two blocks."""
    native = _equal_metadata("is_block", "equal_metadata_raise", checked)
    return run("equal_metadata_block_raise", native, block_1, block_2, check, check_gradients, labels_only=True)

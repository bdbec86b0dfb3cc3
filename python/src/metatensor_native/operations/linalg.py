"""Linear algebra on the values of blocks."""

import ctypes

from .. import _declarations
from .._convert import address
from ._calls import made
from ._run import OFFICIAL, run
from ._types import TensorMap


def _dot(kind, tensor_1, tensor_2):
    maps = kind.is_map(tensor_1) and kind.is_map(tensor_2)
    return made(kind, "dot", tensor_1, address(tensor_2)) if maps else OFFICIAL


def dot(tensor_1: TensorMap, tensor_2: TensorMap) -> TensorMap:
    """Products of the rows of two maps, :math:`A B^T`, along their properties, which have to be the same.

    :param tensor_1: a map with blocks of shape (samples, components..., properties)
    :param tensor_2: a map with blocks of shape (other samples, properties)
    :return: a map with blocks of shape (samples, components..., other samples), and the gradients of both
    :raises NotEqualError: if keys or properties are different
    """
    return run("dot", _dot, tensor_1, tensor_2)


def _solve(kind, X, Y):
    return made(kind, "solve", X, address(Y)) if kind.is_map(X) and kind.is_map(Y) else OFFICIAL


def solve(X: TensorMap, Y: TensorMap) -> TensorMap:
    """The solution :math:`w` of :math:`X w^T = Y` for each block, where :math:`X` is square.

    :param X: a map with blocks of shape (n, n)
    :param Y: a map with blocks of shape (n, m)
    :return: a map with blocks of shape (m, n), without gradients
    :raises NotEqualError: if keys or samples are different
    """
    return run("solve", _solve, X, Y)


def _lstsq(kind, X, Y, rcond, driver):
    known = isinstance(rcond, (int, float)) and driver is None and kind.is_map(X) and kind.is_map(Y)
    if not known:
        # without a number, the cutoff of the official function is that of the version of numpy or torch
        return OFFICIAL
    options = _declarations.mts_lstsq_options_t(rcond)
    return made(kind, "lstsq", X, address(Y), ctypes.byref(options))


def lstsq(X: TensorMap, Y: TensorMap, rcond: float | None, driver: str | None = None) -> TensorMap:
    """The solution :math:`w` of :math:`X w^T \\approx Y` with least squares for each block. Gradients are further equations.

    :param X: a map with blocks of shape (samples, components..., p)
    :param Y: a map with blocks of shape (samples, components..., q)
    :param rcond: singular values of :math:`X` up to this times the largest one count as zero
    :param driver: for torch, see ``torch.linalg.lstsq``: the official function then does it
    :return: a map with blocks of shape (q, p), without gradients
    :raises NotEqualError: if keys, samples or components are different
    """
    return run("lstsq", _lstsq, X, Y, rcond, driver)

"""Sums, means, variances and fits over the rows of all ranks."""

import ctypes
import math

from .. import _declarations
from .._calling import choice, texts
from ._calls import compute

_ORDERS = {"ranks": _declarations.MTS_SUM_ORDER_RANKS, "labels": _declarations.MTS_SUM_ORDER_LABELS}


def _placed(placement):
    return None if placement is None else ctypes.byref(placement._for_c())


def _names(names):
    return texts([names] if isinstance(names, str) else names, "sample_names")


def all_reduce(communicator, tensor):
    """Adds the maps of all ranks, which have the same keys and labels, those of gradients included. Collective.

    For maps with different samples, see :py:func:`sum_by_labels`.

    :param tensor: the map of this rank
    :return: a new map with the same labels, and the same bits on all ranks and each time
    :raises ValueError: on all ranks, if labels are different
    """
    (result,) = compute(communicator, "all_reduce", [tensor], lambda: [])
    return result


def sum_by_labels(communicator, tensor, *, placement=None):
    """Adds samples with equal labels that are on several ranks, and rows of gradients that belong to the same sample and have equal labels
    too. Collective.

    :param tensor: the map of this rank
    :param placement: which rank gets which rows of the result: a :py:class:`Partition`, but for that of lists of ranks; or None for all
        rows on all ranks
    :return: a new map with sorted samples
    """
    (result,) = compute(communicator, "sum_by_labels", [tensor], lambda: [_placed(placement)])
    return result


def sum_over_samples(communicator, tensor, sample_names: list[str] | str, *, order: str = "ranks", placement=None):
    """Sums of all samples of all ranks that only differ in some dimensions, with their gradients. Collective.

    This is :py:func:`metatensor.sum_over_samples` of the map that the maps of all ranks are together.

    :param tensor: the map of this rank, with blocks of shape (samples, components..., properties)
    :param sample_names: dimensions of samples that results do not have, the same on all ranks
    :param order: in which order numbers are added. ``"ranks"``: those of each rank, and then the sums of all ranks, so that only sums are sent;
        results have the same bits each time for the same number of ranks. ``"labels"``: results have the same bits for any number of ranks,
        wherever samples are; one rank needs memory for each whole group of samples
    :param placement: which rank gets which rows of the result: a :py:class:`Partition`, but for that of lists of ranks; or None for all
        rows on all ranks
    :return: a new map with sorted samples
    :raises ValueError: on all ranks, if maps do not fit together, or there is no such dimension
    """
    return _over(communicator, "sum_over_samples", tensor, sample_names, order, placement)


def mean_over_samples(communicator, tensor, sample_names: list[str] | str, *, order: str = "ranks", placement=None):
    """Means of all samples of all ranks that only differ in some dimensions. Collective. See :py:func:`sum_over_samples`."""
    return _over(communicator, "mean_over_samples", tensor, sample_names, order, placement)


def _over(communicator, name, tensor, sample_names, order, placement):
    def options():
        return [*_names(sample_names), choice(order, _ORDERS, "order"), _placed(placement)]

    (result,) = compute(communicator, name, [tensor], options)
    return result


def var_over_samples(communicator, tensor, sample_names: list[str] | str, *, placement=None):
    """Variances of all samples of all ranks that only differ in some dimensions. Collective.

    Groups of samples that are on several ranks are brought together, as by ``order="labels"``. See :py:func:`sum_over_samples`.
    """
    (result,) = compute(communicator, "var_over_samples", [tensor], lambda: [*_names(sample_names), _placed(placement)])
    return result


def std_over_samples(communicator, tensor, sample_names: list[str] | str, *, placement=None):
    """Standard deviations, the square roots of variances. Collective. See :py:func:`var_over_samples`."""
    (result,) = compute(communicator, "std_over_samples", [tensor], lambda: [*_names(sample_names), _placed(placement)])
    return result


def lstsq(communicator, X, Y, rcond: float | None = None):
    """Solves linear least squares problems with the rows of all ranks. Collective.

    This is :py:func:`metatensor.lstsq` of the maps that the maps of all ranks are together. Each rank makes triangles of its rows, which are
    merged: about as many numbers as properties of ``X`` squared are sent, and no precision is lost.

    :param X: the coefficients of this rank, with blocks of shape (samples, components..., properties)
    :param Y: the right sides of this rank, with the samples of ``X``
    :param rcond: singular values that are not larger than this times the largest one count as zero; None stands for the precision of the type
        times the larger number of rows and columns. The same on all ranks
    :return: a new map with the weights, blocks of shape (properties of ``Y``, properties of ``X``), equal on all ranks
    :raises ValueError: on all ranks, if maps do not fit together
    """

    def options():
        value = math.nan if rcond is None else float(rcond)
        return [ctypes.byref(_declarations.mts_lstsq_options_t(value))]

    (result,) = compute(communicator, "lstsq", [X, Y], options)
    return result


def normal_equations(communicator, X, Y):
    """The matrices of normal equations with the rows of all ranks, for fits that add something to these. Collective.

    :py:func:`lstsq` sends about as much, and loses less precision.

    :param X: the coefficients of this rank
    :param Y: the right sides of this rank, with the samples of ``X``
    :return: two new maps, :math:`X^H X` and :math:`X^H Y`, equal on all ranks
    """
    squares, right_sides = compute(communicator, "normal_equations", [X, Y], lambda: [], results=2)
    return squares, right_sides

"""Sums, means, variances and standard deviations over samples or properties, with their gradients."""

from ._calls import are_names, made, texts
from ._run import OFFICIAL, run
from ._types import TensorBlock, TensorMap


def _over(name, is_wanted):
    def native(kind, value, over):
        over = [over] if isinstance(over, str) else over
        if not getattr(kind, is_wanted)(value) or not are_names(over):
            return OFFICIAL
        return made(kind, name, value, *texts(over))

    return native


def sum_over_samples(tensor: TensorMap, sample_names: list[str] | str) -> TensorMap:
    """Sums over samples: of the rows whose other dimensions are the same.

    :param tensor: a map with blocks of shape (samples, components..., properties)
    :param sample_names: the dimensions of samples to reduce over, one name or several
    :return: a map with blocks where these dimensions are gone, and one row is left for each different row of the others, in
        lexicographic order
    :raises ValueError: if there is no such dimension
    """
    return run("sum_over_samples", _over("sum_over_samples", "is_map"), tensor, sample_names)


def sum_over_samples_block(block: TensorBlock, sample_names: list[str] | str) -> TensorBlock:
    """:py:func:`sum_over_samples` for a block."""
    return run("sum_over_samples_block", _over("sum_over_samples", "is_block"), block, sample_names)


def mean_over_samples(tensor: TensorMap, sample_names: list[str] | str) -> TensorMap:
    """Means over samples. See :py:func:`sum_over_samples`."""
    return run("mean_over_samples", _over("mean_over_samples", "is_map"), tensor, sample_names)


def mean_over_samples_block(block: TensorBlock, sample_names: list[str] | str) -> TensorBlock:
    """:py:func:`mean_over_samples` for a block."""
    return run("mean_over_samples_block", _over("mean_over_samples", "is_block"), block, sample_names)


def var_over_samples(tensor: TensorMap, sample_names: list[str] | str) -> TensorMap:
    """Variances over samples, :math:`\\overline{x^2} - \\overline{x}^2`. See :py:func:`sum_over_samples`."""
    return run("var_over_samples", _over("var_over_samples", "is_map"), tensor, sample_names)


def var_over_samples_block(block: TensorBlock, sample_names: list[str] | str) -> TensorBlock:
    """:py:func:`var_over_samples` for a block."""
    return run("var_over_samples_block", _over("var_over_samples", "is_block"), block, sample_names)


def std_over_samples(tensor: TensorMap, sample_names: list[str] | str) -> TensorMap:
    """Standard deviations over samples, the square roots of variances. See :py:func:`sum_over_samples`."""
    return run("std_over_samples", _over("std_over_samples", "is_map"), tensor, sample_names)


def std_over_samples_block(block: TensorBlock, sample_names: list[str] | str) -> TensorBlock:
    """:py:func:`std_over_samples` for a block."""
    return run("std_over_samples_block", _over("std_over_samples", "is_block"), block, sample_names)


def sum_over_properties(tensor: TensorMap, property_names: list[str] | str) -> TensorMap:
    """Sums over properties: of the columns whose other dimensions are the same.

    :param tensor: a map with blocks of shape (samples, components..., properties)
    :param property_names: the dimensions of properties to reduce over, one name or several
    :return: a map with blocks where these dimensions are gone, and one column is left for each different entry of the others, in
        lexicographic order
    :raises ValueError: if there is no such dimension
    """
    return run("sum_over_properties", _over("sum_over_properties", "is_map"), tensor, property_names)


def sum_over_properties_block(block: TensorBlock, property_names: list[str] | str) -> TensorBlock:
    """:py:func:`sum_over_properties` for a block."""
    return run("sum_over_properties_block", _over("sum_over_properties", "is_block"), block, property_names)


def mean_over_properties(tensor: TensorMap, property_names: list[str] | str) -> TensorMap:
    """Means over properties. See :py:func:`sum_over_properties`."""
    return run("mean_over_properties", _over("mean_over_properties", "is_map"), tensor, property_names)


def mean_over_properties_block(block: TensorBlock, property_names: list[str] | str) -> TensorBlock:
    """:py:func:`mean_over_properties` for a block."""
    return run("mean_over_properties_block", _over("mean_over_properties", "is_block"), block, property_names)


def var_over_properties(tensor: TensorMap, property_names: list[str] | str) -> TensorMap:
    """Variances over properties, :math:`\\overline{x^2} - \\overline{x}^2`. See :py:func:`sum_over_properties`."""
    return run("var_over_properties", _over("var_over_properties", "is_map"), tensor, property_names)


def var_over_properties_block(block: TensorBlock, property_names: list[str] | str) -> TensorBlock:
    """:py:func:`var_over_properties` for a block."""
    return run("var_over_properties_block", _over("var_over_properties", "is_block"), block, property_names)


def std_over_properties(tensor: TensorMap, property_names: list[str] | str) -> TensorMap:
    """Standard deviations over properties, the square roots of variances. See :py:func:`sum_over_properties`."""
    return run("std_over_properties", _over("std_over_properties", "is_map"), tensor, property_names)


def std_over_properties_block(block: TensorBlock, property_names: list[str] | str) -> TensorBlock:
    """:py:func:`std_over_properties` for a block."""
    return run("std_over_properties_block", _over("std_over_properties", "is_block"), block, property_names)

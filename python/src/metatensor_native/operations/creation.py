"""Maps and blocks with the labels of another one."""

from ._calls import are_names, made, names
from ._run import OFFICIAL, always_official, official, run
from ._types import TensorBlock, TensorMap


def _like(name, is_wanted):
    def native(kind, value, gradients, requires_grad):
        chosen = [gradients] if isinstance(gradients, str) else gradients
        if requires_grad is not False or not getattr(kind, is_wanted)(value) or not (chosen is None or are_names(chosen)):
            return OFFICIAL
        return made(kind, name, value, names(chosen))

    return native


def zeros_like(tensor: TensorMap, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorMap:
    """A map of zeros with the labels, shapes and type of another one.

    :param tensor: a map
    :param gradients: names of the gradients that the result has: all of them for None
    :param requires_grad: whether torch should record what happens to the arrays
    :raises ValueError: if a gradient is not there
    """
    return run("zeros_like", _like("zeros_like", "is_map"), tensor, gradients, requires_grad, structural=True, reads=False)


def zeros_like_block(block: TensorBlock, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorBlock:
    """:py:func:`zeros_like` for a block."""
    return run("zeros_like_block", _like("zeros_like", "is_block"), block, gradients, requires_grad, structural=True, reads=False)


def ones_like(tensor: TensorMap, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorMap:
    """A map of ones, in values and gradients, with the labels, shapes and type of another one. See :py:func:`zeros_like`."""
    return run("ones_like", _like("ones_like", "is_map"), tensor, gradients, requires_grad, structural=True, reads=False)


def ones_like_block(block: TensorBlock, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorBlock:
    """:py:func:`ones_like` for a block."""
    return run("ones_like_block", _like("ones_like", "is_block"), block, gradients, requires_grad, structural=True, reads=False)


def empty_like(tensor: TensorMap, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorMap:
    """A map of any numbers with the labels, shapes and type of another one. See :py:func:`zeros_like`."""
    return run("empty_like", _like("empty_like", "is_map"), tensor, gradients, requires_grad, structural=True, reads=False)


def empty_like_block(block: TensorBlock, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorBlock:
    """:py:func:`empty_like` for a block."""
    return run("empty_like_block", _like("empty_like", "is_block"), block, gradients, requires_grad, structural=True, reads=False)


def random_uniform_like(tensor: TensorMap, gradients: list[str] | str | None = None, requires_grad: bool = False) -> TensorMap:
    """A map of random numbers in [0, 1), with the labels and shapes of another one: by the official function, whose numbers follow from
    the seeds of numpy and torch."""
    return run("random_uniform_like", always_official, tensor, gradients, requires_grad, labels_only=True)


def random_uniform_like_block(
    block: TensorBlock, gradients: list[str] | str | None = None, requires_grad: bool = False
) -> TensorBlock:
    """:py:func:`random_uniform_like` for a block."""
    return run("random_uniform_like_block", always_official, block, gradients, requires_grad, labels_only=True)


def block_from_array(
    array,
    sample_names: list[str] | None = None,
    component_names: list[str] | None = None,
    property_names: list[str] | None = None,
) -> TensorBlock:
    """A block with an array in it, which is not copied, and labels that count along each axis: by the official function.

    :param array: an array of numpy or tensor of torch, with at least two axes
    :param sample_names: names of the dimensions of samples
    :param component_names: names of the components
    :param property_names: names of the dimensions of properties
    """
    from .. import _convert

    kind = _convert.core()
    return official("block_from_array", kind)(array, sample_names, component_names, property_names)

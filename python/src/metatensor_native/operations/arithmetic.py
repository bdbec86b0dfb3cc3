"""Arithmetic on maps, with its gradients."""

from .._convert import address, kind_of
from ._calls import made
from ._run import OFFICIAL, always_official, run
from ._types import TensorMap


def _is_number(value):
    return isinstance(value, (int, float))


def _shares_gradients(A, B):
    """Whether the gradients of the official sum are the very arrays of the input: elements need not be looked at then."""
    kind = kind_of(A)
    is_sum = _is_number(B) and kind is not None and kind.is_map(A)
    return is_sum and len(A) > 0 and len(A.block_by_id(0).gradients_list()) > 0


def _binary(name):
    def native(kind, A, B):
        if not kind.is_map(A):
            return OFFICIAL
        if _is_number(B):
            return made(kind, f"{name}_scalar", A, float(B))
        return made(kind, name, A, address(B)) if kind.is_map(B) else OFFICIAL

    return native


_add, _subtract, _multiply, _divide = map(_binary, ["add", "subtract", "multiply", "divide"])


def add(A: TensorMap, B: int | float | TensorMap) -> TensorMap:
    """The sum :math:`A + B`, with gradients :math:`\\nabla A + \\nabla B`.

    :param A: a map
    :param B: a map with the same labels, gradients included, or a number
    :return: a map with the labels and shapes of ``A``. With a number, its gradients are the arrays of ``A``.
    :raises NotEqualError: if labels are different
    :raises TypeError: if ``B`` is something else
    """
    if _shares_gradients(A, B):
        return run("add", always_official, A, B, labels_only=True)
    return run("add", _add, A, B)


def subtract(A: TensorMap, B: int | float | TensorMap) -> TensorMap:
    """The difference :math:`A - B`, with gradients :math:`\\nabla A - \\nabla B`. See :py:func:`add`."""
    if _shares_gradients(A, B):
        return run("subtract", always_official, A, B, labels_only=True)
    return run("subtract", _subtract, A, B)


def multiply(A: TensorMap, B: int | float | TensorMap) -> TensorMap:
    """The product :math:`A \\odot B` of elements, with gradients :math:`B \\nabla A + A \\nabla B`. See :py:func:`add`."""
    return run("multiply", _multiply, A, B)


def divide(A: TensorMap, B: int | float | TensorMap) -> TensorMap:
    """The quotient :math:`A / B` of elements, with gradients :math:`\\nabla A / B - A \\nabla B / B^2`. See :py:func:`add`."""
    return run("divide", _divide, A, B)


def _pow(kind, A, B):
    return made(kind, "pow", A, float(B)) if kind.is_map(A) and _is_number(B) else OFFICIAL


def pow(A: TensorMap, B: float | int) -> TensorMap:
    """The power :math:`A^B` of elements, with gradients :math:`B A^{B - 1} \\nabla A`.

    :param A: a map
    :param B: a number
    :return: a map with the labels and shapes of ``A``
    :raises TypeError: if ``B`` is not a number
    """
    return run("pow", _pow, A, B)


def _abs(kind, A):
    return made(kind, "abs", A) if kind.is_map(A) else OFFICIAL


def abs(A: TensorMap) -> TensorMap:
    """The absolute values, with gradients :math:`\\mathrm{sign}(A) \\nabla A`: a map with the labels and shapes of ``A``."""
    return run("abs", _abs, A)

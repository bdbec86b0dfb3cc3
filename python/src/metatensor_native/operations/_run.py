"""How an operation is done: by the library where that gives all that the official function does, else by that function."""

import sys
import warnings

from .. import _convert, _declarations
from .._errors import NativeError
from .._warning import DifferentOnPurpose
from ._eligible import eligible
from ._lending import NOTHING

OFFICIAL = object()
"""What a native operation gives if the official function has to be called."""

ORIGINALS = {}
"""The official functions that are replaced at the moment, by module and name."""


class Strict:
    """Whether to warn of such results, and of which operations users were warned already."""

    enabled = False
    warned = set()


# What the changelog says of differences, for those operations that have some on maps which the official ones take.
_COUNTS = "of blocks with components, they are divided by the number of properties in the group, not in another one"
_COMPLEX = "of complex numbers, they are those of numpy.var and numpy.std"
_GRADIENTS = "gradients are divided by the number of samples, not by that of the rows of the gradient, which is smaller where some are zero"
DIFFERENCES = {
    **{f"{name}_over_samples{block}": _GRADIENTS for name in ["mean", "var", "std"] for block in ["", "_block"]},
    **{f"mean_over_properties{block}": _COUNTS for block in ["", "_block"]},
    **{f"{name}_over_properties{block}": f"{_COUNTS}; {_COMPLEX}" for name in ["var", "std"] for block in ["", "_block"]},
    "divide": "the gradient of divide does not square the divisor, and booleans have gradients",
    "abs": "the gradient of the complex abs is its derivative, and booleans have gradients",
    "pow": "the gradient of pow with exponent 0 is 0, and the square root of minus infinity is infinity",
    "subtract": "booleans and other integers stay integers",
    "lstsq": "infinities and NaN are refused",
    "solve": "infinities and NaN are refused",
    "dot": "the second map may have gradients as well",
}
_NOT_FINITE = "of complex numbers that are infinite, NaN or zero, other infinities and NaN come out"
COMPLEX_DIFFERENCES = {name: _NOT_FINITE for name in ["subtract", "multiply", "divide", "pow"]}


def official(name, kind):
    """The official function of this name, for this kind of objects."""
    if isinstance(kind, _convert.Torch):
        # the module of this name is another one than the attribute of the package while that is being imported
        module = sys.modules["metatensor_torch.operations"]
    else:
        import metatensor_operations as module
    return ORIGINALS.get((module.__name__, name)) or getattr(module, name)


def always_official(kind, *_):
    """The native side of what the official function does for all arguments."""
    return OFFICIAL


def _objects(kind, arguments):
    """The maps and blocks among the arguments, or None if one is of another kind."""
    found = []
    for argument in arguments:
        for value in argument if isinstance(argument, (list, tuple)) else (argument,):
            if kind.is_map(value) or kind.is_block(value):
                found.append(value)
    return found


def run(name, native, *arguments, structural=False, reads=True, labels_only=False):
    """Does the operation of this name.

    :param native: function of the kind of objects and these arguments, that calls the library, or gives :py:data:`OFFICIAL` for
        arguments which that does not take
    :param structural: elements are only moved or compared
    :param reads: whether elements are read, and not only of what type they are
    :param labels_only: elements are not looked at
    """
    first = arguments[0]
    kind = _convert.kind_of(first[0] if isinstance(first, (list, tuple)) and first else first)
    if kind is None:
        # what they are given is no object of metatensor: the official function says what it should be
        return official(name, _convert.core())(*arguments)
    lending = NOTHING if labels_only else eligible(kind, _objects(kind, arguments), structural)
    if lending is None:
        return official(name, kind)(*arguments)
    if not reads:
        lending = NOTHING
    try:
        lending.start()
        result = native(kind, *arguments)
    except NativeError as error:
        raise _exception(error, official(name, kind), arguments) from None
    finally:
        lending.end()
    if result is OFFICIAL:
        return official(name, kind)(*arguments)
    if Strict.enabled and name not in Strict.warned:
        differences = _differences(name, first)
        if differences:
            Strict.warned.add(name)
            message = f"{name} is not the official function, and results can be different on purpose: {differences}"
            warnings.warn(message, DifferentOnPurpose, stacklevel=3)
    return result


def _differences(name, value):
    """What may be different for this map or block."""
    texts = [DIFFERENCES.get(name)]
    if name in COMPLEX_DIFFERENCES and "complex" in str(value.dtype):
        texts.append(COMPLEX_DIFFERENCES[name])
    return "; ".join(text for text in texts if text)


def _exception(error, function, arguments):
    """An error of the library as an exception of the type that the official function raises for the same arguments."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(*arguments)
    except Exception as other:
        try:
            return type(other)(str(error))
        except TypeError:  # a type that is made of something else than a message
            pass
    if error.status == _declarations.MTS_NOT_EQUAL_ERROR:
        from metatensor_operations import NotEqualError

        return NotEqualError(str(error))
    if error.status == _declarations.MTS_UNSUPPORTED_ERROR:
        return NotImplementedError(str(error))
    if error.status == _declarations.MTS_LINALG_ERROR:
        import numpy as np

        return np.linalg.LinAlgError(str(error))
    return ValueError(str(error))

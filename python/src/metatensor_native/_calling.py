"""Calls of functions of the library that have no official function beside them, with errors that say what is wrong in Python."""

import ctypes
import os

import numpy as np

from . import _declarations
from ._convert import call
from ._errors import CommunicationError, NativeError, check


def calling(name, *arguments):
    """Calls a function of the library that gives a status.

    :raises OSError: if a file can not be read or written
    :raises NotImplementedError: for what is not supported
    :raises ValueError: for everything else; or what a function in Python raised that the library has called
    """
    try:
        call(name, *arguments)
    except NativeError as error:
        raise _exception(error) from None


def checked(status):
    """The same for the status of a function that is not the library's own."""
    try:
        check(status)
    except NativeError as error:
        raise _exception(error) from None


def _exception(error):
    kind = {
        _declarations.MTS_IO_ERROR: OSError,
        _declarations.MTS_UNSUPPORTED_ERROR: NotImplementedError,
        _declarations.MTS_LINALG_ERROR: np.linalg.LinAlgError,
        _declarations.MTS_INTERNAL_ERROR: RuntimeError,
        _declarations.MTS_COMMUNICATION_ERROR: CommunicationError,
        # one of another rank: that of this process comes as it was raised
        _declarations.MTS_CALLBACK_ERROR: RuntimeError,
    }.get(error.status, ValueError)
    return kind(str(error))


def made(name, *arguments):
    """What a function of the library makes, whose last parameter is the place for it."""
    result = ctypes.c_void_p()
    calling(name, *arguments, ctypes.byref(result))
    return result


# ---------------------------------------------------------------- parameters


def text(value, what):
    """A text for C, which ends at the first zero."""
    if not isinstance(value, str):
        raise TypeError(f"{what} has to be a str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{what} has a null character: {value!r}")
    return value.encode()


def optional_text(value, what):
    return None if value is None else text(value, what)


def texts(values, what):
    """A list of texts as a pointer and its length."""
    if isinstance(values, str):
        raise TypeError(f"{what} has to be a list of str, not a str")
    values = [text(value, what) for value in values]
    return (ctypes.c_char_p * len(values))(*values), len(values)


def path_bytes(path, what="path"):
    """A path for C."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError(f"{what} has a null character: {path!r}")
    return encoded


def choice(value, choices, what):
    """The number of one of several texts."""
    try:
        return choices[value]
    except (KeyError, TypeError):
        known = ", ".join(repr(name) for name in choices)
        raise ValueError(f"{what} has to be one of {known}, not {value!r}") from None


def int32s(values, what):
    """A list of integers, as an array that is not larger than 32 bits."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    values = np.asarray(values)
    if values.size == 0:
        return np.zeros(0, dtype=np.int32)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise TypeError(f"{what} has to be a list of integers")
    bounds = np.iinfo(np.int32)
    if values.min() < bounds.min or values.max() > bounds.max:
        raise ValueError(f"{what} has an integer of more than 32 bits: {values.min()} to {values.max()}")
    return np.ascontiguousarray(values, dtype=np.int32)


def int32_pointer(values):
    return values.ctypes.data_as(ctypes.POINTER(ctypes.c_int32))


def borrowed_texts(pointer, count):
    """A list of texts that belong to the library, as copies."""
    return [pointer[i].decode() for i in range(count.value)]

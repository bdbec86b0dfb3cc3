"""Calls of the functions of the library that make maps, blocks, labels and answers."""

import ctypes

from .. import _declarations
from .._convert import address, call

AXES = {"keys": 0, "samples": 1, "components": 2, "properties": 3}


def made(kind, name, value, *arguments):
    """What ``mts_<name>`` makes of a map, or ``mts_<name>_block`` of a block, and further arguments."""
    result = ctypes.c_void_p()
    if kind.is_block(value):
        call(f"mts_{name}_block", address(value), *arguments, ctypes.byref(result))
        return kind.block(result)
    call(f"mts_{name}", address(value), *arguments, ctypes.byref(result))
    return kind.map(result)


def answered(kind, name, value, *arguments):
    """The yes or no of a function for a map, or its twin for a block."""
    result = ctypes.c_bool()
    suffix = "_block" if kind.is_block(value) else ""
    call(f"mts_{name}{suffix}", address(value), *arguments, ctypes.byref(result))
    return result.value


def checked(kind, name, value, *arguments):
    """Calls a function that has no result, only an error."""
    suffix = "_block" if kind.is_block(value) else ""
    call(f"mts_{name}{suffix}", address(value), *arguments)


def texts(names):
    """A list of names, as a pointer and its length."""
    return (ctypes.c_char_p * len(names))(*[name.encode() for name in names]), len(names)


def names(values):
    """A list of names as a structure, or None for None."""
    if values is None:
        return None
    return ctypes.byref(_declarations.mts_names_t(*texts(values)))


def are_names(values):
    """Whether these are names, and not something that the official functions complain about."""
    return isinstance(values, (list, tuple)) and all(isinstance(name, str) for name in values)

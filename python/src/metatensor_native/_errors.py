"""Errors of the library as exceptions."""

import ctypes

from . import _declarations
from ._library import library


class NativeError(Exception):
    """What a function of the library says is wrong, with its status. Users get other exceptions, see ``operations/_run.py``."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


class CommunicationError(RuntimeError):
    """Messages between ranks failed: this communicator can not be used any more, and others may wait for this rank."""


def last_error(status):
    """The exception for the last error on this thread. One that a function in Python raised comes back as it was."""
    message, origin, data = ctypes.c_char_p(), ctypes.c_char_p(), ctypes.c_void_p()
    library().mts_last_error(ctypes.byref(message), ctypes.byref(origin), ctypes.byref(data))
    if status == _declarations.MTS_CALLBACK_ERROR and origin.value == b"Python exception" and data.value is not None:
        return ctypes.cast(data, ctypes.py_object).value
    return NativeError(message.value.decode("utf8", "replace"), status)


def check(status):
    """Raises the exception for a status that is not success."""
    if status != 0:
        raise last_error(status)

"""Files that are somewhere else: in memory, or behind an object of Python."""

import ctypes
import io
import threading

import numpy as np
from metatensor._status import save_exception

from . import _declarations
from ._calling import text

_FIELDS = dict(_declarations.mts_reader_t._fields_)


def buffer_parameters(content):
    """Address and size of the content of a file, and what keeps it there."""
    array = np.frombuffer(content, dtype=np.uint8) if memoryview(content).nbytes else np.zeros(0, dtype=np.uint8)
    return array.ctypes.data, array.nbytes, array


class FileReader:
    """Reads from an object with ``seek`` and ``read``, one thread at a time. It has to exist as long as the library reads."""

    def __init__(self, file, name):
        if isinstance(file, io.TextIOBase):
            raise TypeError("the file has to be opened in binary mode")
        name = getattr(file, "name", None) if name is None else name
        self.name = text(name if isinstance(name, str) else type(file).__name__, "name")
        self._size = file.seek(0, io.SEEK_END)
        # The closure of C has what it reads from, and not this object, which has the closure: the file goes as soon as this does.
        self._read_at = _FIELDS["read_at"](_Pieces(file, self.name.decode()).read_for_c)

    def for_c(self):
        return _declarations.mts_reader_t(None, self._size, self._read_at, _FIELDS["release"](), True)


class _Pieces:
    """Pieces of a file, as the library asks for them."""

    def __init__(self, file, name):
        self._file = file
        self._name = name
        self._lock = threading.Lock()

    def read_for_c(self, *arguments):
        # What ends a program is no success either, which ctypes would make of it.
        try:
            self._read(*arguments)
        except BaseException as error:
            save_exception(error)
            return _declarations.MTS_CALLBACK_ERROR
        return 0

    def _read(self, _, offset, address, count):
        with self._lock:
            self._file.seek(offset)
            done = 0
            while done < count:
                piece = self._file.read(count - done)
                if not piece:
                    raise OSError(f"there are no {count} bytes at {offset} in {self._name}")
                piece = bytes(piece)
                if len(piece) > count - done:
                    raise OSError(f"read({count - done}) of {self._name} gave {len(piece)} bytes")
                ctypes.memmove(address + done, piece, len(piece))
                done += len(piece)

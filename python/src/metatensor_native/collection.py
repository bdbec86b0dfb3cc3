"""Archives of very many maps, as data sets to train on: read at random, in batches, and written."""

import ctypes
import os

import numpy as np

from . import _declarations
from ._calling import (
    borrowed_texts,
    calling,
    choice,
    int32_pointer,
    int32s,
    made,
    optional_text,
    path_bytes,
    text,
)
from ._handles import Handle
from ._library import library
from ._limits import FileLimits
from ._map_file import LIBRARY_ARRAYS
from ._map_writer import Writer
from ._readers import FileReader, buffer_parameters
from ._results import map_address, map_of, numpy_arrays

__all__ = ["Collection", "CollectionWriter"]

_FORMS = {"bare": _declarations.MTS_COLLECTION_BARE, "numpy": _declarations.MTS_COLLECTION_NUMPY_WRAPPED}
_KEYS = {
    "error": _declarations.MTS_JOIN_KEYS_ERROR,
    "intersection": _declarations.MTS_JOIN_KEYS_INTERSECTION,
    "union": _declarations.MTS_JOIN_KEYS_UNION,
}
_GRADIENTS = {
    "error": _declarations.MTS_MISSING_GRADIENTS_ERROR,
    "zero_rows": _declarations.MTS_MISSING_GRADIENTS_ZERO_ROWS,
    "zeros": _declarations.MTS_MISSING_GRADIENTS_ZEROS,
}


def _number(number):
    return int(int32s([number], "number")[0])


class Collection:
    """An archive (ZIP) of very many maps, each in a member ``N/name.mts``, of which the directory is in memory, in a few bytes for each.

    >>> with Collection.open("energies.zip") as collection:  # doctest: +SKIP
    ...     batch = collection.load_many("energy", [3, 1, 4, 15])

    It can be used from several threads at once, and be closed at any time. What was loaded from it stays. Collections that were
    opened by their path can be pickled, for processes that load from them: they are opened again.
    """

    def __init__(self, pointer, *, keep=None, path=None, index=None, limits=None):
        self._handle = Handle(pointer, library().mts_collection_free, "collection", keep)
        self._handle.close_with(self)
        self._opened = path, index, limits

    @classmethod
    def open(
        cls, path: str | os.PathLike, *, index: str | os.PathLike | None = None, limits: FileLimits | None = None
    ) -> "Collection":
        """Opens an archive.

        :param index: a file that keeps the index, so that the archive opens in a fraction of the time. It is made if it is not there, or
            that of another archive, and can be removed at any time
        :param limits: what may be read from the archive, and from each of the maps in it
        :raises OSError: if it can not be read
        :raises ValueError: if it is no collection
        """
        encoded = None if index is None else path_bytes(index, "index")
        pointer = made("mts_collection_open", path_bytes(path), encoded, FileLimits.for_c(limits))
        index = None if index is None else os.path.abspath(index)
        return cls(pointer, path=os.path.abspath(path), index=index, limits=limits)

    @classmethod
    def open_buffer(cls, content, *, limits: FileLimits | None = None) -> "Collection":
        """Opens the content of an archive: ``bytes``, a ``memoryview``, ..., that nobody changes and that is not copied."""
        position, size, keep = buffer_parameters(content)
        no_release = _declarations.FUNCTIONS["mts_collection_open_buffer"][1][2]()
        pointer = made("mts_collection_open_buffer", position, size, no_release, None, FileLimits.for_c(limits))
        return cls(pointer, keep=keep)

    @classmethod
    def open_file(cls, file, *, name: str | None = None, limits: FileLimits | None = None) -> "Collection":
        """Opens what a Python object reads, with methods ``seek`` and ``read`` as a file in binary mode has them.

        :param name: what errors call it
        """
        reader = FileReader(file, name)
        pointer = made("mts_collection_open_reader", reader.name, reader.for_c(), FileLimits.for_c(limits))
        return cls(pointer, keep=reader)

    def close(self) -> None:
        """Closes the collection, as soon as no thread uses it. What was loaded from it stays."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self) -> "Collection":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __reduce__(self):
        if self._opened[0] is None:
            raise TypeError("only collections that were opened by their path can be pickled")
        if self.closed:
            raise ValueError("this collection is closed")
        return _open, self._opened

    def __repr__(self):
        where = "" if self._opened[0] is None else f"{self._opened[0]!r}, "
        return f"Collection({where}{'closed' if self.closed else f'{len(self)} maps'})"

    def __len__(self) -> int:
        """How many maps there are, of all names together."""
        count = ctypes.c_size_t()
        with self._handle as collection:
            calling("mts_collection_count", collection, ctypes.byref(count))
        return count.value

    @property
    def index_problem(self) -> str | None:
        """Why the index could not be kept that was asked for, if it could not: opening will take as long the next time."""
        problem = ctypes.c_char_p()
        with self._handle as collection:
            calling("mts_collection_index_problem", collection, ctypes.byref(problem))
            return None if problem.value is None else problem.value.decode()

    @property
    def names(self) -> list[str]:
        """Names of maps: those of ``0/energy.mts`` and ``0/forces.mts`` are ``energy`` and ``forces``."""
        names, count = ctypes.POINTER(ctypes.c_char_p)(), ctypes.c_size_t()
        with self._handle as collection:
            calling("mts_collection_names", collection, ctypes.byref(names), ctypes.byref(count))
            return borrowed_texts(names, count)

    def numbers(self, name: str) -> np.ndarray:
        """Numbers of the maps of one name, sorted: 32-bit integers; none if there is no such name."""
        numbers, count = ctypes.POINTER(ctypes.c_int32)(), ctypes.c_size_t()
        with self._handle as collection:
            calling("mts_collection_numbers", collection, text(name, "name"), ctypes.byref(numbers), ctypes.byref(count))
            if count.value == 0:
                return np.zeros(0, dtype=np.int32)
            return np.ctypeslib.as_array(numbers, (count.value,)).copy()

    def load(self, number: int, name: str, *, arrays: str = "numpy") -> "metatensor.TensorMap":  # noqa: F821
        """Loads one map, with one read of the archive.

        :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
        :raises ValueError: if there is no such map
        """
        with self._handle as collection:
            pointer = made("mts_collection_load", collection, _number(number), text(name, "name"), LIBRARY_ARRAYS)
        return map_of(pointer, arrays)

    def load_many(
        self,
        name: str,
        numbers,
        *,
        number: str | None = "system",
        position: str | None = None,
        different_keys: str = "union",
        missing_gradients: str = "error",
        arrays: str = "numpy",
    ) -> "metatensor.TensorMap":  # noqa: F821
        """Loads several maps, joined along samples in the order of the list: a batch, as each step of a training loop needs one.

        All threads of the library load, while other threads of Python can run.

        :param numbers: numbers of the maps: a list, or an array of integers
        :param number: name of a new dimension of the samples, the number of the map that they come from; or None for none
        :param position: name of another one, after that: the position of this map in the list. Maps that are in a batch more than once
            need it
        :param different_keys: what to do with keys that are not in all maps: ``"error"``, ``"intersection"`` or ``"union"``
        :param missing_gradients: what to do with gradients that not all maps have: ``"error"``; ``"zero_rows"``, where they have no rows;
            or ``"zeros"``, where they have rows of zeros
        :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
        :raises ValueError: if there are no numbers, a map is not there, or maps can not be joined
        """
        options = _declarations.mts_load_many_options_t(
            optional_text(number, "number"),
            optional_text(position, "position"),
            choice(different_keys, _KEYS, "different_keys"),
            choice(missing_gradients, _GRADIENTS, "missing_gradients"),
        )
        numbers = int32s(numbers, "numbers")
        numpy_arrays(arrays)
        with self._handle as collection:
            pointer = made(
                "mts_collection_load_many",
                collection,
                text(name, "name"),
                int32_pointer(numbers),
                len(numbers),
                ctypes.byref(options),
                LIBRARY_ARRAYS,
            )
        return map_of(pointer, arrays)

    def bytes(self, member: str) -> bytes:
        """The bytes of any member, by its whole name. Those of maps are as they are in the archive.

        :raises ValueError: if there is no such member
        """
        buffer = _GrowingBuffer()
        realloc = _declarations.mts_realloc_buffer_t(buffer.realloc)
        address, size = ctypes.c_void_p(), ctypes.c_size_t()
        with self._handle as collection:
            calling(
                "mts_collection_bytes",
                collection,
                text(member, "member"),
                ctypes.byref(address),
                ctypes.byref(size),
                None,
                realloc,
            )
        return ctypes.string_at(address, size.value) if size.value else b""


class _GrowingBuffer:
    """Memory that the library asks for."""

    def __init__(self):
        self.memory = None

    def realloc(self, _, address, size):
        if self.memory is None:
            self.memory = ctypes.create_string_buffer(max(size, 1))
        else:
            ctypes.resize(self.memory, max(size, 1))
        return ctypes.addressof(self.memory)


def _open(path, index, limits):
    return Collection.open(path, index=index, limits=limits)


class CollectionWriter(Writer):
    """Writes an archive of very many maps, one after the other, and never holds more than one of them.

    >>> with CollectionWriter.create("energies.zip") as writer:  # doctest: +SKIP
    ...     for number, tensor in enumerate(energies):
    ...         writer.add(number, "energy", tensor)

    The file is there once :py:meth:`finish` is done, which the end of ``with`` calls, and as a whole: until then, if the block of
    ``with`` raises, and if the writer goes before, it is what it was before. One thread uses a writer at a time, others wait.
    """

    def __init__(self, pointer):
        super().__init__(pointer, "collection_writer", "writer of a collection")

    @classmethod
    def create(cls, path: str | os.PathLike, *, form: str = "bare") -> "CollectionWriter":
        """Starts to write an archive.

        :param form: ``"bare"`` for the bytes of maps as they are in files, or ``"numpy"`` for arrays of these bytes, as ``numpy.save``
            writes them, for loaders that do ``numpy.load`` on each member
        :raises OSError: if there can not be such a file
        """
        return cls(made("mts_collection_writer_create", path_bytes(path), choice(form, _FORMS, "form")))

    @classmethod
    def append(cls, path: str | os.PathLike, *, form: str = "bare") -> "CollectionWriter":
        """Starts to add to an archive, whoever made it, which takes as long as writing what is added.

        :param form: as for :py:meth:`create`
        :raises OSError: if there is no such file, or another writer has it
        :raises ValueError: if it is no collection
        """
        return cls(made("mts_collection_writer_append", path_bytes(path), choice(form, _FORMS, "form")))

    def __len__(self) -> int:
        """How many members the archive has so far, with those that were in the file before: maps, and others."""
        return self._count()

    def add(self, number: int, name: str, tensor) -> None:
        """Writes a map, as the member ``number/name.mts``. What can not be added changes nothing: others can follow.

        :param number: number of the map, which is not negative
        :param name: name of the map, which is not empty and has no ``/``
        :param tensor: a map of ``metatensor`` or ``metatensor.torch``, which is not needed any more after this
        :raises ValueError: if there is such a member already
        """
        self._call("add", _number(number), text(name, "name"), map_address(tensor))

    def add_bytes(self, member: str, content) -> None:
        """Writes something else, as it is: a member with any name.

        :param content: ``bytes``, or another buffer
        """
        position, size, keep = buffer_parameters(content)
        self._call("add_bytes", text(member, "member"), position, size)
        del keep

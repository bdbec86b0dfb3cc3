"""Maps that are written to files block by block."""

import ctypes
import os

from . import _declarations
from ._calling import calling, int32_pointer, int32s, made, optional_text, path_bytes, text, texts
from ._handles import ExclusiveHandle
from ._library import library
from ._results import block_address, dlpack_type, labels_address


class Writer:
    """What writers of maps and of collections share: the file is there, as a whole, once they have finished."""

    def __init__(self, pointer, kind, name):
        self._handle = ExclusiveHandle(pointer, getattr(library(), f"mts_{kind}_free"), name)
        # so that nothing is left over in the directory of the file
        self._handle.close_with(self, at_exit=True)
        self._kind = kind

    def _call(self, name, *arguments):
        with self._handle as writer:
            calling(f"mts_{self._kind}_{name}", writer, *arguments)

    def _count(self):
        count = ctypes.c_size_t()
        self._call("count", ctypes.byref(count))
        return count.value

    def finish(self) -> None:
        """Writes what is at the end of the file, and puts the file in its place. The writer can not be used any more.

        :raises OSError: if it can not be written: then the file is what it was before
        """
        with self._handle as writer:
            self._handle.disown()
            calling(f"mts_{self._kind}_finish", writer)

    def close(self) -> None:
        """Ends a writer that has not finished: the file is what it was before."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        """Whether the writer has finished or was closed."""
        return self._handle.closed

    def __enter__(self):
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None and not self.closed:
            self.finish()
        else:
            self.close()

    def __reduce__(self):
        raise TypeError("what writes a file can not be pickled")


class MapWriter(Writer):
    """Writes a map to a file block by block, and never holds more than one of them.

    >>> with MapWriter.create("descriptor.mts", ["center_type"]) as writer:  # doctest: +SKIP
    ...     writer.add([1], hydrogen)
    ...     writer.add([8], oxygen)

    The file is there once :py:meth:`finish` is done, which the end of ``with`` calls, and as a whole: until then, if the block of
    ``with`` raises, and if the writer goes before, it is what it was before. One thread uses a writer at a time, others wait.
    """

    def __init__(self, pointer):
        super().__init__(pointer, "map_writer", "writer of a map")

    @classmethod
    def create(cls, path: str | os.PathLike, key_names: list[str]) -> "MapWriter":
        """Starts to write a map.

        :param key_names: names of the dimensions of its keys
        :raises OSError: if there can not be such a file
        """
        return cls(made("mts_map_writer_create", path_bytes(path), *texts(key_names, "key_names")))

    @classmethod
    def append(cls, path: str | os.PathLike) -> "MapWriter":
        """Starts to add blocks to the map in a file, which takes as long as writing these.

        If the process dies, a journal beside the file says how it was: see :py:func:`recover_file`. There is one writer at a time.

        :raises OSError: if there is no such file, or another writer has it
        :raises ValueError: if it holds no map
        """
        return cls(made("mts_map_writer_append", path_bytes(path)))

    def __len__(self) -> int:
        """How many blocks the map has so far, with those that were in the file before."""
        return self._count()

    def set_info(self, key: str, value: str | None) -> None:
        """Sets an entry of the info that the map will have, or removes it if the value is None."""
        self._call("set_info", text(key, "key"), optional_text(value, "value"))

    def add(self, key, block) -> None:
        """Writes a block. What can not be added changes nothing: the next block can follow.

        :param key: key of the block: an integer for each dimension
        :param block: a block of ``metatensor`` or ``metatensor.torch``, which is not needed any more after this
        :raises ValueError: if there is a block with this key already, or this one does not have the type, names and gradients of
            those before
        """
        key = int32s(key, "key")
        self._call("add", int32_pointer(key), len(key), block_address(block))

    def begin_block(self, key, dtype, components: list, properties) -> None:
        """Starts a block whose values come in pieces of rows.

        After this come :py:meth:`push_rows` as often as needed, and :py:meth:`end_rows` with the samples; the same for each gradient,
        after :py:meth:`begin_gradient`; and then :py:meth:`end_block`, without which there is no such block.

        :param key: key of the block: an integer for each dimension
        :param dtype: type of the values, of numpy or torch
        :param components: labels of the components
        :param properties: labels of the properties
        """
        key = int32s(key, "key")
        handles = _handles(components)
        self._call("begin_block", int32_pointer(key), len(key), dlpack_type(dtype), handles, len(handles), labels_address(properties))

    def push_rows(self, rows) -> None:
        """Writes the next rows of the values, or of the gradient that was begun.

        :param rows: an array of numpy or tensor of torch of shape (any number, components..., properties)
        """
        from metatensor._data import create_mts_array

        array = create_mts_array(rows)
        # which the library takes, also if it fails
        self._call("push_rows", _declarations.mts_array_t.from_buffer_copy(array))

    def end_rows(self, samples) -> None:
        """Ends the rows of the values, or of the gradient that was begun.

        :param samples: labels of all of these rows
        """
        self._call("end_rows", labels_address(samples))

    def begin_gradient(self, parameters: str | list[str], components: list) -> None:
        """Starts a gradient of the block that was begun, whose rows come next.

        :param parameters: parameter of a gradient of the values; for a gradient of a gradient, the parameters of what it is a gradient
            of, and then its own
        :param components: labels of the components, of which the last ones are those of the values
        """
        parameters = [parameters] if isinstance(parameters, str) else parameters
        handles = _handles(components)
        self._call("begin_gradient", *texts(parameters, "parameters"), handles, len(handles))

    def end_block(self) -> None:
        """Ends the block that was begun. Now it is one of the map.

        :raises ValueError: if it does not have the names and gradients of those before: then all of it is taken back
        """
        self._call("end_block")

    def abandon_block(self) -> None:
        """Forgets the block that was begun, if there is one."""
        self._call("abandon_block")


def _handles(labels):
    """Labels as a list of pointers, which is valid as long as they are."""
    pointers = [labels_address(one) for one in labels]
    return (ctypes.c_void_p * len(pointers))(*pointers)

"""Maps in files that are read in part."""

import ctypes
import functools
import operator
import os

import numpy as np

from . import _convert, _declarations
from ._calling import borrowed_texts, calling, choice, made, path_bytes, text
from ._handles import Handle
from ._library import library
from ._limits import FileLimits
from ._readers import FileReader, buffer_parameters
from ._results import block_of, map_of, numpy_arrays, numpy_type, selected

MAPPINGS = {"read_only": _declarations.MTS_MAPPING_READ_ONLY, "private": _declarations.MTS_MAPPING_PRIVATE}
# for what has to be a function, where arrays are of the library
LIBRARY_ARRAYS = _declarations.mts_create_array_callback_t()


def mapping_number(mapping, arrays):
    """How to map a file, which can not be read-only for torch: its tensors can all be written to."""
    if mapping is None:
        mapping = "read_only" if numpy_arrays(arrays) else "private"
    number = choice(mapping, MAPPINGS, "mapping")
    if mapping == "read_only" and not numpy_arrays(arrays):
        raise ValueError("tensors of torch can be written to, which would end the process: mapping has to be 'private' for them")
    return number


class BlockHeader:
    """Everything of a block, or of a gradient, in a file but its values: see :py:meth:`MapFile.header`.

    It can be used from several threads at once, and after its file was closed.
    """

    def __init__(self, pointer, keep):
        # what the file reads from has to exist for its headers as well
        self._handle = Handle(pointer, library().mts_map_file_header_free, "header of a block", keep)
        self._handle.close_with(self)
        self._keep = keep

    @property
    def dtype(self) -> np.dtype | str:
        """Type of the values; its name, as ``"bfloat16"``, where numpy has no such type."""
        dtype = _declarations.DLDataType()
        with self._handle as header:
            calling("mts_map_file_header_dtype", header, ctypes.byref(dtype))
        return numpy_type(dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the values: samples, components, properties."""
        shape, count = ctypes.POINTER(ctypes.c_size_t)(), ctypes.c_size_t()
        with self._handle as header:
            calling("mts_map_file_header_shape", header, ctypes.byref(shape), ctypes.byref(count))
            return tuple(shape[: count.value])

    def labels(self, axis: int) -> "metatensor.Labels":  # noqa: F821
        """Reads the labels of one axis: 0 for samples, then components, then properties.

        :raises IndexError: if there are not so many
        """
        axis = operator.index(axis)
        if not 0 <= axis < len(self.shape):
            raise IndexError(f"there is no axis {axis}: values have {len(self.shape)} of them")
        with self._handle as header:
            return _convert.core().labels(made("mts_map_file_header_labels", header, axis))

    @property
    def samples(self) -> "metatensor.Labels":  # noqa: F821
        """Labels of the samples, which are read."""
        return self.labels(0)

    @property
    def components(self) -> list["metatensor.Labels"]:  # noqa: F821
        """Labels of all components, which are read."""
        return [self.labels(axis) for axis in range(1, len(self.shape) - 1)]

    @property
    def properties(self) -> "metatensor.Labels":  # noqa: F821
        """Labels of the properties, which are read."""
        return self.labels(len(self.shape) - 1)

    def gradients_list(self) -> list[str]:
        """Parameters of all gradients, sorted."""
        names, count = ctypes.POINTER(ctypes.c_char_p)(), ctypes.c_size_t()
        with self._handle as header:
            calling("mts_map_file_header_gradients_list", header, ctypes.byref(names), ctypes.byref(count))
            return borrowed_texts(names, count)

    def gradient(self, parameter: str) -> "BlockHeader":
        """Reads the header of the gradient with respect to this parameter.

        :raises ValueError: if there is no such gradient
        """
        with self._handle as header:
            gradient = made("mts_map_file_header_gradient", header, text(parameter, "parameter"))
        return BlockHeader(gradient, self._keep)

    def __repr__(self):
        return f"BlockHeader(shape={self.shape}, dtype={self.dtype}, gradients={self.gradients_list()})"


class MapFile:
    """A map in a file, of which the directory and the keys are in memory, and all else is read when it is asked for.

    >>> with MapFile.open("descriptor.mts") as file:  # doctest: +SKIP
    ...     print(file.keys, file.header(0).shape)
    ...     hydrogen = file.load_selected(keys=Labels(["center_type"], np.array([[1]])))

    It can be used from several threads at once, and be closed at any time. What was loaded from it stays; arrays that are mapped keep
    the file mapped as long as any array on their memory exists. Files that were opened by their path can be pickled: they are
    opened again.
    """

    def __init__(self, pointer, *, keep=None, path=None, limits=None):
        self._handle = Handle(pointer, library().mts_map_file_free, "file", keep)
        self._handle.close_with(self)
        self._keep = keep
        self._path = path
        self._limits = limits

    @classmethod
    def open(cls, path: str | os.PathLike, *, limits: FileLimits | None = None) -> "MapFile":
        """Opens a file.

        :param limits: what may be read from it
        :raises OSError: if it can not be read
        :raises ValueError: if it holds no map
        """
        pointer = made("mts_map_file_open", path_bytes(path), FileLimits.for_c(limits))
        return cls(pointer, path=os.path.abspath(path), limits=limits)

    @classmethod
    def open_buffer(cls, content, *, limits: FileLimits | None = None) -> "MapFile":
        """Opens the content of a file: ``bytes``, a ``memoryview``, an array of bytes, ..., that nobody changes and that is not copied."""
        address, size, keep = buffer_parameters(content)
        no_release = _declarations.FUNCTIONS["mts_map_file_open_buffer"][1][2]()
        pointer = made("mts_map_file_open_buffer", address, size, no_release, None, FileLimits.for_c(limits))
        return cls(pointer, keep=keep, limits=limits)

    @classmethod
    def open_file(cls, file, *, name: str | None = None, limits: FileLimits | None = None) -> "MapFile":
        """Opens what a Python object reads, with methods ``seek`` and ``read`` as a file in binary mode has them.

        :param name: what errors call it
        """
        reader = FileReader(file, name)
        pointer = made("mts_map_file_open_reader", reader.name, reader.for_c(), FileLimits.for_c(limits))
        return cls(pointer, keep=reader, limits=limits)

    def close(self) -> None:
        """Closes the file, as soon as no thread uses it. What was loaded from it stays."""
        self._handle.close()

    @property
    def closed(self) -> bool:
        return self._handle.closed

    def __enter__(self) -> "MapFile":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __reduce__(self):
        if self._path is None:
            raise TypeError("only files that were opened by their path can be pickled")
        if self.closed:
            raise ValueError("this file is closed")
        return _open, (self._path, self._limits)

    def __repr__(self):
        where = "" if self._path is None else f"{self._path!r}, "
        return f"MapFile({where}{'closed' if self.closed else f'{len(self)} blocks'})"

    @functools.cached_property
    def keys(self) -> "metatensor.Labels":  # noqa: F821
        """The keys, one for each block."""
        with self._handle as file:
            return _convert.core().labels(made("mts_map_file_keys", file))

    def __len__(self) -> int:
        """How many blocks there are."""
        return len(self.keys)

    def info(self) -> dict[str, str]:
        """The info of the map."""
        names, count, value = ctypes.POINTER(ctypes.c_char_p)(), ctypes.c_size_t(), ctypes.c_char_p()
        result = {}
        with self._handle as file:
            calling("mts_map_file_info_keys", file, ctypes.byref(names), ctypes.byref(count))
            for name in names[: count.value] if count.value else ():
                calling("mts_map_file_get_info", file, name, ctypes.byref(value))
                result[name.decode()] = value.value.decode()
        return result

    def _index(self, index):
        index = operator.index(index)
        if not 0 <= index < len(self):
            raise IndexError(f"there is no block {index}: the file has {len(self)} of them")
        return index

    def header(self, index: int) -> BlockHeader:
        """Reads what is known of a block without its values.

        :param index: number of the block: that of its key
        :raises IndexError: if there are not so many
        """
        with self._handle as file:
            return BlockHeader(made("mts_map_file_header", file, self._index(index)), self._keep)

    def block(self, index: int, *, arrays: str = "numpy") -> "metatensor.TensorBlock":  # noqa: F821
        """Loads one block, with its gradients.

        :param index: number of the block: that of its key
        :param arrays: ``"numpy"`` for a block of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
        :raises IndexError: if there are not so many
        """
        with self._handle as file:
            pointer = made("mts_map_file_block", file, self._index(index), LIBRARY_ARRAYS)
        return block_of(pointer, arrays)

    def load(self, *, arrays: str = "numpy") -> "metatensor.TensorMap":  # noqa: F821
        """Loads all of the map, and checks the whole file.

        :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
        """
        with self._handle as file:
            pointer = made("mts_map_file_load", file, LIBRARY_ARRAYS)
        return map_of(pointer, arrays)

    def load_selected(self, *, keys=None, samples=None, properties=None, arrays: str = "numpy") -> "metatensor.TensorMap":  # noqa: F821
        """Loads a part of the map. Little more is read than what is needed.

        Labels have some or all of the dimensions of what they select from: what matches one of their entries is loaded. Keys and samples
        are in the order of labels that have all dimensions in the same order, and else in that of the file; properties always are.
        Gradients have the rows of the selected samples, with their new numbers. Blocks stay if nothing of them is selected.

        :param keys: labels: which blocks to load, or None for all
        :param samples: labels: which samples of them, or None for all
        :param properties: labels: which properties of them, or None for all
        :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
        """
        selection = _declarations.mts_map_selection_t(selected(keys), selected(samples), selected(properties))
        with self._handle as file:
            pointer = made("mts_map_file_load_selected", file, ctypes.byref(selection), LIBRARY_ARRAYS)
        return map_of(pointer, arrays)

    def load_mapped(self, mapping: str | None = None, *, arrays: str = "numpy") -> "metatensor.TensorMap":  # noqa: F821
        """Loads all of the map with arrays in the file itself: see :py:func:`load_mapped`.

        :raises ValueError: if the file was not opened by its path
        """
        self._check_mappable()
        with self._handle as file:
            pointer = made("mts_map_file_load_mapped", file, mapping_number(mapping, arrays))
        return map_of(pointer, arrays)

    def block_mapped(self, index: int, mapping: str | None = None, *, arrays: str = "numpy") -> "metatensor.TensorBlock":  # noqa: F821
        """Loads one block with arrays in the file itself: see :py:func:`load_mapped`."""
        self._check_mappable()
        with self._handle as file:
            pointer = made("mts_map_file_block_mapped", file, self._index(index), mapping_number(mapping, arrays))
        return block_of(pointer, arrays)

    def _check_mappable(self):
        # Arrays in memory of Python would have to give it back from any thread, and when the interpreter is gone.
        if self._path is None:
            raise ValueError("only files that were opened by their path can be mapped")


def _open(path, limits):
    return MapFile.open(path, limits=limits)

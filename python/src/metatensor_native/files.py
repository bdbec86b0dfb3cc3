"""Maps in files: read in part or mapped, checked, written block by block, appended to, merged.

All functions are for files as ``metatensor.save`` writes them. Maps are those of ``metatensor``, with numpy arrays on memory of the
library, or with ``arrays="torch"`` those of ``metatensor.torch``. What goes wrong with a file is an ``OSError`` if it can not be read or
written, and a ``ValueError`` that names the member of the archive if it is damaged.
"""

import ctypes
import dataclasses
import os

from . import _declarations
from ._calling import calling, made, path_bytes
from ._library import library
from ._limits import FileLimits
from ._map_file import BlockHeader, MapFile, mapping_number
from ._map_writer import MapWriter
from ._readers import buffer_parameters
from ._results import block_address, block_of, map_of

__all__ = [
    "BlockHeader",
    "FileLimits",
    "MapFile",
    "MapWriter",
    "Problem",
    "is_mapped",
    "load_block_mapped",
    "load_mapped",
    "load_selected",
    "merge_files",
    "recover_file",
    "validate",
    "validate_buffer",
]


def load_mapped(path: str | os.PathLike, mapping: str | None = None, *, arrays: str = "numpy") -> "metatensor.TensorMap":  # noqa: F821
    """Loads a map whose arrays are in the file itself, where they are: nothing of them is read until it is used.

    Arrays whose data is not aligned in the file, or in another byte order, are copied: :py:func:`is_mapped` tells. The file stays mapped
    as long as an array on its memory exists. Values are what is in the file, unchecked. If the file is truncated while it is mapped,
    using what is gone ends the process; files that are replaced, as saving does, are safe.

    :param mapping: ``"read_only"``, the default for numpy, for arrays that refuse to be written to; or ``"private"``, the default for
        torch and the only one, for arrays that can be written to, which neither the file nor anybody else sees
    :param arrays: ``"numpy"`` for a map of ``metatensor``, or ``"torch"`` for one of ``metatensor.torch``
    :raises OSError: if the file can not be read
    :raises ValueError: if it holds no map
    """
    return map_of(made("mts_tensormap_load_mapped", path_bytes(path), mapping_number(mapping, arrays)), arrays)


def load_block_mapped(
    path: str | os.PathLike, mapping: str | None = None, *, arrays: str = "numpy"
) -> "metatensor.TensorBlock":  # noqa: F821
    """Loads a block whose arrays are in the file itself: see :py:func:`load_mapped`."""
    return block_of(made("mts_block_load_mapped", path_bytes(path), mapping_number(mapping, arrays)), arrays)


def is_mapped(block) -> bool:
    """Whether the values of a block, without those of its gradients, are in a file."""
    mapped = ctypes.c_bool()
    calling("mts_block_is_mapped", block_address(block), ctypes.byref(mapped))
    return mapped.value


def load_selected(
    path: str | os.PathLike, *, keys=None, samples=None, properties=None, arrays: str = "numpy"
) -> "metatensor.TensorMap":  # noqa: F821
    """Loads a part of the map in a file: see :py:meth:`MapFile.load_selected`."""
    with MapFile.open(path) as file:
        return file.load_selected(keys=keys, samples=samples, properties=properties, arrays=arrays)


def merge_files(paths: list[str | os.PathLike], output: str | os.PathLike, *, aligned: bool = True) -> None:
    """Makes one file of the maps in several ones, with all of their blocks, in this order.

    Data is copied as it is, and not looked at: what is damaged stays damaged. The output can be one of the files that are merged.

    :param aligned: whether the values of blocks start at multiples of 64 bytes, so that they can be mapped
    :raises OSError: if a file can not be read or written
    :raises ValueError: if one is no map, the same key is in two of them, or blocks do not have the same type, names and gradients
    """
    if isinstance(paths, (str, os.PathLike)):
        raise TypeError("paths has to be a list of paths, not a single one")
    encoded = [path_bytes(path) for path in paths]
    pointers = (ctypes.c_char_p * len(encoded))(*encoded)
    calling("mts_merge_files", pointers, len(encoded), path_bytes(output, "output"), aligned)


def recover_file(path: str | os.PathLike) -> bool:
    """Puts a file back to what it was before somebody who appended to it died, for readers of other libraries.

    :return: whether there was something to do
    :raises OSError: if the file can not be written to, or a writer has it
    """
    recovered = ctypes.c_bool()
    calling("mts_map_file_recover", path_bytes(path), ctypes.byref(recovered))
    return recovered.value


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something that is wrong with a file."""

    member: str | None
    """member of the archive that is concerned, or folder of the block; None if it is the file as a whole"""
    byte: int | None
    """where that is in the file: the header of the member, or a record of the directory; None if nobody knows"""
    message: str
    """what is wrong"""


def validate(path: str | os.PathLike, *, limits: FileLimits | None = None) -> list[Problem]:
    """Finds everything that is wrong with a file, which should hold a map, a block, labels or a collection.

    Where loading stops at the first problem, this goes on. All of the file is read, and all checksums are compared. A file without
    problems can be loaded.

    :param limits: what may be read from it
    :raises OSError: if it can not be read
    """
    return _problems(made("mts_validate", path_bytes(path), FileLimits.for_c(limits)))


def validate_buffer(content, *, limits: FileLimits | None = None) -> list[Problem]:
    """Finds everything that is wrong with the content of a file, ``bytes`` or another buffer, as :py:func:`validate` does."""
    # `keep` is what the bytes are in
    position, size, keep = buffer_parameters(content)
    problems = _problems(made("mts_validate_buffer", position, size, FileLimits.for_c(limits)))
    del keep
    return problems


def _problems(problems):
    try:
        count, problem = ctypes.c_size_t(), _declarations.mts_problem_t()
        calling("mts_problems_count", problems, ctypes.byref(count))
        result = []
        for i in range(count.value):
            calling("mts_problems_get", problems, i, ctypes.byref(problem))
            member = None if problem.member is None else problem.member.decode()
            byte = None if problem.byte == 2**64 - 1 else problem.byte
            result.append(Problem(member, byte, problem.message.decode()))
        return result
    finally:
        library().mts_problems_free(problems)

"""Halos: rows that are owned by one rank, and copies of them, called *ghosts*, on any rank."""

import contextlib
import ctypes
import dataclasses
import math

import numpy as np

from .. import _convert, _declarations
from .._calling import calling, choice, int32_pointer, int32s, text, texts
from .._results import block_address, block_of, dlpack_type, given, labels_address
from ._calls import collective

_COMBINATIONS = {
    "add": _declarations.MTS_ADD,
    "multiply": _declarations.MTS_MULTIPLY,
    "min": _declarations.MTS_MIN,
    "max": _declarations.MTS_MAX,
}
_AGREEMENTS = {"all": _declarations.MTS_AGREEMENT_ALL, "neighbors": _declarations.MTS_AGREEMENT_NEIGHBORS}


@dataclasses.dataclass(frozen=True)
class Neighbor:
    """A rank that rows are sent to or received from."""

    rank: int
    """which one; the rank itself is one of them if it has ghosts of rows that it owns"""
    send_rows: np.ndarray
    """positions of the owned rows that it gets, in the order in which they are sent"""
    receive_rows: np.ndarray
    """positions of the ghosts that it has, in the order in which they come"""


class _Part:
    """Something that was made with a communicator, and is freed with it or before."""

    def __init__(self, communicator, pointer, free):
        self._communicator = communicator
        self._pointer = communicator._adopt(self, pointer, free)

    @contextlib.contextmanager
    def _use(self):
        with self._communicator._collective():
            if self._pointer not in self._communicator._parts:
                raise ValueError("this halo is freed, since its communicator was closed")
            yield self._pointer

    def __reduce__(self):
        raise TypeError("halos can not be pickled: they belong to a process")


class Halo(_Part):
    """Which rows go where: made once, and used in each step.

    >>> communicator = Communicator.single()  # doctest: +SKIP
    >>> halo = Halo(communicator, [10, 11], [11, 11, 10])
    >>> halo.forward(np.array([[1.0], [2.0]])).ravel()
    array([2., 2., 1.])

    It is freed when it is gone, or with its communicator.
    """

    def __init__(self, communicator, owned, ghosts, *, ranks=None):
        """Makes a halo of rows of integers, which name what they stand for: an atom, or a system and an atom. Collective.

        Owned rows are distinct over all ranks. Ghosts can be repeated, as periodic images are, and can be owned by the rank that has them.
        A rank can have no rows at all.

        :param owned: the rows that this rank owns: 32-bit integers of shape (owned,), or (owned, width)
        :param ghosts: the rows of ghosts on this rank, of shape (ghosts,), or (ghosts, width)
        :param ranks: the rank that owns each of the ghosts, which saves an exchange; or None on all ranks if they are to be found. If they are
            given, rows that two ranks own are not found
        :raises ValueError: on all ranks, with the row and its ranks, if nobody owns a ghost, or two ranks own the same row
        """

        def arguments():
            rows = [_integers(owned, "owned"), _integers(ghosts, "ghosts")]
            if rows[0].shape[1] != rows[1].shape[1]:
                raise ValueError(f"owned rows have {rows[0].shape[1]} integers, and ghosts {rows[1].shape[1]}")
            lists = [value for array in rows for value in (int32_pointer(array), len(array))]
            if ranks is None:
                return [*lists, rows[0].shape[1], None]
            of_ghosts = int32s(ranks, "ranks")
            if len(of_ghosts) != len(rows[1]):
                raise ValueError(f"there are {len(of_ghosts)} ranks for {len(rows[1])} ghosts")
            return [*lists, rows[0].shape[1], int32_pointer(of_ghosts)]

        self._made(communicator, *collective(communicator, "halo", arguments))

    @classmethod
    def of_labels(cls, communicator, owned, ghosts, names: list[str]) -> "Halo":
        """Makes a halo of samples of blocks, for :py:meth:`prepare`. Collective.

        Owned samples and ghosts become the samples of one block: all of them are distinct. Images of an atom are told apart by a dimension
        that is not in ``names``.

        :param owned: labels that this rank owns
        :param ghosts: labels of ghosts, with the same dimensions
        :param names: dimensions that say which sample a ghost is a copy of
        """
        self = cls.__new__(cls)

        def arguments():
            return [labels_address(owned), labels_address(ghosts), *texts(names, "names")]

        self._made(communicator, *collective(communicator, "halo_of_labels", arguments))
        return self

    def _made(self, communicator, pointer):
        super().__init__(communicator, pointer, "mts_halo_free")
        self._begun = None
        self._agreement = "all"
        owned, ghosts = ctypes.c_size_t(), ctypes.c_size_t()
        with self._use() as halo:
            calling("mts_halo_counts", halo, ctypes.byref(owned), ctypes.byref(ghosts))
        self._counts = owned.value, ghosts.value

    @property
    def owned(self) -> int:
        """How many rows this rank owns."""
        return self._counts[0]

    @property
    def ghosts(self) -> int:
        """How many ghosts this rank has."""
        return self._counts[1]

    @property
    def neighbors(self) -> list[Neighbor]:
        """The ranks that this one sends rows to or receives rows from, with these rows: all that a program needs to do it itself."""
        ranks, count = ctypes.POINTER(ctypes.c_uint32)(), ctypes.c_size_t()
        with self._use() as halo:
            calling("mts_halo_neighbors", halo, ctypes.byref(ranks), ctypes.byref(count))
            return [Neighbor(ranks[i], _list(halo, "send", i), _list(halo, "receive", i)) for i in range(count.value)]

    def set_agreement(self, agreement: str) -> None:
        """Sets which ranks get to know that a step of this halo failed on one rank. Collective.

        :param agreement: the same on all ranks. ``"all"``, before anything is sent, as it is at the start: one small reduction in each step; or
            ``"neighbors"``, those that receive something from this rank, with what they receive, and without a reduction: then ranks that
            call different functions, or with rows of different lengths, may wait for each other forever
        """
        with self._communicator._preparing():
            number = choice(agreement, _AGREEMENTS, "agreement")
        with self._use() as halo:
            calling("mts_collective_halo_set_agreement", halo, number)
        self._agreement = agreement

    # ------------------------------------------------------------ rows of arrays

    @contextlib.contextmanager
    def _checking(self, fail):
        """What is wrong with arguments on this rank is told to those who wait for its rows."""
        if self._agreement == "all":
            with self._communicator._preparing():
                yield
            return
        try:
            yield
        except Exception:
            with contextlib.suppress(Exception), self._use() as halo:
                fail(halo)
            raise

    def forward(self, rows: np.ndarray) -> np.ndarray:
        """Copies rows from their owners to all of their ghosts. Collective.

        :param rows: the rows that this rank owns, of shape (owned, ...), with the same type and length of rows on all ranks
        :return: a new array of shape (ghosts, ...)
        """
        no_type = _declarations.DLDataType()
        with self._checking(lambda halo: calling("mts_collective_halo_forward", halo, no_type, 0, None, None)):
            rows, dtype, length = self._rows(rows, self.owned, "rows")
            result = np.empty((self.ghosts, *rows.shape[1:]), dtype=rows.dtype)
        with self._use() as halo:
            calling("mts_collective_halo_forward", halo, dtype, length, rows.ctypes.data, result.ctypes.data)
        return result

    def forward_begin(self, rows: np.ndarray) -> None:
        """Starts :py:meth:`forward`, to do something else until :py:meth:`forward_end`. Collective.

        Until then, no other collective function of this communicator can be called.

        :param rows: as for :py:meth:`forward`; they are copied
        """
        no_type = _declarations.DLDataType()
        with self._checking(lambda halo: calling("mts_collective_halo_forward_begin", halo, no_type, 0, None)):
            rows, dtype, length = self._rows(rows, self.owned, "rows")
            result = np.empty((self.ghosts, *rows.shape[1:]), dtype=rows.dtype)
        with self._use() as halo:
            calling("mts_collective_halo_forward_begin", halo, dtype, length, rows.ctypes.data)
        self._begun = result

    def forward_end(self) -> np.ndarray:
        """Waits for what :py:meth:`forward_begin` has started. Whoever has started has to end. Collective.

        :return: a new array of shape (ghosts, ...)
        :raises ValueError: if nothing was started
        """
        if self._begun is None:
            raise ValueError("there is no forward_begin before this forward_end")
        result, self._begun = self._begun, None
        with self._use() as halo:
            calling("mts_collective_halo_forward_end", halo, result.ctypes.data)
        return result

    def reverse(self, ghosts: np.ndarray, owned: np.ndarray, op: str = "add") -> None:
        """Combines the rows of ghosts with those of their owners: the adjoint of :py:meth:`forward`, which is what gradients need. Collective.

        What several ghosts have for one row is combined in the order of ranks, and of ghosts on each of them: results have the same bits in each
        run.

        :param ghosts: the rows of ghosts, of shape (ghosts, ...)
        :param owned: the rows that this rank owns, of shape (owned, ...) and the same type, which are changed: a contiguous array
        :param op: what to do, the same on all ranks: ``"add"``, ``"multiply"``, ``"min"`` or ``"max"``
        """
        no_type = _declarations.DLDataType()
        with self._checking(lambda halo: calling("mts_collective_halo_reverse", halo, 0, no_type, 0, None, None)):
            number = choice(op, _COMBINATIONS, "op")
            ghosts, dtype, length = self._rows(ghosts, self.ghosts, "ghosts")
            if not isinstance(owned, np.ndarray) or not owned.flags.c_contiguous or not owned.flags.writeable:
                raise TypeError("owned rows have to be in a contiguous numpy array that can be written to")
            if owned.shape != (self.owned, *ghosts.shape[1:]) or owned.dtype != ghosts.dtype:
                raise ValueError(
                    f"owned rows have to be of shape {(self.owned, *ghosts.shape[1:])} and type {ghosts.dtype}, as ghosts are, not {owned.shape} "
                    f"and {owned.dtype}"
                )
            if np.may_share_memory(owned, ghosts):
                raise ValueError("owned rows and ghosts are on the same memory")
        with self._use() as halo:
            calling("mts_collective_halo_reverse", halo, number, dtype, length, ghosts.ctypes.data, owned.ctypes.data)

    def _rows(self, rows, count, what):
        rows = np.asarray(rows)
        if rows.ndim == 0 or len(rows) != count:
            raise ValueError(f"{what} has to have a first axis of length {count}, not the shape {rows.shape}")
        rows = np.ascontiguousarray(rows, dtype=rows.dtype.newbyteorder("="))
        return rows, dlpack_type(rows.dtype), math.prod(rows.shape[1:])

    # ------------------------------------------------------------ blocks

    def prepare(self, block) -> "BlockHalo":
        """Prepares to send blocks with the labels of this one. Collective, once for each set of labels.

        :param block: a block of owned samples, or of some of them, such as the atoms of one type: ghosts that the blocks of their owners do not
            have are left out. Blocks of all ranks have the same components, properties, gradients and type
        """
        with self._communicator._preparing():
            kind = given("prepare", block)
            address = block_address(block)
        pointer = ctypes.c_void_p()
        with self._use() as halo:
            calling("mts_collective_halo_prepare", halo, address, ctypes.byref(pointer))
        return BlockHalo(self._communicator, pointer, kind)

    def sum_gradient_rows(self, block, parameter: str, names: list[str]):
        """Sums rows of a gradient that are about the same row of this halo, on the rank that owns it: minus the forces of the atoms of this
        rank, for gradients of energies. Collective.

        :param block: a block with the gradient
        :param parameter: name of the gradient, the same on all ranks
        :param names: dimensions of samples of the gradient that say which row of the halo it is about, as many as integers in it
        :return: a new block, whose samples are all owned rows of the halo, in order
        """
        with self._communicator._preparing():
            arrays = _arrays(given("sum_gradient_rows", block))
            arguments = [block_address(block), text(parameter, "parameter"), *texts(names, "names")]
        pointer = ctypes.c_void_p()
        with self._use() as halo:
            calling("mts_collective_halo_sum_gradient_rows", halo, *arguments, ctypes.byref(pointer))
        return block_of(pointer, arrays)


class BlockHalo(_Part):
    """Sends blocks with certain labels: see :py:meth:`Halo.prepare`."""

    def __init__(self, communicator, pointer, kind):
        super().__init__(communicator, pointer, "mts_block_halo_free")
        self._kind = kind

    @property
    def samples(self):
        """The samples of blocks with ghosts: owned samples, and then ghosts."""
        pointer = ctypes.c_void_p()
        with self._use() as halo:
            calling("mts_block_halo_samples", halo, ctypes.byref(pointer))
        return self._kind.labels(pointer)

    def forward(self, block):
        """Makes a block with the rows of this block, and then those of ghosts, as their owners have them, with their gradients. Collective.

        :param block: a block of owned samples, with the labels of the one that was prepared for
        :return: a new block with the samples :py:attr:`samples`
        """
        return self._called("forward_block", block)

    def reverse_add(self, block):
        """Adds the rows of ghosts of a block to those of their owners: values and gradients. Collective.

        :param block: a block with the samples :py:attr:`samples`. Components, properties and gradients can be any others than those that were
            prepared for, the same on all ranks
        :return: a new block of owned samples, with sorted gradient rows
        """
        return self._called("reverse_add_block", block)

    def _called(self, name, block):
        with self._communicator._preparing():
            arrays = _arrays(given(name, block))
            address = block_address(block)
        pointer = ctypes.c_void_p()
        with self._use() as halo:
            calling(f"mts_collective_halo_{name}", halo, address, ctypes.byref(pointer))
        return block_of(pointer, arrays)


def _arrays(kind):
    return "torch" if isinstance(kind, _convert.Torch) else "numpy"


def _integers(rows, what):
    """Rows of integers as an array of shape (rows, width)."""
    rows = np.asarray(rows)
    if rows.ndim not in (1, 2) or (rows.size and rows.dtype.kind not in "iu") or (rows.ndim == 2 and rows.shape[1] == 0):
        raise TypeError(f"{what} has to have rows of integers, of shape (rows,) or (rows, width), not {rows.dtype} of shape {rows.shape}")
    flat = int32s(rows.reshape(-1), what)
    return flat.reshape(len(rows), 1 if rows.ndim == 1 else rows.shape[1])


def _list(halo, direction, neighbor):
    rows, count = ctypes.POINTER(ctypes.c_uint32)(), ctypes.c_size_t()
    calling(f"mts_halo_{direction}_rows", halo, neighbor, ctypes.byref(rows), ctypes.byref(count))
    return np.ctypeslib.as_array(rows, (count.value,)).astype(np.int64) if count.value else np.zeros(0, dtype=np.int64)

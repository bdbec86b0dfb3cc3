"""Communicators: the processes that share maps."""

import contextlib
import ctypes
import functools
import os
import threading
import weakref
from collections import deque

from .. import _declarations
from .._calling import calling, checked
from .._errors import CommunicationError
from .._library import library
from ._mpi_library import mpi, mpi_library

__all__ = ["CommunicationError", "Communicator"]


class Communicator:
    """The ranks that share maps, one of which is this process.

    >>> communicator = Communicator.single()
    >>> communicator.rank, communicator.size
    (0, 1)
    >>> communicator.close()

    One thread uses a communicator, and what is made with it, at a time; others wait. :py:meth:`close` is collective: do it on all ranks,
    or end the program without it, but do not close communicators on some ranks only.
    """

    def __init__(self, comm):
        """Makes a communicator of one of mpi4py. Collective.

        :param comm: an ``mpi4py.MPI.Intracomm``, of which this is a copy: messages never meet, and ``comm`` may be freed. MPI is the one that
            mpi4py runs with
        :raises ImportError: if there is no mpi4py
        :raises TypeError: if ``comm`` is something else
        :raises ValueError: if MPI is finalised, or ``comm`` is null or was freed
        :raises RuntimeError: if there is no library for this MPI, see :py:func:`mpi_library`
        """
        if not isinstance(comm, mpi().Intracomm):
            raise TypeError(f"a communicator is made of an mpi4py.MPI.Intracomm, not of {type(comm).__name__}")
        if comm == mpi().COMM_NULL or mpi().Is_finalized():
            raise ValueError("the communicator of MPI is null, or MPI is finalised")
        make = _maker(_library_of_all(comm))
        pointer = ctypes.c_void_p()
        checked(make(mpi()._addressof(comm), mpi()._sizeof(comm), ctypes.byref(pointer)))
        self._own(pointer)

    @classmethod
    def single(cls) -> "Communicator":
        """This process alone, rank 0 of 1, without any MPI: functions do what those for one process do."""
        self = cls.__new__(cls)
        pointer = ctypes.c_void_p()
        calling("mts_communicator_single", ctypes.byref(pointer))
        self._own(pointer)
        return self

    def _own(self, pointer):
        self._pointer = pointer.value
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._thread = None
        # what was made with this, by address: how it is freed, oldest first
        self._parts = {}
        self._to_free = deque()
        numbers = []
        for name in ("rank", "size"):
            number = ctypes.c_size_t()
            calling(f"mts_communicator_{name}", pointer, ctypes.byref(number))
            numbers.append(number.value)
        self._rank, self._size = numbers

    @property
    def rank(self) -> int:
        """The rank of this process: 0, 1, ..., ``size - 1``."""
        return self._rank

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return self._size

    @property
    def closed(self) -> bool:
        return self._pointer is None

    def close(self) -> None:
        """Frees the communicator, and all halos that were made with it. Collective, and before MPI is finalised."""
        if self.closed:
            return
        with self._use() as pointer:
            for part in list(self._parts):
                self._free(part)
            self._pointer = None
            calling("mts_communicator_free", pointer)

    def __enter__(self) -> "Communicator":
        return self

    def __exit__(self, kind, error, _) -> None:
        # Whoever leaves with an error may be alone, and nobody should wait for the others.
        if error is None:
            self.close()

    def __repr__(self):
        return f"Communicator({'closed' if self.closed else f'rank {self.rank} of {self.size}'})"

    def __reduce__(self):
        raise TypeError("communicators can not be pickled: they belong to a process")

    def abort(self, code: int = 1) -> None:
        """Ends all ranks at once, as far as MPI can do that, and does not return.

        This is the way out after a :py:exc:`CommunicationError`, when others may wait for messages that never come. A program where an exception
        ends one rank alone does this if it is started by ``python -m mpi4py``.

        :param code: the exit code of the processes
        """
        with self._use() as pointer:
            calling("mts_communicator_abort", pointer, code)

    @contextlib.contextmanager
    def agreement(self):
        """What fails on one rank in this block fails on all of them, at the end of it. Collective.

        >>> with communicator.agreement():  # doctest: +SKIP
        ...     energies = model(systems)

        An exception goes on on the rank that raised it; all others raise a ``RuntimeError`` with its text. If a rank fails before a collective
        function in this block, that fails for those who have come to it.
        """
        try:
            yield
        except Exception as error:
            self._tell(error)
            raise
        with self._collective() as pointer:
            calling("mts_collective_agree", pointer, _declarations.MTS_SUCCESS, None)

    # ------------------------------------------------------------ for what is made with it

    @contextlib.contextmanager
    def _use(self):
        """The handle, for this thread alone."""
        if os.getpid() != self._process:
            raise RuntimeError("this communicator is that of another process, which has made this one by a fork")
        if self._thread == threading.get_ident():
            raise RuntimeError("this communicator is used by a function that it has called itself")
        with self._lock:
            self._thread = threading.get_ident()
            try:
                if self._pointer is None:
                    raise ValueError("this communicator is closed")
                self._free_waiting()
                yield self._pointer
            finally:
                self._thread = None

    @contextlib.contextmanager
    def _collective(self):
        """The handle, for a function that all ranks call: if it fails, it does so on all."""
        with self._use() as pointer:
            try:
                yield pointer
            except Exception as error:
                error._known_to_all_ranks = True
                raise

    @contextlib.contextmanager
    def _preparing(self):
        """What is wrong with arguments on this rank is told to all others, which call the function meanwhile."""
        try:
            yield
        except Exception as error:
            self._tell(error)
            raise

    def _tell(self, error):
        """Takes part with this error in what all others call, unless all have it already, or what it comes from."""
        cause = error
        while cause is not None:
            if getattr(cause, "_known_to_all_ranks", False):
                return
            cause = cause.__cause__ or cause.__context__
        error._known_to_all_ranks = True
        message = f"{type(error).__name__}: {error}".replace("\0", " ").encode(errors="replace")
        with self._use() as pointer, contextlib.suppress(Exception):
            # all ranks have it, and this one raises its own
            calling("mts_collective_agree", pointer, _declarations.MTS_CALLBACK_ERROR, message)

    def _adopt(self, part, pointer, free):
        """Frees something that was made with this when it is gone, or with this."""
        self._parts[pointer.value] = free
        weakref.finalize(part, self._release, pointer.value).atexit = False
        return pointer.value

    def _release(self, part):
        """From any thread, also while another one is in the library."""
        self._to_free.append(part)
        if self._lock.acquire(blocking=False):
            try:
                self._free_waiting()
            finally:
                self._lock.release()

    def _free_waiting(self):
        while self._to_free:
            self._free(self._to_free.popleft())

    def _free(self, part):
        free = self._parts.pop(part, None)
        # what the parent of this process has made is not for this one to free
        if free is not None and os.getpid() == self._process:
            getattr(library(), free)(part)


@functools.lru_cache(maxsize=None)
def _maker(path):
    library()
    function = ctypes.CDLL(str(path)).mts_mpi_communicator_at
    function.restype = ctypes.c_int32
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p]
    return function


def _library_of_all(comm):
    """Compiles the library on one rank, if it is not there; then on one of each node, if they do not share files; and fails on all ranks if
    it fails on one."""
    node = comm.Split_type(mpi().COMM_TYPE_SHARED)
    try:
        turns = [comm.rank == 0, node.rank == 0, True]
    finally:
        node.Free()
    for is_mine in turns:
        error = None
        if is_mine:
            try:
                path = mpi_library()
            except Exception as raised:
                error = raised
        errors = comm.allgather(None if error is None else str(error))
        if error is not None:
            raise error
        for rank, text in enumerate(errors):
            if text is not None:
                raise RuntimeError(f"rank {rank}: {text}")
    return path

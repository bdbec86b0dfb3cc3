"""Handles of the library that can be used from several threads, closed at any time, and are freed once."""

import os
import threading
import weakref


class Handle:
    """A handle of the library: ``with handle as pointer:`` uses it.

    Closing it while another thread uses it is fine: the last of them frees it. No lock is taken, only operations on lists that are
    atomic, so that nothing is locked forever in the child of a fork.
    """

    def __init__(self, pointer, free, name, keep=None):
        """
        :param pointer: the handle, which belongs to this object from now on
        :param free: function of the library that frees it
        :param name: what errors call it
        :param keep: what has to exist as long as the handle, like memory that it reads
        """
        self.name = name
        self.keep = keep
        self._pointer = pointer.value
        self._free = [free]
        self._users = []
        self._closed = False

    def __enter__(self):
        self._users.append(None)
        if self._closed:
            self._leave()
            raise ValueError(f"this {self.name} is closed")
        return self._pointer

    def __exit__(self, *_):
        self._leave()

    def _leave(self):
        self._users.pop()
        if self._closed:
            self._release()

    @property
    def closed(self):
        return self._closed

    def close(self):
        self._closed = True
        self._release()

    def disown(self):
        """Somebody else frees the handle from now on."""
        self._closed = True
        self._free.clear()

    def _release(self):
        if self._users:
            return
        try:
            free = self._free.pop()
        except IndexError:
            return
        free(self._pointer)
        self.keep = None

    def close_with(self, owner, at_exit=False):
        """Closes the handle when its owner is gone, or when the interpreter ends if it then still is there."""
        weakref.finalize(owner, self.close).atexit = at_exit


class ExclusiveHandle(Handle):
    """A handle that one thread uses at a time, while others wait, and only the process that made it: one that writes to a file."""

    def __init__(self, pointer, free, name):
        super().__init__(pointer, free, name)
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._thread = None

    def __enter__(self):
        if os.getpid() != self._process:
            raise RuntimeError(f"this {self.name} is that of another process, which has made this one by a fork")
        if self._thread == threading.get_ident():
            raise RuntimeError(f"this {self.name} is used by a function that it has called itself")
        self._lock.acquire()
        self._thread = threading.get_ident()
        try:
            return super().__enter__()
        except BaseException:
            self._unlock()
            raise

    def __exit__(self, *_):
        self._leave()
        self._unlock()

    def _unlock(self):
        self._thread = None
        self._lock.release()

    def _release(self):
        # What the parent of this process writes is not for this one to end.
        if os.getpid() == self._process:
            super()._release()

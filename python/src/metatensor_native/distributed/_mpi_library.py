"""``libmetatensor_mpi.so``: functions of MPI for the library, compiled with the MPI that mpi4py has loaded."""

import ctypes
import functools
import hashlib
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

_INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"
_SOURCE = _INCLUDE / "metatensor_mpi.c"
_FLAGS = ["-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden"]
if sys.platform == "darwin":
    # functions of metatensor are those that the process has; elsewhere, this needs no option
    _FLAGS += ["-undefined", "dynamic_lookup"]


def mpi():
    """The module of mpi4py, which initialises MPI."""
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise ImportError(f"communicators are made of those of mpi4py, which is not there ({error}): pip install mpi4py") from None
    return MPI


@functools.lru_cache(maxsize=None)
def mpi_library() -> pathlib.Path:
    """The library that makes communicators of those of the MPI that mpi4py runs with. Not collective.

    It is a small one, made of a C file and headers that are a part of this package: the first call compiles it, in a second, and
    keeps it in ``$XDG_CACHE_HOME/metatensor-native``, by default ``~/.cache/metatensor-native``, one for each version of MPI. The compiler is
    ``$MPICC``; else the one that mpi4py was built with; else ``mpicc``. Communicators call this themselves: on one rank first, then on one of
    each node. Where compute nodes have no compiler, call it before, where there is one and the same MPI, or let
    ``METATENSOR_MPI_LIBRARY`` be the path of a library that CMake has built (``METATENSOR_MPI=ON``).

    :return: where the library is
    :raises RuntimeError: if it can not be compiled, or is for another MPI than that of mpi4py
    """
    # some end with zeros
    version = mpi().Get_library_version().strip("\0\n ")
    given = os.environ.get("METATENSOR_MPI_LIBRARY")
    if given:
        _check_version(pathlib.Path(given), version, "METATENSOR_MPI_LIBRARY")
        return pathlib.Path(given)
    compiler = _compiler()
    key = hashlib.sha256("\0".join([version, *compiler, *_FLAGS]).encode())
    for path in [_SOURCE, *(_INCLUDE / "metatensor" / name for name in ["mpi.h", "distributed.h"])]:
        key.update(path.read_bytes())
    library = _cache() / f"libmetatensor_mpi-{key.hexdigest()[:16]}.so"
    if not library.is_file():
        _compile(compiler, library, version)
    return library


def _compiler():
    import mpi4py

    command = os.environ.get("MPICC") or mpi4py.get_config().get("mpicc") or "mpicc"
    return shlex.split(command)


def _cache():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(cache) / "metatensor-native"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RuntimeError(
            f"there is no place for libmetatensor_mpi.so ({error}): let XDG_CACHE_HOME be a directory that can be written to, or "
            "METATENSOR_MPI_LIBRARY the path of this library"
        ) from None
    return cache


def _compile(compiler, library, version):
    # others may do the same at the same time, and never see a part of it
    with tempfile.TemporaryDirectory(dir=library.parent) as directory:
        new = pathlib.Path(directory) / library.name
        command = [*compiler, *_FLAGS, "-I", str(_INCLUDE), str(_SOURCE), "-o", str(new)]
        hint = "let MPICC be the compiler of this MPI, or METATENSOR_MPI_LIBRARY the path of a libmetatensor_mpi.so"
        try:
            process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            raise RuntimeError(f"can not run the compiler of MPI, {compiler[0]!r} ({error}): {hint}") from None
        if process.returncode != 0:
            raise RuntimeError(f"{shlex.join(command)} failed ({hint}):\n{process.stdout}")
        _check_version(new, version, f"the compiler {shlex.join(compiler)!r}")
        os.replace(new, library)


def _check_version(path, version, origin):
    """A library that calls another MPI than mpi4py does would call one that nobody has initialised."""
    from .._library import library

    library()
    try:
        function = ctypes.CDLL(str(path)).MPI_Get_library_version
    except OSError as error:
        raise RuntimeError(f"can not load {path}, which is there by {origin}: {error}") from None
    text, length = ctypes.create_string_buffer(1 << 14), ctypes.c_int()
    function(text, ctypes.byref(length))
    other = text.value.decode(errors="replace").strip()
    if other != version:
        first, second = (text.splitlines()[0] if text else "" for text in (other, version))
        raise RuntimeError(f"{origin} is for another MPI ({first}) than mpi4py runs with ({second}): let MPICC be the compiler of that")

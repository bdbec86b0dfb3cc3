"""Finds and loads the library, so that the official package finds it in the process."""

import ctypes
import functools
import importlib.metadata
import os
import pathlib
import sys

from . import _declarations

_NAME = {"darwin": "libmetatensor.dylib", "win32": "metatensor.dll"}.get(sys.platform, "libmetatensor.so")
_HERE = pathlib.Path(__file__).resolve().parent
# a function that only this library has
_OURS = "mts_tensormap_load_mapped"


def _in_process():
    """The library of this name that the process has already, if there is one."""
    if sys.platform == "win32":
        kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel32.GetModuleHandleW.restype = ctypes.c_void_p
        handle = kernel32.GetModuleHandleW(_NAME)
        return ctypes.CDLL(_NAME, handle=handle) if handle else None
    try:
        return ctypes.CDLL(_NAME, mode=os.RTLD_NOLOAD | os.RTLD_GLOBAL)
    except OSError:
        return None


def path_of(library):
    """The file that a loaded library is from, or None where the system does not say."""
    if sys.platform == "win32":
        return None

    class Information(ctypes.Structure):
        _fields_ = [
            ("file", ctypes.c_char_p),
            ("base", ctypes.c_void_p),
            ("symbol", ctypes.c_char_p),
            ("address", ctypes.c_void_p),
        ]

    information = Information()
    dladdr = ctypes.CDLL(None).dladdr
    dladdr.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    if not dladdr(ctypes.cast(library.mts_version, ctypes.c_void_p), ctypes.byref(information)):
        return None
    return pathlib.Path(os.fsdecode(information.file))


def _check_versions():
    """Older versions of the official package declare other structures than the library has, and would crash."""
    try:
        version = importlib.metadata.version("metatensor-core")
    except importlib.metadata.PackageNotFoundError:
        return
    if tuple(int(part) for part in version.split(".")[:3] if part.isdigit()) < (0, 2, 5):
        raise ImportError(f"metatensor-core {version} is too old for this package: pip install 'metatensor-core>=0.2.5,<0.3'")


def _too_late(library):
    ours = _HERE / _NAME
    loaded = path_of(library) or "another one"
    users = [name for name in ["metatensor", "metatensor_torch", "featomic", "metatomic"] if name in sys.modules]
    imported = f" ({', '.join(users)} was imported before)" if users else ""
    return ImportError(
        f"this process uses the library {loaded} already{imported}, and there can be only one libmetatensor in a process: "
        "'import metatensor_native' has to come before 'import metatensor', and before everything that imports it; "
        f"or start Python with LD_PRELOAD={ours} in its environment"
    )


@functools.lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    """The library, with the types of all of its functions: loaded by the first call.

    :raises ImportError: if the process has another one already, if this package was installed without its library, or if the official
        package is too old
    """
    _check_versions()
    loaded = _in_process()
    if loaded is None:
        path = _HERE / _NAME
        if not path.is_file():
            raise ImportError(f"there is no {path}: install this package again, with 'pip install ./python' in its repository")
        loaded = ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
    elif not hasattr(loaded, _OURS):
        raise _too_late(loaded)
    # Types are set on functions of this object only: the official package has one of its own.
    try:
        _declarations.declare(loaded)
    except AttributeError as error:
        raise ImportError(f"the library {path_of(loaded)} is not the one that this package was made for: {error}") from None
    loaded.mts_disable_panic_printing()
    return loaded

"""What the library of this process is, and what it uses."""

import ctypes
import dataclasses
import pathlib
import sys

from . import _declarations
from ._library import library, path_of


@dataclasses.dataclass(frozen=True)
class Status:
    """The library that this process uses, see :py:func:`status`."""

    library: pathlib.Path | None
    """The file that it was loaded from, where the system can say."""
    version: str
    """The version of the interface of metatensor that it has."""
    libraries: list[pathlib.Path]
    """All libraries of this name in the process (on Linux, else empty): one, if all is well."""
    threads: int
    """How many threads large operations use: ``METATENSOR_NUM_THREADS``, else ``OMP_NUM_THREADS``, else those of the machine."""
    memory_in_use: int
    """Bytes that the library has for arrays now. Small ones are not counted."""
    memory_kept: int
    """Bytes that it keeps to use them again."""
    memory_peak: int
    """The most bytes that were in use at one time."""
    installed: bool
    """Whether the operations of metatensor are those of this package, see :py:func:`install`."""

    def __str__(self):
        lines = [
            f"library       {self.library}",
            f"version       {self.version}",
            f"threads       {self.threads}",
            f"memory        {self.memory_in_use / 1e6:.1f} MB in use, {self.memory_kept / 1e6:.1f} MB kept, "
            f"{self.memory_peak / 1e6:.1f} MB at most",
            f"operations    {'native' if self.installed else 'official (metatensor_native.install() changes that)'}",
        ]
        if len(self.libraries) > 1:
            others = ", ".join(str(path) for path in self.libraries if path != self.library)
            lines.append(f"WARNING       there are other libraries of this name in the process: {others}")
        return "\n".join(lines)


def _mapped():
    if not sys.platform.startswith("linux"):
        return []
    paths = set()
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and pathlib.Path(fields[5]).name.startswith("libmetatensor.so"):
            paths.add(pathlib.Path(fields[5]))
    return sorted(paths)


def status() -> Status:
    """Tells which library this process uses, its version, threads and memory: ``print(metatensor_native.status())``."""
    from ._install import installed

    loaded = library()
    memory = _declarations.mts_memory_use_t()
    loaded.mts_memory_use(ctypes.byref(memory))
    return Status(
        library=path_of(loaded),
        version=loaded.mts_version().decode(),
        libraries=_mapped(),
        threads=loaded.mts_get_num_threads(),
        memory_in_use=memory.in_use,
        memory_kept=memory.kept,
        memory_peak=memory.peak,
        installed=installed(),
    )

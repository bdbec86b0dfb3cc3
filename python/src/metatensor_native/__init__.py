"""The official metatensor package on a fast library, and its operations native.

Importing this loads the library, which the official package, metatensor-torch, featomic and others then use instead of their own.
It has to be the first import of them all: if the official library is in the process already, the import fails and says so.

>>> import metatensor_native
>>> metatensor_native.install()  # the operations of metatensor are native from here on
>>> import metatensor as mts
"""

from ._install import install, installed, uninstall
from ._library import library as _library
from ._status import Status, status
from ._warning import DifferentOnPurpose

_library()

__all__ = ["DifferentOnPurpose", "Status", "install", "installed", "operations", "status", "uninstall"]

# those that need packages which programs that only want the library may not have, or take time to import
_MODULES = ["collection", "distributed", "files", "forces", "operations", "products", "torch_data"]


def __getattr__(name):
    if name in _MODULES:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")

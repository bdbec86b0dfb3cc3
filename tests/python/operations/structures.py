"""The declarations of our library for ctypes, as the package in `python/` has them, and how its structures are filled."""

import ctypes
import pathlib
import sys

from metatensor import Labels
from metatensor._c_lib import _get_library

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "python/src/metatensor_native"))

import _declarations  # noqa: E402
from _declarations import (  # noqa: E402, F401
    mts_allclose_options_t,
    mts_block_names_t,
    mts_equal_metadata_options_t,
    mts_join_options_t,
    mts_lstsq_options_t,
)


def setup_functions():
    """Tells ctypes the types of those functions of the library that the official package does not know."""
    library = _get_library()
    unknown = [name for name in _declarations.FUNCTIONS if getattr(library, name).argtypes is None]
    _declarations.declare(library, unknown)


class mts_names_t(_declarations.mts_names_t):
    @staticmethod
    def of(names):
        names = names or []
        return mts_names_t((ctypes.c_char_p * len(names))(*[name.encode() for name in names]), len(names))


class mts_selection_t(_declarations.mts_selection_t):
    @staticmethod
    def of(entries):
        if isinstance(entries, Labels):
            return mts_selection_t(ctypes.cast(entries._ptr, ctypes.c_void_p), None, 0)
        return mts_selection_t(None, (ctypes.c_int64 * len(entries))(*entries), len(entries))

"""The structures of `metatensor/operations.h`, for ctypes."""

import ctypes
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int64, c_uint32

from metatensor import Labels
from metatensor._c_api import c_uintptr_t, mts_labels_t


class mts_names_t(ctypes.Structure):
    _fields_ = [("names", POINTER(c_char_p)), ("count", c_uintptr_t)]

    @staticmethod
    def of(names):
        names = names or []
        return mts_names_t((c_char_p * len(names))(*[name.encode() for name in names]), len(names))


class mts_block_names_t(ctypes.Structure):
    _fields_ = [("samples", mts_names_t), ("components", mts_names_t), ("properties", mts_names_t)] + [
        (f"has_{axis}", c_bool) for axis in ["samples", "components", "properties"]
    ]


class mts_selection_t(ctypes.Structure):
    _fields_ = [("labels", POINTER(mts_labels_t)), ("indices", POINTER(c_int64)), ("indices_count", c_uintptr_t)]

    @staticmethod
    def of(entries):
        if isinstance(entries, Labels):
            return mts_selection_t(entries._ptr, None, 0)
        return mts_selection_t(None, (c_int64 * len(entries))(*entries), len(entries))


class mts_join_options_t(ctypes.Structure):
    _fields_ = [("different_keys", c_uint32), ("add_dimension", c_char_p)]


class mts_lstsq_options_t(ctypes.Structure):
    _fields_ = [("rcond", c_double)]


class mts_allclose_options_t(ctypes.Structure):
    _fields_ = [("rtol", c_double), ("atol", c_double), ("equal_nan", c_bool)]


class mts_equal_metadata_options_t(ctypes.Structure):
    _fields_ = [("check", c_uint32), ("check_gradients", c_bool)]

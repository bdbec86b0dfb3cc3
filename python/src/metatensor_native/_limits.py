"""What may be read from one file."""

import ctypes
import dataclasses

from . import _declarations


@dataclasses.dataclass(frozen=True)
class FileLimits:
    """What may be read from one file. Numbers that are 0 stand for the limits of the process."""

    inflated_bytes: int = 0
    """bytes that all compressed members give which one call reads, or that come out of a pipe"""
    members: int = 0
    """members of the archive"""
    names: int = 0
    """dimensions of labels, or gradients of a block"""
    depth: int = 0
    """how deep gradients of gradients are nested: at most 64"""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or not 0 <= value < 2**64:
                raise ValueError(f"the limit of {field.name} has to be an integer between 0 and 2**64 - 1, not {value!r}")

    @staticmethod
    def for_c(limits):
        """A pointer to limits, or None for those of the process."""
        if limits is None:
            return None
        return ctypes.byref(_declarations.mts_file_limits_t(*dataclasses.astuple(limits)))

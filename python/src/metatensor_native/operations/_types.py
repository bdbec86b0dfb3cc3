"""Names for annotations: objects of ``metatensor``, or those of ``metatensor.torch``."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from metatensor import Labels, TensorBlock, TensorMap
else:
    Labels, TensorBlock, TensorMap = (typing.TypeVar(name) for name in ["Labels", "TensorBlock", "TensorMap"])

__all__ = ["Labels", "TensorBlock", "TensorMap"]

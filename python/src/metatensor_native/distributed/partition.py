"""Which rank gets which rows of maps."""

import ctypes
from collections.abc import Callable, Sequence

import numpy as np
from metatensor._status import save_exception

from .. import _declarations
from .._calling import int32_pointer, int32s, texts
from .._results import labels_address

_RANK_OF = dict(_declarations.mts_partition_t._fields_)["rank_of"]
_INT32 = ctypes.POINTER(ctypes.c_int32)


class Partition:
    """Which rank each sample of a map goes to, with its rows of gradients. It is made by one of the functions below.

    All ranks give the same kind of partition, with the same dimensions. Samples that agree in all of these go to the same rank.
    """

    def __init__(self, kind: int, dimensions=(), owned=None, rank_of=None, lists=None):
        self._kind = kind
        self._dimensions = dimensions
        self._owned = owned
        self._rank_of = rank_of
        self._lists = lists

    @staticmethod
    def rows() -> "Partition":
        """Equal contiguous parts of each block, in the order of ranks, and of samples on each of them."""
        return Partition(_declarations.MTS_PARTITION_ROWS)

    @staticmethod
    def blocks() -> "Partition":
        """Whole blocks, so that ranks have about the same number of bytes."""
        return Partition(_declarations.MTS_PARTITION_BLOCKS)

    @staticmethod
    def keys(rank_of: Callable[[np.ndarray], int]) -> "Partition":
        """Whole blocks.

        :param rank_of: a function that is called with the key of each block, an array of 32-bit integers, and gives the rank that gets it, the
            same on all ranks. If it raises on one of them, all fail
        """
        return Partition(_declarations.MTS_PARTITION_KEYS, rank_of=lambda _, key: rank_of(key))

    @staticmethod
    def ranks(lists: Sequence) -> "Partition":
        """Any samples anywhere.

        :param lists: for each block of the map of this rank, the rank of each of its samples: lists, or arrays of shape (samples,)
        """
        return Partition(_declarations.MTS_PARTITION_RANKS, lists=[int32s(ranks, "ranks") for ranks in lists])

    @staticmethod
    def by(rank_of: Callable[[int, np.ndarray], int]) -> "Partition":
        """Any samples anywhere.

        :param rank_of: a function that is called with the position of a block in the map of this rank, and a sample of it, an array of 32-bit
            integers, and gives the rank that gets the sample. If it raises on one rank, all fail
        """
        return Partition(_declarations.MTS_PARTITION_BY, rank_of=rank_of)

    @staticmethod
    def strided(dimensions: list[str]) -> "Partition":
        """Parts of a data set for training: the distinct values of these dimensions, sorted over all ranks, go to ranks 0, 1, ... in turn."""
        return Partition(_declarations.MTS_PARTITION_STRIDED, dimensions)

    @staticmethod
    def contiguous(dimensions: list[str]) -> "Partition":
        """Ranges of the sorted values of these dimensions, so that ranks have about the same number of samples."""
        return Partition(_declarations.MTS_PARTITION_CONTIGUOUS, dimensions)

    @staticmethod
    def hashed(dimensions: list[str]) -> "Partition":
        """A hash of the values of these dimensions tells the rank: nothing has to be known of other ranks."""
        return Partition(_declarations.MTS_PARTITION_HASHED, dimensions)

    @staticmethod
    def owners(dimensions: list[str], owned) -> "Partition":
        """Samples go to the rank where a row of ``owned`` agrees with them in these dimensions.

        :param owned: labels that this rank owns. A sample that nobody owns is an error that names it
        """
        return Partition(_declarations.MTS_PARTITION_OWNERS, dimensions, owned=owned)

    def _for_c(self, tensor=None):
        """For one call of the library, which is given this map. The result keeps everything that is pointed to."""
        result = _declarations.mts_partition_t()
        result.kind = self._kind
        result.dimensions, result.dimensions_count = texts(self._dimensions, "dimensions")
        keep = []
        if self._owned is not None:
            result.owned = labels_address(self._owned)
        if self._rank_of is not None:
            result.rank_of = _RANK_OF(_for_library(self._rank_of))
        if self._lists is not None:
            keep = self._of_blocks(tensor)
            result.ranks = (_INT32 * len(keep))(*[int32_pointer(ranks) for ranks in keep])
            result.ranks_counts = (ctypes.c_size_t * len(keep))(*[len(ranks) for ranks in keep])
            result.lists_count = len(keep)
        result.keep = self, keep
        return result

    def _of_blocks(self, tensor):
        """Lists of ranks, as long as the blocks of the map are."""
        blocks = [] if tensor is None else tensor.blocks()
        if tensor is not None and len(blocks) != len(self._lists):
            raise ValueError(f"there are {len(self._lists)} lists of ranks, and {len(blocks)} blocks")
        for i, (ranks, block) in enumerate(zip(self._lists, blocks)):
            if len(ranks) != len(block.samples):
                raise ValueError(f"there are {len(ranks)} ranks for the {len(block.samples)} samples of block {i}")
        return self._lists

    def __repr__(self):
        names = {getattr(_declarations, name): name for name in dir(_declarations) if name.startswith("MTS_PARTITION_")}
        return f"Partition.{names[self._kind].removeprefix('MTS_PARTITION_').lower()}({', '.join(map(repr, self._dimensions))})"


def _for_library(rank_of):
    def function(_, block, row, size):
        try:
            row = np.ctypeslib.as_array(row, (size,)).copy() if size else np.zeros(0, dtype=np.int32)
            rank = int(int32s([rank_of(block, row)], "the rank")[0])
            if rank < 0:
                raise ValueError(f"there is no rank {rank}")
            return rank
        except BaseException as error:
            save_exception(error)
            return -1

    return function

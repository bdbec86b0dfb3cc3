"""Collections of maps as data sets of torch, whose batches are loaded by the threads of the library, in this process or in workers.

>>> from metatensor_native import torch_data  # doctest: +SKIP
>>> dataset = torch_data.CollectionDataset("energies.zip", ["descriptor", "energy"])  # doctest: +SKIP
>>> for batch in torch_data.ThreadLoader(dataset, batch_size=64, num_workers=2):  # doctest: +SKIP
...     loss = model(batch["descriptor"], batch["energy"])
"""

import os

import numpy as np
import torch
import torch.utils.data

from ._calling import int32s
from ._library import library
from ._limits import FileLimits
from ._results import numpy_arrays
from ._sampling import BatchSampler
from ._thread_loader import ThreadLoader
from .collection import Collection

__all__ = ["BatchSampler", "CollectionDataset", "ThreadLoader", "loader"]


class CollectionDataset(torch.utils.data.Dataset):
    """The maps of a collection: item ``i`` has the ``i``-th number that has maps of all names.

    ``dataset[3]`` is what the collection has for one number, and ``dataset[[3, 1, 4]]`` a batch: maps joined along samples, which
    the library loads with its threads, in one call. Items are maps if there is one name, and dictionaries of maps if there is
    a list of them.

    :py:class:`ThreadLoader` loads its batches in threads. It can also be given to a ``torch.utils.data.DataLoader``: see :py:func:`loader`; or with ``batch_size`` or a ``batch_sampler``, and
    ``collate_fn=dataset.collate``. Workers may be made by ``fork`` or ``spawn``, and share the threads of the library between them.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        names: str | list[str],
        *,
        numbers=None,
        index: str | os.PathLike | None = None,
        limits: FileLimits | None = None,
        number: str | None = "system",
        position: str | None = None,
        different_keys: str = "union",
        missing_gradients: str = "error",
        arrays: str = "torch",
    ):
        """
        :param path: the archive
        :param names: name of maps, or several of them
        :param numbers: which of them, in this order; or None for all numbers that have maps of all names
        :param index: a file that keeps the index of the archive: see :py:meth:`Collection.open`
        :param limits: what may be read from the archive, and from each of the maps in it
        :param number: name of the dimension of the samples of a batch for the number of the map, as for :py:meth:`Collection.load_many`
        :param position: as for :py:meth:`Collection.load_many`, and so are the next ones
        :param arrays: ``"torch"`` for maps of ``metatensor.torch``, or ``"numpy"`` for those of ``metatensor``
        :raises OSError: if the archive can not be read
        :raises ValueError: if it is no collection, or has no maps of one of the names, or not all numbers that are given
        """
        self._names = [names] if isinstance(names, str) else list(names)
        self._single = isinstance(names, str)
        self._arrays = arrays
        numpy_arrays(arrays)
        self._batches = {
            "number": number,
            "position": position,
            "different_keys": different_keys,
            "missing_gradients": missing_gradients,
        }
        self._collection = Collection.open(path, index=index, limits=limits)
        self._numbers = self._find_numbers(numbers)

    def _find_numbers(self, numbers):
        if not self._names:
            raise ValueError("there has to be at least one name")
        common = None
        for name in self._names:
            found = self._collection.numbers(name)
            if len(found) == 0:
                known = ", ".join(repr(known) for known in self._collection.names)
                raise ValueError(f"{self._collection!r} has no maps {name!r}, only {known or 'none at all'}")
            common = found if common is None else np.intersect1d(common, found, assume_unique=True)
        if numbers is None:
            return common
        numbers = int32s(numbers, "numbers")
        missing = np.setdiff1d(numbers, common)
        if len(missing) > 0:
            raise ValueError(f"{self._collection!r} has no maps {self._names} with the number {missing[0]}")
        return numbers

    @property
    def collection(self) -> Collection:
        """The collection, in this process."""
        return self._collection

    @property
    def numbers(self) -> np.ndarray:
        """The number in the collection of each item."""
        return self._numbers.copy()

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index):
        """One item; or a batch, for a list, an array or a tensor of integers."""
        _share_threads()
        if not isinstance(index, (list, tuple, np.ndarray, torch.Tensor, range)) or np.ndim(index) == 0:
            number = int(self._numbers[index])
            return self._item({name: self._collection.load(number, name, arrays=self._arrays) for name in self._names})
        numbers = self._numbers[int32s(index, "index")]
        return self._item(
            {name: self._collection.load_many(name, numbers, arrays=self._arrays, **self._batches) for name in self._names}
        )

    def __getitems__(self, indices):
        """A batch, for a ``DataLoader`` that makes the lists of indices."""
        return self[list(indices)]

    def _item(self, maps):
        return maps[self._names[0]] if self._single else maps

    @staticmethod
    def collate(batch):
        """For ``collate_fn`` of a ``DataLoader``: what it is given is a batch already."""
        return batch

    def __repr__(self):
        return f"CollectionDataset({self._collection!r}, {self._names}, {len(self)} items)"


_PROCESS = None


def _share_threads():
    """In a worker, uses its share of the threads of the process that made it."""
    global _PROCESS

    if _PROCESS == os.getpid():
        return
    _PROCESS = os.getpid()
    worker = torch.utils.data.get_worker_info()
    if worker is not None:
        threads = library().mts_get_num_threads()
        library().mts_set_num_threads(max(1, threads // worker.num_workers))


def loader(
    dataset: CollectionDataset,
    batch_size: int,
    *,
    shuffle: bool = True,
    drop_last: bool = False,
    seed: int = 0,
    **options,
) -> torch.utils.data.DataLoader:
    """A ``torch.utils.data.DataLoader`` of batches of a collection, each loaded in one call: for what only this can, as functions in
    Python that take long, in processes of their own. :py:class:`ThreadLoader` is faster, since it sends nothing between processes.

    :param batch_size: how many items make a batch
    :param shuffle: whether they are in random order, another one for each epoch
    :param drop_last: whether to leave out a last batch that is smaller
    :param seed: the order only depends on this, and on the number of the epoch
    :param options: everything else for the ``DataLoader``, like ``num_workers``
    """
    sampler = BatchSampler(len(dataset), batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
    return torch.utils.data.DataLoader(dataset, sampler=sampler, batch_size=None, **options)

"""A loader whose workers are threads of this process: batches are where they are used, and nothing is sent."""

import collections
import itertools
import os
from concurrent.futures import ThreadPoolExecutor

from ._sampling import BatchSampler


class ThreadLoader:
    """Batches of a data set, which threads of this process load while the program computes with those before them.

    >>> loader = torch_data.ThreadLoader(dataset, batch_size=64)  # doctest: +SKIP
    >>> for epoch in range(100):  # doctest: +SKIP
    ...     for batch in loader:
    ...         loss = model(batch)

    It is used like a ``torch.utils.data.DataLoader`` with worker processes. Loading a batch of a collection is one call of the
    library, which does not hold the lock of the interpreter, so that threads load at the same time. They start at once, and batches are
    not sent from one process to another. The threads of torch in this process share its processors with those that load: try
    ``torch.set_num_threads(1)`` if computing with a batch is little work.

    Batches come in the order of the sampler, whatever thread is the first. What a thread raises is raised where its batch would
    have come, and ends the iteration. An iteration that is left early stops its threads; a new one is the next epoch.
    """

    def __init__(
        self,
        dataset,
        batch_size: int,
        *,
        shuffle: bool = True,
        drop_last: bool = False,
        seed: int = 0,
        num_workers: int = 2,
        prefetch_factor: int = 2,
    ):
        """
        :param dataset: gives a batch for a list of indices, from several threads at once: a :py:class:`CollectionDataset`
        :param batch_size: how many items make a batch
        :param shuffle: whether they are in random order, another one for each epoch
        :param drop_last: whether to leave out a last batch that is smaller
        :param seed: the order only depends on this, and on the number of the epoch
        :param num_workers: how many threads load. With 0, the one that iterates does, when it needs a batch
        :param prefetch_factor: how many batches each thread loads ahead
        :raises ValueError: if there can not be so many
        """
        if num_workers < 0:
            raise ValueError(f"num_workers can not be negative: {num_workers}")
        if prefetch_factor < 1:
            raise ValueError(f"prefetch_factor has to be positive, not {prefetch_factor}")
        self.dataset = dataset
        self.sampler = BatchSampler(len(dataset), batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self._first = 0
        self._next = self.sampler.epoch, 0

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return len(self.sampler)

    def state_dict(self) -> dict:
        """Where the iteration is: after the last batch that was given, for :py:meth:`load_state_dict`."""
        epoch, batch = self._next
        return {"seed": self.sampler.seed, "epoch": epoch, "batch": batch}

    def load_state_dict(self, state: dict) -> None:
        """The next iteration is what is left of an epoch, after what the loader had given that the state is of: one with the same
        data set, ``batch_size``, ``shuffle`` and ``drop_last``.

        :param state: what :py:meth:`state_dict` gave
        """
        self.sampler.seed, self.sampler.epoch, self._first = state["seed"], state["epoch"], state["batch"]
        self._next = state["epoch"], state["batch"]

    def __iter__(self):
        epoch, first = self.sampler.epoch, self._first
        self._first = 0
        self._next = epoch, first
        numbered = enumerate(self._loaded(itertools.islice(self.sampler, first, None)), first + 1)
        for number, batch in numbered:
            self._next = (epoch, number) if number < len(self) else (epoch + 1, 0)
            yield batch

    def _loaded(self, batches):
        """The batches of these lists of indices."""
        if self.num_workers == 0:
            yield from map(self.dataset.__getitem__, batches)
            return
        process, waiting = os.getpid(), collections.deque()
        threads = ThreadPoolExecutor(self.num_workers, "metatensor-loader")
        try:
            ahead = itertools.islice(batches, self.num_workers * self.prefetch_factor)
            waiting.extend(threads.submit(self.dataset.__getitem__, batch) for batch in ahead)
            while waiting:
                if os.getpid() != process:
                    raise RuntimeError("this iteration is that of another process, which has made this one by a fork: start a new one")
                loaded = waiting.popleft().result()
                waiting.extend(threads.submit(self.dataset.__getitem__, batch) for batch in itertools.islice(batches, 1))
                yield loaded
        finally:
            if os.getpid() == process:
                threads.shutdown(cancel_futures=True)

"""The order in which the items of a data set come, in batches."""

import numpy as np
import torch.utils.data


class BatchSampler(torch.utils.data.Sampler):
    """Lists of indices of a data set: those of each batch, in another order for each epoch.

    The order only depends on ``seed`` and ``epoch``, which each iteration raises by one, and which can be set.
    """

    def __init__(self, size: int, batch_size: int, *, shuffle: bool = True, drop_last: bool = False, seed: int = 0):
        """
        :param size: how many items there are
        :param batch_size: how many of them make a batch
        :param shuffle: whether they are in random order
        :param drop_last: whether to leave out a last batch that is smaller
        """
        if batch_size < 1:
            raise ValueError(f"batch_size has to be positive, not {batch_size}")
        self.size = size
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.size // self.batch_size if self.drop_last else -(-self.size // self.batch_size)

    def __iter__(self):
        order = np.arange(self.size)
        if self.shuffle:
            order = np.random.default_rng([self.seed, self.epoch]).permutation(self.size)
        self.epoch += 1
        for i in range(len(self)):
            yield order[i * self.batch_size : (i + 1) * self.batch_size].tolist()

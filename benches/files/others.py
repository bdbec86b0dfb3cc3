"""What other libraries do: a side of benches/files, the official one, safetensors or h5py.

It reads from its standard input what to do, line by line, and answers how long it took.
"""

import os
import random
import sys
import time

import numpy as np

COLUMNS = 500


def random_rows(count):
    """Not those of the others, but as many."""
    return sorted(random.Random(1).sample(range(count), min(1000, count)))


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


class Official:
    def __init__(self):
        import metatensor

        self.library = metatensor

    def block(self, rows):
        labels = self.library.Labels
        system = np.arange(rows, dtype=np.int32)
        samples = labels(["system", "atom"], np.stack([system // 20, system % 20], axis=1))
        return self.library.TensorBlock(np.ones((rows, COLUMNS)), samples, [], labels.range("property", COLUMNS))

    def joined(self, maps, blocks=()):
        """One map of the blocks of others, and more."""
        blocks = [block.copy() for tensor in maps for block in tensor] + list(blocks)
        keys = self.library.Labels.range("number", len(blocks))
        return self.library.TensorMap(keys, blocks)

    def make(self, path, rows):
        self.library.save(path, self.joined([], [self.block(int(rows))]))

    def prepare(self, path):
        self.tensor = self.library.load(path)

    def write(self, path):
        self.library.save(path, self.tensor)

    def load(self, path, *_):
        return self.library.load(path)

    def key(self, path, number):
        return self.library.load(path).block(number=int(number))

    def append(self, path, _):
        block = self.block(10)
        start = time.perf_counter()
        self.library.save(path, self.joined([self.library.load(path)], [block]))
        sync(path)
        return time.perf_counter() - start

    def merge(self, path, *parts):
        start = time.perf_counter()
        self.library.save(path, self.joined([self.library.load(part) for part in parts]))
        sync(path)
        return time.perf_counter() - start


class Arrays:
    """Libraries that have arrays and their names."""

    def prepare(self, path):
        import metatensor

        block = metatensor.load(path).block()
        self.arrays = {"values": block.values, "samples": np.array(block.samples.values)}

    def make(self, path, rows):
        samples = np.arange(2 * int(rows), dtype=np.int32).reshape(-1, 2)
        self.arrays = {"values": np.ones((int(rows), COLUMNS)), "samples": samples}
        self.write(path)
        self.arrays = {}

    def make_many(self, path, rows):
        values = np.ones((int(rows), COLUMNS))
        self.arrays = {f"{i}": values[:10] if i == 700 else values for i in range(1000)}
        self.write(path)
        self.arrays = {}


class Safetensors(Arrays):
    def __init__(self):
        import safetensors
        import safetensors.numpy

        self.library = safetensors

    def write(self, path):
        self.library.numpy.save_file(self.arrays, path)

    def load(self, path, *_):
        return self.library.numpy.load_file(path)

    def map(self, path, *_):
        file = self.library.safe_open(path, framework="numpy")
        return file, file.get_tensor("samples")

    def rows(self, path, count):
        rows = random_rows(int(count))
        with self.library.safe_open(path, framework="numpy") as file:
            values = file.get_slice("values")
            return np.concatenate([values[row : row + 1] for row in rows])

    def key(self, path, number):
        with self.library.safe_open(path, framework="numpy") as file:
            return file.get_tensor(number)

    def append(self, path, _):
        block = np.ones((10, COLUMNS))
        start = time.perf_counter()
        arrays = self.library.numpy.load_file(path)
        arrays[f"{len(arrays)}"] = block
        self.library.numpy.save_file(arrays, path)
        sync(path)
        return time.perf_counter() - start


class H5py(Arrays):
    def __init__(self):
        import h5py

        self.library = h5py

    def write(self, path):
        with self.library.File(path, "w") as file:
            for name, array in self.arrays.items():
                file[name] = array

    def load(self, path, *_):
        with self.library.File(path, "r") as file:
            return {name: dataset[...] for name, dataset in file.items()}

    def map(self, path, *_):
        file = self.library.File(path, "r")
        return file, file["samples"][...]

    def rows(self, path, count):
        with self.library.File(path, "r") as file:
            return file["values"][random_rows(int(count))]

    def key(self, path, number):
        with self.library.File(path, "r") as file:
            return file[number][...]

    def append(self, path, _):
        block = np.ones((10, COLUMNS))
        start = time.perf_counter()
        with self.library.File(path, "a") as file:
            file[f"{len(file)}"] = block
        sync(path)
        return time.perf_counter() - start


def work(side, verb, path="", *others):
    if verb == "start":
        return 0.0
    if verb == "forget":
        side.arrays = side.tensor = None
        return 0.0
    if verb == "save":
        start = time.perf_counter()
        side.write(path)
        sync(path)
        return time.perf_counter() - start
    name = {"save-unsynced": "write", "make-many": "make_many"}.get(verb, verb)
    start = time.perf_counter()
    result = getattr(side, name)(path, *others)
    taken = time.perf_counter() - start
    return result if verb in ("append", "merge") else taken


if __name__ == "__main__":
    side = {"official": Official, "safetensors": Safetensors, "h5py": H5py}[sys.argv[1]]()
    for line in sys.stdin:
        try:
            print(work(side, *line.rstrip("\n").split("\t")), flush=True)
        except Exception as error:
            print("error:", error, flush=True)

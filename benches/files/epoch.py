"""An epoch over a collection of many small maps, in batches of 64 in random order, with two workers: ours beside the official way.

    python benches/files/epoch.py [--maps 100000] [--official-maps 100000] [--workers 2] [--torch-threads 1]

needs `pip install ./python`, torch and metatensor-torch. The official way is a data set that reads members of a ZIP archive with the
zipfile module, `metatensor.torch.load_buffer` and `metatensor.torch.join` in worker processes. Ours has threads as workers
(`ThreadLoader`), and once more worker processes (`loader`). Each side runs in a process of its own, with its own library and with
one thread of torch where batches are used (`--torch-threads`), after an epoch over a tenth of the maps. If the official one takes
fewer maps, its time is multiplied.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile

import numpy as np

NAME, BATCH = "energy", 64


def small_map(number):
    """Energies of a molecule of 4 to 7 atoms, and their gradients: some kilobytes."""
    from metatensor import Labels, TensorBlock, TensorMap

    atoms = 4 + number % 4
    rng = np.random.default_rng(number)
    properties = Labels(["property"], np.arange(8).reshape(-1, 1))
    blocks = []
    for _ in range(2):
        block = TensorBlock(rng.normal(size=(atoms, 8)), Labels(["atom"], np.arange(atoms).reshape(-1, 1)), [], properties)
        rows = np.array([(i, 0, j) for i in range(atoms) for j in range(atoms)])
        axis = Labels(["xyz"], np.arange(3).reshape(-1, 1))
        values = rng.normal(size=(len(rows), 3, 8))
        block.add_gradient("positions", TensorBlock(values, Labels(["sample", "system", "atom"], rows), [axis], properties))
        blocks.append(block)
    return TensorMap(Labels(["center_type"], np.array([[1], [6]])), blocks)


def make(path, count):
    import metatensor_native  # noqa: F401
    from metatensor_native.collection import CollectionWriter

    with CollectionWriter.create(path) as writer:
        for number in range(count):
            writer.add(number, NAME, small_map(number % 1000))


def consumed(loader):
    """How long an epoch takes, and a number that has to be the same for both."""
    start, total = time.perf_counter(), 0.0
    for batch in loader:
        for block in batch.blocks():
            total += float(block.values.sum()) + float(block.gradient("positions").values.sum())
    return time.perf_counter() - start, total


def ours(loader):
    def make_loader(path, count, workers):
        from metatensor_native import torch_data

        dataset = torch_data.CollectionDataset(path, NAME, numbers=range(count))
        return getattr(torch_data, loader)(dataset, BATCH, num_workers=workers)

    return make_loader


def official(path, count, workers):
    import metatensor.torch as mts
    import torch

    class Maps(torch.utils.data.Dataset):
        archive = None

        def __len__(self):
            return count

        def __getitem__(self, number):
            if self.archive is None:
                self.archive = zipfile.ZipFile(path)
            return mts.load_buffer(torch.frombuffer(bytearray(self.archive.read(f"{number}/{NAME}.mts")), dtype=torch.uint8))

    return torch.utils.data.DataLoader(
        Maps(), batch_size=BATCH, shuffle=True, num_workers=workers, collate_fn=lambda maps: mts.join(maps, "samples", add_dimension="system")
    )


SIDES = {"official": official, "processes": ours("loader"), "threads": ours("ThreadLoader")}


def side(name, path, count, workers, torch_threads):
    warnings.simplefilter("ignore")
    if name != "official":
        import metatensor_native  # noqa: F401

    import metatensor  # noqa: F401
    import metatensor.torch  # noqa: F401
    import torch

    torch.set_num_threads(torch_threads)
    make_loader = SIDES[name]
    consumed(make_loader(path, count // 10, workers))
    seconds, total = consumed(make_loader(path, count, workers))
    print(seconds, total)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", type=int, default=100_000)
    parser.add_argument("--official-maps", type=int)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--torch-threads", type=int, default=1)
    parser.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        return side(options.side[0], options.side[1], int(options.side[2]), options.workers, options.torch_threads)
    counts = {name: options.maps for name in SIDES} | {"official": options.official_maps or options.maps}
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "maps.zip")
        make(path, options.maps)
        print(f"{options.maps} maps, {os.path.getsize(path) / options.maps / 1e3:.1f} kB each, {options.workers} workers")
        seconds = {}
        for name, count in counts.items():
            numbers = ["--workers", str(options.workers), "--torch-threads", str(options.torch_threads)]
            command = [sys.executable, __file__, *numbers, "--side", name, path, str(count)]
            result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            time_of_all, total = map(float, result.stdout.split())
            seconds[name] = time_of_all * options.maps / count
            print(f"{name:10} {seconds[name]:8.1f} s   {options.maps / seconds[name]:8.0f} maps/s   (of {count} maps, sum {total:.6f})")
        for name in ["threads", "processes"]:
            print(f"ours with {name}: {seconds['official'] / seconds[name]:.1f} times as fast")


if __name__ == "__main__":
    main()

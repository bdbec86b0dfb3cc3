"""Files that our writers made, read by others: the official package, numpy and the zipfile module.

``writers.py make DIRECTORY`` saves a map with the official package. ``writers.py check DIRECTORY`` loads all files.
Block number N of each of them has the key N and the number N in all of its values, and a gradient.
"""

import io
import os
import sys
import zipfile

import metatensor
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap


def block(number):
    rows = 1500 if number % 4 >= 2 else 1 + number % 7
    properties = Labels.range("property", 8)
    values = TensorBlock(np.full((rows, 8), float(number)), Labels.range("sample", rows), [], properties)
    samples = Labels(["sample"], np.array([[rows - 1]], dtype=np.int32))
    gradient = TensorBlock(np.full((1, 3, 8), -float(number)), samples, [Labels.range("xyz", 3)], properties)
    values.add_gradient("positions", gradient)
    return values


def make(directory):
    keys = Labels(["number"], np.arange(3, dtype=np.int32).reshape(-1, 1))
    metatensor.save(os.path.join(directory, "official.mts"), TensorMap(keys, [block(i) for i in range(3)]))


def check(path):
    tensor = metatensor.load(path)
    numbers = tensor.keys.values[:, 0]
    assert len(numbers) > 0 and np.all(numbers == np.arange(len(numbers))), path
    for number, found in zip(numbers, tensor):
        expected = block(int(number))
        assert found.samples == expected.samples and found.properties == expected.properties, path
        assert np.all(found.values == expected.values), path
        gradient = found.gradient("positions")
        assert gradient.samples == expected.gradient("positions").samples, path
        assert np.all(gradient.values == expected.gradient("positions").values), path
    if os.path.basename(path).startswith("info"):
        assert dict(tensor.info()) == {"author": "me"}, path
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None, path
        for name in archive.namelist():
            if name.endswith(".npy"):
                np.load(io.BytesIO(archive.read(name)))
    loaded = np.load(path)
    assert np.all(loaded["blocks/0/values"] == 0), path


if __name__ == "__main__":
    _, action, directory = sys.argv
    if action == "make":
        make(directory)
    else:
        names = [name for name in sorted(os.listdir(directory)) if name.endswith(".mts")]
        for name in names:
            check(os.path.join(directory, name))
        print(f"checked {len(names)} files")

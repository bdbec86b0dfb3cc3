"""Collections of maps as datasets in use have them, made and read by the official package, numpy and the zipfile module.

Map N of each collection has the number N in all of its values. ``map_collections.py make DIRECTORY`` makes some.
``map_collections.py check DIRECTORY`` reads those that are there: maps named ``wrapped`` are arrays of bytes.
"""

import io
import os
import sys
import zipfile

import metatensor
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

COUNT = 30


def bare(number):
    block = TensorBlock(
        np.full((1 + number % 3, 2), float(number)),
        Labels.range("atom", 1 + number % 3),
        [],
        Labels.range("property", 2),
    )
    buffer = metatensor.io.save_buffer(TensorMap(Labels.single(), [block]))
    return np.frombuffer(buffer, dtype=np.uint8)


def wrapped(number):
    file = io.BytesIO()
    np.save(file, bare(number))
    return file.getvalue()


class Pipe(io.RawIOBase):
    """A file that can only be written to, from start to end: sizes come after the data."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def make(archive):
    archive.writestr("info.txt", "made by zipfile")
    for number in range(COUNT):
        archive.writestr(f"{number}/bare.mts", bare(number).tobytes())
        with archive.open(f"{number}/wrapped.mts", "w", force_zip64=number % 2 == 0) as member:
            member.write(wrapped(number))


def make_all(directory):
    for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(os.path.join(directory, f"{name}.zip"), "w", method) as archive:
            make(archive)
        with open(os.path.join(directory, f"{name}-streamed.zip"), "wb") as file:
            with zipfile.ZipFile(Pipe(file), "w", method) as archive:
                make(archive)


def check(path):
    """Loads maps as loaders of datasets do."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None, path
        maps = [name for name in archive.namelist() if name.endswith(".mts")]
        assert archive.read("info.txt") in [b"made by zipfile", b"made by us"], path
        for name in maps:
            number = int(name.split("/")[0])
            with archive.open(name) as member:
                if name.endswith("/wrapped.mts"):
                    buffer = np.load(member)
                    # numpy writes the same bytes
                    file = io.BytesIO()
                    np.save(file, buffer)
                    assert buffer.dtype == np.uint8 and file.getvalue() == archive.read(name), (path, name)
                else:
                    buffer = np.frombuffer(member.read(), dtype=np.uint8)
            tensor = metatensor.io.load_buffer(buffer)
            assert tensor.block().values.shape == (1 + number % 3, 2), (path, name)
            assert np.all(tensor.block().values == number), (path, name)
    return len(maps)


if __name__ == "__main__":
    _, action, directory = sys.argv
    if action == "make":
        make_all(directory)
    else:
        names = sorted(os.listdir(directory))
        print(" ".join(f"{name}:{check(os.path.join(directory, name))}" for name in names))

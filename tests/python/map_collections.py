"""Collections of maps as datasets in use have them, made by the official package, numpy and the zipfile module.

``map_collections.py DIRECTORY``: map N of each collection has the number N in all of its values.
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


directory = sys.argv[1]
for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(os.path.join(directory, f"{name}.zip"), "w", method) as archive:
        make(archive)
    with open(os.path.join(directory, f"{name}-streamed.zip"), "wb") as file:
        with zipfile.ZipFile(Pipe(file), "w", method) as archive:
            make(archive)

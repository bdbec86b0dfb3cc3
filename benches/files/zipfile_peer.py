"""The same as collections.rs, with the zipfile module and the official package.

``zipfile_peer.py PATH LOADS``: prints seconds for opening, and loads in a second.
"""

import random
import sys
import time
import zipfile

import metatensor
import numpy as np

path, count = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
archive = zipfile.ZipFile(path)
members = len(archive.namelist())
opened = time.perf_counter() - start
numbers = [random.randrange(members) for _ in range(count)]
start = time.perf_counter()
for number in numbers:
    buffer = np.frombuffer(archive.read(f"{number}/energy.mts"), dtype=np.uint8)
    metatensor.io.load_buffer(buffer)
print(opened, count / (time.perf_counter() - start))

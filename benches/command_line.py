"""How long `mts` takes for a large file, and for one with many blocks: `cargo xtask bench cli`.

    python benches/command_line.py MTS [--gigabytes 4] [--blocks 10000] [--folder DIRECTORY]

Files are read once before: what is measured is a warm cache. Each number is the median of some runs, with the start of the
process.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import metatensor
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

MEGABYTE = 1 << 20


def write_large(path, gigabytes):
    """A file of blocks of 256 MB, written one after the other."""
    columns, rows = 512, 65536
    count = round(gigabytes * 4)
    values = np.random.default_rng(0).normal(size=(rows, columns))
    small = Path(path).with_suffix(".block.mts")
    samples = Labels(["system", "atom"], np.array([[row // 64, row % 64] for row in range(rows)]))
    properties = Labels(["n"], np.arange(columns).reshape(-1, 1))
    # the members of one block are those of all
    block = TensorBlock(values, samples, [], properties)
    metatensor.save(str(small), TensorMap(Labels(["key"], np.array([[0]])), [block]))
    with zipfile.ZipFile(small) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        members = [name for name in source.namelist() if name.startswith("blocks/0/")]
        dtype = [("key", "<i4")]
        with target.open("keys.npy", "w") as member:
            np.lib.format.write_array(member, np.array([(i,) for i in range(count)], dtype=dtype))
        for i in range(count):
            for name in members:
                with source.open(name) as old:
                    with target.open(name.replace("blocks/0/", f"blocks/{i}/"), "w", force_zip64=True) as new:
                        while piece := old.read(16 * MEGABYTE):
                            new.write(piece)
    small.unlink()


def write_many(path, count, gradient):
    keys = Labels(["a", "b"], np.array([[i // 100, i % 100] for i in range(count)]))
    samples = Labels(["system", "atom"], np.array([[0, i] for i in range(4)]))
    properties = Labels(["n"], np.arange(4).reshape(-1, 1))
    blocks = []
    for i in range(count):
        block = TensorBlock(np.full((4, 4), float(i)), samples, [], properties)
        if gradient:
            rows = Labels(["sample", "atom"], np.array([[j, j] for j in range(4)]))
            values = np.full((4, 3, 4), float(i))
            block.add_gradient("positions", TensorBlock(values, rows, [Labels.range("xyz", 3)], properties))
        blocks.append(block)
    metatensor.save(str(path), TensorMap(keys, blocks))


def median(run, repeat):
    run()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def crc32(path):
    with open(path, "rb") as file:
        checksum = 0
        while piece := file.read(MEGABYTE):
            checksum = zlib.crc32(piece, checksum)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mts")
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--blocks", type=int, default=10000)
    parser.add_argument("--folder", help="where files are written, and found if they are there")
    arguments = parser.parse_args()

    def mts(*words):
        def run():
            subprocess.run([arguments.mts, *words], check=True, stdout=subprocess.DEVNULL)

        return run

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        large, plain, gradient = (folder / f"{name}.mts" for name in ["large", "plain", "gradient"])
        if not large.exists():
            write_large(large, arguments.gigabytes)
        if not plain.exists():
            write_many(plain, arguments.blocks, False)
        if not gradient.exists():
            write_many(gradient, arguments.blocks, True)
        for path, what in [
            (large, f"{large.stat().st_size / 1e9:.1f} GB"),
            (plain, f"{arguments.blocks} blocks"),
            (gradient, f"{arguments.blocks} blocks with a gradient"),
        ]:
            for command in ["info", "ls"]:
                seconds = median(mts(command, str(path)), 9)
                print(f"mts {command:<9} {what:<32} {1e3 * seconds:8.1f} ms", flush=True)
        for path, what in [(large, "the large file"), (plain, "the blocks"), (gradient, "those with a gradient")]:
            repeat = 3 if path == large else 9
            with open("/dev/null", "w") as nothing:
                reading = median(lambda: subprocess.run(["cat", path], check=True, stdout=nothing), repeat)
            summing = median(lambda: crc32(path), repeat)
            validating = median(mts("validate", str(path)), repeat)
            print(
                f"mts validate  {what:<32} {1e3 * validating:8.1f} ms; cat {1e3 * reading:.1f} ms, "
                f"crc32 in Python {1e3 * summing:.1f} ms",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())

"""Files that go from the official package to ours and back.

``round_trip.py make DIRECTORY`` writes maps, blocks and labels of all kinds with the official package (and with
numpy, for what this package does not write). After our library loaded each of them and saved it again, in the
directory ``ours`` beside it, ``round_trip.py check DIRECTORY`` loads both with the official package and compares
them. ``round_trip.py squared DATA FILE`` checks the map that the tutorial in C saves.
"""

import io
import os
import sys
import zipfile

import metatensor
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]


def labels(names, rows):
    return Labels(names, np.array(rows, dtype=np.int32).reshape(-1, len(names)))


def random_array(rng, dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    values = rng.normal(size=shape)
    if dtype.kind == "c":
        values = values + 1j * rng.normal(size=shape)
    return values.astype(dtype)


def add_gradients(rng, block, depth):
    """Add two gradients, with rows for some of the samples in random order, and their own gradients."""
    for parameter, extra in [("positions", [Labels.range("xyz", 3)]), ("strain", [])]:
        count = len(block.samples)
        rows = [(s, a) for s in range(count) for a in range(3) if rng.uniform() < 0.6]
        rng.shuffle(rows)
        components = extra + block.components
        if extra and "xyz" in [name for c in block.components for name in c.names]:
            components = block.components
        shape = [len(rows), *[len(c) for c in components], len(block.properties)]
        gradient = TensorBlock(
            random_array(rng, block.dtype, shape), labels(["sample", "atom"], rows), components, block.properties
        )
        if depth > 1:
            add_gradients(rng, gradient, depth - 1)
        block.add_gradient(parameter, gradient)


def random_map(seed, dtype="f8", blocks=3, components=1, depth=1, shape=(5, 4), order="C"):
    rng = np.random.default_rng(seed)
    result = []
    for _ in range(blocks):
        samples, properties = shape
        c = [Labels.range(f"c{i}", i + 2) for i in range(components)]
        values = random_array(rng, dtype, [samples, *[len(x) for x in c], properties])
        block = TensorBlock(
            np.asarray(values, order=order),
            labels(["s", "t"], [[rng.integers(-9, 9), i] for i in range(samples)]),
            c,
            Labels.range("p", properties),
        )
        if depth > 0:
            add_gradients(rng, block, depth)
        result.append(block)
    return TensorMap(labels(["k", "l"], [[i % 2, i] for i in range(blocks)]), result)


def all_maps():
    for i, dtype in enumerate(DTYPES):
        yield f"dtype-{np.dtype(dtype).name}", random_map(i, dtype, depth=2 if i % 2 else 1)
    yield "no-components", random_map(100, components=0)
    yield "two-components", random_map(101, components=2)
    yield "no-gradients", random_map(102, depth=0)
    yield "gradients-of-gradients", random_map(103, depth=3)
    yield "no-samples", random_map(104, shape=(0, 3))
    yield "no-properties", random_map(105, shape=(3, 0))
    yield "no-blocks", random_map(106, blocks=0)
    yield "fortran-order", random_map(107, order="F")
    yield "many-blocks", random_map(108, blocks=300)
    yield "large", random_map(109, blocks=2, shape=(3000, 40))
    with_info = random_map(110)
    with_info.set_info("title", "quotes \" backslash \\ newline \n tab \t ∇ρ 🧪")
    with_info.set_info("author", "nobody")
    yield "info", with_info


def swap_byte_order(source, target, compression):
    """The same archive with all arrays in the other byte order."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".npy"):
                array = np.load(io.BytesIO(content))
                swapped = io.BytesIO()
                np.save(swapped, array.astype(array.dtype.newbyteorder()))
                content = swapped.getvalue()
            new.writestr(name, content)


def make(directory):
    os.makedirs(os.path.join(directory, "ours"))
    for name, tensor in all_maps():
        path = os.path.join(directory, f"map-{name}.mts")
        tensor.save(path)
        swap_byte_order(path, os.path.join(directory, f"map-{name}-swapped.npz"), zipfile.ZIP_STORED)
        swap_byte_order(path, os.path.join(directory, f"map-{name}-deflated.npz"), zipfile.ZIP_DEFLATED)
        if len(tensor) > 0:
            tensor.block(0).save(os.path.join(directory, f"block-{name}.mts"))
        tensor.keys.save(os.path.join(directory, f"labels-{name}.mts"))


def same_blocks(a, b):
    if a.samples != b.samples or a.components != b.components or a.properties != b.properties:
        return False
    if a.values.dtype != b.values.dtype or not np.array_equal(a.values, b.values, equal_nan=a.values.dtype.kind in "fc"):
        return False
    if sorted(a.gradients_list()) != sorted(b.gradients_list()):
        return False
    return all(same_blocks(a.gradient(p), b.gradient(p)) for p in a.gradients_list())


def same(a, b):
    if isinstance(a, Labels):
        return a == b
    if isinstance(a, TensorBlock):
        return same_blocks(a, b)
    return a.keys == b.keys and a.info() == b.info() and all(map(same_blocks, a.blocks(), b.blocks()))


def check(directory):
    """The files that we save again must have the content of those that the official package wrote."""
    names = sorted(name for name in os.listdir(directory) if os.path.isfile(os.path.join(directory, name)))
    for name in names:
        load = {"map": metatensor.load, "block": metatensor.load_block, "labels": metatensor.load_labels}
        load = load[name.split("-")[0]]
        original = name.replace("-swapped.npz", ".mts").replace("-deflated.npz", ".mts")
        expected = load(os.path.join(directory, original))
        for kind in ["file", "buffer"]:
            path = os.path.join(directory, "ours", f"{kind}-{name.rsplit('.', 1)[0]}.mts")
            assert same(expected, load(path)), path
            with open(path, "rb") as ours, open(os.path.join(directory, original), "rb") as official:
                small = "large" not in name and "many" not in name
                assert not small or ours.read() == official.read(), f"{path} is not byte-identical"
    print(f"checked {len(names)} files")


def squared(data, path):
    original = metatensor.load(os.path.join(data, "radial-spectrum.mts"))
    assert metatensor.equal(metatensor.load(path), metatensor.multiply(original, original))


if __name__ == "__main__":
    {"make": make, "check": check, "squared": squared}[sys.argv[1]](*sys.argv[2:])

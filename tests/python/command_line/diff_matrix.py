"""Pairs of files, and whether the official package finds them close: the matrix that `mts diff` has to agree with.

Writes files to the folder that is given, and prints one line for each case: the two files, the options for `mts`, and
`close` or `different`.
"""

import sys

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

FOLDER = sys.argv[1]


def tensor_map(dtype=np.float64, change=None, gradient=True, keys=(1, 6), samples=(0, 1, 5)):
    """A map with a gradient. `change` changes the values and the gradient of the first block."""
    blocks = []
    for key in keys:
        # what a sample has does not depend on its position
        rows = np.array([[sample + 0.1, -1e6 * key, 1e-9] for sample in samples], dtype=dtype)
        positions = np.array([[[0.5, -2.0, key]] * 2] * len(samples), dtype=dtype)
        if change is not None and key == 1:
            change(rows, positions)
        properties = Labels(["n"], np.arange(3).reshape(-1, 1))
        block = TensorBlock(rows, Labels(["system"], np.array(samples).reshape(-1, 1)), [], properties)
        if gradient:
            of = [[row, int(sample)] for row, sample in enumerate(samples)]
            block.add_gradient(
                "positions",
                TensorBlock(positions, Labels(["sample", "atom"], np.array(of)), [Labels.range("xyz", 2)], properties),
            )
        blocks.append(block)
    return TensorMap(Labels(["center_type"], np.array(keys).reshape(-1, 1)), blocks)


def add(x, where=0):
    def change(*arrays):
        arrays[where][0, ..., 0] += x

    return change


def put(x, where=0):
    def change(*arrays):
        arrays[where][0, ..., 1] = x

    return change


FIRST = {"plain": tensor_map(), "nan": tensor_map(change=put(np.nan)), "inf": tensor_map(change=put(np.inf))}
FIRST["gradient-nan"] = tensor_map(change=put(np.nan, where=1))
SECOND = {
    "single": tensor_map(dtype=np.float32),
    "without-gradient": tensor_map(gradient=False),
    "one-block": tensor_map(keys=(1,)),
    "other-keys": tensor_map(keys=(1, 7)),
    "keys-reversed": tensor_map(keys=(6, 1)),
    "samples-reversed": tensor_map(samples=(5, 1, 0)),
    "fewer-samples": tensor_map(samples=(0, 1)),
    "other-samples": tensor_map(samples=(0, 1, 4)),
    "minus-inf": tensor_map(change=put(-np.inf)),
    **FIRST,
}
for size in [1e-14, 1e-11, 1e-6, 1e-2]:
    SECOND[f"plus-{size}"] = tensor_map(change=add(size))
    SECOND[f"gradient-plus-{size}"] = tensor_map(change=add(size, where=1))

for name, tensor in {**FIRST, **SECOND}.items():
    mts.save(f"{FOLDER}/{name}.mts", tensor)

TOLERANCES = [{}, {"rtol": 0.0, "atol": 0.0}, {"atol": 1e-8}, {"rtol": 1e-4, "atol": 0.0}]
for first, a in FIRST.items():
    for second, b in SECOND.items():
        for tolerance in TOLERANCES:
            for equal_nan in [False, True]:
                close = mts.allclose(a, b, equal_nan=equal_nan, **tolerance)
                options = [f"--{name}={value}" for name, value in tolerance.items()]
                options += ["--equal-nan"] if equal_nan else []
                print(first, second, ",".join(options), "close" if close else "different")

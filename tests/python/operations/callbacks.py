"""How often our operations call the functions of numpy arrays.

    LD_PRELOAD=/path/to/libmetatensor.so python callbacks.py [--expect-library PATH]

These are the numbers that `docs/foreign_arrays.md` has for arrays that keep the tensors they are made of, as numpy does.
"""

import ctypes
import sys
import unittest
from pathlib import Path

import numpy as np
from metatensor import TensorBlock, TensorMap
from ours import call, labels, run_tests
from structure import AXES, names

sys.path.append(str(Path(__file__).parents[1]))
from array_calls import calls  # noqa: E402

BLOCKS = 3
SAMPLES = ctypes.c_uint32(AXES["samples"])


def make_map():
    """Blocks with the same labels, and a gradient each."""
    samples = labels(["system", "atom"], [(0, 0), (0, 1), (1, 0)])
    rows = labels(["sample", "atom"], [(0, 0), (1, 1), (2, 2)])
    components, properties = labels(["xyz"], range(3)), labels(["n"], range(4))
    blocks = []
    for _ in range(BLOCKS):
        block = TensorBlock(np.random.rand(3, 4), samples, [], properties)
        block.add_gradient("positions", TensorBlock(np.random.rand(3, 3, 4), rows, [components], properties))
        blocks.append(block)
    return TensorMap(labels(["key"], range(BLOCKS)), blocks)


class Callbacks(unittest.TestCase):
    def check(self, expected, name, maps, *arguments):
        result, counts = calls(lambda: call(name, maps, *arguments))
        self.assertEqual(counts, expected, name)
        return result

    def test_making_a_map(self):
        _, counts = calls(make_map)
        arrays = {"device": 2 * BLOCKS, "dtype": 2 * BLOCKS, "shape": 2 * BLOCKS, "origin": 2 * BLOCKS}
        # samples, their rows in gradients, components, properties and keys
        for function, of_labels in {"device": 5, "dtype": 5, "shape": 5, "as_dlpack": 5}.items():
            arrays[function] = arrays.get(function, 0) + of_labels
        self.assertEqual({name: counts[name] for name in arrays}, arrays)

    def test_operations(self):
        a, b = make_map(), make_map()
        two, one = {"as_dlpack": 4 * BLOCKS, "from_dlpack": 2 * BLOCKS}, {"as_dlpack": 2 * BLOCKS}
        self.check(two, "add", [a, b])
        product = self.check(two, "multiply", [a, b])
        # a result is as good as what it was made of
        self.check(two, "add", [product, product])
        self.check({**one, "from_dlpack": 2 * BLOCKS}, "multiply_scalar", [a], ctypes.c_double(2.0))
        self.check({"from_dlpack": 2 * BLOCKS}, "zeros_like", [a], None)
        self.check({"copy": BLOCKS, "shape": BLOCKS}, "remove_gradients", [a], None)
        # the labels of samples and of rows of gradients are made once
        self.check({**one, "from_dlpack": 2 * BLOCKS + 2}, "sum_over_samples", [a], *names("atom"))
        new = (ctypes.c_int32 * 1)(7), ctypes.c_size_t(1)
        copies = {"copy": 2 * BLOCKS, "shape": 2 * BLOCKS, "from_dlpack": 1}
        self.check(copies, "append_dimension", [a], SAMPLES, b"new", *new)


if __name__ == "__main__":
    run_tests(__doc__)

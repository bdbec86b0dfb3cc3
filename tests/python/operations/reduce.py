"""Compare the reductions of our library with those of the official Python package, on the same tensors.

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 numpy==2.4.6
    LD_PRELOAD=/path/to/libmetatensor.so python reduce.py [--expect-library PATH]

The official operations are written in Python, on top of whichever `libmetatensor.so` the package finds; ours are C
functions of this library, which are called here with the handles of the package.

Only cases for which the official results are right are compared. It gets gradients wrong if some samples of a group
have no gradient row, means over properties of blocks with components, variances of integers and complex numbers, and
fails for gradients of 32-bit floats. Sums and means must be equal to the last bit, variances and standard deviations,
for which there are better formulas, nearly so.
"""

import ctypes
import unittest

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from metatensor._c_api import mts_block_t, mts_tensormap_t
from metatensor._c_lib import _get_library
from metatensor._status import MetatensorError, check_status
from ours import run_tests

AXES = {"samples": ["a", "b", "c"], "properties": ["n", "m"]}
REDUCTIONS = ["sum", "mean", "var", "std"]


def reduced(reduction, axis, tensor, names):
    """The same reduction of a map or a block, by our library."""
    names = (ctypes.c_char_p * len(names))(*[name.encode() for name in names])
    if isinstance(tensor, TensorMap):
        result = ctypes.POINTER(mts_tensormap_t)()
        function, wrap = getattr(_get_library(), f"mts_{reduction}_over_{axis}"), TensorMap.unsafe_from_ptr
        handle = tensor.as_mts_tensormap_t()
    else:
        result = ctypes.POINTER(mts_block_t)()
        function, wrap = getattr(_get_library(), f"mts_{reduction}_over_{axis}_block"), TensorBlock.unsafe_from_ptr
        handle = tensor.as_mts_block_t()
    check_status(function(handle, names, len(names), ctypes.byref(result)))
    return wrap(result)


def official(reduction, axis, tensor, names):
    suffix = "" if isinstance(tensor, TensorMap) else "_block"
    return getattr(mts, f"{reduction}_over_{axis}{suffix}")(tensor, names)


def distinct(rng, names, count, low, high):
    """Labels with `count` random rows, in random order."""
    rows = np.unique(rng.integers(low, high, (4 * count, len(names)), dtype=np.int32), axis=0)
    return Labels(names, rng.permutation(rows)[:count])


def random_block(rng, components, dtype, all_rows, properties=7, parameters=("g", "h"), samples=20):
    """A block with gradients, which have rows for all samples, or only for some; the second one has no components."""
    samples = distinct(rng, AXES["samples"], samples, -2, 3)
    properties = distinct(rng, AXES["properties"], properties, 0, 4)
    components = [Labels.range(f"c{i}", n) for i, n in enumerate(components)]

    def array(*labels):
        shape = [len(axis) for axis in labels]
        if np.issubdtype(dtype, np.integer):
            return rng.integers(-50, 50, shape, dtype=dtype)
        scale = 10.0 ** rng.integers(-3, 3, shape)  # sums in another order have other last bits
        values = rng.normal(size=shape) * scale
        if np.issubdtype(dtype, np.complexfloating):
            values = values + 1j * rng.normal(size=shape)
        return values.astype(dtype)

    block = TensorBlock(array(samples, *components, properties), samples, components, properties)
    for parameter in parameters:
        rows = [[sample, i, i % 2] for sample in range(len(samples)) for i in range(3)]
        rows = rng.permutation(np.array(rows, dtype=np.int32).reshape(-1, 3))
        if not all_rows:
            rows = rows[: len(rows) // 2]
        rows = Labels(["sample", "i", "j"], rows)
        extra = [Labels.range("xyz", 3)] if parameter == "g" else []
        gradient = TensorBlock(array(rows, *extra, *components, properties), rows, extra + components, properties)
        block.add_gradient(parameter, gradient)
    return block


def subsets(names):
    for mask in range(2 ** len(names)):
        yield [name for i, name in enumerate(names) if mask >> i & 1]


class Reductions(unittest.TestCase):
    def compare_blocks(self, ours, theirs, exact, ulp=None):
        self.assertEqual(ours.samples, theirs.samples)
        self.assertEqual(ours.components, theirs.components)
        self.assertEqual(ours.properties, theirs.properties)
        self.assertIs(type(ours.values), np.ndarray)
        self.assertEqual(ours.values.dtype, theirs.values.dtype)
        if exact:
            np.testing.assert_array_equal(ours.values, theirs.values, strict=True)
        elif ulp is not None:
            scale = np.max(np.abs(theirs.values), initial=0.0)
            np.testing.assert_allclose(ours.values, theirs.values, rtol=0, atol=ulp * np.spacing(scale))
        else:
            scale = np.max(np.abs(theirs.values), initial=0.0)
            np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-9, atol=1e-11 * scale)
        self.assertEqual(ours.gradients_list(), theirs.gradients_list())
        for parameter, gradient in ours.gradients():
            self.compare_blocks(gradient, theirs.gradient(parameter), exact, ulp)

    def check(self, axis, reductions, tensor, exact, ulp=None):
        for names in subsets(AXES[axis]):
            for reduction in reductions:
                with self.subTest(axis=axis, reduction=reduction, names=names):
                    ours = reduced(reduction, axis, tensor, names)
                    theirs = official(reduction, axis, tensor, names)
                    if isinstance(tensor, TensorBlock):
                        self.compare_blocks(ours, theirs, exact, ulp)
                        continue
                    self.assertEqual(ours.keys, theirs.keys)
                    for block, expected in zip(ours.blocks(), theirs.blocks(), strict=True):
                        self.compare_blocks(block, expected, exact, ulp)

    def random_map(self, **arguments):
        rng = np.random.default_rng(7)
        keys = Labels.range("k", 3)
        return TensorMap(keys, [random_block(rng, **arguments) for _ in keys])

    def test_sums(self):
        for dtype in [np.float64, np.complex128, np.int64, np.int32]:
            for components in [(), (2,), (3, 2)]:
                tensor = self.random_map(components=components, dtype=dtype, all_rows=False)
                for axis in AXES:
                    self.check(axis, ["sum"], tensor, exact=True)
                    self.check(axis, ["sum"], tensor.block_by_id(1), exact=True)

    def test_single_precision(self):
        """Sums of small integers are exact, and the official package has no other gradients of this type."""
        for components in [(), (2,)]:
            tensor = self.random_map(components=components, dtype=np.float64, all_rows=False)
            blocks = []
            for block in tensor.blocks():
                small = TensorBlock(*self.rounded(block))
                for parameter, gradient in block.gradients():
                    small.add_gradient(parameter, TensorBlock(*self.rounded(gradient)))
                blocks.append(small)
            tensor = TensorMap(tensor.keys, blocks)
            for axis in AXES:
                self.check(axis, ["sum"], tensor, exact=True)
            tensor = mts.remove_gradients(tensor)
            self.check("samples", ["mean"], tensor, exact=True)
            self.check("samples", ["var"], tensor, exact=False, ulp=64)
            if components == ():
                self.check("properties", ["mean"], tensor, exact=True)
                self.check("properties", ["var"], tensor, exact=False, ulp=64)

    @staticmethod
    def rounded(block):
        values = np.round(10 * np.arctan(block.values)).astype(np.float32)
        return values, block.samples, block.components, block.properties

    def test_empty_axes(self):
        """Without gradients: the official package fails for most others."""
        for samples, properties in [(0, 7), (20, 0), (0, 0)]:
            sizes = {"samples": samples, "properties": properties, "parameters": ()}
            tensor = self.random_map(components=(2,), dtype=np.float64, all_rows=True, **sizes)
            for axis in AXES:
                for names in list(subsets(AXES[axis]))[:-1]:  # nothing is left of names when all are reduced
                    ours = reduced("sum", axis, tensor, names)
                    for block, expected in zip(ours.blocks(), official("sum", axis, tensor, names).blocks()):
                        self.compare_blocks(block, expected, exact=True)
        tensor = self.random_map(components=(2,), dtype=np.float64, all_rows=False, samples=1)
        self.assertEqual(len(tensor.block(0).gradient("g").samples), 1)
        self.check("samples", ["sum"], tensor, exact=True)

    def test_means_over_samples(self):
        for components in [(), (3, 2)]:
            tensor = self.random_map(components=components, dtype=np.float64, all_rows=True)
            self.check("samples", ["mean"], tensor, exact=True)
            self.check("samples", ["mean"], tensor.block_by_id(1), exact=True)

    def test_variances_over_samples(self):
        for components in [(), (3, 2)]:
            tensor = self.random_map(components=components, dtype=np.float64, all_rows=True)
            self.check("samples", ["var"], tensor, exact=False)

    def test_standard_deviations_over_samples(self):
        # Groups with a single sample have gradients that are rounding errors, divided by others.
        tensor = self.random_map(components=(3,), dtype=np.float64, all_rows=True)
        for names in [["a", "b", "c"], ["a", "c"]]:
            ours = reduced("std", "samples", tensor, names)
            theirs = official("std", "samples", tensor, names)
            for block, expected in zip(ours.blocks(), theirs.blocks(), strict=True):
                self.compare_blocks(block, expected, exact=False)

    def test_all_over_properties(self):
        tensor = self.random_map(components=(), dtype=np.float64, all_rows=False)
        self.check("properties", ["mean"], tensor, exact=True)
        self.check("properties", ["var"], tensor, exact=False)
        for block in tensor.blocks():
            ours = reduced("std", "properties", block, ["n", "m"])
            self.compare_blocks(ours, official("std", "properties", block, ["n", "m"]), exact=False)

    def test_strides(self):
        block = random_block(np.random.default_rng(3), (2,), np.float64, all_rows=True, parameters=["g"])
        gradient = block.gradient("g")
        other = TensorBlock(np.asfortranarray(block.values), block.samples, block.components, block.properties)
        values = gradient.values[::-1][..., ::-1].copy()[::-1][..., ::-1]
        other.add_gradient("g", TensorBlock(values, gradient.samples, gradient.components, gradient.properties))
        for axis, names in AXES.items():
            for reduction in REDUCTIONS:
                for some in [names, names[:1]]:
                    expected = reduced(reduction, axis, block, some)
                    self.compare_blocks(reduced(reduction, axis, other, some), expected, exact=True)

    def test_unknown_names(self):
        tensor = self.random_map(components=(), dtype=np.float64, all_rows=True)
        for axis in AXES:
            for reduction in REDUCTIONS:
                for wrong in [tensor, tensor.block_by_id(0)]:
                    with self.assertRaisesRegex(MetatensorError, f"{reduction}_over_{axis}: .*'q'.*{axis}"):
                        reduced(reduction, axis, wrong, ["q"])


if __name__ == "__main__":
    run_tests(__doc__)

"""New maps and blocks against those of the official Python package.

    LD_PRELOAD=/path/to/libmetatensor.so python creation.py [--expect-library PATH]

Numpy arrays are given to our library, and come back in the blocks that it makes of them.
"""

import ctypes
import sys
import unittest

import metatensor as mts
import numpy as np
from metatensor import TensorBlock, TensorMap
from metatensor._c_api import mts_array_t, mts_block_t, mts_tensormap_t
from metatensor._c_lib import _get_library
from metatensor._data._array import create_mts_array
from ours import Model, assert_same, labels, numbers, run_tests
from structure import check
from structures import mts_block_names_t, mts_names_t

library = _get_library()
DTYPES = ["f4", "f8", "c8", "c16", "i4", "i8"]


def block_from_array(array, samples=None, components=None, properties=None):
    axes = [samples, components, properties]
    names = [mts_names_t.of(axis) for axis in axes]
    options = mts_block_names_t(*names, *[axis is not None for axis in axes])
    result = ctypes.POINTER(mts_block_t)()
    function = library.mts_block_from_array
    function.argtypes = [mts_array_t, ctypes.c_void_p, ctypes.POINTER(ctypes.POINTER(mts_block_t))]
    function.restype = ctypes.c_int
    pointer = None if axes == [None] * 3 else ctypes.addressof(options)
    check(function(create_mts_array(array), pointer, ctypes.byref(result)))
    return TensorBlock.unsafe_from_ptr(result)


def made_like(name, tensor, gradients, *arguments):
    names = mts_names_t.of(gradients)
    result = ctypes.POINTER(mts_tensormap_t)()
    pointer = None if gradients is None else ctypes.byref(names)
    check(getattr(library, f"mts_{name}")(tensor._ptr, pointer, *arguments, ctypes.byref(result)))
    return TensorMap.unsafe_from_ptr(result)


class Creation(unittest.TestCase):
    def compare(self, array, **names):
        ours = block_from_array(array, **names)
        official = {"samples": "sample_names", "components": "component_names", "properties": "property_names"}
        theirs = mts.block_from_array(array, **{official[axis]: value for axis, value in names.items()})
        self.assertIs(type(ours.values), np.ndarray)
        self.assertEqual(ours.values.dtype, array.dtype)
        self.assertEqual(ours.samples, theirs.samples)
        self.assertEqual(ours.components, theirs.components)
        self.assertEqual(ours.properties, theirs.properties)
        np.testing.assert_array_equal(ours.values, theirs.values, strict=True)
        return ours

    def test_blocks_from_arrays(self):
        rng = np.random.default_rng(1)
        for dtype in [*DTYPES, "f2", "u1", "b1"]:
            array = rng.integers(0, 2, (2, 3, 1, 2)).astype(dtype)
            self.compare(array)
            self.compare(array, samples=["x", "y"])
            self.compare(array, properties=["p", "q", "r"])
            self.compare(array, samples=["x"], components=["c", "d"], properties=["p"])
            self.compare(array.T, samples=["x"], components=["c"], properties=["p", "q"])
        for shape in [(0, 2), (2, 0), (3, 2), (0, 1, 4)]:
            self.compare(rng.uniform(size=shape))

    def test_memory_is_that_of_the_array(self):
        array = np.zeros((3, 2, 2))
        block = block_from_array(array)
        array[0, 0, 0] = 5
        self.assertEqual(block.values[0, 0, 0], 5)
        self.assertTrue(np.shares_memory(block.values, array))

    def test_arrays_are_released_on_errors(self):
        array = np.zeros((2, 2))
        before = sys.getrefcount(array)
        for names, message in [
            ({"samples": ["a", "b"]}, "block_from_array: .*2 dimensions of samples and 1"),
            ({"samples": []}, "at least one name"),
            ({"components": ["c"]}, "1 names of components"),
            ({"properties": ["1"]}, "'1'"),
        ]:
            with self.assertRaisesRegex(ValueError, message):
                block_from_array(array, **names)
        self.assertEqual(sys.getrefcount(array), before)

    def test_maps_like_others(self):
        for seed in range(20):
            rng = np.random.default_rng(seed)
            model = Model(rng)
            parameters = [parameter for parameter, _ in model.parameters]
            tensor = model.make(numbers(rng, rng.choice(DTYPES)))
            for gradients in [None, [], parameters[::-1], parameters[:1]]:
                official = {} if gradients is None else {"gradients": gradients}
                for name in ["zeros_like", "ones_like"]:
                    expected = getattr(mts, name)(tensor, **official)
                    assert_same(made_like(name, tensor, gradients), expected, f"{name}, {gradients}", ulp=0)
                empty = made_like("empty_like", tensor, gradients)
                self.assertTrue(mts.equal_metadata(empty, mts.empty_like(tensor, **official)))
                self.assertEqual(empty.dtype, tensor.dtype)
                remove = parameters if gradients is None else gradients
                removed = made_like("remove_gradients", tensor, gradients)
                assert_same(removed, mts.remove_gradients(tensor, remove), "remove_gradients", ulp=0)
            with self.assertRaisesRegex(ValueError, "requested gradient 'q' in 'ones_like' is not defined"):
                made_like("ones_like", tensor, ["q"])

    def test_random_maps(self):
        seed = ctypes.c_uint64(9)
        for dtype in ["f4", "f8", "c8", "c16"]:
            rng = np.random.default_rng(4)
            tensor = Model(rng).make(numbers(rng, dtype))
            random = made_like("random_uniform_like", tensor, None, seed)
            self.assertTrue(mts.equal_metadata(random, mts.random_uniform_like(tensor)))
            self.assertEqual(random.dtype, np.dtype(dtype))
            for block in random.blocks():
                for values in [block.values, *[gradient.values for _, gradient in block.gradients()]]:
                    for part in [values.real] + ([values.imag] if dtype.startswith("c") else []):
                        self.assertTrue(((0 <= part) & (part < 1)).all())
            again = made_like("random_uniform_like", tensor, None, seed)
            self.assertTrue(mts.equal(random, again))
        integers = TensorMap(labels(["k"], [0]), [block_from_array(np.zeros((1, 1), dtype="i4"))])
        with self.assertRaisesRegex(ValueError, "random_uniform_like: .*int32"):
            made_like("random_uniform_like", integers, None, seed)


if __name__ == "__main__":
    run_tests(__doc__)

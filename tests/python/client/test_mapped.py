"""Mapped files under the official package: which of its arrays can be written to, and what happens to the file.

Its functions do not know of mapping: maps come from `mts_tensormap_load_mapped`, called through ctypes.
"""

import ctypes
import pathlib
import tempfile
import unittest

import metatensor
import numpy as np
from helpers import TestCase, block, labels
from metatensor import TensorMap
from metatensor._c_api import mts_tensormap_t
from metatensor._c_lib import _get_library

READ_ONLY, PRIVATE = 0, 1


def function(name):
    library = ctypes.CDLL(_get_library()._name)
    return getattr(library, name, None)


def load_mapped(path, mapping):
    pointer = ctypes.POINTER(mts_tensormap_t)()
    load = function("mts_tensormap_load_mapped")
    load.argtypes = [ctypes.c_char_p, ctypes.c_uint32, ctypes.POINTER(ctypes.POINTER(mts_tensormap_t))]
    status = load(str(path).encode(), mapping, ctypes.byref(pointer))
    assert status == 0, status
    return TensorMap.unsafe_from_ptr(pointer)


@unittest.skipIf(function("mts_tensormap_load_mapped") is None, "the official library does not map files")
class Mapped(TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = pathlib.Path(self.directory.name) / "map.mts"
        gradients = {"positions": [(i, 0) for i in range(200)]}
        self.tensor = TensorMap(
            labels("k", [0, 1]),
            [block(range(200), range(100), first=first, gradients=gradients) for first in (0, 50_000)],
        )
        metatensor.save(self.path, self.tensor)
        self.content = self.path.read_bytes()

    def tearDown(self):
        self.assertEqual(self.path.read_bytes(), self.content)

    def test_values_are_those_of_the_file(self):
        for mapping in [READ_ONLY, PRIVATE]:
            self.assert_same_tensor(load_mapped(self.path, mapping), self.tensor)

    def test_read_only_arrays_refuse_to_be_written_to(self):
        tensor = load_mapped(self.path, READ_ONLY)
        for values in [tensor.block(0).values, tensor.block(1).gradient("positions").values]:
            self.assertIsInstance(values, np.ndarray)
            self.assertFalse(values.flags.writeable)
            with self.assertRaises(ValueError):
                values[0, 0] = 1.0
            with self.assertRaises(ValueError):
                values.flags.writeable = True
            with self.assertRaises(ValueError):
                np.add(values, 1.0, out=values)

    def test_private_arrays_can_be_written_to(self):
        tensor, other = load_mapped(self.path, PRIVATE), load_mapped(self.path, PRIVATE)
        values = tensor.block(0).values
        self.assertTrue(values.flags.writeable)
        values[0, 0] = -1.0
        self.assertEqual(tensor.block(0).values[0, 0], -1.0)
        self.assertEqual(other.block(0).values[0, 0], 0.0)

    def test_arrays_outlive_the_map_and_the_file(self):
        values = load_mapped(self.path, READ_ONLY).block(1).values
        self.path.unlink()
        self.assert_array(values, self.tensor.block(1).values)
        self.path.write_bytes(self.content)

    def test_the_package_works_with_what_can_not_be_written_to(self):
        tensor = load_mapped(self.path, READ_ONLY)
        copy = tensor.copy()
        self.assert_same_tensor(copy, self.tensor)
        self.assertTrue(copy.block(0).values.flags.writeable)
        sliced = metatensor.slice(tensor, "samples", labels("s", [3, 199]))
        self.assert_same_tensor(sliced, metatensor.slice(self.tensor, "samples", labels("s", [3, 199])))
        self.assert_same_tensor(metatensor.add(tensor, tensor), metatensor.add(self.tensor, self.tensor))
        self.assert_same_tensor(tensor.keys_to_samples("k"), self.tensor.keys_to_samples("k"))
        moved = tensor.keys_to_properties("k")
        self.assert_same_tensor(moved, self.tensor.keys_to_properties("k"))
        saved = pathlib.Path(self.directory.name) / "saved.mts"
        metatensor.save(saved, tensor)
        self.assertEqual(saved.read_bytes(), self.content)
        # over the file that is mapped
        metatensor.save(self.path, tensor)
        self.assert_same_tensor(tensor, self.tensor)


if __name__ == "__main__":
    unittest.main()

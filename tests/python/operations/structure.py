"""Slices, joins, sorting, dimensions and block selection against the official Python package.

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 numpy==2.4.6
    LD_PRELOAD=/path/to/libmetatensor.so python structure.py [--expect-library PATH]

Both sides work on the same maps: the package runs on our library, its operations are in Python, and ours are the C
functions called on the handles of the package. Where the package is known to be wrong, inputs are such that it is not.
"""

import ctypes
import unittest

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from metatensor._c_api import mts_labels_t, mts_tensormap_t
from metatensor._c_lib import _get_library
from ours import run_tests
from structures import mts_join_options_t, mts_selection_t

library = _get_library()
AXES = {"keys": 0, "samples": 1, "components": 2, "properties": 3}
SORT = {"samples": 1, "components": 2, "properties": 4, "keys": 8}
DTYPES = [np.float64, np.float32, np.int32, np.complex128, np.uint8, np.bool_]


def address(handle):
    return handle._ptr


def check(status):
    if status != 0:
        message = ctypes.c_char_p()
        library.mts_last_error(ctypes.byref(message), None, None)
        raise ValueError(message.value.decode())


def call(name, *arguments, result=TensorMap, handle=mts_tensormap_t):
    made = ctypes.POINTER(handle)()
    check(getattr(library, name)(*arguments, ctypes.byref(made)))
    return result.unsafe_from_ptr(made)


def names(*texts):
    return (ctypes.c_char_p * len(texts))(*[text.encode() for text in texts]), ctypes.c_size_t(len(texts))


def integers(values, kind):
    values = np.ascontiguousarray(values, dtype=kind)
    pointer = values.ctypes.data_as(ctypes.POINTER(np.ctypeslib.as_ctypes_type(values.dtype)))
    return pointer, ctypes.c_size_t(len(values)), values


def our_slice(tensor, axis, selection):
    return call("mts_slice", address(tensor), AXES[axis], mts_selection_t.of(selection))


def our_split(tensor, axis, selections):
    selections = [mts_selection_t.of(selection) for selection in selections]
    array = (mts_selection_t * len(selections))(*selections)
    results = (ctypes.POINTER(mts_tensormap_t) * len(selections))()
    check(library.mts_split(address(tensor), AXES[axis], array, ctypes.c_size_t(len(selections)), results))
    return [TensorMap.unsafe_from_ptr(result) for result in results]


def our_join(tensors, axis, different_keys="error", add_dimension=None):
    handles = (ctypes.POINTER(mts_tensormap_t) * len(tensors))(*[address(tensor) for tensor in tensors])
    name = None if add_dimension is None else add_dimension.encode()
    options = mts_join_options_t(["error", "intersection", "union"].index(different_keys), name)
    return call("mts_join", handles, ctypes.c_size_t(len(tensors)), AXES[axis], ctypes.byref(options))


def our_sort(tensor, axes, descending):
    flags = sum(SORT[axis] for axis in axes)
    return call("mts_sort", address(tensor), ctypes.c_uint32(flags), ctypes.c_bool(descending))


def some_rows(rng, count, width):
    """At most `count` different rows, in any order."""
    rows = np.unique(rng.integers(-2, 3, (count, width)), axis=0).astype(np.int32).reshape(-1, width)
    return rows[rng.permutation(len(rows))]


class Shape:
    """What all blocks of some maps have in common."""

    def __init__(self, rng, sample_names=("a", "b"), property_names=("p", "q")):
        self.dtype = DTYPES[rng.integers(len(DTYPES))]
        self.sample_names, self.property_names = list(sample_names), list(property_names)
        self.components = [
            Labels([name], rng.permutation(size).reshape(-1, 1).astype(np.int32))
            for name, size in [("c", 2), ("d", 3)][: rng.integers(3)]
        ]
        self.parameters = ["g", "h"][: rng.integers(3)]
        self.extra = [Labels(["xyz"], np.array([[1], [0]], dtype=np.int32))]


def array(rng, shape, dtype):
    values = rng.integers(0, 100, shape).astype(dtype)
    order = rng.permutation(len(shape))
    return np.ascontiguousarray(values.transpose(order)).transpose(np.argsort(order))


def make_block(rng, shape, samples, properties, least=0):
    sizes = [len(component) for component in shape.components]
    values = array(rng, [len(samples), *sizes, len(properties)], shape.dtype)
    block = TensorBlock(values, samples, shape.components, properties)
    for parameter in shape.parameters:
        rows = np.array([[s, i] for s in range(len(samples)) for i in range(3)], dtype=np.int32).reshape(-1, 2)
        rows = rows[rng.permutation(len(rows))][: rng.integers(least, len(rows) + 1)]
        extra = shape.extra if parameter == "g" else []
        values = array(rng, [len(rows), *[len(e) for e in extra], *sizes, len(properties)], shape.dtype)
        gradient = TensorBlock(values, Labels(["sample", "i"], rows), extra + shape.components, properties)
        block.add_gradient(parameter, gradient)
    return block


def make_map(rng, shape, keys=None, samples=None, properties=None, least=0):
    """A map whose blocks have at least so many samples, properties and gradient rows."""
    if keys is None:
        keys = some_rows(rng, 4, 2)
    blocks = []
    for _ in range(len(keys)):
        samples_ = some_rows(rng, rng.integers(least, 7), 2) if samples is None else samples
        properties_ = some_rows(rng, rng.integers(least, 5), 2) if properties is None else properties
        s, p = Labels(shape.sample_names, samples_), Labels(shape.property_names, properties_)
        blocks.append(make_block(rng, shape, s, p, least))
    return TensorMap(Labels(["k", "l"], keys), blocks)


def random_cases(count):
    """Run a test with this many generators of random numbers."""

    def decorate(test):
        def run(self):
            for seed in range(count):
                with self.subTest(seed=seed):
                    test(self, np.random.default_rng(seed))

        return run

    return decorate


class Structure(unittest.TestCase):
    def assert_same(self, ours, theirs):
        self.assertEqual(ours.keys, theirs.keys)
        for our_block, their_block in zip(ours.blocks(), theirs.blocks(), strict=True):
            self.assert_same_block(our_block, their_block)

    def assert_same_block(self, ours, theirs):
        self.assertEqual(ours.samples, theirs.samples)
        self.assertEqual(ours.components, theirs.components)
        self.assertEqual(ours.properties, theirs.properties)
        self.assertEqual(ours.values.dtype, theirs.values.dtype)
        np.testing.assert_array_equal(ours.values, theirs.values)
        self.assertEqual(ours.gradients_list(), theirs.gradients_list())
        for parameter, gradient in theirs.gradients():
            self.assert_same_block(ours.gradient(parameter), gradient)

    def selections(self, rng, tensor, axis, count):
        """Labels with some of the dimensions, in any order."""
        dimensions = {"samples": ["a", "b"], "properties": ["p", "q"]}[axis]
        chosen = list(rng.permutation(dimensions)[: rng.integers(1, 3)])
        return [Labels(chosen, some_rows(rng, rng.integers(1, 6), len(chosen))) for _ in range(count)]

    @random_cases(60)
    def test_slice_and_split_by_labels(self, rng):
        tensor = make_map(rng, Shape(rng))
        for axis in ["samples", "properties"]:
            selections = self.selections(rng, tensor, axis, 3)
            expected = mts.split(tensor, axis, selections)
            for ours, theirs in zip(our_split(tensor, axis, selections), expected, strict=True):
                self.assert_same(ours, theirs)
            self.assert_same(our_slice(tensor, axis, selections[0]), mts.slice(tensor, axis, selections[0]))

    @random_cases(60)
    def test_slice_by_positions(self, rng):
        shape = Shape(rng)
        samples, properties = some_rows(rng, 6, 2), some_rows(rng, 4, 2)
        tensor = make_map(rng, shape, samples=samples, properties=properties)
        for axis, count in [("samples", len(samples)), ("properties", len(properties))]:
            indices = rng.permutation(count)[: rng.integers(0, count + 1)]
            expected = mts.slice(tensor, axis, indices)
            self.assert_same(our_slice(tensor, axis, indices), expected)
            # Positions can be counted from the end, as those of numpy.
            from_end = np.where(rng.uniform(size=len(indices)) < 0.5, indices - count, indices)
            self.assert_same(our_slice(tensor, axis, from_end), expected)

    @random_cases(60)
    def test_sort(self, rng):
        # The package fails for empty axes, and for gradients without rows.
        tensor = make_map(rng, Shape(rng), least=1)
        axes = list(rng.permutation(list(SORT)))[: rng.integers(1, 5)]
        descending = bool(rng.integers(2))
        expected = mts.sort(tensor, list(axes), descending)
        self.assert_same(our_sort(tensor, axes, descending), expected)

    @random_cases(60)
    def test_join_samples(self, rng):
        shape = Shape(rng)
        properties = some_rows(rng, 4, 2)
        for different_keys in ["error", "intersection", "union"]:
            keys = some_rows(rng, 4, 2) if different_keys == "error" else None
            tensors = [make_map(rng, shape, keys, None, properties) for _ in range(rng.integers(2, 5))]
            options = {"different_keys": different_keys, "add_dimension": "tensor"}
            expected = mts.join(tensors, "samples", **options)
            self.assert_same(our_join(tensors, "samples", **options), expected)

    @random_cases(60)
    def test_join_properties(self, rng):
        shape = Shape(rng)
        samples = some_rows(rng, 6, 2)
        for different_keys in ["error", "intersection", "union"]:
            keys = some_rows(rng, 4, 2) if different_keys == "error" else None
            tensors = [make_map(rng, shape, keys, samples) for _ in range(rng.integers(2, 5))]
            options = {"different_keys": different_keys, "add_dimension": "tensor"}
            expected = mts.join(tensors, "properties", **options)
            self.assert_same(our_join(tensors, "properties", **options), expected)

    @random_cases(20)
    def test_join_different_property_names(self, rng):
        shape = Shape(rng)
        keys, samples = some_rows(rng, 4, 2), some_rows(rng, 6, 2)
        tensors = []
        for property_names in [["p", "q"], ["q", "p"], ["r", "s"]]:
            shape.property_names = property_names
            tensors.append(make_map(rng, shape, keys, samples))
        self.assert_same(our_join(tensors, "properties"), mts.join(tensors, "properties"))

    @random_cases(60)
    def test_dimensions(self, rng):
        samples, properties = some_rows(rng, 6, 2), some_rows(rng, 4, 2)
        tensor = make_map(rng, Shape(rng), None, samples, properties)
        counts = {"keys": len(tensor.keys), "samples": len(samples), "properties": len(properties)}
        for axis, count in counts.items():
            handle, number = address(tensor), AXES[axis]
            values = rng.integers(-5, 5, count)
            pointer, size, _keep = integers(values, np.int32)
            theirs = mts.append_dimension(tensor, axis, "new", values)
            ours = call("mts_append_dimension", handle, number, b"new", pointer, size)
            self.assert_same(ours, theirs)

            # What was added can be removed, and everything is as before.
            self.assert_same(call("mts_remove_dimension", address(ours), number, b"new"), tensor)

            index = int(rng.integers(0, 3))
            expected = mts.insert_dimension(tensor, axis, index, "new", values)
            inserted = call("mts_insert_dimension", handle, number, ctypes.c_size_t(index), b"new", pointer, size)
            self.assert_same(inserted, expected)

            order = rng.permutation(3)
            pointer, size, _keep = integers(order, np.uintp)
            expected = mts.permute_dimensions(theirs, axis, [int(i) for i in order])
            self.assert_same(call("mts_permute_dimensions", address(ours), number, pointer, size), expected)

        for axis, old in [("keys", "l"), ("samples", "a"), ("properties", "q"), ("components", "c")]:
            if axis == "components" and not tensor.component_names:
                continue
            expected = mts.rename_dimension(tensor, axis, old, "new")
            ours = call("mts_rename_dimension", address(tensor), AXES[axis], old.encode(), b"new")
            self.assert_same(ours, expected)

    @random_cases(60)
    def test_blocks(self, rng):
        tensor = make_map(rng, Shape(rng))
        chosen = list(rng.permutation(["k", "l"])[: rng.integers(1, 3)])
        keys = Labels(chosen, some_rows(rng, 4, len(chosen)))
        expected = mts.drop_blocks(tensor, keys)
        self.assert_same(call("mts_drop_blocks", address(tensor), address(keys)), expected)
        expected = mts.filter_blocks(tensor, keys)
        self.assert_same(call("mts_filter_blocks", address(tensor), address(keys)), expected)
        part = our_slice(tensor, "samples", Labels(["a"], np.array([[0]], dtype=np.int32)))
        self.assert_same(call("mts_drop_empty_blocks", address(part)), mts.drop_empty_blocks(part))

    @random_cases(60)
    def test_contiguity(self, rng):
        tensor = make_map(rng, Shape(rng))
        answer = ctypes.c_bool()
        check(library.mts_is_contiguous(address(tensor), ctypes.byref(answer)))
        self.assertEqual(answer.value, mts.is_contiguous(tensor))
        copy = call("mts_make_contiguous", address(tensor))
        self.assertTrue(mts.is_contiguous(copy))
        self.assert_same(copy, tensor)

    @random_cases(60)
    def test_unique_metadata(self, rng):
        tensor = make_map(rng, Shape(rng), keys=np.array([[0, 0], [0, 1]], dtype=np.int32))
        requests = [("samples", ["b", "a"], None), ("samples", ["b"], None), ("properties", ["q"], None)]
        if tensor.block(0).gradients_list():
            requests += [("samples", ["i"], "g"), ("samples", ["i", "sample"], "g")]
        for axis, dimensions, gradient in requests:
            expected = mts.unique_metadata(tensor, axis, dimensions, gradient)
            parameter = None if gradient is None else gradient.encode()
            arguments = [address(tensor), AXES[axis], *names(*dimensions), parameter]
            ours = call("mts_unique_metadata", *arguments, result=Labels, handle=mts_labels_t)
            self.assertEqual(ours, expected)

    @random_cases(20)
    def test_one_hot(self, rng):
        dimension = Labels(["b"], rng.permutation(6).reshape(-1, 1).astype(np.int32) - 2)
        labels = Labels(["a", "b"], some_rows(rng, 10, 2))
        ours = np.full((len(labels), len(dimension)), 7, dtype=np.int32)
        sizes = [ctypes.c_size_t(size) for size in ours.shape]
        check(library.mts_one_hot(address(labels), address(dimension), ours.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)), *sizes))
        np.testing.assert_array_equal(ours, mts.one_hot(labels, dimension))
        for rows, columns in [(len(labels), len(dimension) + 1), (len(labels) + 1, len(dimension))]:
            sizes = [ctypes.c_size_t(rows), ctypes.c_size_t(columns)]
            expected = f"buffer size error: one_hot: expected memory for {len(labels)} rows and 6 columns"
            with self.assertRaisesRegex(ValueError, expected):
                check(library.mts_one_hot(address(labels), address(dimension), ours.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)), *sizes))

    def test_errors_leave_no_results(self):
        rng = np.random.default_rng(0)
        tensor = make_map(rng, Shape(rng))
        with self.assertRaisesRegex(ValueError, "invalid sample name 'z'"):
            our_slice(tensor, "samples", Labels(["z"], np.zeros((1, 1), dtype=np.int32)))
        with self.assertRaisesRegex(ValueError, "index -99 is out of range for an axis with"):
            our_slice(tensor, "samples", [-99])
        with self.assertRaisesRegex(ValueError, "'axis' must be one of the MTS_AXIS_ values, got 9"):
            call("mts_slice", address(tensor), 9, mts_selection_t.of([0]))
        with self.assertRaisesRegex(ValueError, "'axes' must be made of MTS_SORT_ values, got 16"):
            call("mts_sort", address(tensor), ctypes.c_uint32(16), ctypes.c_bool(False))
        with self.assertRaisesRegex(ValueError, "'different_keys' must be one of"):
            options = mts_join_options_t(3, None)
            handles = (ctypes.POINTER(mts_tensormap_t) * 1)(address(tensor))
            call("mts_join", handles, ctypes.c_size_t(1), 1, ctypes.byref(options))


if __name__ == "__main__":
    run_tests(__doc__)

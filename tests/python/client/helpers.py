"""What several of the test programs need."""

import unittest

import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

DTYPES = [
    np.bool_,
    np.int8,
    np.int16,
    np.int32,
    np.int64,
    np.uint8,
    np.uint16,
    np.uint32,
    np.uint64,
    np.float16,
    np.float32,
    np.float64,
    np.complex64,
    np.complex128,
]


def labels(names, rows):
    """Labels from a list of rows, or of numbers when there is a single dimension."""
    names = [names] if isinstance(names, str) else list(names)
    return Labels(names, np.array(rows, dtype=np.int32).reshape(-1, len(names)))


def block(samples, properties=(0,), components=(), first=0, dtype=np.float64, gradients=None):
    """A block with dimensions `s` and `p`, whose values count up from `first`.

    `gradients` gives, by parameter, the rows of gradient samples `sample, g`; their values count up from `first + 100`.
    """
    samples = labels("s", samples)
    properties = labels("p", properties)
    components = list(components)
    result = TensorBlock(count((samples, *components, properties), first, dtype), samples, components, properties)
    for parameter, rows in (gradients or {}).items():
        rows = labels(["sample", "g"], rows)
        values = count((rows, *components, properties), first + 100, dtype)
        result.add_gradient(parameter, TensorBlock(values, rows, components, properties))
    return result


def count(axes, first=0, dtype=np.float64):
    shape = [len(axis) for axis in axes]
    return (np.arange(np.prod(shape, dtype=int)) + first).reshape(shape).astype(dtype)


def plain_gradient(rows, first=0, dtype=np.float64):
    """A gradient without components for a block whose only property is `p=0`."""
    samples = labels("sample", rows)
    return TensorBlock(count((samples, [0]), first, dtype), samples, [], labels("p", [0]))


class TestCase(unittest.TestCase):
    def assert_labels(self, actual, names, rows):
        self.assertIsInstance(actual, Labels)
        self.assertEqual(actual.names, list(names))
        self.assertEqual(actual.values.dtype, np.int32)
        self.assertEqual(actual.values.shape, (len(rows), len(names)))
        rows = [list(row) if isinstance(row, (tuple, list)) else [row] for row in rows]
        self.assertEqual(actual.values.tolist(), rows)

    def assert_same_labels(self, actual, expected):
        self.assert_labels(actual, expected.names, expected.values.tolist())

    def assert_array(self, actual, expected):
        """The same dtype, shape and bytes, NaN included."""
        expected = np.asarray(expected)
        self.assertEqual(actual.dtype, expected.dtype)
        self.assertEqual(actual.shape, expected.shape)
        self.assertEqual(np.ascontiguousarray(actual).tobytes(), np.ascontiguousarray(expected).tobytes())

    def assert_same_block(self, actual, expected):
        self.assertIsInstance(actual, TensorBlock)
        self.assert_array(actual.values, expected.values)
        self.assert_same_labels(actual.samples, expected.samples)
        self.assertEqual(len(actual.components), len(expected.components))
        for component, expected_component in zip(actual.components, expected.components):
            self.assert_same_labels(component, expected_component)
        self.assert_same_labels(actual.properties, expected.properties)
        self.assertEqual(sorted(actual.gradients_list()), sorted(expected.gradients_list()))
        for parameter, gradient in expected.gradients():
            self.assert_same_block(actual.gradient(parameter), gradient)

    def assert_same_tensor(self, actual, expected):
        self.assertIsInstance(actual, TensorMap)
        self.assert_same_labels(actual.keys, expected.keys)
        self.assertEqual(actual.info(), expected.info())
        for actual_block, expected_block in zip(actual.blocks(), expected.blocks(), strict=True):
            self.assert_same_block(actual_block, expected_block)

    def assert_raises_naming(self, exception, culprits, function, *arguments, **options):
        """`function(*arguments, **options)` raises `exception`, and the message contains each of the `culprits`."""
        with self.assertRaises(exception) as context:
            function(*arguments, **options)
        for culprit in culprits:
            self.assertIn(culprit, str(context.exception))

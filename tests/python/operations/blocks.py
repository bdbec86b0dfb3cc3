"""Functions on blocks give what those on maps give for a map with a single block.

    LD_PRELOAD=/path/to/libmetatensor.so python blocks.py [--expect-library PATH]

Every function of `metatensor/operations.h` whose name ends with `_block` is called. Blocks are those of the official
package, with numpy arrays, and so are the results.
"""

import ctypes
import pathlib
import re
import unittest

import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from metatensor._c_api import mts_block_t, mts_labels_t, mts_tensormap_t
from metatensor._c_lib import _get_library
from ours import run_tests
from structure import AXES, SORT, address, check, integers, names
from structures import mts_names_t, mts_selection_t

library = _get_library()
HEADER = pathlib.Path(__file__).resolve().parents[3] / "include" / "metatensor" / "operations.h"

SAMPLES, PROPERTIES = (ctypes.c_uint32(AXES[axis]) for axis in ["samples", "properties"])
ALL = None
SIZE = ctypes.c_size_t
NUMBERS, NUMBERS_COUNT, _keep_numbers = integers([7, 8, 9], np.int32)
ORDER, ORDER_COUNT, _keep_order = integers([1, 0], np.uintp)
FIRST_TWO = Labels(["a"], np.array([[0], [1]], dtype=np.int32))
TWO_PARTS = (mts_selection_t * 2)(mts_selection_t.of([2, 0]), mts_selection_t.of(FIRST_TWO))

# What functions take after one or two blocks.
ONE = {
    "abs": [],
    "add_scalar": [ctypes.c_double(2.5)],
    "subtract_scalar": [ctypes.c_double(2.5)],
    "multiply_scalar": [ctypes.c_double(2.5)],
    "divide_scalar": [ctypes.c_double(2.5)],
    "pow": [ctypes.c_double(3.0)],
    "zeros_like": [ALL],
    "ones_like": [ALL],
    "empty_like": [ALL],
    "random_uniform_like": [ALL, ctypes.c_uint64(5)],
    "remove_gradients": [ALL],
    "append_dimension": [SAMPLES, b"new", NUMBERS, NUMBERS_COUNT],
    "insert_dimension": [SAMPLES, SIZE(1), b"new", NUMBERS, NUMBERS_COUNT],
    "permute_dimensions": [PROPERTIES, ORDER, ORDER_COUNT],
    "remove_dimension": [SAMPLES, b"b"],
    "rename_dimension": [PROPERTIES, b"q", b"new"],
    "slice": [SAMPLES, mts_selection_t.of([2, 0])],
    "sort": [ctypes.c_uint32(SORT["samples"] | SORT["properties"]), ctypes.c_bool(True)],
    "make_contiguous": [],
    **{f"{name}_over_samples": [*names("b")] for name in ["sum", "mean", "var", "std"]},
    **{f"{name}_over_properties": [*names("p")] for name in ["sum", "mean", "var", "std"]},
}
TWO = {
    "add": [],
    "subtract": [],
    "multiply": [],
    "divide": [],
    "dot": [],
    "lstsq": [ALL],
    "solve": [],
    # Rows of gradients that are missing are zeros.
    **{f"{name}_with": [ctypes.c_uint32(1)] for name in ["add", "subtract", "multiply", "divide", "dot"]},
}
# Functions with two arguments and an answer, or only a status.
QUESTIONS = {"equal": [], "allclose": [ALL], "equal_metadata": [ALL]}
OTHERS = {"is_contiguous", "split", "unique_metadata", "align_gradients", *(f"{name}_raise" for name in QUESTIONS)}


def labels(names, rows):
    return Labels(names, np.array(rows, dtype=np.int32).reshape(-1, len(names)))


def make_block(rng, rows=((1, 5), (0, 2), (1, 2)), gradients=True, outputs=None):
    """A block with three samples, a component and two properties, in Fortran order."""
    samples = labels(["a", "b"], [[1, 0], [0, 4], [2, 4]])
    properties = labels(["p", "q"], [[1, 0], [0, 1]]) if outputs is None else outputs
    component, xyz = labels(["c"], [[3], [1]]), labels(["xyz"], [[0], [1], [2]])

    def draw(*shape):
        return np.asfortranarray(rng.uniform(0.5, 2, shape))

    block = TensorBlock(draw(3, 2, len(properties)), samples, [component], properties)
    if gradients:
        rows = labels(["sample", "i"], rows)
        values = draw(len(rows), 3, 2, len(properties))
        block.add_gradient("g", TensorBlock(values, rows, [xyz, component], properties))
    return block


def matrix(rng, samples, properties, count=None):
    properties = labels([properties], np.arange(samples if count is None else count))
    values = rng.uniform(0.5, 2, (samples, len(properties)))
    return TensorBlock(values, labels(["s"], np.arange(samples)), [], properties)


def map_of(block):
    return TensorMap(Labels.single(), [block.copy()])


def arrays(block):
    return [block.values, *[gradient.values for _, gradient in block.gradients()]]


def call(name, inputs, arguments, outputs):
    """The results of a function: `outputs` are the types of what it sets."""
    results = [output() for output in outputs]
    function = getattr(library, f"mts_{name}")
    check(function(*map(address, inputs), *arguments, *map(ctypes.byref, results)))
    return results


def on_blocks(name, blocks, arguments=(), count=1):
    handles = call(f"{name}_block", blocks, arguments, [ctypes.POINTER(mts_block_t)] * count)
    return [TensorBlock.unsafe_from_ptr(handle) for handle in handles]


def on_maps(name, blocks, arguments=(), count=1):
    maps = [map_of(block) for block in blocks]
    handles = call(name, maps, arguments, [ctypes.POINTER(mts_tensormap_t)] * count)
    return [TensorMap.unsafe_from_ptr(handle).block(0) for handle in handles]


class Twins(unittest.TestCase):
    def setUp(self):
        self.rng = np.random.default_rng(3)

    def assert_same(self, block, expected):
        self.assertEqual(block.samples, expected.samples)
        self.assertEqual(block.components, expected.components)
        self.assertEqual(block.properties, expected.properties)
        self.assertIs(type(block.values), np.ndarray)
        np.testing.assert_array_equal(block.values, expected.values, strict=True)
        self.assertEqual(block.gradients_list(), expected.gradients_list())
        for parameter, gradient in expected.gradients():
            self.assert_same(block.gradient(parameter), gradient)

    def compare(self, name, blocks, arguments=(), count=1):
        with self.subTest(function=name):
            before = [block.copy() for block in blocks]
            results = on_blocks(name, blocks, arguments, count)
            for result, expected in zip(results, on_maps(name, blocks, arguments, count), strict=True):
                self.assert_same(result, expected)
                # Results share no memory with what they were made of, which did not change.
                for block in blocks:
                    self.assertFalse(np.shares_memory(result.values, block.values))
            for block, copy in zip(blocks, before):
                self.assert_same(block, copy)

    def test_every_function_is_here(self):
        declared = set(re.findall(r"\bmts_(\w+)_block\(", HEADER.read_text()))
        self.assertEqual(declared, {*ONE, *TWO, *QUESTIONS, *OTHERS})

    def test_functions_of_one_block(self):
        block = make_block(self.rng)
        for name, arguments in ONE.items():
            self.compare(name, [block], arguments)

    def test_functions_of_two_blocks(self):
        a, b = make_block(self.rng), make_block(self.rng)
        weights = TensorBlock(self.rng.uniform(size=(4, 2)), labels(["z"], [[3], [1], [0], [2]]), [], a.properties)
        square, right = matrix(self.rng, 4, "x"), matrix(self.rng, 4, "y", 2)
        inputs = {"dot": [a, weights], "solve": [square, right]}
        sparse = make_block(self.rng, rows=((0, 2), (2, 7)))
        inputs.update({f"{name}_with": [a, sparse] for name in ["add", "subtract", "multiply", "divide"]})
        varied = TensorBlock(weights.values, weights.samples, [], weights.properties)
        rows, xyz = labels(["sample", "i"], [[3, 5], [0, 9]]), labels(["xyz"], [[0], [1], [2]])
        derivatives = TensorBlock(self.rng.uniform(size=(2, 3, 2)), rows, [xyz], weights.properties)
        varied.add_gradient("g", derivatives)
        inputs["dot_with"] = [a, varied]
        for name, arguments in TWO.items():
            self.compare(name, inputs.get(name, [a, b]), arguments)

    def test_selected_gradients(self):
        block = make_block(self.rng)
        gradient = block.gradient("g")
        other = TensorBlock(gradient.values + 1, gradient.samples, gradient.components, gradient.properties)
        block.add_gradient("h", other)

        for chosen in [[], ["h"], ["h", "g"]]:
            arguments = [mts_names_t.of(chosen)]
            for name in ["zeros_like", "ones_like", "empty_like"]:
                self.compare(name, [block], arguments)
                self.assertEqual(on_blocks(name, [block], arguments)[0].gradients_list(), chosen)
            self.compare("random_uniform_like", [block], [*arguments, ctypes.c_uint64(1)])
            self.compare("remove_gradients", [block], arguments)
            left = on_blocks("remove_gradients", [block], arguments)[0].gradients_list()
            self.assertEqual(left, [parameter for parameter in ["g", "h"] if parameter not in chosen])

    def test_random_numbers(self):
        block = make_block(self.rng)
        first, again, other = (
            on_blocks("random_uniform_like", [block], [ALL, ctypes.c_uint64(seed)])[0] for seed in [1, 1, 2]
        )
        self.assert_same(first, again)
        self.assertEqual(first.samples, block.samples)
        for values in [first.values, first.gradient("g").values]:
            self.assertTrue(((0 <= values) & (values < 1)).all())
            self.assertEqual(len(np.unique(values)), values.size)
        self.assertFalse(np.isin(first.values, first.gradient("g").values).any())
        self.assertFalse(np.isin(first.values, other.values).any())

    def test_aligned_gradients(self):
        a, b = make_block(self.rng), make_block(self.rng, rows=[(2, 0), (1, 5)])
        self.compare("align_gradients", [a, b], count=2)
        for aligned, block in zip(on_blocks("align_gradients", [a, b], count=2), [a, b]):
            rows = aligned.gradient("g").samples
            self.assertEqual(rows, labels(["sample", "i"], [[1, 5], [0, 2], [1, 2], [2, 0]]))
            for row, values in zip(rows, aligned.gradient("g").values):
                position = block.gradient("g").samples.position(row)
                expected = 0 if position is None else block.gradient("g").values[position]
                np.testing.assert_array_equal(values, np.broadcast_to(expected, values.shape))
        # Now they can be multiplied.
        self.compare("multiply", on_blocks("align_gradients", [a, b], count=2))
        with self.assertRaisesRegex(ValueError, "align_gradients: .*samples"):
            on_blocks("align_gradients", [a, matrix(self.rng, 2, "p")], count=2)

    def test_questions(self):
        block, same, other = make_block(self.rng), make_block(np.random.default_rng(3)), make_block(self.rng)
        self.assert_same(block, same)
        different = make_block(self.rng, gradients=False)
        for name, arguments in QUESTIONS.items():
            for b, expected in [(same, True), (other, name == "equal_metadata"), (different, False)]:
                (on_block,) = call(f"{name}_block", [block, b], arguments, [ctypes.c_bool])
                (on_map,) = call(name, [map_of(block), map_of(b)], arguments, [ctypes.c_bool])
                self.assertEqual([on_block.value, on_map.value], [expected, expected])
                if expected:
                    call(f"{name}_raise_block", [block, b], arguments, [])
                    continue
                with self.assertRaises(ValueError) as on_block:
                    call(f"{name}_raise_block", [block, b], arguments, [])
                with self.assertRaises(ValueError) as on_map:
                    call(f"{name}_raise", [map_of(block), map_of(b)], arguments, [])
                # The map also says which block it is.
                on_block, on_map = str(on_block.exception), str(on_map.exception)
                self.assertTrue(on_map.endswith(on_block.removeprefix("not equal: ")), f"{on_block} / {on_map}")

    def test_contiguous_arrays(self):
        block = make_block(self.rng)
        for block, expected in [(block, False), (on_blocks("make_contiguous", [block])[0], True)]:
            (answer,) = call("is_contiguous_block", [block], [], [ctypes.c_bool])
            self.assertEqual(answer.value, expected)
        # Copies of blocks are copies of their arrays, in the order that numpy chooses.
        tensor = map_of(block)
        (answer,) = call("is_contiguous", [tensor], [], [ctypes.c_bool])
        self.assertEqual(answer.value, all(values.flags.c_contiguous for values in arrays(tensor.block(0))))

    def test_parts(self):
        block = make_block(self.rng)
        parts = {"": (ctypes.POINTER(mts_tensormap_t) * 2)(), "_block": (ctypes.POINTER(mts_block_t) * 2)()}
        for suffix, input in [("", map_of(block)), ("_block", block)]:
            function = getattr(library, f"mts_split{suffix}")
            check(function(address(input), SAMPLES, TWO_PARTS, SIZE(2), parts[suffix]))
        expected = [TensorMap.unsafe_from_ptr(part).block(0) for part in parts[""]]
        parts = [TensorBlock.unsafe_from_ptr(part) for part in parts["_block"]]
        self.assertEqual([len(part.samples) for part in parts], [2, 2])
        for part, expected in zip(parts, expected):
            self.assert_same(part, expected)

    def test_unique_metadata(self):
        block = make_block(self.rng)
        for arguments in [[SAMPLES, *names("b"), None], [SAMPLES, *names("i", "sample"), b"g"]]:
            handles = []
            for name, input in [("unique_metadata", map_of(block)), ("unique_metadata_block", block)]:
                handles += call(name, [input], arguments, [ctypes.POINTER(mts_labels_t)])
            on_map, on_block = map(Labels.unsafe_from_ptr, handles)
            self.assertEqual(on_map, on_block)
            self.assertEqual(len(on_block), 2 if arguments[-1] is None else 3)


if __name__ == "__main__":
    run_tests(__doc__)

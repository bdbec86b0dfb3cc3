"""TensorMap: blocks, keys, and moving keys and components to other axes."""

import copy
import pathlib
import pickle
import tempfile
import unittest
import weakref

import metatensor
import numpy as np
from helpers import DTYPES, TestCase, block, count, labels, plain_gradient
from metatensor import Labels, LabelsEntry, MetatensorError, TensorBlock, TensorMap

KEYS = [(0, 0), (1, 0), (2, 1)]


def three_blocks(dtype=np.float64):
    """Blocks that share samples but not properties, with unsorted samples and a sparse gradient."""
    return TensorMap(
        labels(["k1", "k2"], KEYS),
        [
            block([0, 2], [0], first=0, dtype=dtype, gradients={"x": [(0, -1), (1, 3)]}),
            block([0, 1], [0], first=10, dtype=dtype, gradients={"x": [(1, 5)]}),
            block([3, 2], [0, 1], first=20, dtype=dtype, gradients={"x": []}),
        ],
    )


def unsorted_blocks():
    """Two blocks whose samples, properties and gradient samples are all out of order."""
    return TensorMap(
        labels("k", [3, 1]),
        [
            block([5, 2], [7, 3], first=0, gradients={"x": [(1, 9), (0, 4), (1, -2), (0, 1)]}),
            block([2, 0], [3, 9, 1], first=50, gradients={"x": [(0, 6), (1, 2), (1, 1)]}),
        ],
    )


def nested():
    """A block with a component, a gradient, and a gradient of that."""
    c = Labels.range("c", 2)
    result = block([0, 1], [5], [c])
    samples = labels("sample", [1, 0])
    gradient = TensorBlock(count([samples, c, [5]], 10), samples, [c], labels("p", [5]))
    samples = labels("sample", [1])
    gradient.add_gradient("y", TensorBlock(count([samples, c, [5]], 20), samples, [c], labels("p", [5])))
    result.add_gradient("x", gradient)
    return TensorMap(Labels.single(), [result])


class Construction(TestCase):
    def test_keeps_keys_and_blocks(self):
        tensor = three_blocks()
        self.assert_labels(tensor.keys, ["k1", "k2"], KEYS)
        self.assertEqual(len(tensor), 3)
        self.assertEqual([b.shape for b in tensor], [(2, 1), (2, 1), (2, 2)])
        self.assertEqual((tensor.sample_names, tensor.component_names, tensor.property_names), (["s"], [], ["p"]))
        self.assertEqual(nested().component_names, ["c"])
        self.assertEqual((tensor.dtype, tensor.device, tensor.is_view), (np.float64, "cpu", False))

    def test_blocks_are_moved_and_their_values_stay_in_place(self):
        values = np.zeros((1, 1))
        moved = TensorBlock(values, labels("s", [0]), [], labels("p", [0]))
        tensor = TensorMap(Labels.single(), [moved])
        with self.assertRaises(ValueError):
            moved.values
        self.assertIs(tensor.block().values, values)
        with self.assertRaises(RuntimeError):
            tensor.block().release()
        with self.assertRaises(ValueError):
            tensor.block().add_gradient("x", plain_gradient([0]))

    def test_keys_share_the_array_they_were_given(self):
        keys = labels("k", [0])
        self.assertIs(TensorMap(keys, [block([0])]).keys.values, keys.values)

    def test_blocks_keep_the_map_alive(self):
        last = three_blocks().block(2)
        self.assertTrue(last.is_view)
        self.assertEqual(last.values.tolist(), [[20, 21], [22, 23]])

    def test_without_blocks(self):
        tensor = TensorMap(Labels.empty(["k"]), [])
        self.assertEqual((len(tensor), tensor.blocks(), list(tensor.items())), (0, [], []))
        self.assertEqual((tensor.sample_names, tensor.component_names, tensor.property_names), ([], [], []))
        self.assertEqual((tensor.dtype, tensor.device), (None, "cpu"))
        self.assert_same_tensor(tensor.copy(), tensor)
        self.assert_same_tensor(tensor.to(np.float32), tensor)
        self.assertIn("0 blocks", repr(tensor))
        for move in [tensor.keys_to_samples, tensor.keys_to_properties]:
            self.assert_same_tensor(move("k"), TensorMap(Labels.empty(["_"]), []))
        with self.assertRaises(ValueError):
            tensor.block()

    def test_refuses_another_number_of_blocks(self):
        for n_blocks in [0, 1, 3]:
            with self.assertRaises(MetatensorError):
                TensorMap(labels("k", [0, 1]), [block([0]) for _ in range(n_blocks)])

    def test_refuses_blocks_that_differ(self):
        def renamed(samples="s", properties="p"):
            return TensorBlock(np.zeros((1, 1)), labels(samples, [0]), [], labels(properties, [0]))

        for other in [
            renamed(samples="other"),
            renamed(properties="other"),
            block([0], components=[labels("other", [0])]),
            block([0], dtype=np.float32),
            block([0], gradients={"other": []}),
        ]:
            with self.assertRaises(MetatensorError):
                TensorMap(labels("k", [0, 1]), [renamed(), other])

    def test_refuses_gradients_that_differ(self):
        other = block([0])
        other.add_gradient("x", plain_gradient([0]))
        more = plain_gradient([0])
        more.add_gradient("y", plain_gradient([0]))
        further = block([0])
        further.add_gradient("x", more)
        for blocks in [[block([0], gradients={"x": []}), other], [block([0], gradients={"y": []}), further]]:
            with self.assertRaises(MetatensorError):
                TensorMap(labels("k", [0, 1]), blocks)

    def test_the_order_of_gradients_may_differ(self):
        tensor = TensorMap(
            labels("k", [0, 1]), [block([0], gradients={"x": [], "y": []}), block([0], gradients={"y": [], "x": []})]
        )
        self.assertEqual([b.gradients_list() for b in tensor], [["x", "y"], ["y", "x"]])

    def test_releases_the_values_of_every_block_when_it_fails(self):
        values = [np.zeros((1, 1)), np.zeros((1, 1), dtype=np.float32)]
        alive = [weakref.ref(array) for array in values]
        with self.assertRaises(MetatensorError):
            TensorMap(labels("k", [0, 1]), [TensorBlock(v, labels("s", [0]), [], labels("p", [0])) for v in values])
        del values
        self.assertEqual([reference() for reference in alive], [None, None])

    def test_refuses_one_block_twice(self):
        twice = block([0])
        with self.assertRaises(ValueError):
            TensorMap(labels("k", [0, 1]), [twice, twice])

    def test_refuses_other_types(self):
        with self.assertRaises(TypeError):
            TensorMap(3, [])
        with self.assertRaises(TypeError):
            TensorMap(Labels.single(), [3])

    def test_raw_pointers(self):
        tensor = three_blocks()
        pointer = tensor.release()
        with self.assertRaises(ValueError):
            tensor.as_mts_tensormap_t()
        self.assert_same_tensor(TensorMap.unsafe_from_ptr(pointer), three_blocks())


class Blocks(TestCase):
    def setUp(self):
        self.tensor = three_blocks()

    def test_one_block(self):
        keys = self.tensor.keys
        for selection in [1, keys[1], {"k1": 1}, {"k2": 0, "k1": 1}, labels("k1", [1]), labels(["k2", "k1"], [(0, 1)])]:
            for found in [self.tensor.block(selection), self.tensor[selection]]:
                self.assertEqual(found.values.tolist(), [[10], [11]])
        entry = LabelsEntry(["k1"], np.array([1], dtype=np.int32))
        for found in [
            self.tensor.block(entry),
            self.tensor.block(k1=1),
            self.tensor.block(k1=np.int32(1), k2=0),
            self.tensor.block_by_id(1),
        ]:
            self.assertEqual(found.values.tolist(), [[10], [11]])

    def test_the_only_block(self):
        tensor = nested()
        self.assert_same_block(tensor.block(), tensor.block(0))

    def test_several_blocks(self):
        def first_values(blocks):
            return [found.values[0, 0] for found in blocks]

        self.assertEqual(first_values(self.tensor.blocks()), [0, 10, 20])
        self.assertEqual(first_values(self.tensor.blocks(k2=0)), [0, 10])
        self.assertEqual(first_values(self.tensor.blocks({"k1": 2})), [20])
        self.assertEqual(first_values(self.tensor.blocks(1)), [10])
        self.assertEqual(first_values(self.tensor.blocks(self.tensor.keys[2])), [20])
        self.assertEqual(first_values(self.tensor.blocks(labels(["k1", "k2"], [(2, 1), (0, 0)]))), [20, 0])
        self.assertEqual(first_values(self.tensor.blocks(labels(["k1"], [2, 0]))), [0, 20])
        self.assertEqual(first_values(self.tensor.blocks_by_id([2, 0])), [20, 0])

    def test_iteration(self):
        self.assertEqual([b.values[0, 0] for b in self.tensor], [0, 10, 20])
        items = [(tuple(key.values.tolist()), b.values[0, 0]) for key, b in self.tensor.items()]
        self.assertEqual(items, list(zip(KEYS, [0, 10, 20])))

    def test_no_block_or_too_many(self):
        for selection in [{"k1": 9}, {"k2": 0}, labels("k1", [2, 0])]:
            with self.assertRaises(ValueError):
                self.tensor.block(selection)
        with self.assertRaises(ValueError):
            self.tensor.blocks(k1=9)

    def test_unknown_dimensions(self):
        self.assert_raises_naming(MetatensorError, ["zed"], self.tensor.block, zed=1)
        self.assert_raises_naming(MetatensorError, ["zed"], self.tensor.blocks, zed=1)

    def test_out_of_bounds(self):
        for index in [3, 7]:
            with self.assertRaises(IndexError):
                self.tensor.block(index)
        with self.assertRaises(MetatensorError):
            self.tensor.block(-1)

    def test_refuses_other_selections(self):
        for selection in ["k1", 1.0, [0, 1]]:
            with self.assertRaises(TypeError):
                self.tensor.block(selection)
        with self.assertRaises(TypeError):
            self.tensor.block(k1=1.0)


class MoveTestCase(TestCase):
    def assert_moved(self, moved, names, rows):
        """`moved` has these keys; the blocks are checked with `assert_block`."""
        self.assert_labels(moved.keys, names, rows)
        self.assertFalse(moved.is_view)

    def assert_block(self, actual, samples, properties, values, gradient=None):
        """Axes are (names, rows); values are compared with NaN equal to itself, a gradient is (samples, values)."""
        self.assert_labels(actual.samples, *samples)
        self.assert_labels(actual.properties, *properties)
        np.testing.assert_array_equal(actual.values, np.array(values))
        if gradient is None:
            self.assertEqual(actual.gradients_list(), [])
        else:
            rows, values = gradient
            self.assert_labels(actual.gradient("x").samples, ["sample", "g"], rows)
            self.assert_same_labels(actual.gradient("x").properties, actual.properties)
            shape = (len(rows), len(actual.properties))
            np.testing.assert_array_equal(actual.gradient("x").values, np.array(values, dtype=float).reshape(shape))


class KeysToSamples(MoveTestCase):
    def assert_k1_moved(self, moved):
        self.assert_moved(moved, ["k2"], [0, 1])
        self.assert_block(
            moved.block(0),
            (["s", "k1"], [(0, 0), (0, 1), (1, 1), (2, 0)]),
            (["p"], [0]),
            [[0], [10], [11], [1]],
            ([(0, -1), (2, 5), (3, 3)], [100, 110, 101]),
        )
        self.assert_block(
            moved.block(1), (["s", "k1"], [(2, 2), (3, 2)]), (["p"], [0, 1]), [[22, 23], [20, 21]], ([], [])
        )

    def test_merges_and_sorts_samples(self):
        for keys in ["k1", ["k1"], ("k1",), Labels.empty(["k1"])]:
            self.assert_k1_moved(three_blocks().keys_to_samples(keys))

    def test_works_for_every_dtype(self):
        for dtype in DTYPES:
            tensor = three_blocks(dtype)
            moved = tensor.keys_to_samples("k1")
            self.assertEqual(moved.dtype, dtype)
            gathered = [tensor.block(0).values[0], *tensor.block(1).values, tensor.block(0).values[1]]
            self.assert_array(moved.block(0).values, np.array(gathered, dtype=dtype))
            filled = tensor.keys_to_samples(["k1", "k2"], fill_value=1)
            self.assert_array(filled.block().values[:4, 1], np.ones(4, dtype=dtype))

    def test_keeps_the_order_of_the_blocks_when_asked(self):
        moved = three_blocks().keys_to_samples("k1", sort_samples=False)
        self.assert_block(
            moved.block(0),
            (["s", "k1"], [(0, 0), (2, 0), (0, 1), (1, 1)]),
            (["p"], [0]),
            [[0], [1], [10], [11]],
            ([(0, -1), (1, 3), (3, 5)], [100, 101, 110]),
        )
        self.assert_block(
            moved.block(1), (["s", "k1"], [(3, 2), (2, 2)]), (["p"], [0, 1]), [[20, 21], [22, 23]], ([], [])
        )

    def test_fills_properties_that_a_block_does_not_have(self):
        for fill in [0.0, -1.5, np.nan]:
            moved = three_blocks().keys_to_samples(["k2", "k1"], fill_value=fill)
            self.assert_moved(moved, ["_"], [0])
            self.assert_block(
                moved.block(),
                (["s", "k2", "k1"], [(0, 0, 0), (0, 0, 1), (1, 0, 1), (2, 0, 0), (2, 1, 2), (3, 1, 2)]),
                (["p"], [0, 1]),
                [[0, fill], [10, fill], [11, fill], [1, fill], [22, 23], [20, 21]],
                ([(0, -1), (2, 5), (3, 3)], [[100, fill], [110, fill], [101, fill]]),
            )

    def test_properties_are_a_union_and_gradient_samples_are_always_sorted(self):
        properties = (["p"], [7, 3, 9, 1])
        moved = unsorted_blocks().keys_to_samples("k")
        self.assert_block(
            moved.block(),
            (["s", "k"], [(0, 1), (2, 1), (2, 3), (5, 3)]),
            properties,
            [[0, 53, 54, 55], [0, 50, 51, 52], [2, 3, 0, 0], [0, 1, 0, 0]],
            (
                [(0, 1), (0, 2), (1, 6), (2, -2), (2, 9), (3, 1), (3, 4)],
                [
                    [0, 156, 157, 158],
                    [0, 153, 154, 155],
                    [0, 150, 151, 152],
                    [104, 105, 0, 0],
                    [100, 101, 0, 0],
                    [106, 107, 0, 0],
                    [102, 103, 0, 0],
                ],
            ),
        )
        moved = unsorted_blocks().keys_to_samples("k", sort_samples=False)
        self.assert_block(
            moved.block(),
            (["s", "k"], [(5, 3), (2, 3), (2, 1), (0, 1)]),
            properties,
            [[0, 1, 0, 0], [2, 3, 0, 0], [0, 50, 51, 52], [0, 53, 54, 55]],
            (
                [(0, 1), (0, 4), (1, -2), (1, 9), (2, 6), (3, 1), (3, 2)],
                [
                    [106, 107, 0, 0],
                    [102, 103, 0, 0],
                    [104, 105, 0, 0],
                    [100, 101, 0, 0],
                    [0, 150, 151, 152],
                    [0, 156, 157, 158],
                    [0, 153, 154, 155],
                ],
            ),
        )

    def test_remaining_keys_come_in_the_order_they_are_met(self):
        tensor = TensorMap(labels(["k", "j"], [(3, 1), (1, 0), (0, 1)]), [block([i]) for i in range(3)])
        moved = tensor.keys_to_samples("k")
        self.assert_moved(moved, ["j"], [1, 0])
        self.assert_labels(moved.block(0).samples, ["s", "k"], [(0, 3), (2, 0)])

    def test_moving_nothing_still_sorts(self):
        moved = three_blocks().keys_to_samples([])
        self.assert_moved(moved, ["k1", "k2"], KEYS)
        self.assert_block(moved.block(2), (["s"], [2, 3]), (["p"], [0, 1]), [[22, 23], [20, 21]], ([], []))

    def test_keeps_components(self):
        c = Labels.range("c", 2)
        tensor = TensorMap(labels("k", [1, 0]), [block([0, 2], [0, 1], [c]), block([1], [0, 1], [c], first=50)])
        moved = tensor.keys_to_samples("k").block()
        self.assert_labels(moved.components[0], ["c"], [0, 1])
        expected = [[[0, 1], [2, 3]], [[50, 51], [52, 53]], [[4, 5], [6, 7]]]
        self.assertEqual(moved.values.tolist(), expected)

    def test_does_not_touch_the_input(self):
        tensor = three_blocks()
        moved = tensor.keys_to_samples("k1")
        moved.block(0).values[:] = 77
        moved.block(1).values[:] = 77
        self.assert_same_tensor(tensor, three_blocks())

    def test_refuses(self):
        tensor = three_blocks()
        self.assert_raises_naming(MetatensorError, ["zed"], tensor.keys_to_samples, "zed")
        with self.assertRaises(MetatensorError):
            tensor.keys_to_samples(["k1", "k1"])
        with self.assertRaises(MetatensorError):
            tensor.keys_to_samples("k1", fill_value=[1, 2])
        with self.assertRaises(ValueError):
            tensor.keys_to_samples("k1", fill_value="a")
        with self.assertRaises(TypeError):
            tensor.keys_to_samples(3)

    def test_chosen_keys(self):
        chosen = three_blocks().keys_to_samples(labels("k1", [1]))
        self.assertTrue(all(row[-1] == 1 for block in chosen.blocks() for row in block.samples.values.tolist()))
        self.assertEqual(len(three_blocks().keys_to_samples(labels("k1", [99]))), 0)

    def test_refuses_names_that_samples_already_have(self):
        tensor = TensorMap(labels("s", [0]), [block([0])])
        self.assert_raises_naming(MetatensorError, ["s"], tensor.keys_to_samples, "s")

    def test_refuses_components_that_differ(self):
        tensor = TensorMap(labels("k", [0, 1]), [block([0], components=[Labels.range("c", n)]) for n in (2, 3)])
        for move in [tensor.keys_to_samples, tensor.keys_to_properties]:
            with self.assertRaises(MetatensorError):
                move("k")


class KeysToProperties(MoveTestCase):
    def test_merges_and_sorts_samples(self):
        for keys in ["k1", ["k1"], Labels.empty(["k1"])]:
            moved = three_blocks().keys_to_properties(keys)
            self.assert_moved(moved, ["k2"], [0, 1])
            self.assert_block(
                moved.block(0),
                (["s"], [0, 1, 2]),
                (["k1", "p"], [(0, 0), (1, 0)]),
                [[0, 10], [0, 11], [1, 0]],
                ([(0, -1), (1, 5), (2, 3)], [[100, 0], [0, 110], [101, 0]]),
            )
            self.assert_block(
                moved.block(1),
                (["s"], [2, 3]),
                (["k1", "p"], [(2, 0), (2, 1)]),
                [[22, 23], [20, 21]],
                ([], []),
            )

    def test_works_for_every_dtype(self):
        for dtype in DTYPES:
            tensor = three_blocks(dtype)
            moved = tensor.keys_to_properties("k1", fill_value=1)
            self.assertEqual(moved.dtype, dtype)
            first, second = tensor.block(0).values[:, 0], tensor.block(1).values[:, 0]
            expected = [[first[0], second[0]], [1, second[1]], [first[1], 1]]
            self.assert_array(moved.block(0).values, np.array(expected, dtype=dtype))

    def test_keeps_the_order_of_the_blocks_when_asked(self):
        for fill in [-1.0, np.nan]:
            moved = three_blocks().keys_to_properties("k1", sort_samples=False, fill_value=fill)
            self.assert_block(
                moved.block(0),
                (["s"], [0, 2, 1]),
                (["k1", "p"], [(0, 0), (1, 0)]),
                [[0, 10], [1, fill], [fill, 11]],
                ([(0, -1), (1, 3), (2, 5)], [[100, fill], [101, fill], [fill, 110]]),
            )

    def test_gradient_samples_are_merged_and_always_sorted(self):
        properties = (["k", "p"], [(3, 7), (3, 3), (1, 3), (1, 9), (1, 1)])
        moved = unsorted_blocks().keys_to_properties("k", sort_samples=False)
        self.assert_block(
            moved.block(),
            (["s"], [5, 2, 0]),
            properties,
            [[0, 1, 0, 0, 0], [2, 3, 50, 51, 52], [0, 0, 53, 54, 55]],
            (
                [(0, 1), (0, 4), (1, -2), (1, 6), (1, 9), (2, 1), (2, 2)],
                [
                    [106, 107, 0, 0, 0],
                    [102, 103, 0, 0, 0],
                    [104, 105, 0, 0, 0],
                    [0, 0, 150, 151, 152],
                    [100, 101, 0, 0, 0],
                    [0, 0, 156, 157, 158],
                    [0, 0, 153, 154, 155],
                ],
            ),
        )

    def test_given_values_say_which_keys_there_are(self):
        moved = three_blocks().keys_to_properties(labels("k2", [1, 0, 5]))
        self.assert_moved(moved, ["k1"], [0, 1, 2])
        self.assert_block(
            moved.block(0),
            (["s"], [0, 2]),
            (["k2", "p"], [(1, 0), (0, 0), (5, 0)]),
            [[0, 0, 0], [0, 1, 0]],
            ([(0, -1), (1, 3)], [[0, 100, 0], [0, 101, 0]]),
        )
        self.assert_block(
            moved.block(2),
            (["s"], [2, 3]),
            (["k2", "p"], [(1, 0), (1, 1), (0, 0), (0, 1), (5, 0), (5, 1)]),
            [[22, 23, 0, 0, 0, 0], [20, 21, 0, 0, 0, 0]],
            ([], []),
        )

    def test_keeps_components(self):
        c = Labels.range("c", 2)
        tensor = TensorMap(labels("k", [1, 0]), [block([0, 2], [0], [c]), block([2], [4], [c], first=50)])
        moved = tensor.keys_to_properties("k").block()
        self.assert_labels(moved.components[0], ["c"], [0, 1])
        self.assert_labels(moved.properties, ["k", "p"], [(1, 0), (0, 4)])
        self.assertEqual(moved.values.tolist(), [[[0, 0], [1, 0]], [[2, 50], [3, 51]]])

    def test_the_single_key(self):
        moved = TensorMap(Labels.single(), [block([0])]).keys_to_properties("_")
        self.assert_moved(moved, ["_"], [0])
        self.assert_labels(moved.block().properties, ["_", "p"], [(0, 0)])

    def test_refuses(self):
        tensor = three_blocks()
        self.assert_raises_naming(MetatensorError, ["zed"], tensor.keys_to_properties, "zed")
        self.assert_raises_naming(MetatensorError, ["zed"], tensor.keys_to_properties, labels("zed", [1]))
        with self.assertRaises(MetatensorError):
            unsorted_blocks().keys_to_properties(labels("k", [1, 3]))
        tensor = TensorMap(labels("p", [0]), [block([0])])
        self.assert_raises_naming(MetatensorError, ["p"], tensor.keys_to_properties, "p")


class ComponentsToProperties(MoveTestCase):
    def two_components(self):
        components = [Labels.range("c", 2), labels("d", [5, 3, 4])]
        gradients = {"x": [(1, 7)]}
        return TensorMap(Labels.single(), [block([0, 1], [8, 9], components, gradients=gradients)])

    def test_moves_one(self):
        for dimensions in ["c", ["c"], ("c",)]:
            tensor = self.two_components()
            moved = tensor.components_to_properties(dimensions).block()
            self.assertEqual(moved.shape, (2, 3, 4))
            self.assert_labels(moved.components[0], ["d"], [5, 3, 4])
            self.assert_labels(moved.properties, ["c", "p"], [(0, 8), (0, 9), (1, 8), (1, 9)])
            for one, other in [(moved, tensor.block()), (moved.gradient("x"), tensor.block().gradient("x"))]:
                expected = other.values.transpose(0, 2, 1, 3).reshape(-1, 3, 4)
                self.assertEqual(one.values.tolist(), expected.tolist())
            self.assert_labels(moved.gradient("x").samples, ["sample", "g"], [(1, 7)])

    def test_moves_several_one_after_the_other_to_the_front(self):
        tensor = self.two_components()
        values = tensor.block().values
        moved = tensor.components_to_properties(["d", "c"]).block()
        self.assertEqual(moved.components, [])
        expected = [(c, d, p) for c in (0, 1) for d in (5, 3, 4) for p in (8, 9)]
        self.assert_labels(moved.properties, ["c", "d", "p"], expected)
        self.assertEqual(moved.values.tolist(), values.reshape(2, 12).tolist())

        moved = tensor.components_to_properties(["c", "d"]).block()
        expected = [(d, c, p) for d in (5, 3, 4) for c in (0, 1) for p in (8, 9)]
        self.assert_labels(moved.properties, ["d", "c", "p"], expected)
        self.assertEqual(moved.values.tolist(), values.swapaxes(1, 2).reshape(2, 12).tolist())

    def test_gradients_of_gradients(self):
        moved = nested().components_to_properties("c").block().gradient("x")
        self.assertEqual(moved.values.tolist(), [[10, 11], [12, 13]])
        self.assertEqual(moved.gradient("y").values.tolist(), [[20, 21]])
        self.assert_labels(moved.gradient("y").properties, ["c", "p"], [(0, 5), (1, 5)])

    def test_does_not_touch_the_input(self):
        tensor = self.two_components()
        tensor.components_to_properties(["c", "d"]).block().values[:] = 77
        self.assert_same_tensor(tensor, self.two_components())

    def test_refuses(self):
        self.assert_raises_naming(MetatensorError, ["zed"], self.two_components().components_to_properties, "zed")
        tensor = TensorMap(Labels.single(), [block([0], components=[Labels.range("p", 2)])])
        self.assert_raises_naming(MetatensorError, ["p"], tensor.components_to_properties, "p")


class GradientsOfGradients(TestCase):
    def test_are_kept(self):
        tensor = nested()
        self.assertEqual(tensor.block().gradient("x").gradient("y").values.tolist(), [[[20], [21]]])
        for same in [tensor.copy(), tensor.copy(deep=False), tensor.to(np.float64)]:
            self.assert_same_tensor(same, nested())


class Info(TestCase):
    INFO = {"z": "1", "a": "\u00e9\n\t\"\\", "\u2207": "\U0001f9ea", "b": "x" * 5000}

    def with_info(self):
        tensor = three_blocks()
        for key, value in self.INFO.items():
            tensor.set_info(key, value)
        return tensor

    def test_is_kept_in_the_order_it_was_set(self):
        tensor = self.with_info()
        self.assertEqual(list(tensor.info().items()), list(self.INFO.items()))
        self.assertEqual(tensor.get_info("\u2207"), "\U0001f9ea")
        self.assertIsNone(tensor.get_info("missing"))
        self.assertEqual(three_blocks().info(), {})

    def test_can_be_replaced(self):
        tensor = self.with_info()
        tensor.set_info("z", "2")
        self.assertEqual(list(tensor.info().items()), list((self.INFO | {"z": "2"}).items()))

    def test_may_be_empty(self):
        tensor = three_blocks()
        tensor.set_info("", "no key")
        tensor.set_info("no value", "")
        self.assertEqual(list(tensor.info()), ["", "no value"])
        self.assertEqual(tensor.get_info(""), "no key")

    def test_follows_the_map(self):
        tensor = self.with_info()
        for other in [
            tensor.copy(),
            tensor.copy(deep=False),
            tensor.to(np.float32),
            tensor.keys_to_samples("k1"),
            tensor.keys_to_properties("k1"),
            pickle.loads(pickle.dumps(tensor)),
        ]:
            self.assertEqual(other.info(), self.INFO)
        moved = nested()
        moved.set_info("a", "b")
        self.assertEqual(moved.components_to_properties("c").info(), {"a": "b"})


class Copies(TestCase):
    def test_deep_copies_own_their_values(self):
        tensor = three_blocks()
        for copied in [tensor.copy(), copy.deepcopy(tensor)]:
            self.assert_same_tensor(copied, tensor)
            copied.block(0).values[:] = 100
            copied.block(0).gradient("x").values[:] = 100
        self.assert_same_tensor(tensor, three_blocks())

    def test_shallow_copies_share_their_values(self):
        tensor = three_blocks()
        for copied in [copy.copy(tensor), tensor.copy(deep=False)]:
            self.assert_same_tensor(copied, tensor)
            self.assertIs(copied.block(0).values, tensor.block(0).values)

    def test_to(self):
        converted = three_blocks().to(np.float32)
        self.assertEqual(converted.dtype, np.float32)
        self.assert_same_tensor(converted, three_blocks(np.float32))
        self.assert_same_tensor(converted.to(np.float64).to("cpu"), three_blocks())
        with self.assertRaises(ValueError):
            converted.to("cuda")

    def test_equality(self):
        self.assertTrue(three_blocks() == three_blocks())
        self.assertTrue(three_blocks() != nested())


class Printing(TestCase):
    def test_print(self):
        lines = [
            "TensorMap with 3 blocks",
            "    keys: [k1, k2]",
            "    blocks:",
            "       0  0   => TensorBlock with shape (2, 1)",
            "       1  0   => TensorBlock with shape (2, 1)",
            "       2  1   => TensorBlock with shape (2, 2)",
        ]
        self.assertEqual(repr(three_blocks()), "\n".join(lines))
        self.assertEqual(str(three_blocks()), "\n".join(lines))
        self.assertIn("...", three_blocks().print(1))
        self.assertIn("k1", three_blocks()._repr_html_())


class Files(TestCase):
    def test_round_trips(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "tensor.mts"
            for original in [three_blocks(), nested(), TensorMap(Labels.empty(["k"]), [])]:
                original.set_info("a", "b")
                for use_numpy in [False, True]:
                    original.save(path, use_numpy=use_numpy)
                    self.assert_same_tensor(TensorMap.load(path), original)
                    self.assert_same_tensor(metatensor.load(str(path)), original)
                self.assert_same_tensor(TensorMap.load_buffer(original.save_buffer()), original)

    def test_pickle(self):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            self.assert_same_tensor(pickle.loads(pickle.dumps(three_blocks(), protocol=protocol)), three_blocks())


if __name__ == "__main__":
    unittest.main()

"""TensorBlock, its gradients and their gradients."""

import copy
import io
import pathlib
import pickle
import tempfile
import unittest
import weakref

import metatensor
import numpy as np
from helpers import DTYPES, TestCase, block, count, labels, plain_gradient
from metatensor import Labels, MetatensorError, TensorBlock, TensorMap


def components():
    return [Labels.range("c", 2), labels("xyz", [-1, 0, 1])]


def nested():
    """A block with two gradients, one of which has gradients."""
    result = block([4, 2], gradients={"strain": [(1, 0), (0, 0)]})
    gradient = plain_gradient([1, 0], first=7)
    gradient.add_gradient("strain", plain_gradient([1], first=9))
    gradient.add_gradient("cell", plain_gradient([], first=9))
    result.add_gradient("positions", gradient)
    return result


class Construction(TestCase):
    def test_keeps_values_and_labels(self):
        for dtype in DTYPES:
            created = block([4, 2], [5, 6, 7], components(), dtype=dtype)
            self.assert_array(created.values, np.arange(36).reshape(2, 2, 3, 3).astype(dtype))
            self.assertEqual((created.shape, len(created)), ((2, 2, 3, 3), 2))
            self.assertEqual((created.dtype, created.device), (np.dtype(dtype), "cpu"))
            self.assert_labels(created.samples, ["s"], [4, 2])
            self.assert_labels(created.properties, ["p"], [5, 6, 7])
            self.assertEqual(len(created.components), 2)
            self.assert_labels(created.components[0], ["c"], [0, 1])
            self.assert_labels(created.components[1], ["xyz"], [-1, 0, 1])
            self.assertEqual(created.gradients_list(), [])
            self.assertFalse(created.is_view)

    def test_values_are_the_very_array_it_got(self):
        values = np.zeros((2, 1))
        created = TensorBlock(values, labels("s", [0, 1]), [], labels("p", [0]))
        self.assertIs(created.values, values)
        created.values[1, 0] = 4
        self.assertEqual(values[1, 0], 4)
        values[0, 0] = 5
        self.assertEqual(created.values[0, 0], 5)

    def test_labels_share_the_array_they_were_given(self):
        samples = labels("s", [0, 1])
        self.assertIs(TensorBlock(np.zeros((2, 1)), samples, [], labels("p", [0])).samples.values, samples.values)

    def test_values_can_not_be_replaced(self):
        with self.assertRaises(AttributeError):
            block([0]).values = np.zeros((1, 1))

    def test_empty_axes(self):
        for samples, properties in [([], [0]), ([0], []), ([], [])]:
            created = block(samples, properties, components())
            self.assertEqual(created.shape, (len(samples), 2, 3, len(properties)))

    def test_any_dtype_that_has_a_number_is_accepted_until_it_is_needed(self):
        for dtype in [">f8", np.longdouble]:
            created = TensorBlock(np.zeros((1, 1), dtype=dtype), labels("s", [0]), [], labels("p", [0]))
            self.assertEqual(created.dtype, np.dtype(dtype))

    def test_refuses_arrays_of_what_are_no_numbers(self):
        for dtype in [object, "U3", "datetime64[s]", [("a", "i4")]]:
            with self.assertRaisesRegex(ValueError, "unsupported numpy dtype"):
                TensorBlock(np.zeros((1, 1), dtype=dtype), labels("s", [0]), [], labels("p", [0]))

    def test_refuses_shapes_that_do_not_match(self):
        samples, properties = labels("s", [0, 1]), labels("p", [0, 1, 2])
        for shape, component_list in [
            ((3, 3), []),
            ((2, 4), []),
            ((2,), []),
            ((2, 1, 3), []),
            ((2, 3), [labels("c", [0])]),
            ((2, 2, 3), [labels("c", [0])]),
        ]:
            with self.assertRaises(MetatensorError):
                TensorBlock(np.zeros(shape), samples, component_list, properties)

    def test_refuses_bad_components(self):
        samples, properties = labels("s", [0]), labels("p", [0])
        for shape, component_list in [
            ((1, 0, 1), [Labels.range("comp", 0)]),
            ((1, 1, 1), [labels(["comp", "other"], [(0, 1)])]),
            ((1, 1, 1, 1), [labels("comp", [0]), labels("comp", [0])]),
        ]:
            arguments = np.zeros(shape), samples, component_list, properties
            self.assert_raises_naming(MetatensorError, ["comp"], TensorBlock, *arguments)

    def test_refuses_other_types(self):
        samples, properties = labels("s", [0]), labels("p", [0])
        for arguments in [
            (3, [], properties),
            (samples, [3], properties),
            (samples, samples, properties),
            (samples, [], 3),
        ]:
            with self.assertRaises(TypeError):
                TensorBlock(np.zeros((1, 1)), *arguments)

    def test_releases_the_values_whether_it_succeeds_or_not(self):
        for n_samples in [2, 3]:
            values = np.zeros((2, 1))
            alive = weakref.ref(values)
            try:
                TensorBlock(values, Labels.range("s", n_samples), [], labels("p", [0]))
            except MetatensorError:
                self.assertEqual(n_samples, 3)
            del values
            self.assertIsNone(alive())

    def test_raw_pointers(self):
        original = block([1, 2])
        values = original.values
        pointer = original.release()
        self.assertEqual(repr(original), "TensorBlock(<empty>)")
        with self.assertRaises(ValueError):
            original.values
        self.assertIs(TensorBlock.unsafe_from_ptr(pointer).values, values)


class Gradients(TestCase):
    def test_are_listed_in_the_order_they_were_added(self):
        created = block([1, 2], gradients={"strain": [(0, 0)], "cell": [], "positions": [(1, 3), (0, 4)]})
        self.assertEqual(created.gradients_list(), ["strain", "cell", "positions"])
        self.assertEqual([name for name, _ in created.gradients()], ["strain", "cell", "positions"])
        self.assertTrue(created.has_gradient("cell"))
        self.assertFalse(created.has_gradient("cel"))
        gradient = created.gradient("positions")
        self.assert_labels(gradient.samples, ["sample", "g"], [(1, 3), (0, 4)])
        self.assert_same_labels(gradient.properties, created.properties)
        self.assertEqual(gradient.values.tolist(), [[100], [101]])
        self.assertTrue(gradient.is_view)

    def test_may_have_components_of_their_own_in_front(self):
        created = block([1, 2], components=components())
        rows = labels("sample", [1])
        axes = [rows, Labels.range("x", 4), *components(), created.properties]
        gradient = TensorBlock(count(axes), rows, axes[1:-1], created.properties)
        created.add_gradient("strain", gradient)
        self.assertEqual([axis.names for axis in created.gradient("strain").components], [["x"], ["c"], ["xyz"]])

    def test_values_are_written_through(self):
        created = nested()
        created.gradient("positions").gradient("strain").values[0, 0] = -3
        self.assertEqual(created.gradient("positions").gradient("strain").values[0, 0], -3)

    def test_keep_their_parent_alive(self):
        gradient = nested().gradient("positions").gradient("strain")
        self.assertEqual(gradient.values.tolist(), [[9]])
        self.assert_labels(gradient.samples, ["sample"], [1])

    def test_names_are_those_that_files_can_hold(self):
        names = ["a:b\\c", "values.npy", "1 \u00e9 \U0001f9ea", "x" * 300]
        created = block([0], gradients={name: [(0, i)] for i, name in enumerate(names)})
        self.assertEqual(created.gradients_list(), names)
        for i, name in enumerate(names):
            self.assert_labels(created.gradient(name).samples, ["sample", "g"], [(0, i)])
        for name in ["", ".", "..", "d/dx", "a\nb"]:
            with self.assertRaises(MetatensorError):
                created.add_gradient(name, plain_gradient([0]))
        self.assertEqual(created.gradients_list(), names)

    def test_belong_to_the_block_that_got_them(self):
        gradient = plain_gradient([0])
        created = block([0])
        created.add_gradient("x", gradient)
        with self.assertRaises(ValueError):
            gradient.values
        with self.assertRaises(ValueError):
            created.gradient("x").add_gradient("y", plain_gradient([0]))
        with self.assertRaises(RuntimeError):
            created.gradient("x").release()

    def test_unknown_names(self):
        self.assert_raises_naming(MetatensorError, ["cell"], block([0]).gradient, "cell")

    def test_refuses_a_second_one_of_the_same_name(self):
        created = block([0], gradients={"cell": [(0, 1)]})
        self.assert_raises_naming(MetatensorError, ["cell"], created.add_gradient, "cell", plain_gradient([0]))
        self.assertEqual(created.gradients_list(), ["cell"])
        self.assertEqual(created.gradient("cell").values.tolist(), [[100]])

    def test_refuses_samples_that_are_no_rows_of_the_values(self):
        for row in [2, -1, 2**31 - 1, -(2**31)]:
            self.assert_raises_naming(
                MetatensorError, [str(row)], block([5, 6]).add_gradient, "x", plain_gradient([0, row])
            )

    def test_refuses_labels_that_do_not_match(self):
        def gradient(names=("sample",), component_list=(), properties=(0,), dtype=np.float64):
            rows = labels(names, [[0] * len(names)])
            properties = labels("p", properties)
            values = count([rows, *component_list, properties], dtype=dtype)
            return TensorBlock(values, rows, component_list, properties)

        c = Labels.range("c", 2)
        for refused in [
            gradient(names=["s"], component_list=[c]),
            gradient(names=["a", "sample"], component_list=[c]),
            gradient(component_list=[c], properties=[1]),
            gradient(component_list=[c], properties=[0, 1]),
            gradient(component_list=[]),
            gradient(component_list=[Labels.range("d", 2)]),
            gradient(component_list=[labels("c", [1, 0])]),
            gradient(component_list=[c, Labels.range("d", 2)]),
            gradient(component_list=[c], dtype=np.float32),
        ]:
            created = block([0], components=[c])
            with self.assertRaises(MetatensorError):
                created.add_gradient("x", refused)
            self.assertEqual(created.gradients_list(), [])


class Copies(TestCase):
    def test_deep_copies_own_their_values(self):
        original = nested()
        for copied in [original.copy(), copy.deepcopy(original), original.copy(deep=True)]:
            self.assert_same_block(copied, original)
            self.assertEqual(copied.gradients_list(), original.gradients_list())
            copied.values[:] = 100
            copied.gradient("positions").gradient("strain").values[:] = 100
        self.assert_same_block(original, nested())

    def test_shallow_copies_share_their_values(self):
        original = nested()
        for copied in [copy.copy(original), original.copy(deep=False)]:
            self.assert_same_block(copied, original)
            self.assertIs(copied.values, original.values)
            self.assertIs(copied.gradient("positions").values, original.gradient("positions").values)

    def test_copies_of_gradients_and_of_blocks_in_a_map(self):
        parent = nested()
        self.assert_same_block(parent.gradient("positions").copy(), nested().gradient("positions"))
        tensor = TensorMap(Labels.single(), [parent])
        self.assert_same_block(tensor.block(0).copy(), nested())
        self.assertFalse(tensor.block(0).copy().is_view)

    def test_to(self):
        original = nested()
        converted = original.to(np.float32)
        self.assertEqual(converted.dtype, np.float32)
        self.assertEqual(converted.gradient("positions").gradient("strain").values.dtype, np.float32)
        self.assert_same_block(converted.to(dtype=np.float64), original)
        self.assert_same_block(original.to("cpu", arrays="numpy"), original)
        for arguments in [("cuda",), (np.float32, np.float64), ("cpu", "cpu")]:
            with self.assertRaises(ValueError):
                original.to(*arguments)
        with self.assertRaises(TypeError):
            original.to(3)


class Comparison(TestCase):
    def test_equality(self):
        self.assertTrue(nested() == nested())
        for other in [block([4, 2]), block([4, 3]), block([4, 2], [1])]:
            self.assertTrue(nested() != other)


class Printing(TestCase):
    def test_repr(self):
        created = block([1, 2], [0, 1], components(), gradients={"cell": [(0, 1)], "positions": []})
        self.assertEqual(
            repr(created),
            "TensorBlock with shape (2, 2, 3, 2)\n"
            "    samples: [s]\n"
            "    components: [c, xyz]\n"
            "    properties: [p]\n\n"
            "    gradients:\n"
            "        cell      => TensorBlock with shape (1, 2, 3, 2)\n"
            "        positions => TensorBlock with shape (0, 2, 3, 2)",
        )
        self.assertIn("'positions/strain'", repr(nested().gradient("positions").gradient("strain")))
        self.assertIn("positions", nested()._repr_html_())


class Files(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def test_round_trips(self):
        for original in [nested(), block([1, 2], [3], components()), block([], []), nested().gradient("positions")]:
            path = self.directory / "block.mts"
            original.save(path)
            self.assert_same_block(TensorBlock.load(path), original)
            self.assert_same_block(metatensor.load_block(str(path)), original)
            self.assert_same_block(TensorBlock.load(path, use_numpy=True), original)
            buffer = original.save_buffer()
            self.assertEqual(bytes(buffer), path.read_bytes())
            self.assert_same_block(TensorBlock.load_buffer(buffer), original)
            for use_numpy in [False, True]:
                stream = io.BytesIO()
                original.save(stream, use_numpy=use_numpy)
                stream.seek(0)
                self.assert_same_block(TensorBlock.load(stream), original)

    def test_loaded_values_are_ordinary_arrays(self):
        loaded = TensorBlock.load_buffer(nested().save_buffer())
        self.assertIs(type(loaded.values), np.ndarray)
        loaded.values[:] = 3
        self.assertTrue((loaded.values == 3).all())

    def test_pickle(self):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            self.assert_same_block(pickle.loads(pickle.dumps(nested(), protocol=protocol)), nested())

    def test_bad_files(self):
        good = bytes(nested().save_buffer())
        tensor = bytes(TensorMap(Labels.single(), [nested()]).save_buffer())
        for bad in [b"", b"PK", good[:-1], good[:100], tensor, bytes(Labels.single().save_buffer())]:
            with self.assertRaises(MetatensorError):
                TensorBlock.load_buffer(bad)
        with self.assertRaises(MetatensorError):
            TensorBlock.load(self.directory / "missing.mts")
        with self.assertRaises(MetatensorError):
            nested().save(self.directory / "missing" / "block.mts")


if __name__ == "__main__":
    unittest.main()

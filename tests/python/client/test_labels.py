"""Labels and their entries."""

import copy
import io
import pathlib
import pickle
import tempfile
import unittest

import metatensor
import numpy as np
from helpers import TestCase, labels
from metatensor import Labels, LabelsEntry, MetatensorError


def int32(*rows):
    return np.array(rows, dtype=np.int32)


class Construction(TestCase):
    def test_keeps_names_and_values(self):
        values = int32((0, 1, 8), (-3, 2**31 - 1, 1), (0, -(2**31), 1))
        created = Labels(["system", "atom", "_type_2"], values)
        self.assert_labels(created, ["system", "atom", "_type_2"], values.tolist())
        self.assertEqual(len(created), 3)
        self.assertEqual(created.device, "cpu")

    def test_gives_back_the_very_array_it_got(self):
        values = int32((0, 1), (2, 3))
        self.assertIs(Labels(["a", "b"], values).values, values)

    def test_accepts_a_single_name_tuples_and_other_integers(self):
        self.assert_labels(Labels("a", np.array([[4], [2]], dtype=np.int64)), ["a"], [4, 2])
        self.assert_labels(Labels(("a", "b"), np.array([[4, 2]], dtype=np.uint8)), ["a", "b"], [(4, 2)])

    def test_reads_values_whatever_their_strides(self):
        numbers = np.arange(20, dtype=np.int32).reshape(5, 4)
        for values in [numbers[::-2, ::3], np.asfortranarray(numbers[:, :2]), numbers.T[:2].T, numbers[:, 1:2]]:
            names = ["a", "b"][: values.shape[1]]
            created = Labels(names, values)
            self.assert_labels(created, names, values.tolist())
            for position, row in enumerate(values):
                self.assertEqual(created.position(row), position)
            self.assert_labels(created.union(created), names, values.tolist())

    def test_ready_made_labels(self):
        self.assert_labels(Labels.single(), ["_"], [0])
        self.assert_labels(Labels.range("a", 3), ["a"], [0, 1, 2])
        self.assert_labels(Labels.range("a", 0), ["a"], [])
        self.assert_labels(Labels.empty(["a", "b"]), ["a", "b"], [])

    def test_without_dimensions(self):
        for values in [np.zeros((0, 0), dtype=np.int32), np.zeros((0, 3), dtype=np.int32)]:
            self.assertEqual(Labels([], values).names, [])
        self.assertEqual(Labels("", np.zeros((0, 0))).names, [])

    def test_values_can_not_be_written(self):
        for created in [labels("a", [1]), labels("a", [1]).union(labels("a", [2])), Labels.range("a", 2)]:
            self.assertFalse(created.values.flags.writeable)
            with self.assertRaises(ValueError):
                created.values[0, 0] = 3

    def test_assume_unique_skips_the_check_of_rows_only(self):
        created = Labels(["a", "b"], int32((1, 2), (3, 4)), assume_unique=True)
        self.assert_labels(created, ["a", "b"], [(1, 2), (3, 4)])
        self.assertEqual(created.position([3, 4]), 1)
        with self.assertRaises(MetatensorError):
            Labels(["a", "a"], int32((1, 2)), assume_unique=True)

    def test_refuses_duplicates(self):
        self.assert_raises_naming(MetatensorError, ["ab"], Labels, ["ab", "c", "ab"], int32((0, 1, 2)))
        self.assert_raises_naming(MetatensorError, ["7", "-2"], Labels, ["a", "b"], int32((7, -2), (0, 0), (7, -2)))
        with self.assertRaises(MetatensorError):
            Labels("a", np.array([[2**40], [0]]))

    def test_refuses_names_that_are_not_identifiers(self):
        for name in ["a b", "", "1a", "a-b", "\u00e9"]:
            self.assert_raises_naming(MetatensorError, [name], Labels, [name], int32((0,)))
        with self.assertRaises(MetatensorError):
            Labels(["a\n"], int32((0,)))

    def test_refuses_bad_types_and_shapes(self):
        with self.assertRaises(ValueError):
            Labels(["a"], [[1]])
        with self.assertRaises(ValueError):
            Labels(["a"], np.array([1]))
        with self.assertRaises(ValueError):
            Labels(["a"], int32((1, 2)))
        with self.assertRaises(TypeError):
            Labels(["a"], np.array([[1.5]]))
        with self.assertRaises(TypeError):
            Labels(["a", 3], int32((1, 2)))
        with self.assertRaises(TypeError):
            Labels(3, int32((1,)))

    def test_from_and_to_raw_pointers(self):
        original = labels(["a", "b"], [(1, 2)])
        pointer = original.release()
        self.assertEqual(repr(original), "Labels(<empty>)")
        with self.assertRaises(RuntimeError):
            original.as_mts_labels_t()
        self.assert_labels(Labels.unsafe_from_ptr(pointer), ["a", "b"], [(1, 2)])


class Lookup(TestCase):
    def setUp(self):
        self.labels = labels(["a", "b"], [(0, 1), (2, 3), (-4, 5)])

    def test_position_of_rows(self):
        for entry in [[2, 3], (2, 3), np.array([2, 3]), self.labels[1]]:
            self.assertEqual(self.labels.position(entry), 1)
        for entry in [[3, 2], [2, 2], [0, 5]]:
            self.assertIsNone(self.labels.position(entry))
        self.assertIn([-4, 5], self.labels)
        self.assertNotIn([4, 5], self.labels)
        self.assertIn(self.labels[0], self.labels)

    def test_position_among_many_rows(self):
        rows = np.random.default_rng(0).permutation(np.mgrid[-20:20, 0:5, 3:8].reshape(3, -1).T).astype(np.int32)
        many = Labels(["a", "b", "c"], rows)
        self.assertEqual([many.position(row) for row in rows], list(range(len(rows))))
        self.assertIsNone(many.position([0, 0, 8]))

    def test_position_in_empty_labels(self):
        self.assertIsNone(Labels.empty(["a", "b"]).position([0, 0]))

    def test_position_refuses_a_row_of_another_size(self):
        for row in [[0], [0, 1, 2], []]:
            with self.assertRaises(MetatensorError):
                self.labels.position(row)
        with self.assertRaises(TypeError):
            self.labels.position([0.5, 1])

    def test_columns(self):
        for column in [self.labels.column("b"), self.labels["b"]]:
            self.assert_array(column, int32((1, 3, 5))[0])
        self.assert_raises_naming(ValueError, ["z"], self.labels.column, "z")
        with self.assertRaises(TypeError):
            self.labels.column(1)
        with self.assertRaises(TypeError):
            self.labels["a", "b"]
        with self.assertRaises(TypeError):
            self.labels[1.5]

    def test_entries(self):
        for entry in [self.labels[2], self.labels.entry(2), self.labels[-1], self.labels[np.int64(2)]]:
            self.assertEqual(entry.values.tolist(), [-4, 5])
        with self.assertRaises(IndexError):
            self.labels[3]
        self.assertEqual([entry.print() for entry in self.labels], ["(a=0, b=1)", "(a=2, b=3)", "(a=-4, b=5)"])


class Entries(TestCase):
    def setUp(self):
        self.entry = labels(["a", "b"], [(0, 1), (2, 3)])[1]

    def test_reading(self):
        self.assertEqual(self.entry.names, ["a", "b"])
        self.assertEqual(self.entry.values.tolist(), [2, 3])
        self.assertEqual(self.entry.device, "cpu")
        self.assertEqual(len(self.entry), 2)
        self.assertEqual((self.entry["b"], self.entry[0]), (3, 2))
        self.assertEqual(self.entry.print(), "(a=2, b=3)")
        self.assertEqual(repr(self.entry), "LabelsEntry(a=2, b=3)")
        self.assertIn("LabelsEntry", self.entry._repr_html_())

    def test_bad_indices(self):
        self.assert_raises_naming(ValueError, ["z"], self.entry.__getitem__, "z")
        with self.assertRaises(TypeError):
            self.entry[1.5]
        with self.assertRaises(IndexError):
            self.entry[2]

    def test_equality(self):
        self.assertTrue(self.entry == LabelsEntry(["a", "b"], np.array([2, 3], dtype=np.int32)))
        self.assertTrue(self.entry != LabelsEntry(["a", "c"], np.array([2, 3], dtype=np.int32)))
        self.assertTrue(self.entry != LabelsEntry(["a", "b"], np.array([2, 4], dtype=np.int32)))
        with self.assertRaises(TypeError):
            self.entry == 3

    def test_refuses_other_values(self):
        with self.assertRaises(ValueError):
            LabelsEntry(["a"], np.array([1.0]))


class Sets(TestCase):
    def setUp(self):
        self.first = labels(["a", "b"], [(0, 1), (1, 2), (0, 3), (5, 5)])
        self.second = labels(["a", "b"], [(0, 3), (1, 3), (1, 2)])

    def test_union_appends_the_rows_of_the_second(self):
        expected = [(0, 1), (1, 2), (0, 3), (5, 5), (1, 3)]
        self.assert_labels(self.first.union(self.second), ["a", "b"], expected)
        union, first, second = self.first.union_and_mapping(self.second)
        self.assert_labels(union, ["a", "b"], expected)
        self.assertEqual((first.tolist(), second.tolist()), ([0, 1, 2, 3], [2, 4, 1]))
        for position, row in enumerate(expected):
            self.assertEqual(union.position(row), position)

    def test_intersection_follows_the_smaller_input(self):
        expected = [(0, 3), (1, 2)]
        self.assert_labels(self.first.intersection(self.second), ["a", "b"], expected)
        for one, other in [(self.first, self.second), (self.second, self.first)]:
            common, in_one, in_other = one.intersection_and_mapping(other)
            self.assert_labels(common, ["a", "b"], expected)
            for labels_, mapping in [(one, in_one), (other, in_other)]:
                for row, position in zip(labels_.values.tolist(), mapping.tolist()):
                    self.assertEqual(position, expected.index(tuple(row)) if tuple(row) in expected else -1)

    def test_intersection_follows_the_first_of_equal_sizes(self):
        first, second = labels("a", [1, 2, 3]), labels("a", [3, 2, 7])
        self.assert_labels(first.intersection(second), ["a"], [2, 3])
        self.assert_labels(second.intersection(first), ["a"], [3, 2])

    def test_difference_follows_the_first(self):
        expected = [(0, 1), (5, 5)]
        self.assert_labels(self.first.difference(self.second), ["a", "b"], expected)
        difference, mapping = self.first.difference_and_mapping(self.second)
        self.assert_labels(difference, ["a", "b"], expected)
        self.assertEqual(mapping.tolist(), [0, -1, -1, 1])

    def test_with_empty_labels(self):
        empty = Labels.empty(["a", "b"])
        rows = self.first.values.tolist()
        self.assert_labels(self.first.union(empty), ["a", "b"], rows)
        self.assert_labels(empty.union(self.first), ["a", "b"], rows)
        self.assert_labels(empty.union(empty), ["a", "b"], [])
        self.assert_labels(self.first.intersection(empty), ["a", "b"], [])
        self.assert_labels(self.first.difference(empty), ["a", "b"], rows)
        self.assert_labels(empty.difference(self.first), ["a", "b"], [])

    def test_against_python_sets(self):
        random = np.random.default_rng(1)
        for _ in range(20):
            one, other = (np.unique(random.integers(0, 6, (random.integers(0, 30), 2)), axis=0) for _ in range(2))
            one, other = (random.permutation(rows).astype(np.int32) for rows in (one, other))
            first, second = Labels(["a", "b"], one), Labels(["a", "b"], other)
            sets = [set(map(tuple, rows.tolist())) for rows in (one, other)]
            for name, expected in [
                ("union", sets[0] | sets[1]),
                ("intersection", sets[0] & sets[1]),
                ("difference", sets[0] - sets[1]),
            ]:
                rows = list(map(tuple, getattr(first, name)(second).values.tolist()))
                self.assertEqual(len(rows), len(expected))
                self.assertEqual(set(rows), expected)

    def test_refuses_other_dimensions(self):
        other = labels(["b", "a"], [(0, 1)])
        for name in ["union", "intersection", "difference"]:
            for method in [name, f"{name}_and_mapping"]:
                with self.assertRaises(MetatensorError):
                    getattr(self.first, method)(other)


class Select(TestCase):
    def setUp(self):
        self.labels = labels(["a", "b"], [(0, 1), (1, 2), (0, 3), (1, 1), (2, 4)])

    def select(self, names, rows):
        return self.labels.select(labels(names, rows)).tolist()

    def test_some_dimensions_give_the_order_of_the_labels(self):
        self.assertEqual(self.select("a", [2, 0, 5]), [0, 2, 4])
        self.assertEqual(self.select("b", [1]), [0, 3])
        self.assertEqual(self.select("b", [9]), [])

    def test_all_dimensions_give_the_order_of_the_selection(self):
        self.assertEqual(self.select(["a", "b"], [(2, 4), (7, 7), (0, 1)]), [4, 0])
        self.assertEqual(self.select(["b", "a"], [(4, 2), (1, 0)]), [0, 4])

    def test_no_rows_select_nothing_and_no_dimensions_everything(self):
        self.assertEqual(self.labels.select(Labels.empty(["a"])).tolist(), [])
        self.assertEqual(self.labels.select(Labels([], np.zeros((0, 0)))).tolist(), [0, 1, 2, 3, 4])

    def test_refuses_unknown_dimensions(self):
        self.assert_raises_naming(MetatensorError, ["zed"], self.labels.select, labels(["a", "zed"], [(0, 1)]))


class Dimensions(TestCase):
    def setUp(self):
        self.labels = labels(["a", "b"], [(0, 1), (2, 3)])

    def test_insert_and_append(self):
        new = np.array([7, 8])
        self.assert_labels(self.labels.insert(0, "c", new), ["c", "a", "b"], [(7, 0, 1), (8, 2, 3)])
        self.assert_labels(self.labels.insert(1, "c", new), ["a", "c", "b"], [(0, 7, 1), (2, 8, 3)])
        self.assert_labels(self.labels.append("c", new), ["a", "b", "c"], [(0, 1, 7), (2, 3, 8)])

    def test_insert_refuses(self):
        self.assert_raises_naming(MetatensorError, ["a"], self.labels.insert, 0, "a", np.array([7, 8]))
        for values in [np.array([7]), [7, 8], np.array([[7, 8]])]:
            with self.assertRaises(ValueError):
                self.labels.insert(0, "c", values)

    def test_permute(self):
        self.assert_labels(self.labels.permute([1, 0]), ["b", "a"], [(1, 0), (3, 2)])
        with self.assertRaises(ValueError):
            self.labels.permute([1])
        with self.assertRaises(MetatensorError):
            self.labels.permute([1, 1])
        with self.assertRaises(IndexError):
            self.labels.permute([1, 5])

    def test_remove(self):
        self.assert_labels(self.labels.remove("a"), ["b"], [1, 3])
        self.assert_raises_naming(ValueError, ["z"], self.labels.remove, "z")
        self.assert_raises_naming(MetatensorError, ["4"], labels(["a", "b"], [(4, 1), (4, 2)]).remove, "b")

    def test_removing_the_last_dimension(self):
        self.assertEqual(labels(["a"], [1, 2]).remove("a").names, [])

    def test_rename(self):
        self.assert_labels(self.labels.rename("a", "c"), ["c", "b"], [(0, 1), (2, 3)])
        self.assert_raises_naming(ValueError, ["z"], self.labels.rename, "z", "c")
        self.assert_raises_naming(MetatensorError, ["b"], self.labels.rename, "a", "b")


class Comparison(TestCase):
    def test_equality(self):
        first = labels(["a", "b"], [(0, 1), (2, 3)])
        self.assertTrue(first == labels(["a", "b"], [(0, 1), (2, 3)]))
        for other in [
            labels(["a", "c"], [(0, 1), (2, 3)]),
            labels(["a", "b"], [(2, 3), (0, 1)]),
            labels(["a", "b"], [(0, 1)]),
            labels(["a"], [0, 2]),
        ]:
            self.assertTrue(first != other)
        with self.assertRaises(TypeError):
            first == 3

    def test_copies_are_equal(self):
        first = labels(["a", "b"], [(0, 1), (2, 3)])
        for same in [copy.copy(first), copy.deepcopy(first)]:
            self.assert_same_labels(same, first)
            self.assertEqual(same.position([2, 3]), 1)

    def test_to(self):
        first = labels("a", [1])
        for same in [first.to("cpu"), first.to(device="cpu"), first.to(arrays="numpy"), first.to()]:
            self.assertIs(same, first)
        for options in [{"device": "cuda"}, {"dtype": np.int64}, {"arrays": "jax"}]:
            with self.assertRaises(ValueError):
                first.to(**options)


class Printing(TestCase):
    def test_print(self):
        printed = labels(["a", "long_name"], [(0, 1), (2, -300), (4, 5)])
        self.assertEqual(printed.print(-1), " a  long_name\n 0      1\n 2    -300\n 4      5")
        self.assertEqual(printed.print(2, 3), " a  long_name\n    0      1\n        ...\n    4      5")

    def test_repr_shows_all_and_str_few(self):
        printed = Labels.range("a", 9)
        self.assertEqual(str(printed), "Labels\n    a\n    0\n    1\n     ...\n    7\n    8")
        self.assertEqual(repr(printed), "Labels\n    a\n" + "\n".join(f"    {i}" for i in range(9)))

    def test_html(self):
        self.assertIn("long_name", labels(["long_name"], [4])._repr_html_())


class Files(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.examples = [
            labels(["a", "b"], [(0, 1), (-(2**31), 2**31 - 1)]),
            Labels.single(),
            Labels.empty(["a", "b"]),
            Labels.range("p", 1000),
            labels([f"dimension_{i}" for i in range(100)], list(range(100))),
        ]

    def test_round_trips(self):
        for example in self.examples:
            path = self.directory / "labels.mts"
            example.save(path)
            self.assert_same_labels(Labels.load(path), example)
            self.assert_same_labels(metatensor.load_labels(str(path)), example)
            metatensor.save(str(path), example)
            self.assert_same_labels(metatensor.io.load_labels(path), example)
            buffer = example.save_buffer()
            self.assertEqual(bytes(buffer), path.read_bytes())
            for source in [buffer, bytes(buffer), bytearray(buffer)]:
                self.assert_same_labels(Labels.load_buffer(source), example)
            stream = io.BytesIO()
            example.save(stream)
            stream.seek(0)
            self.assert_same_labels(Labels.load(stream), example)

    def test_numpy_reads_what_is_written(self):
        read = np.load(io.BytesIO(bytes(self.examples[0].save_buffer())))
        self.assertEqual(read.dtype, np.dtype([("a", "<i4"), ("b", "<i4")]))
        self.assertEqual(read.tolist(), [(0, 1), (-(2**31), 2**31 - 1)])

    def test_what_numpy_writes_is_read(self):
        for descr in ["<i4", ">i4"]:
            stream = io.BytesIO()
            np.save(stream, np.array([(1, 2), (3, 4)], dtype=[("a", descr), ("b", descr)]))
            self.assert_labels(Labels.load_buffer(stream.getvalue()), ["a", "b"], [(1, 2), (3, 4)])

    def test_pickle(self):
        for example in self.examples:
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                self.assert_same_labels(pickle.loads(pickle.dumps(example, protocol=protocol)), example)

    def test_bad_files(self):
        self.assert_raises_naming(MetatensorError, [], Labels.load, self.directory / "missing.mts")
        with self.assertRaises(MetatensorError):
            self.examples[0].save(self.directory / "missing" / "labels.mts")
        good = bytes(self.examples[0].save_buffer())
        for bad in [b"", b"x", good[:-1], good[:20], b"PK" + good]:
            with self.assertRaises(MetatensorError):
                Labels.load_buffer(bad)

    def test_refuses_duplicated_rows_and_other_types_in_files(self):
        for dtype, rows in [([("a", "<i4")], [(1,), (1,)]), ([("a", "<i8")], [(1,)]), ("<i4", [1, 2]), ("<f8", [1.0])]:
            stream = io.BytesIO()
            np.save(stream, np.array(rows, dtype=dtype))
            with self.assertRaises(MetatensorError):
                Labels.load_buffer(stream.getvalue())


if __name__ == "__main__":
    unittest.main()

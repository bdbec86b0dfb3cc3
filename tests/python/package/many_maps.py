"""Archives of many maps: loaded one by one and in batches, by several threads, and written."""

import gc
import io
import pathlib
import pickle
import tempfile
import threading
import unittest
import zipfile

import metatensor_native  # noqa: F401 (before metatensor)
import metatensor
import numpy as np
from maps import assert_same, energy, labels
from metatensor_native import files
from metatensor_native.collection import Collection, CollectionWriter


class Collections(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.path = self.directory / "maps.zip"
        with CollectionWriter.create(self.path) as writer:
            for number in range(30):
                writer.add(number, "energy", energy(number, key=number % 2))
            for number in range(0, 30, 3):
                writer.add(number, "other", energy(number + 100))
            writer.add_bytes("readme.txt", b"made by a test")

    def test_what_is_in_it(self):
        with Collection.open(self.path) as collection:
            self.assertEqual(len(collection), 40)
            self.assertEqual(collection.names, ["energy", "other"])
            self.assertEqual(collection.numbers("other").tolist(), list(range(0, 30, 3)))
            self.assertEqual(collection.numbers("nothing").tolist(), [])
            self.assertEqual(collection.bytes("readme.txt"), b"made by a test")
            self.assertEqual(collection.bytes("3/other.mts")[:2], b"PK")
            self.assertIsNone(collection.index_problem)
            assert_same(collection.load(7, "energy"), energy(7, key=1))
        self.assertEqual(files.validate(self.path), [])

    def test_batches_are_what_joining_gives(self):
        numbers = [4, 2, 11, 8, 29]
        batch = Collection.open(self.path).load_many("energy", numbers)
        self.assertEqual(batch.keys, labels("center_type", [0, 1]))
        for key, block in batch.items():
            members = [n for n in numbers if n % 2 == key["center_type"]]
            parts = [energy(n).block() for n in members]
            np.testing.assert_array_equal(block.values, np.concatenate([part.values for part in parts]))
            self.assertEqual(block.samples, labels(["atom", "system"], [(i, n) for n in members for i in range(4)]))
            gradients = [part.gradient("positions") for part in parts]
            expected = np.concatenate([gradient.values for gradient in gradients])
            np.testing.assert_array_equal(block.gradient("positions").values, expected)
            rows = np.concatenate([gradient.samples.values + [4 * i, 0, 0] for i, gradient in enumerate(gradients)])
            np.testing.assert_array_equal(block.gradient("positions").samples.values, rows)

    def test_options_of_batches(self):
        collection = Collection.open(self.path)
        for numbers in [np.array([2, 4]), range(2, 6, 2), (np.int64(2), 4)]:
            self.assertEqual(len(collection.load_many("energy", numbers).block().samples), 8)
        twice = collection.load_many("energy", [2, 2], number="frame", position="place")
        self.assertEqual(twice.block().samples.names, ["atom", "frame", "place"])
        with self.assertRaisesRegex(ValueError, "center_type"):
            collection.load_many("energy", [1, 2], different_keys="error")
        self.assertEqual(len(collection.load_many("energy", [1, 2], different_keys="intersection")), 0)
        for wrong, message in [
            ({"numbers": []}, "at least one map"),
            ({"numbers": [2, 2]}, "the number 2 is in the list at positions 0 and 1"),
            ({"numbers": [2, 1000]}, "1000/energy.mts"),
            ({"numbers": [2, 2**40]}, "32 bits"),
            ({"numbers": [2], "different_keys": "all"}, "'error', 'intersection', 'union'"),
            ({"numbers": [2], "missing_gradients": 3}, "'error', 'zero_rows', 'zeros', not 3"),
            ({"numbers": [2], "arrays": "jax"}, "'numpy', 'torch'"),
        ]:
            with self.assertRaisesRegex(ValueError, message):
                collection.load_many("energy", **wrong)
        for wrong in [[1.5], ["2"], 2, [[1, 2]]]:
            with self.assertRaisesRegex(TypeError, "list of integers"):
                collection.load_many("energy", wrong)
        with self.assertRaisesRegex(TypeError, "name has to be a str, not bytes"):
            collection.load_many(b"energy", [2])

    def test_what_other_programs_wrote(self):
        path = self.directory / "zipfile.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(5):
                array = np.frombuffer(metatensor.io.save_buffer(energy(number)), dtype=np.uint8)
                member = io.BytesIO()
                np.save(member, array)
                archive.writestr(f"{number}/energy.mts", member.getvalue())
        with CollectionWriter.append(path, form="numpy") as writer:
            writer.add(5, "energy", energy(5))
        collection = Collection.open(path)
        for number in range(6):
            assert_same(collection.load(number, "energy"), energy(number))
        with zipfile.ZipFile(path) as archive:
            buffer = np.load(io.BytesIO(archive.read("5/energy.mts")))
        assert_same(metatensor.io.load_buffer(buffer), energy(5))

    def test_where_it_is(self):
        content = self.path.read_bytes()
        opened = [
            Collection.open(self.path, index=self.directory / "maps.index"),
            Collection.open(self.path, index=self.directory / "maps.index"),
            Collection.open_buffer(content),
            Collection.open_file(io.BytesIO(content), name="memory"),
        ]
        self.assertTrue((self.directory / "maps.index").exists())
        gc.collect()
        for collection in opened:
            assert_same(collection.load(7, "energy"), energy(7, key=1))
        for path in [self.directory / "nothing.zip", self.directory]:
            with self.assertRaises(OSError):
                Collection.open(path)
        (self.directory / "text").write_text("no archive")
        with self.assertRaises(ValueError):
            Collection.open(self.directory / "text")

    def test_pickling(self):
        collection = Collection.open(self.path, index=self.directory / "maps.index")
        again = pickle.loads(pickle.dumps(collection))
        collection.close()
        assert_same(again.load(7, "energy"), energy(7, key=1))
        with self.assertRaisesRegex(ValueError, "closed"):
            pickle.dumps(collection)
        with self.assertRaisesRegex(TypeError, "by their path"):
            pickle.dumps(Collection.open_buffer(self.path.read_bytes()))

    def test_closed_while_threads_load(self):
        """Each of them loads what is right, or is told that it is closed."""
        for _ in range(10):
            collection = Collection.open(self.path)
            loaded, closed, barrier = [], [], threading.Barrier(5)

            def load():
                barrier.wait()
                try:
                    while True:
                        batch = collection.load_many("energy", [2, 4, 6])
                        loaded.append(float(batch.block().values.sum()))
                except ValueError as error:
                    closed.append(str(error))

            threads = [threading.Thread(target=load) for _ in range(4)]
            [thread.start() for thread in threads]
            barrier.wait()
            while len(loaded) < 4:
                pass
            collection.close()
            [thread.join() for thread in threads]
            self.assertEqual(closed, ["this collection is closed"] * 4)
            self.assertEqual(len(set(loaded)), 1)

    def test_what_reads_and_grows_is_gone_at_once(self):
        """Without waiting for the garbage collector."""

        def alive():
            kinds = [type(thing).__name__ for thing in gc.get_objects()]
            return [kinds.count(name) for name in ["_GrowingBuffer", "FileReader", "_Pieces"]]

        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        with open(self.path, "rb") as file:
            collection = Collection.open_file(file)
            self.assertGreater(len(collection.bytes("0/energy.mts")), 100)
            collection.load(3, "energy")
            self.assertEqual(alive(), [0, 1, 1])
            del collection
            self.assertEqual(alive(), [0, 0, 0])

    def test_writers(self):
        with CollectionWriter.append(self.path) as writer:
            self.assertEqual(len(writer), 41)
            writer.add(100, "energy", energy(100))
            with self.assertRaisesRegex(ValueError, "100/energy.mts"):
                writer.add(100, "energy", energy(100))
            with self.assertRaisesRegex(ValueError, "32 bits"):
                writer.add(2**31, "energy", energy(100))
            with self.assertRaises(ValueError):
                writer.add(-1, "energy", energy(100))
            with self.assertRaises(ValueError):
                writer.add(1, "a/b", energy(100))
            with self.assertRaisesRegex(TypeError, "expected a TensorMap, not TensorBlock"):
                writer.add(101, "energy", energy(100).block())
            writer.add_bytes("empty", b"")
        collection = Collection.open(self.path)
        self.assertEqual(collection.numbers("energy").tolist(), [*range(30), 100])
        self.assertEqual(collection.bytes("empty"), b"")
        with self.assertRaisesRegex(ValueError, "'bare', 'numpy', not 'zip'"):
            CollectionWriter.create(self.path, form="zip")
        with self.assertRaises(ZeroDivisionError), CollectionWriter.create(self.path) as writer:
            writer.add(0, "energy", energy(0))
            1 / 0
        self.assertEqual(len(Collection.open(self.path)), 41)
        self.assertEqual([path.name for path in self.directory.iterdir()], ["maps.zip"])


if __name__ == "__main__":
    unittest.main()

"""Files that are read in part, mapped, written block by block, merged and checked."""

import gc
import io
import pathlib
import pickle
import sys
import tempfile
import threading
import unittest
import zipfile

import metatensor_native  # noqa: F401 (before metatensor)
import metatensor
import numpy as np
from maps import assert_same, energy, labels, plain
from metatensor import TensorMap
from metatensor_native import files


class Files(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.path = self.directory / "map.mts"
        self.tensor = plain(200)
        metatensor.save(self.path, self.tensor)

    def left_over(self):
        return sorted(path.name for path in self.directory.iterdir())


class Mapped(Files):
    def is_mapped(self):
        return str(self.path) in pathlib.Path("/proc/self/maps").read_text()

    def test_values_are_those_of_the_file(self):
        for mapping in [None, "read_only", "private"]:
            mapped = files.load_mapped(self.path, mapping)
            assert_same(mapped, self.tensor)
            self.assertTrue(all(files.is_mapped(block) for block in mapped.blocks()))
        self.assertFalse(files.is_mapped(self.tensor.block(0)))

    @unittest.skipUnless(sys.platform.startswith("linux"), "asks Linux what is mapped")
    def test_arrays_outlive_everything_that_they_are_from(self):
        file = files.MapFile.open(self.path)
        tensor = file.load_mapped()
        whole = tensor.block(1).values
        views = [whole[3:5], whole.T, np.asarray(whole)[:, ::2], memoryview(whole), file.block_mapped(0).values]
        expected = [np.array(view) for view in views]
        file.close()
        del file, tensor, whole
        gc.collect()
        self.path.unlink()
        self.assertTrue(self.is_mapped())
        for view, values in zip(views, expected):
            np.testing.assert_array_equal(np.asarray(view), values)
        del view
        views.clear()
        gc.collect()
        self.assertFalse(self.is_mapped())

    def test_what_may_be_written_to(self):
        values = files.load_mapped(self.path).block(0).values
        with self.assertRaisesRegex(ValueError, "read-only"):
            values[0, 0] = 1.0
        with self.assertRaises(ValueError):
            values.flags.writeable = True
        tensor = files.load_mapped(self.path, "private")
        tensor.block(0).values[0, 0] = -1.0
        self.assertEqual(tensor.block(0).values[0, 0], -1.0)
        assert_same(metatensor.load(self.path), self.tensor)

    def test_blocks(self):
        path = self.directory / "block.mts"
        metatensor.save(path, self.tensor.block(0))
        block = files.load_block_mapped(path)
        assert_same(block, self.tensor.block(0))
        self.assertTrue(files.is_mapped(block))

    def test_errors(self):
        with self.assertRaisesRegex(OSError, "nothing.mts"):
            files.load_mapped(self.directory / "nothing.mts")
        with self.assertRaisesRegex(ValueError, "mapping has to be one of 'read_only', 'private', not 'shared'"):
            files.load_mapped(self.path, "shared")
        with self.assertRaisesRegex(ValueError, "arrays has to be one of 'numpy', 'torch', not 'jax'"):
            files.load_mapped(self.path, arrays="jax")
        with self.assertRaisesRegex(ValueError, "null character"):
            files.load_mapped(str(self.path) + "\0.mts")
        self.path.write_bytes(self.path.read_bytes()[:-30])
        with self.assertRaisesRegex(ValueError, "map.mts"):
            files.load_mapped(self.path)


class Parts(Files):
    def test_all_that_is_in_a_file(self):
        with files.MapFile.open(self.path) as file:
            self.assertEqual(len(file), 2)
            self.assertEqual(file.keys, self.tensor.keys)
            self.assertEqual(file.info(), {"made by": "maps.py"})
            assert_same(file.load(), self.tensor)
            assert_same(file.block(1), self.tensor.block(1))
            header = file.header(1)
        # of a file that is closed
        block = self.tensor.block(1)
        self.assertEqual(header.shape, (200, 100))
        self.assertEqual(header.dtype, np.dtype("float64"))
        self.assertEqual((header.samples, header.components, header.properties), (block.samples, [], block.properties))
        self.assertEqual(header.gradients_list(), [])
        with self.assertRaises(IndexError):
            header.labels(2)

    def test_headers_of_gradients(self):
        metatensor.save(self.path, energy(3))
        header = files.MapFile.open(self.path).header(0)
        gc.collect()
        gradient = header.gradient("positions")
        self.assertEqual(header.gradients_list(), ["positions"])
        self.assertEqual(gradient.shape, (8, 3, 1))
        self.assertEqual(gradient.samples, energy(3).block().gradient("positions").samples)
        with self.assertRaisesRegex(ValueError, "cell"):
            header.gradient("cell")

    def test_selections(self):
        keys, samples, properties = labels("key", [1]), labels("system", [3, 7]), labels("p", [5, 2])
        part = files.load_selected(self.path, keys=keys, samples=samples, properties=properties)
        block = self.tensor.block(1)
        rows = [i for i, sample in enumerate(block.samples) if sample["system"] in (3, 7)]
        self.assertEqual(part.keys, keys)
        np.testing.assert_array_equal(part.block().values, block.values[rows][:, [2, 5]])
        assert_same(files.load_selected(self.path), self.tensor)
        with self.assertRaisesRegex(ValueError, "nothing"):
            files.load_selected(self.path, samples=labels("nothing", [1]))
        with self.assertRaisesRegex(TypeError, "expected Labels, not list"):
            files.load_selected(self.path, samples=[1, 2])

    def test_closing(self):
        file = files.MapFile.open(self.path)
        file.close()
        file.close()
        self.assertTrue(file.closed)
        for use in [lambda: file.block(0), file.load, file.info, file.load_mapped, lambda: pickle.dumps(file)]:
            with self.assertRaisesRegex(ValueError, "closed"):
                use()

    def test_numbers_of_blocks(self):
        file = files.MapFile.open(self.path)
        for wrong in [-1, 2, 2**64]:
            for use in [file.block, file.header, file.block_mapped]:
                with self.assertRaisesRegex(IndexError, f"no block {wrong}: the file has 2"):
                    use(wrong)
        with self.assertRaises(TypeError):
            file.block("1")

    def test_pickling(self):
        file = pickle.loads(pickle.dumps(files.MapFile.open(self.path, limits=files.FileLimits(depth=3))))
        assert_same(file.load(), self.tensor)
        with self.assertRaisesRegex(TypeError, "by their path"):
            pickle.dumps(files.MapFile.open_buffer(self.path.read_bytes()))

    def test_limits(self):
        with self.assertRaisesRegex(ValueError, "members"):
            files.MapFile.open(self.path, limits=files.FileLimits(members=2))
        with self.assertRaisesRegex(ValueError, "limit of members"):
            files.FileLimits(members=-1)

    def test_memory(self):
        content = self.path.read_bytes()
        for buffer in [content, bytearray(content), memoryview(content), np.frombuffer(content, dtype=np.uint8)]:
            file = files.MapFile.open_buffer(buffer)
            header = file.header(0)
            assert_same(file.load(), self.tensor)
            with self.assertRaisesRegex(ValueError, "can be mapped"):
                file.load_mapped()
            del file, buffer
            gc.collect()
            # which reads from the memory
            self.assertEqual(header.samples, self.tensor.block(0).samples)
        for wrong in [b"", b"no map"]:
            with self.assertRaises(ValueError):
                files.MapFile.open_buffer(wrong)

    def test_objects_that_read(self):
        with self.path.open("rb") as file, files.MapFile.open_file(file) as opened:
            assert_same(opened.load(), self.tensor)
        with zipfile.ZipFile(self.directory / "outer.zip", "w") as archive:
            archive.write(self.path, "inner.mts")
        with zipfile.ZipFile(self.directory / "outer.zip") as archive, archive.open("inner.mts") as file:
            assert_same(files.MapFile.open_file(file, name="inner").block(1), self.tensor.block(1))

        class Broken(io.BytesIO):
            def read(self, size=-1):
                raise ZeroDivisionError("from Python")

        with self.assertRaisesRegex(ZeroDivisionError, "from Python"):
            files.MapFile.open_file(Broken(self.path.read_bytes()))

        class Short(io.BytesIO):
            def read(self, size=-1):
                return b""

        with self.assertRaisesRegex(OSError, "some file"):
            files.MapFile.open_file(Short(self.path.read_bytes()), name="some file")

        class Long(io.BytesIO):
            def read(self, size):
                return super().read(size) + b"A" * 400_000

        with self.assertRaisesRegex(OSError, r"read\(\d+\) of some file gave \d+ bytes"):
            files.MapFile.open_file(Long(self.path.read_bytes()), name="some file").load()

        class Interrupted(io.BytesIO):
            def read(self, size):
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            files.MapFile.open_file(Interrupted(self.path.read_bytes()))

    def test_threads(self):
        file = files.MapFile.open_file(io.BytesIO(self.path.read_bytes()))
        seen = []

        def read():
            for _ in range(20):
                assert_same(file.block(1), self.tensor.block(1))
            seen.append(True)

        threads = [threading.Thread(target=read) for _ in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(len(seen), 6)


class Writers(Files):
    def test_blocks(self):
        path = self.directory / "new.mts"
        with files.MapWriter.create(path, ["key"]) as writer:
            writer.set_info("made by", "maps.py")
            for key, block in self.tensor.items():
                self.assertEqual(len(writer), int(key["key"]))
                writer.add(key.values, block)
            with self.assertRaisesRegex(ValueError, "key"):
                writer.add([1], self.tensor.block(0))
            with self.assertRaisesRegex(ValueError, "32 bits"):
                writer.add([2**32], self.tensor.block(0))
            with self.assertRaisesRegex(TypeError, "expected a TensorBlock, not TensorMap"):
                writer.add([2], self.tensor)
            self.assertFalse(path.exists())
        assert_same(metatensor.load(path), self.tensor)
        with self.assertRaisesRegex(ValueError, "closed"):
            writer.add([3], self.tensor.block(0))
        with files.MapWriter.append(path) as writer:
            writer.add([2], self.tensor.block(0))
            writer.set_info("made by", None)
        self.assertEqual(len(metatensor.load(path)), 3)
        self.assertEqual(files.MapFile.open(path).info(), {})

    def test_pieces_of_rows(self):
        path, expected = self.directory / "new.mts", energy(7, atoms=6)
        block, gradient = expected.block(), expected.block().gradient("positions")
        with files.MapWriter.create(path, ["center_type"]) as writer:
            writer.begin_block([0], np.float64, block.components, block.properties)
            writer.push_rows(block.values[:4])
            writer.push_rows(np.asfortranarray(block.values[4:]))
            with self.assertRaises(ValueError):
                writer.push_rows(np.zeros((2, 3)))
            writer.end_rows(block.samples)
            writer.begin_gradient("positions", gradient.components)
            writer.push_rows(gradient.values)
            writer.end_rows(gradient.samples)
            writer.end_block()
            writer.begin_block([1], "float64", block.components, block.properties)
            writer.abandon_block()
        assert_same(metatensor.load(path), expected)

    def test_nothing_is_left_over(self):
        path = self.directory / "new.mts"
        with self.assertRaises(ZeroDivisionError):
            with files.MapWriter.create(path, ["key"]) as writer:
                writer.add([0], self.tensor.block(0))
                1 / 0
        writer = files.MapWriter.create(path, ["key"])
        del writer
        gc.collect()
        files.MapWriter.create(path, ["key"]).close()
        self.assertEqual(self.left_over(), ["map.mts"])
        content = self.path.read_bytes()
        with self.assertRaises(ZeroDivisionError), files.MapWriter.append(self.path) as writer:
            writer.add([5], self.tensor.block(0))
            1 / 0
        assert_same(metatensor.load(self.path), self.tensor)
        self.assertFalse(files.recover_file(self.path))
        self.assertEqual(files.validate(self.path), [])
        self.assertGreaterEqual(len(content), 1)

    def test_one_thread_at_a_time(self):
        path, blocks = self.directory / "new.mts", [plain(20, keys=1).block() for _ in range(40)]
        with files.MapWriter.create(path, ["key"]) as writer:
            threads = [threading.Thread(target=writer.add, args=([i], block)) for i, block in enumerate(blocks)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            self.assertEqual(len(writer), 40)
        self.assertEqual(sorted(metatensor.load(path).keys.column("key").tolist()), list(range(40)))

    def test_errors(self):
        with self.assertRaises(OSError):
            files.MapWriter.create(self.directory / "no" / "such" / "folder.mts", ["key"])
        with self.assertRaisesRegex(TypeError, "key_names has to be a list of str"):
            files.MapWriter.create(self.directory / "new.mts", "key")
        with self.assertRaises(OSError):
            files.MapWriter.append(self.directory / "nothing.mts")
        with files.MapWriter.append(self.path) as writer:
            with self.assertRaisesRegex(OSError, "map.mts"):
                files.MapWriter.append(self.path)
            with self.assertRaises(TypeError):
                pickle.dumps(writer)


class Merged(Files):
    def test_files_become_one(self):
        paths = []
        for key, block in self.tensor.items():
            paths.append(self.directory / f"{int(key['key'])}.mts")
            part = TensorMap(labels("key", [int(key["key"])]), [block.copy()])
            part.set_info("made by", "maps.py")
            metatensor.save(paths[-1], part)
        output = self.directory / "merged.mts"
        files.merge_files(paths, output)
        assert_same(metatensor.load(output), self.tensor)
        self.assertTrue(files.is_mapped(files.load_mapped(output).block(0)))
        with self.assertRaises(ValueError):
            files.merge_files([paths[0], paths[0]], output)
        with self.assertRaises(TypeError):
            files.merge_files(paths[0], output)
        assert_same(metatensor.load(output), self.tensor)


class Checked(Files):
    def test_problems_have_a_place(self):
        self.assertEqual(files.validate(self.path), [])
        content = bytearray(self.path.read_bytes())
        self.assertEqual(files.validate_buffer(content), [])
        for name in ["blocks/0/values.npy", "blocks/1/samples.npy"]:
            start = content.index(name.encode())
            content[start + 400] ^= 1
        problems = files.validate_buffer(content)
        self.assertEqual([problem.member for problem in problems], ["blocks/0/values.npy", "blocks/1/samples.npy"])
        self.assertTrue(all(problem.byte is not None and "checksum" in problem.message for problem in problems), problems)
        self.path.write_bytes(content)
        self.assertEqual([problem.member for problem in files.validate(self.path)], [problem.member for problem in problems])
        with self.assertRaises(OSError):
            files.validate(self.directory / "nothing.mts")
        self.assertEqual(len(files.validate_buffer(b"no map")), 1)


if __name__ == "__main__":
    unittest.main()

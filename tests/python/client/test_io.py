"""Saving and loading: every dtype, layout and kind of file, and what other programs read and write."""

import io
import json
import os
import pathlib
import tempfile
import unittest
import warnings
import zipfile

import metatensor
import numpy as np
from helpers import DTYPES, TestCase, block, labels
from metatensor import Labels, MetatensorError, TensorBlock, TensorMap
from metatensor.io import load_block_buffer, load_buffer, load_labels_buffer, save_buffer

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
GOLDEN = DATA / "golden"
GOLDEN_DTYPES = dict(
    zip("bool i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 complex64 complex128".split(), DTYPES, strict=True)
)
READERS = {"tensor": metatensor.load, "block": metatensor.load_block, "labels": metatensor.load_labels}


def tensor_of(dtype):
    components = [Labels.range("c", 2)]
    gradients = {"strain": [(1, 0)], "positions": [(0, 3), (1, 4)]}
    return TensorMap(
        labels(["k", "j"], [(-1, 0), (3, 3)]),
        [
            block([4, 2], [0, 5], components, dtype=dtype, gradients=gradients),
            block([], [7], components, dtype=dtype, gradients=dict.fromkeys(gradients, [])),
        ],
    )


class Dtypes(TestCase):
    def test_round_trips(self):
        for dtype in DTYPES:
            original = tensor_of(dtype)
            self.assert_same_tensor(load_buffer(original.save_buffer()), original)
            for one in original.blocks():
                self.assert_same_block(load_block_buffer(one.save_buffer()), one)

    def test_every_bit_survives(self):
        random = np.random.default_rng(3)
        for dtype in DTYPES:
            size = np.dtype(dtype).itemsize * 15
            values = np.frombuffer(random.bytes(size), dtype=np.uint8)
            values = values > 127 if dtype == np.bool_ else values.view(dtype)
            values = values.reshape(5, 3)
            saved = TensorBlock(values, Labels.range("s", 5), [], Labels.range("p", 3)).save_buffer()
            self.assert_array(load_block_buffer(saved).values, values)

    def test_numpy_reads_and_writes_them(self):
        for dtype in DTYPES:
            original = tensor_of(dtype)
            self.assert_same_tensor(load_buffer(original.save_buffer(), use_numpy=True), original)
            if np.dtype(dtype).itemsize > 1:
                self.assert_same_tensor(load_buffer(original.save_buffer(use_numpy=True)), original)

    def test_refuses_other_dtypes(self):
        values = np.zeros((1, 1), dtype=">f8")
        with self.assertRaises(BufferError):
            TensorBlock(values, labels("s", [0]), [], labels("p", [0])).save_buffer()

    def test_refuses_arrays_that_changed(self):
        values = np.arange(6.0).reshape(2, 3)
        created = TensorBlock(values, labels("s", [0, 1]), [], labels("p", [0, 1, 2]))
        values.shape = (3, 2)
        with self.assertRaisesRegex(MetatensorError, "axis 0 of the values has 3 entries"):
            created.save_buffer()
        values.shape = (2, 3)
        self.assert_array(load_block_buffer(created.save_buffer()).values, values)


class Layouts(TestCase):
    def test_arrays_with_any_strides(self):
        numbers = np.arange(240.0).reshape(4, 5, 12)
        read_only = numbers.copy()
        read_only.flags.writeable = False
        for values in [
            numbers,
            np.asfortranarray(numbers),
            numbers[::-1, :, ::-3],
            numbers[:1, ::2, 5:6],
            numbers.swapaxes(0, 2),
            np.broadcast_to(numbers[:, :1, :], (4, 3, 12)),
            np.broadcast_to(np.float64(3), (2, 3, 4)),
            read_only,
            numbers[:0],
            numbers[:, :, :0],
            numbers.astype(np.float32)[:, 1:, 1::2],
            np.lib.stride_tricks.as_strided(numbers, (1, 5, 12), (8, 96, 8)),
        ]:
            axes = [Labels.range(name, size) for name, size in zip("scp", values.shape)]
            original = TensorBlock(values, axes[0], [axes[1]], axes[2])
            self.assert_array(load_block_buffer(original.save_buffer()).values, values)
            self.assert_array(original.copy().values, values)

    def test_saving_twice_gives_the_same_bytes(self):
        self.assertEqual(bytes(tensor_of(np.float64).save_buffer()), bytes(tensor_of(np.float64).save_buffer()))

    def test_what_was_loaded_is_saved_as_it_was(self):
        original = tensor_of(np.float32)
        original.set_info("z", "1")
        original.set_info("a", "2")
        saved = bytes(original.save_buffer())
        for _ in range(10):
            self.assertEqual(bytes(load_buffer(saved).save_buffer()), saved)

    def test_a_view_of_a_buffer_can_be_loaded(self):
        saved = bytes(tensor_of(np.float64).save_buffer())
        padded = b"x" + saved + b"y"
        for buffer in [saved, bytearray(saved), memoryview(saved), memoryview(padded)[1:-1]]:
            self.assert_same_tensor(load_buffer(buffer), tensor_of(np.float64))

    def test_large_values(self):
        values = np.random.default_rng(0).normal(size=(1000, 300))
        original = TensorBlock(values, Labels.range("s", 1000), [], Labels.range("p", 300))
        self.assert_same_block(load_block_buffer(original.save_buffer()), original)

    def test_many_blocks(self):
        original = TensorMap(Labels.range("k", 500), [block([i], [0, 1], first=i) for i in range(500)])
        self.assert_same_tensor(load_buffer(original.save_buffer()), original)


class Places(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.kinds = [
            (labels("a", [3, 1]), metatensor.load_labels, load_labels_buffer, self.assert_same_labels),
            (block([0, 1]), metatensor.load_block, load_block_buffer, self.assert_same_block),
            (tensor_of(np.float64), metatensor.load, load_buffer, self.assert_same_tensor),
        ]

    def test_paths_streams_and_buffers(self):
        for data, load, from_buffer, assert_same in self.kinds:
            expected = bytes(save_buffer(data))
            for path in [self.directory / "\u00e9\u2207 file.mts", str(self.directory / "string.mts")]:
                metatensor.save(path, data)
                assert_same(load(path), data)
                self.assertEqual(pathlib.Path(path).read_bytes(), expected)
                with open(path, "rb") as file:
                    assert_same(load(file), data)
            stream = io.BytesIO()
            metatensor.save(stream, data)
            self.assertEqual(stream.getvalue(), expected)
            assert_same(load(io.BytesIO(expected)), data)
            assert_same(from_buffer(expected), data)

    def test_adds_the_extension(self):
        for data, load, _, assert_same in self.kinds:
            for path in [self.directory / "name", str(self.directory / "name.npz")]:
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    metatensor.save(path, data)
                self.assertEqual(len(caught), 1)
                assert_same(load(f"{path}.mts"), data)

    def test_replaces_files(self):
        path = self.directory / "file.mts"
        path.write_bytes(b"x" * 100_000)
        for data, load, _, assert_same in self.kinds:
            metatensor.save(path, data)
            assert_same(load(path), data)
        self.assertEqual(os.listdir(self.directory), ["file.mts"])

    def test_any_extension_can_be_loaded(self):
        for data, load, _, assert_same in self.kinds:
            for name in ["file.npz", "file", "file.npy"]:
                (self.directory / name).write_bytes(save_buffer(data))
                assert_same(load(self.directory / name), data)

    def test_places_that_are_not_there(self):
        for data, load, _, _ in self.kinds:
            with self.assertRaises(MetatensorError):
                metatensor.save(self.directory / "missing" / "file.mts", data)
            for path in [self.directory / "missing.mts", self.directory]:
                with self.assertRaisesRegex(MetatensorError, "^io error: "):
                    load(path)

    def test_each_kind_refuses_the_others(self):
        for data, _, _, _ in self.kinds:
            for other, load, from_buffer, _ in self.kinds:
                if other is data:
                    continue
                with self.assertRaisesRegex(MetatensorError, "^serialization format error: "):
                    from_buffer(save_buffer(data))
                with self.assertRaisesRegex(MetatensorError, "^serialization format error: "):
                    load(io.BytesIO(bytes(save_buffer(data))))

    def test_refuses_other_types(self):
        with self.assertRaises(TypeError):
            metatensor.save(self.directory / "file.mts", 3)


class Archives(TestCase):
    def test_members(self):
        original = tensor_of(np.float64)
        original.set_info("a", "b")
        with zipfile.ZipFile(io.BytesIO(bytes(original.save_buffer()))) as archive:
            self.assertIsNone(archive.testzip())
            names = archive.namelist()
            first = ["values", "samples", "components/0", "properties"]
            self.assertEqual(names[:5], ["keys.npy", *(f"blocks/0/{name}.npy" for name in first)])
            self.assertIn("blocks/1/gradients/positions/samples.npy", names)
            self.assertNotIn("blocks/1/gradients/positions/properties.npy", names)
            self.assertEqual(names, list(dict.fromkeys(names)))
            self.assertEqual(json.loads(archive.read("info.json")), {"a": "b"})
            for name in names:
                self.assertEqual(archive.getinfo(name).compress_type, zipfile.ZIP_STORED)

    def test_gradients_are_sorted_in_the_file(self):
        with zipfile.ZipFile(io.BytesIO(bytes(tensor_of(np.float64).save_buffer()))) as archive:
            names = [name.split("/")[3] for name in archive.namelist() if name.startswith("blocks/0/gradients")]
        self.assertEqual(names, sorted(names))

    def test_without_info_there_is_no_member_for_it(self):
        with zipfile.ZipFile(io.BytesIO(bytes(tensor_of(np.float64).save_buffer()))) as archive:
            self.assertNotIn("info.json", archive.namelist())

    def edited(self, **members):
        """The bytes of a map, with some members replaced or (when `None`) left out."""
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(bytes(tensor_of(np.float64).save_buffer()))) as source:
            with zipfile.ZipFile(stream, "w") as target:
                contents = {name: source.read(name) for name in source.namelist()} | members
                for name, data in contents.items():
                    if data is not None:
                        target.writestr(name, data)
        return stream.getvalue()

    def test_missing_or_bad_members_are_errors(self):
        self.assert_same_tensor(load_buffer(self.edited()), tensor_of(np.float64))
        npy = io.BytesIO()
        np.save(npy, np.zeros((3, 1)))
        for name in ["keys.npy", "blocks/0/values.npy", "blocks/1/samples.npy", "blocks/0/components/0.npy"]:
            for data in [None, b"", b"\x93NUMPY", npy.getvalue()]:
                with self.assertRaises(MetatensorError):
                    load_buffer(self.edited(**{name: data}))

    def test_info_must_be_an_object_of_strings(self):
        for info in [b"", b"[]", b'{"a": 1}', b'{"a"', b"\xff"]:
            with self.assertRaises(MetatensorError):
                load_buffer(self.edited(**{"info.json": info}))
        escaped = self.edited(**{"info.json": b'{"\\u00e9":"\\ud83e\\uddea"}'})
        self.assertEqual(load_buffer(escaped).info(), {"\u00e9": "\U0001f9ea"})

    def test_archives_can_be_parts_of_files(self):
        original = tensor_of(np.float64)
        saved = bytes(original.save_buffer())
        commented = io.BytesIO(saved)
        with zipfile.ZipFile(commented, "a") as archive:
            archive.comment = b"c" * 65_535
        contents = [saved + b"\n", saved + bytes(20_000), b"#!/usr/bin/env python3\n" + saved, commented.getvalue()]
        for archive in [saved, commented.getvalue()]:
            for array in [np.frombuffer(archive, dtype=np.uint8), np.void(archive), np.array(archive)]:
                stream = io.BytesIO()
                np.save(stream, array)
                contents.append(stream.getvalue())
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "file.mts"
            # positions that count from the start of the file
            path.write_bytes(b"#!/usr/bin/env python3\n")
            with zipfile.ZipFile(io.BytesIO(saved)) as members, zipfile.ZipFile(path, "a") as appended:
                for name in members.namelist():
                    appended.writestr(name, members.read(name), zipfile.ZIP_DEFLATED)
            contents.append(path.read_bytes())
            for content in contents:
                path.write_bytes(content)
                self.assert_same_tensor(metatensor.load(path), original)
                self.assert_same_tensor(load_buffer(content), original)
                with open(path, "rb") as file:
                    self.assert_same_tensor(metatensor.load(file), original)

    def test_truncated_files_are_errors(self):
        saved = bytes(tensor_of(np.float64).save_buffer())
        for size in range(0, len(saved), 97):
            with self.assertRaises(MetatensorError):
                load_buffer(saved[:size])

    def test_damaged_values_are_errors(self):
        saved = bytearray(TensorMap(Labels.single(), [block([0, 1], [0, 1], first=1000)]).save_buffer())
        position = bytes(saved).index(np.float64(1001).tobytes())
        saved[position] ^= 1
        with self.assertRaises(MetatensorError):
            load_buffer(saved)


class Golden(TestCase):
    """The files of `tests/data`, against their manifest."""

    def setUp(self):
        self.manifest = json.loads((GOLDEN / "manifest.json").read_text())

    def assert_labels_are(self, actual, expected):
        self.assert_labels(actual, expected["names"], expected["values"])

    def assert_block_is(self, actual, expected):
        values = expected["values"]
        dtype = np.dtype(GOLDEN_DTYPES[values["dtype"]])
        self.assert_array(actual.values, np.frombuffer(bytes.fromhex(values["hex"]), dtype).reshape(values["shape"]))
        self.assert_labels_are(actual.samples, expected["samples"])
        self.assert_labels_are(actual.properties, expected["properties"])
        for component, expected_component in zip(actual.components, expected["components"], strict=True):
            self.assert_labels_are(component, expected_component)
        self.assertEqual(sorted(actual.gradients_list()), list(expected["gradients"]))
        for parameter, gradient in expected["gradients"].items():
            self.assert_block_is(actual.gradient(parameter), gradient)

    def assert_content(self, data, content):
        if content["kind"] == "labels":
            self.assert_labels_are(data, content["labels"])
        elif content["kind"] == "block":
            self.assert_block_is(data, content["block"])
        else:
            self.assert_labels_are(data.keys, content["keys"])
            for actual, expected in zip(data.blocks(), content["blocks"], strict=True):
                self.assert_block_is(actual, expected)
            # the Python package gives None for an empty value
            self.assertEqual({key: value or "" for key, value in data.info().items()}, content["info"])

    def members(self, data):
        if data[:2] != b"PK":
            return data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(name, archive.read(name)) for name in archive.namelist()]

    def test_files_hold_what_the_manifest_says(self):
        for file in self.manifest["files"]:
            with self.subTest(file=file["file"]):
                content = self.manifest["contents"][file["content"]]
                try:
                    data = READERS[content["kind"]](GOLDEN / file["file"])
                except MetatensorError:
                    # not every library reads everything, but none may misread
                    self.assertFalse(file["official_reader"])
                    continue
                self.assert_content(data, content)
                reference = (GOLDEN / file["content"]).read_bytes()
                self.assertEqual(self.members(bytes(save_buffer(data))), self.members(reference))

    def test_tutorial_data(self):
        radial_spectrum = metatensor.load(DATA / "radial-spectrum.mts")
        self.assertEqual(radial_spectrum.keys.values.tolist(), [[6, 6], [6, 8], [7, 7], [8, 6], [8, 8]])
        gradient = radial_spectrum.block(center_type=7, neighbor_type=7).gradient("positions")
        self.assert_labels(gradient.samples, ["sample", "system", "atom"], [(0, 0, 4), (0, 0, 5), (1, 0, 4), (1, 0, 5)])
        np.testing.assert_allclose(gradient.values[0, 0], [0.17209336, 0.08442732, -0.09967984], atol=1e-8)
        spherical_expansion = metatensor.load(DATA / "spherical-expansion.mts")
        self.assertEqual(spherical_expansion.block(2).gradient("positions").shape, (1, 3, 5, 5))


if __name__ == "__main__":
    unittest.main()

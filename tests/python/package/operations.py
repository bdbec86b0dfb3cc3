"""The operations of metatensor_native beside the official ones, on the same maps of numpy arrays.

    pip install ./python metatensor-core==0.2.6 metatensor-operations==0.5.0
    python tests/python/package/operations.py

What the library computes is compared in tests/python/operations; this is about how Python gets there: parameters, types of results and
errors, memory that is shared.
"""

import inspect
import pathlib
import sys
import unittest
import warnings
from unittest import mock

import metatensor_native as native

import metatensor as mts
import metatensor_operations as official
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from metatensor._data import ExternalCpuArray
from metatensor_native import files

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "operations"))

from metatensor_native.operations import _calls  # noqa: E402
from ours import Model, assert_same, labels, numbers  # noqa: E402

operations = native.operations
# Results that differ on purpose, where gradients are sparse or there are gradients of gradients: see the changelog.
WITHOUT_GRADIENTS = {f"{name}_over_samples" for name in ["mean", "var", "std"]} | {"dot"}


def arguments(rng, model, a, b):
    """Names of operations and what they are given: maps with the labels of `model`, and their first blocks."""
    block, other = a.block(0), b.block(0)
    samples = labels(["system"], [0, 2])
    for name in ["add", "subtract", "multiply", "divide"]:
        yield name, a, b
        yield name, a, 2.5
        yield name, a, 3
        yield name, a, np.float64(1.5)
    yield "pow", a, 2
    yield "pow", a, 1.5
    yield "abs", a
    yield "equal", a, b
    for name in ["equal", "allclose", "equal_metadata"]:
        yield name, a, a.copy()
        yield f"{name}_raise", a, a.copy()
        yield f"{name}_block", block, other
        yield f"{name}_block_raise", block, block.copy()
    yield "allclose", a, b, 10.0, 10.0, True
    yield "equal_metadata", a, b, ["samples", "properties"], False
    yield "equal_metadata", a, b, "components"
    yield "equal_metadata", a, b, ("samples",)
    for name in ["zeros_like", "ones_like"]:
        yield name, a
        yield name, a, []
        yield f"{name}_block", block, list(block.gradients_list())[:1]
        if block.gradients_list():
            yield name, a, block.gradients_list()[0]
    for name in ["sum", "mean", "var", "std"]:
        for over in ["atom", ["system"], ["atom", "system"], ("atom",)]:
            yield f"{name}_over_samples", a, over
        if not model.components:
            yield f"{name}_over_properties", a, "n"
            yield f"{name}_over_properties_block", block, ["n"]
    yield "sum_over_samples_block", block, ["atom"]
    for chosen in [samples, [0], [], np.array([0]), np.array([0], dtype=np.int32), labels(["atom", "system"], [(0, 0)])]:
        yield "slice", a, "samples", chosen
        yield "slice_block", block, "samples", chosen
    yield "slice", a, "properties", labels(["n"], [1, 0])
    yield "split", a, "samples", [samples, labels(["system"], [1])]
    yield "split_block", block, "samples", [[0], np.array([], dtype=int)]
    for axes in ["all", "samples", ["properties", "samples"], "keys"]:
        yield "sort", a, axes
    yield "sort", a, "all", True
    yield "sort", a, []
    yield "sort_block", block, "components"
    yield "join", [a, b], "samples", "error", "map"
    yield "join", (a, b), "properties", "union", "map"
    yield "join", [a], "samples"
    yield "join_blocks", [block, other], "properties", "map"
    matrix = model.make(numbers(rng, a.dtype), labels(["n"], range(3))) if not model.components else None
    yield "dot", mts.remove_gradients(a), mts.remove_gradients(a if matrix is None else a)
    yield "unique_metadata", a, "samples", "system"
    yield "unique_metadata", a, "properties", ("n",)
    yield "unique_metadata_block", block, "samples", ["atom", "system"]
    for parameter in block.gradients_list():
        yield "unique_metadata", a, "samples", ["neighbor"], parameter
    yield "one_hot", a.keys, labels(["l"], [1, 0])
    yield "drop_blocks", a, labels(["l"], [0])
    yield "drop_blocks", a, Labels(a.keys.names, a.keys.values[:1]), True
    yield "filter_blocks", a, a.keys, True
    yield "filter_blocks", a, a.keys
    yield "drop_empty_blocks", a
    yield "remove_gradients", a
    yield "append_dimension", a, "samples", "new", 3
    yield "insert_dimension", a, "keys", 0, "new", 3
    yield "permute_dimensions", a, "samples", [1, 0]
    yield "rename_dimension", a, "properties", "n", "m"
    yield "remove_dimension", a, "keys", "k"
    yield "make_contiguous", a
    yield "is_contiguous", a
    yield "detach", a
    # errors
    yield "add", a, "b"
    yield "add", 1.0, a
    yield "add", block, block
    yield "multiply", a, None
    yield "pow", a, a
    yield "pow", a, "2"
    yield "add", a, mts.rename_dimension(b, "keys", "l", "m")
    yield "add", a, mts.rename_dimension(b, "samples", "atom", "m")
    yield "equal_raise", a, mts.multiply(a, 2.0)
    yield "allclose_raise", a, mts.add(a, 2.0)
    yield "equal_metadata_raise", a, mts.rename_dimension(b, "samples", "atom", "m")
    yield "equal_metadata", a, b, "keys"
    yield "equal", a, block
    yield "zeros_like", a, "q"
    yield "sum_over_samples", a, "q"
    yield "sum_over_properties", a, "q"
    yield "slice", a, "keys", samples
    yield "slice", a, "samples", labels(["q"], [0])
    yield "slice", a, "samples", 3
    yield "slice", a, "samples", [99]
    yield "slice_block", block, "samples", [[0]]
    yield "split", a, "samples", samples
    yield "sort", a, "q"
    yield "sort", a, 3
    yield "join", [a, b], "keys"
    yield "join", [], "samples"
    yield "join", [a, b], "samples", "q"
    yield "join", [a, mts.rename_dimension(b, "keys", "l", "m")], "samples"
    yield "join", [a, 3], "samples"
    yield "dot", a, block
    yield "unique_metadata", a, "keys", "l"
    yield "unique_metadata", a, "samples", "q"
    yield "one_hot", a.keys, labels(["l"], [9])
    yield "drop_blocks", a, labels(["q"], [9])


def result(module, name, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return getattr(module, name)(*given)
        except Exception as error:
            return error


def arrays(value):
    """All arrays of a map, block or list of them."""
    if isinstance(value, TensorMap):
        return [array for block in value.blocks() for array in arrays(block)]
    if isinstance(value, TensorBlock):
        return [value.values, *[array for _, gradient in value.gradients() for array in arrays(gradient)]]
    if isinstance(value, (list, tuple)):
        return [array for part in value for array in arrays(part)]
    return []


def shared(value, given):
    """Which of the arrays in a result are in the memory of which one in the input."""
    inputs = [array for array in arrays(given) if array.size > 0]
    outputs = [array for array in arrays(value) if array.size > 0]
    return [(i, j) for i, a in enumerate(outputs) for j, b in enumerate(inputs) if np.may_share_memory(a, b)]


def is_native(function):
    """Whether the library computes this, which it is not asked to if the official function does."""
    with mock.patch("metatensor_native.operations._calls.call", side_effect=_calls.call) as call:
        function()
    return call.called


class Operations(unittest.TestCase):
    def compare(self, actual, expected, what, kinds=(np.ndarray,)):
        single = any(array.dtype == np.float32 for array in arrays(expected))
        tolerance = 1e-4 if single else 1e-11
        if isinstance(expected, Exception) and not isinstance(actual, Exception):
            # what the official functions refuse, and ours do
            self.assertIn(what[0], {"slice", "slice_block", "split_block", "zeros_like"}, f"{what}: {expected!r}")
            return
        self.assertIs(type(actual), type(expected), f"{what}: {actual!r} is not {expected!r}")
        if isinstance(expected, TensorMap):
            assert_same(actual, expected, what, tolerance=tolerance)
        elif isinstance(expected, TensorBlock):
            maps = [TensorMap(Labels.single(), [block.copy()]) for block in (actual, expected)]
            assert_same(*maps, what, tolerance=tolerance)
        elif isinstance(expected, list):
            self.assertEqual(len(actual), len(expected), what)
            for a, e in zip(actual, expected, strict=True):
                self.compare(a, e, what, kinds)
        elif isinstance(expected, np.ndarray):
            np.testing.assert_array_equal(actual, expected, strict=True)
        elif not isinstance(expected, Exception):
            self.assertEqual(actual, expected, what)
        for array in arrays(actual):
            self.assertIn(type(array), kinds, what)

    def test_results_errors_and_shared_memory_are_those_of_the_official_functions(self):
        compared = set()
        for seed in range(6):
            rng = np.random.default_rng(seed)
            model = Model(rng, empty=seed == 5)
            draw = numbers(rng, ["f8", "f4", "c16", "i4", "f8", "f8"][seed])
            a, b = model.make(draw), model.make(draw)
            for name, *given in arguments(rng, model, a, b):
                what = (name, seed, *[argument for argument in given if not isinstance(argument, (TensorMap, TensorBlock))])
                if name in WITHOUT_GRADIENTS:
                    given[0] = mts.remove_gradients(given[0])
                if seed == 3 and name in {"mean_over_properties", "divide", "pow", "subtract"} | WITHOUT_GRADIENTS:
                    continue  # integers
                if seed == 2 and name[:3] in ("var", "std"):
                    continue  # of complex numbers, they are those of numpy
                expected, actual = result(official, name, given), result(operations, name, given)
                with self.subTest(what=what):
                    self.compare(actual, expected, what)
                    self.assertEqual(shared(actual, given), shared(expected, given), "memory that is shared")
                compared.add(name)
        self.assertGreater(len(compared), 50)

    def test_signatures_are_those_of_the_official_functions(self):
        names = [name for name in dir(official) if not name.startswith("_") and not inspect.ismodule(getattr(official, name))]
        self.assertEqual(sorted(operations.__all__), names)
        self.assertGreater(len(names), 75)
        for name in names:
            ours, theirs = getattr(operations, name), getattr(official, name)
            if inspect.isfunction(theirs):
                parameters = [
                    [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]
                    for function in [ours, theirs]
                ]
                self.assertEqual(*parameters, name)
                self.assertTrue(ours.__doc__, name)
            else:
                self.assertIs(ours, theirs, name)

    def test_other_arrays_are_left_to_the_official_functions(self):
        samples, properties = Labels.range("s", 3), Labels.range("p", 2)

        def single(array):
            return TensorMap(Labels.single(), [TensorBlock(array, samples, [], properties)])

        masked = single(np.ma.masked_array(np.ones((3, 2)), mask=[[1, 0]] * 3))
        values = operations.multiply(masked, 2.0).block(0).values
        self.assertIsInstance(values, np.ma.MaskedArray)
        self.assertTrue(values.mask[:, 0].all())
        swapped = single(np.arange(6.0).reshape(3, 2).astype(">f8"))
        np.testing.assert_array_equal(operations.add(swapped, 1.0).block(0).values, swapped.block(0).values + 1)
        read_only = np.ones((3, 2))
        read_only.flags.writeable = False
        np.testing.assert_array_equal(operations.add(single(read_only), 1.0).block(0).values, 2)

    def test_arrays_are_shared_where_the_official_functions_share_them(self):
        samples, properties = Labels.range("s", 3), Labels.range("p", 2)
        block = TensorBlock(np.ones((3, 2)), samples, [], properties)
        tensor = TensorMap(Labels.range("key", 2), [block, block.copy()])
        for axes in [[], "keys", "components", ["keys", "components"]]:
            for module in (official, operations):
                result = module.sort(tensor, list(axes) if isinstance(axes, list) else axes)
                self.assertTrue(np.shares_memory(result.block(0).values, tensor.block(0).values), (module, axes))
        for module in (official, operations):
            self.assertTrue(np.shares_memory(module.sort_block(tensor.block(0), "components").values, tensor.block(0).values))
            self.assertIs(module.join([tensor], "samples"), tensor)
            self.assertFalse(np.shares_memory(module.sort(tensor, "samples").block(0).values, tensor.block(0).values))

    def test_arrays_of_the_library_are_computed_with_natively(self):
        """What it has loaded, alone and beside numpy arrays: the same results, of the kind of the first map."""
        rng = np.random.default_rng(1)
        model = Model(rng)
        numpy = [model.make(numbers(rng, "f8")) for _ in range(2)]
        loaded = [files.MapFile.open_buffer(bytes(tensor.save_buffer())).load() for tensor in numpy]
        for name, *others in [
            ["add"], ["multiply"], ["divide"], ["multiply", 2.5], ["abs"], ["pow", 1.5], ["zeros_like"], ["sum_over_samples", "atom"],
            ["slice", "samples", [0]], ["sort", "all", True], ["equal"], ["allclose"],
        ]:  # fmt: skip
            binary = not others and name not in {"abs", "zeros_like"}
            with self.subTest(name=name):
                expected = result(official, name, [*(numpy if binary else numpy[:1]), *others])
                for maps in [loaded, [loaded[0], numpy[1]], [numpy[0], loaded[1]]] if binary else [loaded[:1]]:
                    given = [*maps, *others]
                    self.assertTrue(is_native(lambda given=given: result(operations, name, given)))
                    actual = result(operations, name, given)
                    kind = np.ndarray if maps[0] is numpy[0] else ExternalCpuArray
                    self.compare(actual, expected, (name,), kinds=(kind,))
                    self.assertEqual(shared(actual, given), [])
        # these share their arrays, and memory stays
        shifted = operations.add(operations.remove_gradients(loaded[0]), 0.0)
        self.compare(shifted, result(official, "remove_gradients", numpy[:1]), ("add",), kinds=(ExternalCpuArray, np.ndarray))

    def test_plain_arrays_beside_others(self):
        """Other arrays in the process do not matter: these go to the library, and those do not."""
        samples, properties = Labels.range("s", 3), Labels.range("p", 2)

        def many(array):
            blocks = [TensorBlock(array.copy(), samples, [], properties) for _ in range(50)]
            return TensorMap(Labels.range("k", 50), blocks)

        plain = many(np.ones((3, 2)))
        self.assertTrue(is_native(lambda: operations.multiply(plain, 2.0)))
        masked = many(np.ma.masked_array(np.ones((3, 2)), mask=[[1, 0]] * 3))
        self.assertFalse(is_native(lambda: operations.multiply(masked, 2.0)))
        self.assertFalse(is_native(lambda: operations.add(plain, masked)))
        self.assertTrue(is_native(lambda: operations.multiply(plain, 2.0)))
        del masked
        half = many(np.ones((3, 2), dtype=np.longdouble))
        self.assertFalse(is_native(lambda: operations.multiply(half, 2.0)))

    def test_gradients_at_all_depths_are_computed(self):
        samples, properties = Labels.range("s", 2), Labels.range("p", 1)
        block = TensorBlock(np.ones((2, 1)), samples, [], properties)
        gradient = TensorBlock(np.full((2, 1), 2.0), Labels.range("sample", 2), [], properties)
        second = TensorBlock(np.full((2, 1), 3.0), Labels.range("sample", 2), [], properties)
        gradient.add_gradient("y", second)
        block.add_gradient("x", gradient)
        tensor = TensorMap(Labels.single(), [block])
        doubled = operations.multiply(tensor, 2.0).block(0)
        np.testing.assert_array_equal(doubled.gradient("x").gradient("y").values, 6.0)
        with self.assertRaises(NotImplementedError):
            official.multiply(tensor, 2.0)

    def test_errors_have_texts_of_the_library(self):
        a = Model(np.random.default_rng(1)).make(numbers(np.random.default_rng(2), "f8"))
        with self.assertRaisesRegex(ValueError, "requested gradient 'q' in 'zeros_like' is not defined"):
            operations.zeros_like(a, "q")
        with self.assertRaises(operations.NotEqualError):
            operations.equal_raise(a, operations.multiply(a, 2.0))


class Installation(unittest.TestCase):
    def tearDown(self):
        native.uninstall()

    def test_functions_are_replaced_and_put_back(self):
        before = {name: getattr(mts, name) for name in operations.__all__ if hasattr(mts, name)}
        self.assertFalse(native.installed())
        native.install()
        native.install()
        self.assertTrue(native.status().installed)
        for name in operations.__all__:
            self.assertIs(getattr(mts.operations, name), getattr(operations, name))
            self.assertIs(getattr(mts, name), getattr(operations, name))
        native.uninstall()
        native.uninstall()
        for name, function in before.items():
            self.assertIs(getattr(mts, name), function)
            self.assertIs(getattr(mts.operations, name), function)

    def test_a_context_uninstalls_also_after_errors(self):
        with self.assertRaises(KeyError), native.install():
            self.assertIs(mts.add, operations.add)
            raise KeyError
        self.assertIsNot(mts.add, operations.add)

    def test_a_context_ends_as_it_was_before(self):
        a = Model(np.random.default_rng(1)).make(numbers(np.random.default_rng(2), "f8"))
        with native.install(strict=True):
            with native.install():
                with native.install(strict=True):
                    pass
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    mts.mean_over_samples(a, "atom")
            self.assertIs(mts.add, operations.add)
            with self.assertWarns(native.DifferentOnPurpose):
                mts.mean_over_samples(a, "atom")
        self.assertFalse(native.installed())
        native.install()
        with native.install():
            native.uninstall()
        self.assertIs(mts.add, operations.add)

    def test_official_functions_are_called_while_they_are_replaced(self):
        with native.install():
            a = Model(np.random.default_rng(1)).make(numbers(np.random.default_rng(2), "f8"))
            np.random.seed(3)
            first = mts.random_uniform_like(a)
            np.random.seed(3)
            self.assertTrue(mts.equal(first, mts.random_uniform_like(a)))
            with self.assertRaises(TypeError):
                mts.add(a, "b")

    def test_differences_on_purpose_are_warned_of_once(self):
        a = Model(np.random.default_rng(1)).make(numbers(np.random.default_rng(2), "f8"))
        with native.install(strict=True), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(2):
                mts.mean_over_samples(a, "atom")
                mts.multiply(a, 2.0)
        self.assertEqual([warning.category for warning in caught], [native.DifferentOnPurpose])
        self.assertIn("mean_over_samples", str(caught[0].message))
        self.assertEqual(caught[0].filename, __file__)
        infinite = TensorMap(
            Labels.single(), [TensorBlock(np.array([[complex(0, np.inf)]]), Labels.range("s", 1), [], Labels.range("p", 1))]
        )
        with native.install(strict=True), self.assertWarnsRegex(native.DifferentOnPurpose, "complex numbers that are infinite"):
            np.testing.assert_array_equal(mts.multiply(infinite, 2.0).block().values, complex(0, np.inf))
        # as many groups of properties as components, which the official function takes for each other
        properties = Labels(["l", "n"], np.array([[0, 0], [1, 0], [1, 1], [1, 2]]))
        ones = TensorBlock(np.ones((1, 2, 4)), Labels.range("s", 1), [Labels.range("c", 2)], properties)
        self.assertNotEqual(mts.mean_over_properties_block(ones, "n").values[0, 0, 1], 1)
        with native.install(strict=True), self.assertWarnsRegex(native.DifferentOnPurpose, "blocks with components"):
            np.testing.assert_array_equal(mts.mean_over_properties_block(ones, "n").values, np.ones((1, 2, 2)))
        with native.install(), warnings.catch_warnings():
            warnings.simplefilter("error")
            mts.mean_over_samples(a, "atom")


if __name__ == "__main__":
    status = native.status()
    assert status.libraries == [status.library], status
    unittest.main()

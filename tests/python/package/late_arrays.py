"""Arrays of numpy that operations read without calling them, and make only when somebody looks at them."""

import gc
import pickle
import signal
import sys
import threading
import unittest
from pathlib import Path

import metatensor_native  # noqa: F401 (before metatensor)
import metatensor_operations as official
import numpy as np
from maps import assert_same, labels
from metatensor import TensorBlock, TensorMap
from metatensor_native import _late_arrays, operations
from metatensor_native._convert import call
from metatensor_native._errors import NativeError

sys.path.append(str(Path(__file__).parents[1]))
from array_calls import calls  # noqa: E402

BLOCKS = 5


def make(seed=0, dtype=np.float64, change=lambda array: array):
    """Blocks with a gradient each, and arrays that `change` may replace by others with the same elements."""
    rng = np.random.default_rng(seed)
    samples, rows = labels(["system", "atom"], [(0, 0), (0, 1), (1, 0)]), labels(["sample", "atom"], [(0, 0), (1, 1), (2, 2)])
    blocks = []
    for _ in range(BLOCKS):
        block = TensorBlock(change((10 * rng.random((3, 4))).astype(dtype)), samples, [], labels("n", range(4)))
        gradient = change((10 * rng.random((3, 3, 4))).astype(dtype))
        block.add_gradient("positions", TensorBlock(gradient, rows, [labels("xyz", range(3))], block.properties))
        blocks.append(block)
    return TensorMap(labels("key", range(BLOCKS)), blocks)


class Late(unittest.TestCase):
    def test_no_array_is_called_or_made(self):
        a, b = make(), make(1)
        before = len(_late_arrays._MADE)
        for name, arguments in {"add": [a, b], "multiply": [a, 2.0], "zeros_like": [a], "sum_over_samples": [a, "atom"]}.items():
            result, counts = calls(lambda: getattr(operations, name)(*arguments))
            self.assertEqual(counts, {}, name)
            _, counts = calls(lambda: operations.add(result, result))
            self.assertEqual(counts, {}, name)
            self.assertEqual(len(_late_arrays._MADE), before)
            assert_same(result, getattr(official, name)(*arguments))
        self.assertEqual(calls(lambda: operations.equal(a, b)), (False, {}))

    def test_arrays_are_plain_ones_and_always_the_same(self):
        block = operations.add(make(), make()).block(0)
        self.assertIs(type(block.values), np.ndarray)
        self.assertIs(block.values, block.values)
        self.assertIs(type(block.gradient("positions").values), np.ndarray)
        self.assertTrue(block.values.flags.writeable)
        self.assertEqual(block.dtype, np.float64)
        self.assertEqual(block.device, "cpu")

    def test_arrays_live_as_long_as_anybody_has_them(self):
        before = len(_late_arrays._MADE)
        result = operations.add(make(), make(1))
        kept = [block.values for block in result.blocks()]
        copies = [array.copy() for array in kept]
        self.assertEqual(len(_late_arrays._MADE), before + BLOCKS)
        del result
        gc.collect()
        self.assertEqual(len(_late_arrays._MADE), before)
        # memory that is free would be used by these
        others = [operations.multiply(make(i), 3.0) for i in range(20)]
        [block.values.fill(7.0) for other in others for block in other.blocks()]
        np.testing.assert_array_equal(kept, copies)

    def test_what_is_written_is_seen(self):
        result = operations.add(make(), make(1))
        view = result.block(0).values
        view[:] = 5.0
        np.testing.assert_array_equal(operations.multiply(result, 2.0).block(0).values, 10.0)
        self.assertEqual(result.copy().block(0).values[0, 0], 5.0)
        result.block(0).values[0, 0] = 6.0
        self.assertEqual(view[0, 0], 6.0)
        other = operations.zeros_like(result)
        other.block(0).values[:] = 1.0
        self.assertEqual(view[0, 0], 6.0)

    def test_what_is_left_over_at_an_address_is_not_used(self):
        # as if a signal had come when Python should have forgotten them
        kept = {}
        for seed in range(200):
            result = operations.add(make(seed), make(seed))
            np.testing.assert_array_equal(result.block(0).values, 2 * make(seed).block(0).values)
            kept.update(_late_arrays._MADE)
            del result
            _late_arrays._MADE.update(kept)
        for address in kept:
            _late_arrays._MADE.pop(address, None)

    def test_interrupted_operations_lend_nothing(self):
        class Interrupted(Exception):
            pass

        def interrupt(*_):
            raise Interrupted

        maps, before = [make(), make(1)], signal.signal(signal.SIGALRM, interrupt)
        count = 0
        try:
            for i in range(300):
                try:
                    signal.setitimer(signal.ITIMER_REAL, 1e-6 * (20 + i))
                    for _ in range(5000):  # the exception is lost if this is in a function that the library has called
                        operations.multiply(*maps)
                except Interrupted:
                    count += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        self.assertGreater(count, 200)
        gc.collect()
        with self.assertRaises(NativeError):
            call("mts_return_arrays")
        assert_same(operations.multiply(*maps), official.multiply(*maps))

    def test_they_mix_with_other_arrays(self):
        late, made = operations.add(make(), make(1)), make(2)
        seen = operations.add(make(), make(1))
        _ = [block.values for block in seen.blocks()]
        expected = official.add(make(), make(1))

        def mixed(first):
            blocks = [first.block(0).copy(), made.block(1).copy(), first.block(2).copy()]
            return TensorMap(labels(["key", "other"], [(0, 0), (1, 0), (0, 1)]), blocks)

        for value in [late, seen]:
            assert_same(mixed(value), mixed(expected))
            for name in ["keys_to_samples", "keys_to_properties"]:
                for key in ["key", "other"]:
                    assert_same(getattr(mixed(value), name)(key), getattr(mixed(expected), name)(key))
            assert_same(operations.multiply(mixed(value), mixed(value)), official.multiply(mixed(expected), mixed(expected)))
            moved = value.components_to_properties("xyz") if value.component_names else value
            assert_same(moved, expected)
            block = operations.remove_gradients(value).block(0).copy()
            block.add_gradient("positions", made.block(0).gradient("positions").copy())
            self.assertEqual(block.gradients_list(), ["positions"])

    def test_maps_of_them_are_saved_and_pickled(self):
        late, expected = operations.add(make(), make(1)), official.add(make(), make(1))
        self.assertEqual(bytes(late.save_buffer()), bytes(expected.save_buffer()))
        assert_same(pickle.loads(pickle.dumps(late)), expected)

    def test_labels_of_results_are_like_others(self):
        samples = operations.sum_over_samples(make(), "atom").block(0).samples
        self.assertEqual(samples, labels("system", [0, 1]))
        self.assertIs(type(samples.values), np.ndarray)
        self.assertEqual(samples.union(labels("system", [3])), labels("system", [0, 1, 3]))

    def test_arrays_that_are_seen_by_several_threads_are_one(self):
        for _ in range(20):
            result = operations.add(make(), make())
            barrier, seen = threading.Barrier(4), []

            def look():
                barrier.wait()
                seen.append(result.block(0).values)

            threads = [threading.Thread(target=look) for _ in range(4)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            self.assertEqual(len({id(array) for array in seen}), 1)


class Lent(unittest.TestCase):
    def test_all_layouts_and_types(self):
        def misaligned(array):
            memory = np.empty(array.nbytes + 1, dtype=np.uint8)[1:].view(array.dtype).reshape(array.shape)
            memory[:] = array
            return memory

        def read_only(array):
            array.flags.writeable = False
            return array

        layouts = {
            "Fortran": np.asfortranarray,
            "every other": lambda array: np.repeat(array, 2, axis=0)[::2],
            "backwards": lambda array: np.ascontiguousarray(array[::-1])[::-1],
            "broadcast": lambda array: np.broadcast_to(array[:1], array.shape),
            "read-only": read_only,
            "misaligned": misaligned,
        }
        for name, change in layouts.items():
            for dtype in [np.float64, np.float32, np.int32, np.complex128]:
                with self.subTest(name=name, dtype=dtype):
                    a, b = make(0, dtype, change), make(1, dtype, change)
                    assert_same(operations.add(a, b), official.add(a, b))
                    self.assertTrue(operations.equal(a, a))
                    self.assertFalse(operations.equal(a, b))
        swapped = make(change=lambda array: array.astype(array.dtype.newbyteorder()))
        np.testing.assert_array_equal(operations.add(swapped, swapped).block(0).values, 2 * make().block(0).values)

    def test_a_changed_array_is_still_an_error(self):
        changed = make()
        changed.block(0).values.shape = (4, 3)
        with self.assertRaisesRegex(Exception, "does not fit its block"):
            operations.add(changed, changed)
        # what failed has given back what it had
        with self.assertRaisesRegex(NativeError, "lent no arrays"):
            call("mts_return_arrays")
        assert_same(operations.add(make(), make(1)), official.add(make(), make(1)))

    def test_operations_inside_of_operations(self):
        """Functions of Python that are called in the middle of an operation can do operations themselves."""
        a, b, inner = make(), make(1), []

        def profile(frame, event, _):
            if event == "call" and frame.f_code.co_name == "native" and not inner:
                inner.append(None)
                inner[0] = operations.add(make(2), make(3))

        sys.setprofile(profile)
        try:
            outer = operations.add(a, b)
        finally:
            sys.setprofile(None)
        assert_same(outer, official.add(a, b))
        assert_same(inner[0], official.add(make(2), make(3)))

    def test_threads_lend_at_the_same_time(self):
        failed = []

        def work(seed):
            try:
                for i in range(30):
                    a, b = make(seed + i), make(seed + i + 1)
                    assert_same(operations.multiply(a, b), official.multiply(a, b))
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(100 * i,)) for i in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(failed, [])


if __name__ == "__main__":
    unittest.main()

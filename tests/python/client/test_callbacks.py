"""Arrays whose callbacks fail, are missing, or come from somewhere else than numpy."""

import ctypes
import gc
import subprocess
import sys
import unittest

import metatensor
import numpy as np
from helpers import TestCase, block, labels, plain_gradient
from metatensor import ExternalCpuArray, Labels, MetatensorError, TensorBlock, TensorMap
from metatensor._c_api import c_uintptr_t, mts_array_t, mts_labels_t
from metatensor._c_lib import _get_library
from metatensor._data import _array, _extract
from metatensor._status import catch_exceptions, check_pointer, save_exception
from metatensor.io import create_numpy_array, load_block_buffer_custom_array, load_buffer_custom_array

CALLBACKS = dict(mts_array_t._fields_)
DATA_CALLBACKS = ["as_dlpack", "from_dlpack", "reshape", "swap_axes", "create", "copy", "move_data"]
# C function pointers made from Python functions have to live as long as the arrays that use them
KEEP_ALIVE = []


class Failure(Exception):
    """What the callbacks raise."""


def callback(name, function):
    pointer = CALLBACKS[name](catch_exceptions(function))
    KEEP_ALIVE.append(pointer)
    return pointer


def patched(array, callbacks):
    """`array` with other callbacks, as well as all the arrays that are made from it."""
    original = mts_array_t.from_buffer_copy(array)
    for name in ["create", "copy", "from_dlpack"]:

        def inherit(*arguments, name=name):
            status = getattr(original, name)(*arguments)
            if status != 0:
                raise RuntimeError(f"{name} failed")
            arguments[-1][0] = patched(arguments[-1][0], callbacks)

        setattr(array, name, callback(name, inherit))
    for name, function in callbacks.items():
        setattr(array, name, callback(name, function) if function is not None else CALLBACKS[name]())
    return array


def failing(names, error):
    def fail(*_arguments):
        raise error

    return dict.fromkeys(names, fail)


def raw_block(values, callbacks, components=()):
    """A block over `values` that uses `callbacks` in place of those of numpy arrays."""
    samples, properties = Labels.range("s", values.shape[0]), Labels.range("p", values.shape[-1])
    array = patched(_array.create_mts_array(values), callbacks)
    component_pointers = (ctypes.POINTER(mts_labels_t) * len(components))(*[c.as_mts_labels_t() for c in components])
    pointer = _get_library().mts_block(
        array, samples.as_mts_labels_t(), component_pointers, len(components), properties.as_mts_labels_t()
    )
    check_pointer(pointer)
    return TensorBlock.unsafe_from_ptr(pointer)


def raw_tensor(callbacks):
    """Two blocks of shape (2, 2, 3) with component `c`, and keys `k`."""
    values = np.arange(12.0).reshape(2, 2, 3)
    return TensorMap(Labels.range("k", 2), [raw_block(values, callbacks, [Labels.range("c", 2)]) for _ in range(2)])


def live_values():
    """How many arrays of values the library holds; labels, which the Python package never frees, are not counted."""
    gc.collect()
    return sum(wrapper.array.dtype == np.float64 for wrapper in _array._KNOWN_ARRAY_WRAPPERS.values())


class Failing(TestCase):
    def assert_fails_with(self, error, function, *arguments, **options):
        """The very exception that a callback raised comes out, and the library goes on working."""
        with self.assertRaises(Failure) as context:
            function(*arguments, **options)
        self.assertIs(context.exception, error)
        self.assertEqual(labels("a", [4, 2]).union(labels("a", [1])).position([1]), 2)
        with self.assertRaises(MetatensorError):
            labels("a", [1, 1])

    def test_creating_a_block(self):
        for name in ["shape", "device", "dtype"]:
            error = Failure(name)
            self.assert_fails_with(error, raw_block, np.zeros((1, 1)), failing([name], error))

    def test_creating_a_map(self):
        error = Failure("no origin")
        self.assert_fails_with(error, raw_tensor, failing(["origin"], error))

    def test_adding_a_gradient(self):
        error = Failure("no origin")
        parent = raw_block(np.zeros((1, 1)), failing(["origin"], error))
        gradient = TensorBlock(np.zeros((1, 1)), labels("sample", [0]), [], labels("p", [0]))
        self.assert_fails_with(error, parent.add_gradient, "x", gradient)
        self.assertEqual(parent.gradients_list(), [])

    def test_copying(self):
        error = Failure("no copy")
        callbacks = failing(["copy"], error)
        self.assert_fails_with(error, raw_block(np.zeros((1, 1)), callbacks).copy)
        self.assert_fails_with(error, raw_tensor(callbacks).copy)

    def test_saving(self):
        error = Failure("no data")
        callbacks = failing(["as_dlpack"], error)
        self.assert_fails_with(error, raw_block(np.zeros((1, 1)), callbacks).save_buffer)
        self.assert_fails_with(error, raw_tensor(callbacks).save_buffer)

    def test_moving_keys(self):
        for name in ["create", "move_data"]:
            error = Failure(name)
            tensor = raw_tensor(failing([name], error))
            self.assert_fails_with(error, tensor.keys_to_samples, "k")
            self.assert_fails_with(error, tensor.keys_to_properties, "k")

    def test_moving_components(self):
        error = Failure("no way to the data")
        tensor = raw_tensor(failing(DATA_CALLBACKS, error))
        self.assert_fails_with(error, tensor.components_to_properties, "c")

    def test_labels(self):
        error = Failure("no data")
        array = patched(_array.create_mts_array(np.array([[2], [1]], dtype=np.int32)), failing(["as_dlpack"], error))
        self.assert_fails_with(error, Labels, "a", array)

    def test_sets_of_labels(self):
        array = _array.create_mts_array(np.array([[2], [1]], dtype=np.int32))
        first = Labels("a", patched(array, failing(["from_dlpack"], Failure("not made"))))
        for name in ["union", "intersection", "difference"]:
            with self.assertRaises((Failure, MetatensorError)):
                getattr(first, name)(labels("a", [1, 3]))

    def test_messages_in_any_language(self):
        error = Failure("caf\u00e9 \u2207 \U0001f9ea \n")
        self.assert_fails_with(error, raw_block(np.zeros((1, 1)), failing(["copy"], error)).copy)

    def test_every_array_is_destroyed(self):
        none = live_values()
        for names in [["move_data"], ["create"], ["copy"], ["as_dlpack"], DATA_CALLBACKS]:
            error = Failure("fails")
            tensor = raw_tensor(failing(names, error))
            before = live_values()
            for function, arguments in [
                (tensor.keys_to_samples, ["k"]),
                (tensor.keys_to_properties, ["k"]),
                (tensor.components_to_properties, ["c"]),
                (tensor.copy, []),
                (tensor.save_buffer, []),
            ]:
                try:
                    function(*arguments)
                except Failure:
                    # the frames in the traceback hold the tensor, and the library holds its last error
                    error.__traceback__ = None
                self.assertEqual(live_values(), before)
            del tensor, function
            self.assertEqual(live_values(), none)


class Loading(TestCase):
    def setUp(self):
        self.block = block([0, 1], gradients={"x": [(1, 2)]}).save_buffer()
        self.tensor = TensorMap(Labels.single(), [block([0, 1])]).save_buffer()

    def test_gives_back_what_the_callback_raised(self):
        error = Failure("no memory")

        @catch_exceptions
        def fail(*_arguments):
            raise error

        for load, buffer in [
            (load_block_buffer_custom_array, self.block),
            (load_buffer_custom_array, self.tensor),
        ]:
            with self.assertRaises(Failure) as context:
                load(buffer, fail)
            self.assertIs(context.exception, error)

    def test_fails_in_the_middle_of_a_file(self):
        calls = []

        @catch_exceptions
        def fail_later(*arguments):
            calls.append(arguments)
            if len(calls) == 2:
                raise Failure("second array")
            create_numpy_array(*arguments)

        with self.assertRaises(Failure):
            load_block_buffer_custom_array(self.block, fail_later)
        self.assertEqual(len(calls), 2)

    def test_passes_the_shape_and_dtype(self):
        seen = []

        def create(shape, n_dimensions, dtype, array):
            seen.append(([shape[i] for i in range(n_dimensions)], int(dtype.code), dtype.bits, dtype.lanes))
            return create_numpy_array(shape, n_dimensions, dtype, array)

        loaded = load_block_buffer_custom_array(self.block, create)
        self.assertEqual(seen, [([2, 1], 2, 64, 1), ([1, 1], 2, 64, 1)])
        self.assertEqual(loaded.gradient("x").values.tolist(), [[100]])

    def test_fills_arrays_with_any_strides(self):
        @catch_exceptions
        def create(shape, n_dimensions, _dtype, array):
            array[0] = _array.create_mts_array(np.zeros([2 * shape[i] for i in range(n_dimensions)])[::2, ::-2])

        self.assertEqual(load_block_buffer_custom_array(self.block, create).values.tolist(), [[0], [1]])

    def test_refuses_arrays_that_do_not_fit(self):
        for shape, dtype in [((1, 1), np.float64), ((2,), np.float64), ((3, 1), np.float64), ((2, 1), np.float32)]:

            @catch_exceptions
            def create(_shape, _n_dimensions, _dtype, array, shape=shape, dtype=dtype):
                array[0] = _array.create_mts_array(np.empty(shape, dtype=dtype))

            with self.assertRaises(MetatensorError):
                load_block_buffer_custom_array(self.block, create)


class Saving(TestCase):
    def save(self, function, data, size, reallocate):
        buffer = ctypes.create_string_buffer(size)
        pointer, length = ctypes.c_char_p(ctypes.addressof(buffer)), c_uintptr_t(size)
        kind = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p, ctypes.c_char_p, c_uintptr_t)
        function(pointer, length, None, kind(reallocate), data)
        return length.value

    def test_a_buffer_that_can_not_grow(self):
        library = _get_library()

        def refuse(*_arguments):
            save_exception(Failure("full"))
            return None

        kept = [labels("a", [1]), block([0]), TensorMap(Labels.single(), [block([0])])]
        for function, data in [
            (library.mts_labels_save_buffer, kept[0].as_mts_labels_t()),
            (library.mts_block_save_buffer, kept[1].as_mts_block_t()),
            (library.mts_tensormap_save_buffer, kept[2].as_mts_tensormap_t()),
        ]:
            with self.assertRaises((Failure, MetatensorError)):
                self.save(function, data, 8, refuse)

    def test_the_length_is_what_was_written(self):
        kept = labels("a", [1])
        written = len(bytes(kept.save_buffer()))
        length = self.save(
            _get_library().mts_labels_save_buffer, kept.as_mts_labels_t(), 4096, lambda _user, pointer, _size: pointer
        )
        self.assertEqual(length, written)


class Missing(TestCase):
    def test_nothing_is_called_that_is_not_needed(self):
        missing = dict.fromkeys(DATA_CALLBACKS)
        tensor = raw_tensor(missing)
        self.assertEqual(tensor.block(1).shape, (2, 2, 3))
        self.assert_labels(tensor.block(1).samples, ["s"], [0, 1])
        self.assertEqual(tensor.block(0).gradients_list(), [])
        self.assert_labels(tensor.keys, ["k"], [0, 1])

    def test_saving_needs_as_dlpack_only(self):
        missing = dict.fromkeys([name for name in DATA_CALLBACKS if name != "as_dlpack"])
        saved = raw_tensor(missing).save_buffer()
        self.assertEqual(bytes(saved), bytes(raw_tensor({}).save_buffer()))

    def test_what_is_needed_and_missing_is_an_error(self):
        tensor = raw_tensor(dict.fromkeys(DATA_CALLBACKS))
        for function, arguments in [
            (tensor.copy, []),
            (tensor.save_buffer, []),
            (tensor.keys_to_samples, ["k"]),
            (tensor.keys_to_properties, ["k"]),
            (tensor.components_to_properties, ["c"]),
        ]:
            with self.assertRaises(MetatensorError):
                function(*arguments)


class Origins(TestCase):
    def test_are_registered_once(self):
        first = _array._register_origin("tests.first")
        self.assertEqual(_array._register_origin("tests.first"), first)
        self.assertNotEqual(_array._register_origin("tests.second"), first)
        self.assertEqual(_extract.data_origin_name(first), "tests.first")

    def test_of_python_and_of_the_library(self):
        self.assertEqual(_extract.data_origin_name(_extract.data_origin(block([0])._raw_values)), "python.numpy")
        loaded = Labels.load_buffer(labels("a", [1]).save_buffer())
        self.assertEqual(_extract.data_origin_name(_extract.data_origin(loaded._raw_values)), "metatensor.Labels")

    def test_labels_that_the_library_made_are_views_of_its_memory(self):
        loaded = Labels.load_buffer(labels(["a", "b"], [(1, 2), (3, 4)]).save_buffer())
        values = loaded.values
        self.assertIsInstance(values, ExternalCpuArray)
        self.assertFalse(values.flags.writeable)
        column = loaded["b"]
        del loaded, values
        gc.collect()
        self.assertEqual(column.tolist(), [2, 4])

    def test_arrays_come_back_as_the_very_same_pointer(self):
        values = np.zeros((1, 1))
        array = _array.create_mts_array(values)
        samples, properties = labels("s", [0]), labels("p", [0])
        pointer = _get_library().mts_block(
            array, samples.as_mts_labels_t(), None, 0, properties.as_mts_labels_t()
        )
        self.assertEqual(TensorBlock.unsafe_from_ptr(pointer)._raw_values.ptr, array.ptr)

    def test_wrappers_for_arrays_from_elsewhere(self):
        origin = _array._register_origin("tests.elsewhere")
        seen = []

        class Wrapper(ExternalCpuArray):
            def __new__(cls, array, parent):
                seen.append(parent)
                return super().__new__(cls, array, parent)

        metatensor.register_external_data_wrapper("tests.elsewhere", Wrapper)

        def ours(_array_pointer, result):
            result[0] = origin

        tensor = raw_tensor({"origin": ours})
        self.assertIsInstance(tensor.block(0).values, Wrapper)
        self.assertEqual(tensor.block(0).values.tolist(), np.arange(12.0).reshape(2, 2, 3).tolist())
        self.assertIsInstance(seen[0], TensorBlock)
        for moved in [tensor.keys_to_samples("k"), tensor.keys_to_properties("k"), tensor.copy()]:
            self.assertIsInstance(moved.block(0).values, Wrapper)
        moved = tensor.keys_to_samples("k", fill_value=1.0).block()
        self.assertEqual(moved.values.sum(), 2 * sum(range(12)))

    def test_of_arrays_nobody_knows(self):
        origin = _array._register_origin("tests.unknown")

        def unknown(_array_pointer, result):
            result[0] = origin

        stranger = raw_block(np.zeros((1, 1)), {"origin": unknown})
        with self.assertRaisesRegex(ValueError, "tests.unknown"):
            stranger.values

    def test_of_two_kinds_do_not_mix(self):
        origin = _array._register_origin("tests.other")

        def other(_array_pointer, result):
            result[0] = origin

        blocks = [raw_block(np.zeros((1, 1)), {}), raw_block(np.zeros((1, 1)), {"origin": other})]
        with self.assertRaises(MetatensorError):
            TensorMap(labels("k", [0, 1]), blocks)
        parent = raw_block(np.zeros((1, 1)), {"origin": other})
        with self.assertRaises(MetatensorError):
            parent.add_gradient("x", plain_gradient([0]))


class Errors(TestCase):
    def test_the_last_one_is_what_was_set(self):
        library = _get_library()
        message, origin, data = ctypes.c_char_p(), ctypes.c_char_p(), ctypes.c_void_p()
        library.mts_set_last_error(b"a message", b"a test", None, ctypes.CFUNCTYPE(None, ctypes.c_void_p)())
        library.mts_last_error(ctypes.byref(message), ctypes.byref(origin), ctypes.byref(data))
        self.assertEqual((message.value, origin.value, data.value), (b"a message", b"a test", None))

    def test_the_payload_is_deleted_when_it_is_replaced(self):
        library = _get_library()
        deleted = []
        deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(deleted.append)
        KEEP_ALIVE.append(deleter)
        library.mts_set_last_error(b"first", b"a test", ctypes.c_void_p(12), deleter)
        self.assertEqual(deleted, [])
        library.mts_set_last_error(b"second", b"a test", ctypes.c_void_p(34), deleter)
        self.assertEqual(deleted, [12])
        with self.assertRaises(MetatensorError):
            labels("a", [1, 1])
        self.assertEqual(deleted, [12, 34])


PENDING = """
import ctypes, os, sys, threading, time
import numpy as np
from metatensor import Labels, TensorBlock
from metatensor._c_lib import _get_library
from metatensor._status import save_exception

def leave_an_error():
    class Failure(Exception):
        def __del__(self):
            print("released", file=sys.stderr)

    save_exception(Failure("left behind"))

def leave_an_error_of_an_array():
    array = np.array([[object()]])
    try:
        TensorBlock(array, Labels.range("s", 1), [], Labels.range("p", 1)).save_buffer()
    except Exception:
        return
    raise AssertionError("objects can not be saved")

def leave_an_error_and_stay(ready):
    leave_an_error()
    ready.set()
    time.sleep(1000)

def in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()
"""


class Exit(TestCase):
    """The process ends well, with errors that hold exceptions in any of its threads."""

    def assert_ends_well(self, lines, status=0):
        process = subprocess.run([sys.executable, "-B", "-c", PENDING + lines], capture_output=True, text=True)
        self.assertEqual((process.returncode, process.stderr), (status, ""))

    def test_with_an_error_of_the_main_thread(self):
        self.assert_ends_well("leave_an_error()")
        self.assert_ends_well("leave_an_error_of_an_array()")

    def test_with_an_error_of_a_thread_that_ended(self):
        self.assert_ends_well("in_thread(leave_an_error)")
        self.assert_ends_well("in_thread(leave_an_error_of_an_array)")

    def test_with_errors_of_all_threads(self):
        self.assert_ends_well(
            """
leave_an_error()
in_thread(leave_an_error)
ready = threading.Event()
threading.Thread(target=leave_an_error_and_stay, args=(ready,), daemon=True).start()
ready.wait()
sys.exit(3)
""",
            status=3,
        )


if __name__ == "__main__":
    unittest.main()

"""Maps of torch tensors: no derivative is lost, and what nothing follows is computed by the library.

    pip install ./python metatensor-core==0.2.6 metatensor-operations==0.5.0 metatensor-torch==0.10.8 torch==2.14.1
    python tests/python/package/torch_maps.py

Both kinds of maps are tested: those of `metatensor.torch`, and those of `metatensor` with tensors in them.
"""

import contextlib
import subprocess
import sys
import unittest
import warnings

warnings.simplefilter("ignore", FutureWarning)  # torch.jit is deprecated

import metatensor_native as native

import metatensor as mts
import metatensor.torch as mtt
import numpy as np
import torch
from metatensor_native import _convert
from torch.autograd import forward_ad

OFFICIAL = {name: getattr(mtt, name) for name in native.operations.__all__ if hasattr(mtt, name)}
KINDS = {"metatensor": mts, "metatensor.torch": mtt}


def labels(kind, names, rows):
    values = np.array(rows, dtype=np.int32).reshape(-1, len(names))
    return kind.Labels(names, torch.from_numpy(values) if kind is mtt else values)


def make(kind, values, gradient=None, second=None):
    """A map with a block of shape (4, 2), and gradients (3, 2) if they are given."""
    samples, properties = labels(kind, ["system", "atom"], [[0, 0], [0, 1], [1, 0], [1, 1]]), labels(kind, ["p"], [[0], [1]])
    block = kind.TensorBlock(values, samples, [], properties)
    if gradient is not None:
        rows = labels(kind, ["sample", "i"], [[0, 0], [2, 0], [3, 1]])
        derivative = kind.TensorBlock(gradient, rows, [], properties)
        if second is not None:
            rows = labels(kind, ["sample"], [[0], [2]])
            derivative.add_gradient("y", kind.TensorBlock(second, rows, [], properties))
        block.add_gradient("x", derivative)
    return kind.TensorMap(labels(kind, ["key"], [[0]]), [block])


def numbers(rows=4, **options):
    generator = torch.Generator().manual_seed(rows)
    return torch.rand(rows, 2, generator=generator, dtype=torch.float64).add_(0.5).requires_grad_(options.get("requires_grad", False))


@contextlib.contextmanager
def uninstalled():
    native.uninstall()
    try:
        yield
    finally:
        native.install()


def is_native(function):
    """Whether a function was computed by the library, and what it gives."""
    calls = []
    call = _convert.call

    def counted(name, *arguments):
        calls.append(name)
        return call(name, *arguments)

    from metatensor_native.operations import _calls, labels, parts

    for module in (_convert, _calls, labels, parts):
        module.call = counted
    try:
        result = function()
    finally:
        for module in (_convert, _calls, labels, parts):
            module.call = call
    return bool(calls), result


class Torch(unittest.TestCase):
    def setUp(self):
        native.install()
        self.addCleanup(native.uninstall)

    def assert_native(self, function):
        used, result = is_native(function)
        self.assertTrue(used, "this was left to the official function")
        return result

    def assert_official(self, function):
        used, result = is_native(function)
        self.assertFalse(used, "this was given to the library")
        return result


class Results(Torch):
    def test_results_are_those_of_the_official_functions(self):
        for kind in KINDS.values():
            for dtype in [torch.float64, torch.float32, torch.complex128]:
                a = make(kind, numbers().to(dtype), numbers(3).to(dtype))
                b = make(kind, numbers().to(dtype) + 1, numbers(3).to(dtype) - 1)
                system = labels(kind, ["system"], [[1]])
                for name, *given in [
                    ("add", a, b),
                    ("subtract", a, b),
                    ("multiply", a, b),
                    ("multiply", a, 2.0),
                    ("divide", a, b),
                    ("pow", a, 2.0),
                    ("sum_over_samples", a, ["atom"]),
                    ("sum_over_properties", a, ["p"]),
                    ("slice", a, "samples", system),
                    ("split", a, "samples", [system, system]),
                    ("join", [a, b], "samples", "error", "map"),
                    ("sort", a, "all", True),
                    ("zeros_like", a),
                    ("equal", a, a.copy()),
                    ("allclose", a, b),
                    ("equal_metadata", a, b),
                    ("unique_metadata", a, "samples", ["system"]),
                ]:
                    if kind is mts and name in ("slice", "split", "sort"):
                        continue  # the official functions do not take torch tensors next to labels of numpy
                    with self.subTest(kind=kind.__name__, dtype=dtype, name=name):
                        actual = self.assert_native(lambda: getattr(kind, name)(*given))
                        with uninstalled():
                            expected = getattr(kind, name)(*given)
                        self.compare(kind, actual, expected)

    def compare(self, kind, actual, expected):
        self.assertIs(type(actual), type(expected))
        if isinstance(expected, list):
            for a, e in zip(actual, expected, strict=True):
                self.compare(kind, a, e)
        elif hasattr(expected, "blocks"):
            self.assertTrue(mtt.allclose(actual, expected, 1e-6) if kind is mtt else mts.allclose(actual, expected, 1e-6))
            for block, other in zip(actual.blocks(), expected.blocks(), strict=True):
                self.assertIs(type(block.values), torch.Tensor)
                self.assertEqual(block.values.dtype, other.values.dtype)
                self.assertEqual(block.gradients_list(), other.gradients_list())
        else:
            self.assertEqual(actual, expected)

    def test_errors_are_those_of_the_official_functions(self):
        for kind, error in [(mts, ValueError), (mtt, torch.jit.Error)]:
            with self.assertRaisesRegex(error, "'q' in 'zeros_like' is not defined"):
                kind.zeros_like(make(kind, numbers()), ["q"])

    def test_types_that_torch_promotes_by_its_own_rules_are_left_to_it(self):
        for kind in KINDS.values():
            integers = make(kind, numbers().to(torch.int64))
            self.assertEqual(self.assert_official(lambda: kind.divide(integers, 2.0)).block(0).values.dtype, torch.float32)
            self.assert_official(lambda: kind.add(integers, make(kind, numbers().to(torch.float32))))
            self.assert_native(lambda: kind.equal(integers, integers.copy()))
            self.assert_official(lambda: kind.add(make(kind, numbers().to(torch.bfloat16)), 1.0))

    def test_memory_is_shared_as_by_the_official_functions(self):
        for kind in KINDS.values():
            a = make(kind, numbers(), numbers(3))
            shared = kind.add(a, 1.0).block(0).gradient("x").values
            shared[0, 0] = 17.0
            self.assertEqual(a.block(0).gradient("x").values[0, 0], 17.0)

    def test_maps_of_tensors_that_are_no_plain_arrays_are_left_to_the_official_functions(self):
        class Wrapped(torch.Tensor):
            pass

        plain = numbers()
        cases = {
            "subclass": plain.as_subclass(Wrapped),
            "parameter": torch.nn.Parameter(plain, requires_grad=False),
            "conjugate": torch.complex(plain, plain).conj(),
            "negative": torch.complex(plain, plain).conj().imag,
            "zero": torch._efficientzerotensor(4, 2, dtype=torch.float64),
            "requires grad": numbers(requires_grad=True),
        }
        for kind in KINDS.values():
            for what, tensor in cases.items():
                with self.subTest(kind=kind.__name__, what=what):
                    if kind is mtt and what in ("subclass", "parameter"):
                        continue  # objects of C++ do not know of them
                    tensor_map = make(kind, tensor)
                    result = self.assert_official(lambda: kind.multiply(tensor_map, 3.0))
                    torch.testing.assert_close(result.block(0).values.resolve_conj().resolve_neg() + 0, tensor * 3.0 + 0, check_layout=False)

    def test_inference_mode_is_native(self):
        for kind in KINDS.values():
            with torch.inference_mode():
                a = make(kind, numbers() * 2)
                self.assert_native(lambda: kind.add(a, 1.0))
            with torch.no_grad():
                self.assert_native(lambda: kind.add(make(kind, numbers()), 1.0))

    def test_modes_are_seen(self):
        from torch.overrides import TorchFunctionMode
        from torch.utils._python_dispatch import TorchDispatchMode

        class Functions(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                return function(*args, **(kwargs or {}))

        class Dispatch(TorchDispatchMode):
            def __torch_dispatch__(self, function, types, args=(), kwargs=None):
                seen.append(function)
                return function(*args, **(kwargs or {}))

        for kind in KINDS.values():
            seen = []
            a = make(kind, numbers())
            with Functions():
                self.assert_official(lambda: kind.add(a, 1.0))
            with Dispatch():
                self.assert_official(lambda: kind.add(a, 1.0))
            self.assertTrue(seen)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                self.assert_official(lambda: kind.add(a, 1.0))


class Derivatives(Torch):
    def energies(self, kind, values, gradient=None):
        a = make(kind, values, gradient)
        squared = kind.multiply(kind.pow(a, 2.0), a)
        return kind.sum_over_samples(kind.add(squared, a), ["atom"])

    def test_backward(self):
        for kind in KINDS.values():
            values = numbers(requires_grad=True)
            self.energies(kind, values).block(0).values.sum().backward()
            torch.testing.assert_close(values.grad, 3 * values.detach() ** 2 + 1)

    def test_double_backward(self):
        for kind in KINDS.values():
            values = numbers(requires_grad=True)
            energy = self.energies(kind, values).block(0).values.sum()
            (first,) = torch.autograd.grad(energy, values, create_graph=True)
            (second,) = torch.autograd.grad(first.sum(), values)
            torch.testing.assert_close(second, 6 * values.detach())

    def test_a_gradient_of_the_gradient_block_only(self):
        for kind in KINDS.values():
            gradient = numbers(3, requires_grad=True)
            result = self.energies(kind, numbers(), gradient).block(0).gradient("x").values
            self.assertTrue(result.requires_grad)
            result.sum().backward()
            torch.testing.assert_close(gradient.grad, (3 * numbers() ** 2 + 1)[[0, 2, 3]])

    def test_a_gradient_of_a_gradient_of_the_gradient_block_only(self):
        for kind in KINDS.values():
            second = torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
            a = make(kind, numbers(), numbers(3), second)
            # the official functions refuse gradients of gradients: this must not become a result without a derivative
            with self.assertRaises((NotImplementedError, torch.jit.Error)):
                self.assert_official(lambda: kind.multiply(a, 2.0))

    def test_a_gradient_of_the_second_operand_only(self):
        for kind in KINDS.values():
            values = numbers(requires_grad=True)
            a, b = make(kind, numbers()), make(kind, values)
            for name, derivative in [("add", 1), ("subtract", -1), ("multiply", numbers()), ("divide", -1 / numbers())]:
                values.grad = None
                self.assert_official(lambda: getattr(kind, name)(a, b)).block(0).values.sum().backward()
                torch.testing.assert_close(values.grad, torch.zeros_like(values) + derivative)
            values.grad = None
            kind.join([a, b], "samples", "error", "map").block(0).values.sum().backward()
            torch.testing.assert_close(values.grad, torch.ones_like(values))
            values.grad = None
            kind.dot(a, b).block(0).values.sum().backward()
            torch.testing.assert_close(values.grad, numbers().sum(0).expand(4, 2))

    def test_gradcheck_in_both_modes(self):
        for kind in KINDS.values():
            def function(values, gradient):
                block = self.energies(kind, values, gradient).block(0)
                return block.values, block.gradient("x").values

            inputs = numbers(requires_grad=True), numbers(3, requires_grad=True)
            self.assertTrue(torch.autograd.gradcheck(function, inputs, check_forward_ad=True))
            self.assertTrue(torch.autograd.gradgradcheck(function, inputs))

    def test_dual_tensors_keep_their_tangents(self):
        for kind in KINDS.values():
            with forward_ad.dual_level():
                dual = forward_ad.make_dual(numbers(), torch.ones(4, 2, dtype=torch.float64))
                result = self.assert_official(lambda: kind.multiply(make(kind, dual), 3.0)).block(0).values
                torch.testing.assert_close(forward_ad.unpack_dual(result).tangent, torch.full((4, 2), 3.0, dtype=torch.float64))

    def test_transformations_of_functions(self):
        def function(values):
            return mts.multiply(mts.pow(make(mts, values), 2.0), 3.0).block(0).values.sum()

        values = numbers()
        expected = 6 * values
        torch.testing.assert_close(torch.func.grad(function)(values), expected)
        for transformed in (torch.func.jvp, torch.autograd.functional.jvp):
            _, tangent = transformed(function, (values,), (torch.ones_like(values),))
            torch.testing.assert_close(tangent, expected.sum())
        torch.testing.assert_close(torch.func.jacfwd(function)(values), expected)
        torch.testing.assert_close(torch.func.vjp(function, values)[1](torch.tensor(1.0, dtype=torch.float64))[0], expected)


class Scripts(Torch):
    def check(self, module):
        values = numbers(requires_grad=True)
        module(make(mtt, values)).block(0).values.sum().backward()
        torch.testing.assert_close(values.grad, torch.full((4, 2), 2.0, dtype=torch.float64))

    def test_scripted_modules_keep_the_official_functions(self):
        class Model(torch.nn.Module):
            def forward(self, tensor: mtt.TensorMap) -> mtt.TensorMap:
                return mtt.multiply(mtt.add(tensor, 1.0), 2.0)

        native.uninstall()
        before = torch.jit.script(Model())
        native.install()
        during = torch.jit.script(Model())
        for module in (before, during):
            used, _ = is_native(lambda: module(make(mtt, numbers())))
            self.assertFalse(used)
            self.check(module)
        self.assertEqual(str(before.inlined_graph), str(during.inlined_graph))
        native.uninstall()
        for module in (before, during, torch.jit.script(Model())):
            self.check(module)

    def test_functions_are_scripted_as_the_official_ones(self):
        scripted = torch.jit.script(mtt.add)
        self.assertEqual(scripted.qualified_name, OFFICIAL["add"].qualified_name)
        native.uninstall()
        self.assertIs(mtt.add, OFFICIAL["add"])

    def test_traces_and_compiled_functions_are_left_to_the_official_ones(self):
        def function(values):
            return mts.multiply(make(mts, values), 2.0).block(0).values

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(function, (numbers(),))
        torch.testing.assert_close(traced(numbers() + 1), (numbers() + 1) * 2)


class Later(unittest.TestCase):
    def test_operations_are_installed_in_what_is_imported_later(self):
        code = """if True:
            import metatensor_native
            metatensor_native.install()
            import metatensor.torch
            assert metatensor.torch.add.__module__.startswith("metatensor_native"), metatensor.torch.add
            metatensor_native.uninstall()
            import torch
            assert isinstance(metatensor.torch.add, torch.jit.ScriptFunction), metatensor.torch.add
            status = metatensor_native.status()
            assert status.libraries == [status.library], status
        """
        process = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
        self.assertEqual(process.returncode, 0, process.stderr)


if __name__ == "__main__":
    status = native.status()
    assert status.libraries == [status.library], status
    unittest.main()

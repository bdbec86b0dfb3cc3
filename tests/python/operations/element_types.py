"""What becomes of every type of elements, in our operations and in those of the official Python package.

    LD_PRELOAD=/path/to/libmetatensor.so python element_types.py [--expect-library PATH]

Numbers are small integers, so that all sums and products are exact in every type, unless they wrap around. Where the
official package fails for gradients, operations are compared without them:

- sums with a number, and means, variances and deviations of single and half precision, because it gives gradients
  another type than the values;
- quotients of unsigned integers, because the gradients wrap around; quotients and absolute values of booleans, because
  numpy has no such signs;
- absolute values of complex numbers, because theirs are NaN where the value is 0.
"""

import ctypes
import ctypes.util
import unittest
import warnings

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from ours import call, compare, run_tests, with_values
from reduce import REDUCTIONS, official, reduced

TYPES = [np.dtype(name) for name in ["bool", *"bBhHiIlL", "float16", "float32", "float64", "complex64", "complex128"]]
WITHOUT_FRACTIONS = "biu"


def draw(rng, dtype, shape, low):
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.integers(max(low, 0) if dtype.kind == "u" else low, 4, shape).astype(dtype)


def make(dtype, seed, gradients=True, low=-3, samples=6, properties=3):
    """A map with one block, whose labels do not depend on the seed."""
    rng = np.random.default_rng(seed)
    samples = Labels(["s", "t"], np.array([[i // 3, i] for i in range(samples)], dtype=np.int32))
    axis = Labels(["p", "q"], np.array([[i // 2, i] for i in range(properties)], dtype=np.int32))
    block = TensorBlock(draw(rng, dtype, (len(samples), properties), low), samples, [], axis)
    if gradients:
        rows = Labels(["sample", "i"], np.array([[i, j] for i in range(len(samples)) for j in range(2)], dtype=np.int32))
        block.add_gradient("g", TensorBlock(draw(rng, dtype, (len(rows), properties), low), rows, [], axis))
    return TensorMap(Labels.single(), [block])


class ElementTypes(unittest.TestCase):
    def compare(self, ours, theirs, dtype, rtol=0.0):
        """Both have elements of this type, and the same ones."""
        for a, b in zip(ours.blocks(), theirs.blocks(), strict=True):
            pairs = [(a, b), *((gradient, b.gradient(name)) for name, gradient in a.gradients())]
            self.assertEqual(a.gradients_list(), b.gradients_list())
            for x, y in pairs:
                self.assertEqual(x.values.dtype, dtype)
                self.assertEqual(y.values.dtype, dtype)
                np.testing.assert_allclose(x.values, y.values, rtol=rtol, atol=rtol)

    def with_fractions(self, dtype):
        return np.dtype(np.float64) if dtype.kind in WITHOUT_FRACTIONS else dtype

    def for_all_types(self, check):
        for dtype in TYPES:
            with self.subTest(dtype=dtype), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of numpy, about divisions by zero
                check(dtype)

    def test_sums_products_and_absolute_values_keep_the_type(self):
        def check(dtype):
            a, b, weights = make(dtype, 1), make(dtype, 2), make(dtype, 3, gradients=False)
            self.compare(call("add", [a, b]), mts.add(a, b), dtype)
            self.compare(call("multiply", [a, b]), mts.multiply(a, b), dtype)
            self.compare(call("dot", [a, weights]), mts.dot(a, weights), dtype)
            for axis, name in [("samples", "t"), ("properties", "q")]:
                self.compare(reduced("sum", axis, a, [name]), official("sum", axis, a, [name]), dtype)
            x = make(dtype, 1, gradients=dtype.kind not in "bc")
            self.compare(call("abs", [x]), mts.abs(x), dtype, rtol=1e-6)

        self.for_all_types(check)

    def test_integers_wrap_around(self):
        for dtype in TYPES:
            if dtype.kind not in "iu":
                continue
            values = np.array([[np.iinfo(dtype).max, np.iinfo(dtype).min], [3, 7]], dtype=dtype)
            axis = Labels.range("t", 2)
            tensor = TensorMap(Labels.single(), [TensorBlock(values, axis, [], axis)])
            with self.subTest(dtype=dtype):
                for name in ["add", "multiply", "dot"]:
                    self.compare(call(name, [tensor, tensor]), getattr(mts, name)(tensor, tensor), dtype)
                self.compare(call("abs", [tensor]), mts.abs(tensor), dtype)
                for axis in ["samples", "properties"]:
                    self.compare(reduced("sum", axis, tensor, ["t"]), official("sum", axis, tensor, ["t"]), dtype)

    def test_means_and_variances_have_fractions(self):
        def check(dtype):
            expected = self.with_fractions(dtype)
            tensor = make(dtype, 1, gradients=expected == np.float64)
            rtol = 4 * np.finfo(expected).eps
            for axis, name in [("samples", "t"), ("properties", "q")]:
                for reduction in REDUCTIONS[1:]:
                    if dtype.kind == "c" and reduction != "mean":
                        continue  # the official variances of complex numbers are not real
                    ours, theirs = (f(reduction, axis, tensor, [name]) for f in [reduced, official])
                    if dtype.kind == "b" or expected != dtype and reduction != "mean":
                        # Official sums in means of booleans are *or*, and means in variances of integers lose fractions.
                        self.assertEqual(theirs.block(0).values.dtype, expected)
                        floats = with_values(tensor, lambda values: values.astype(np.float64))
                        theirs = reduced(reduction, axis, floats, [name])
                    elif reduction == "std":
                        ours, theirs = mts.remove_gradients(ours), mts.remove_gradients(theirs)
                    self.compare(ours, theirs, expected, rtol)

        self.for_all_types(check)

    def test_quotients_and_powers_have_fractions(self):
        def check(dtype):
            expected = self.with_fractions(dtype)
            a, b = (make(dtype, seed, gradients=dtype.kind not in "bu", low=1) for seed in [1, 2])
            rtol = 4 * np.finfo(expected).eps
            self.compare(call("divide", [a, b]), mts.divide(a, b), expected, rtol)
            for exponent in [2.0, 0.5, -1.0, 3.25, 1.0]:
                ours = call("pow", [a], ctypes.c_double(exponent))
                self.compare(ours, mts.pow(a, exponent), expected, 2 * rtol)

        self.for_all_types(check)

    def test_forms_with_a_number_have_fractions(self):
        def check(dtype):
            expected = self.with_fractions(dtype)
            for name in ["multiply", "divide", "add", "subtract"]:
                a = make(dtype, 1, gradients=name in ["multiply", "divide"] or expected == dtype)
                ours = call(f"{name}_scalar", [a], ctypes.c_double(1.5))
                self.compare(ours, getattr(mts, name)(a, 1.5), expected, np.finfo(expected).eps)
            # Gradients get the type of the values, which official ones do not.
            block = call("add_scalar", [make(dtype, 1)], ctypes.c_double(1.5)).block(0)
            self.assertEqual(block.values.dtype, expected)
            self.assertEqual(block.gradient("g").values.dtype, expected)

        self.for_all_types(check)

    def test_differences_keep_integers(self):
        """The official ones, `a + (-1.0) * b`, become 64-bit floats, and lose digits of large integers."""

        def check(dtype):
            a, b = make(dtype, 1), make(dtype, 2)
            ours, theirs = call("subtract", [a, b]).block(0), mts.subtract(a, b).block(0)
            self.assertEqual(theirs.values.dtype, self.with_fractions(dtype))
            self.assertEqual(ours.values.dtype, np.float64 if dtype.kind == "b" else dtype)
            for x, y in [(ours, theirs), (ours.gradient("g"), theirs.gradient("g"))]:
                with np.errstate(all="ignore"):
                    y = y.values.astype(np.int64).astype(dtype) if dtype.kind == "u" else y.values
                np.testing.assert_array_equal(x.values, y)

        self.for_all_types(check)

    def test_different_types_are_promoted(self):
        for a in TYPES:
            for b in TYPES:
                x, y = make(a, 1), make(b, 2)
                with self.subTest(a=a, b=b):
                    expected = np.result_type(a, b)
                    self.compare(call("multiply", [x, y]), mts.multiply(x, y), expected)
                    self.compare(call("add", [x, y]), mts.add(x, y), expected)

    def test_all_types_are_compared(self):
        def check(dtype):
            a, b = make(dtype, 1), make(dtype, 2)
            for name in ["equal", "allclose"]:
                self.assertTrue(compare(name, a, a))
                self.assertEqual(compare(name, a, b), getattr(mts, name)(a, b))
                self.assertFalse(compare(name, a, b))

        self.for_all_types(check)

    def test_solutions_have_fractions(self):
        def check(dtype):
            if dtype == np.float16:
                return  # not in numpy
            expected = self.with_fractions(dtype)
            a, b = make(dtype, 5, gradients=False), make(dtype, 2, gradients=False)
            rtol = 100 * np.finfo(expected).eps
            ours = call("lstsq", [a, b], None)
            self.compare(ours, mts.lstsq(a, b, rcond=1e-6), expected, rtol)
            square = make(dtype, 1, gradients=False, samples=3).block(0)
            values = square.values * 0 + np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]], dtype=dtype)
            x = TensorMap(Labels.single(), [TensorBlock(values, square.samples, [], square.properties)])
            y = make(dtype, 2, gradients=False, samples=3)
            self.compare(call("solve", [x, y]), mts.solve(x, y), expected, rtol)

        self.for_all_types(check)

    def test_special_powers_are_those_of_c(self):
        """Those of numpy are not: it takes square roots for powers of 1/2."""
        numbers = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, np.inf, -np.inf, np.nan, 1e-300, 1e300]
        for dtype in [np.float16, np.float32, np.float64]:
            double = dtype == np.float64
            wide, power = (np.float64, c_power("pow", ctypes.c_double)) if double else (
                np.float32,
                c_power("powf", ctypes.c_float),
            )
            with np.errstate(all="ignore"):
                values = np.array([numbers], dtype=dtype)
                exponents = [wide(dtype(p)) for p in [*numbers, 1.5, -1.5, 0.25, 3.0, -3.0]]
            single, properties = Labels.range("s", 1), Labels.range("p", len(numbers))
            block = TensorBlock(values, single, [], properties)
            ones = TensorBlock(np.ones_like(values), Labels(["sample"], np.array([[0]])), [], properties)
            block.add_gradient("g", ones)
            tensor = TensorMap(Labels.single(), [block])
            for p in exponents:
                result = call("pow", [tensor], ctypes.c_double(p)).block(0)
                for i, x in enumerate(values[0].astype(wide)):
                    with np.errstate(all="ignore"), self.subTest(dtype=dtype, p=p, x=x):
                        slope = p * wide(power(x, p - wide(1))) if p != 0 else wide(0)
                        self.same(result.values[0, i], dtype(power(x, p)))
                        self.same(result.gradient("g").values[0, i], dtype(slope))

    def same(self, x, expected):
        np.testing.assert_allclose(x, expected, rtol=4 * np.finfo(expected.dtype).eps)
        if expected == 0:
            self.assertEqual(np.signbit(x), np.signbit(expected))


def c_power(name, type):
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.argtypes, function.restype = [type, type], type
    return function


if __name__ == "__main__":
    run_tests(__doc__)

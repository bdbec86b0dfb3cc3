"""The operations of our library on the maps of the official Python package, and maps to compare them with its own.

The library has to be in the process already, in place of that of the package; see `client/run.py` for how to do this.
"""

import argparse
import ctypes
import pathlib
import sys
import unittest

import numpy as np
from metatensor import Labels, TensorBlock, TensorMap
from metatensor._c_api import mts_tensormap_t
from metatensor._c_lib import _get_library
from metatensor._status import _get_exception
from structures import setup_functions

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "client"))

from run import check_library  # noqa: E402

Map = ctypes.POINTER(mts_tensormap_t)


setup_functions()


def call(name, maps, *arguments):
    """The map that `mts_<name>` makes of other maps; further arguments come after them."""
    result = Map()
    function = getattr(_get_library(), f"mts_{name}")
    if function(*[m._ptr for m in maps], *arguments, ctypes.byref(result)) != 0:
        raise _get_exception()
    return TensorMap.unsafe_from_ptr(result)


def compare(name, a, b, options=None):
    """The answer of a comparison of two maps; the options are NULL or a structure."""
    answer = ctypes.c_bool()
    arguments = [] if name == "equal" else [options]
    if getattr(_get_library(), f"mts_{name}")(a._ptr, b._ptr, *arguments, ctypes.byref(answer)) != 0:
        raise _get_exception()
    return answer.value


# ------------------------------------------------------------------ maps


def labels(names, rows):
    return Labels(list(names), np.array(rows, dtype=np.int32).reshape(-1, len(names)))


class Model:
    """The labels of a map. Maps made from the same model have the same structure, and values of their own."""

    def __init__(self, rng, empty=True):
        self.components = [("mu", 3), ("lambda", 2)][: rng.integers(0, 3)]
        parameters = [("positions", [("xyz", 3)]), ("strain", [])]
        self.parameters = parameters[: rng.integers(0, 3)]
        self.keys = labels(["l", "k"], [(i // 3, 5 - i) for i in range(rng.integers(1, 7))])
        self.blocks = []
        for _ in range(len(self.keys)):
            # The official package fails for gradients without properties.
            n, p = rng.integers(0 if empty else 1, 6), rng.integers(0 if empty and not self.parameters else 1, 8)
            samples = labels(["system", "atom"], rng.permutation([(i // 2, i) for i in range(n)]))
            properties = labels(["n"], rng.permutation(p))
            gradients = []
            for _ in self.parameters:
                rows = [(s, a) for s in range(n) for a in range(3) if rng.uniform() < 0.6]
                gradients.append(labels(["sample", "neighbor"], rng.permutation(rows)))
            self.blocks.append((samples, properties, gradients))

    def make(self, draw, properties=None, shuffled=None):
        """A map whose values are `draw(shape)`, possibly with other properties, and blocks in random order."""
        blocks = []
        components = [labels([name], range(n)) for name, n in self.components]
        for samples, own, gradients in self.blocks:
            axes = [*components, own if properties is None else properties]
            shape = [len(axis) for axis in axes]
            block = TensorBlock(draw((len(samples), *shape)), samples, axes[:-1], axes[-1])
            for (parameter, extra), rows in zip(self.parameters, gradients, strict=True):
                extra = [labels([name], range(n)) for name, n in extra]
                values = draw((len(rows), *[len(axis) for axis in extra], *shape))
                block.add_gradient(parameter, TensorBlock(values, rows, extra + axes[:-1], axes[-1]))
            blocks.append(block)
        order = np.arange(len(blocks)) if shuffled is None else shuffled.permutation(len(blocks))
        return TensorMap(labels(self.keys.names, self.keys.values[order]), [blocks[i] for i in order])


def numbers(rng, dtype):
    """Function that draws arrays of this type, sometimes not contiguous."""
    dtype = np.dtype(dtype)

    def draw(shape):
        if dtype.kind == "i":
            values = rng.integers(-1000, 1000, shape)
        else:
            values = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.25, 4, shape)
            if dtype.kind == "c":
                values = values + 1j * rng.uniform(-4, 4, shape)
        values = np.asarray(values, dtype=dtype)
        return np.asfortranarray(values) if rng.uniform() < 0.3 else values

    return draw


def with_values(tensor, f, g=None):
    """The same map with `f` applied to the values, and `g` to gradients."""

    def block_with(block, f, g):
        result = TensorBlock(f(block.values), block.samples, block.components, block.properties)
        for parameter, gradient in block.gradients():
            result.add_gradient(parameter, block_with(gradient, g, g))
        return result

    return TensorMap(tensor.keys, [block_with(block, f, g or f) for block in tensor.blocks()])


# ------------------------------------------------------------------ comparisons


def assert_same(actual, expected, what, ulp=4, scale=None, tolerance=None):
    """Check that labels are equal, and that numbers are within some units in the last place.

    These units are those of the numbers in `scale`, another map, if it is given. With a `tolerance`, that is how
    large the differences can be.
    """
    assert actual.keys == expected.keys, f"{what}: keys are {actual.keys}, not {expected.keys}"
    for key, block in expected.items():
        where = f"{what}, block {key}"
        scale_block = None if scale is None else scale.block(key)
        _assert_same_block(actual.block(key), block, where, ulp, scale_block, tolerance)


def _assert_same_block(actual, expected, where, ulp, scale, tolerance):
    assert actual.samples == expected.samples, f"{where}: samples are {actual.samples}, not {expected.samples}"
    assert actual.components == expected.components, f"{where}: components"
    assert actual.properties == expected.properties, f"{where}: properties"
    assert actual.gradients_list() == expected.gradients_list(), f"{where}: gradients"
    a, e = actual.values, expected.values
    assert a.dtype == e.dtype, f"{where}: the type is {a.dtype}, not {e.dtype}"
    if a.dtype.kind == "i":
        assert np.array_equal(a, e), f"{where}: {a} is not {e}"
    else:
        size = np.abs(e if scale is None else scale.values).astype(e.real.dtype)
        with np.errstate(invalid="ignore"):
            allowed = ulp * np.spacing(size) if tolerance is None else np.full(e.shape, tolerance)
            close = (np.abs(a - e) <= allowed) | (a == e) | (np.isnan(a) & np.isnan(e))
        assert close.all(), f"{where}: {a[~close]} is not {e[~close]}"
    for parameter, gradient in expected.gradients():
        other = None if scale is None else scale.gradient(parameter)
        _assert_same_block(actual.gradient(parameter), gradient, f"{where}, {parameter}", ulp, other, tolerance)


def run_tests(description):
    """Runs the tests of a program, after checking that the library is the expected one."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expect-library", metavar="PATH")
    arguments, others = parser.parse_known_args()
    if arguments.expect_library is not None:
        check_library(arguments.expect_library)
    unittest.main(argv=[sys.argv[0], *others])

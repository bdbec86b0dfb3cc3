"""Linear algebra, arithmetic and comparisons of our library, against those of the official package.

    LD_PRELOAD=/path/to/libmetatensor.so python linalg.py [--expect-library PATH] [--seeds N]

Maps have random shapes, with empty axes, components, gradients with rows in any order and only for some of the
samples. Labels have to be the same, and numbers within 4 units in the last place. What the official package is known
to do differently, or not to do, is left out.
"""

import argparse
import ctypes
import warnings

import metatensor as mts
import numpy as np
import ours
from metatensor import TensorBlock, TensorMap
from ours import Model, assert_same, call, compare, labels, numbers, with_values
from structures import mts_allclose_options_t, mts_equal_metadata_options_t, mts_lstsq_options_t

FLOATS = ["f4", "f8", "c8", "c16"]
REALS = ["f4", "f8"]
ALL = ["i4", "i8", *FLOATS]


def has_gradients(tensor):
    return len(tensor.block(0).gradients_list()) > 0


# ------------------------------------------------------------------ arithmetic


def arithmetic(rng):
    model = Model(rng)
    for dtype, other in [(d, d) for d in ALL] + [tuple(rng.choice(ALL, 2)) for _ in range(4)]:
        a = model.make(numbers(rng, dtype))
        b = model.make(numbers(rng, other), shuffled=rng)
        what = f"{dtype} and {other}"
        assert_same(call("add", [a, b]), mts.add(a, b), f"add {what}", ulp=0)
        if not (dtype.startswith("i") and other.startswith("i")):
            # differences of integers are integers here
            assert_same(call("subtract", [a, b]), mts.subtract(a, b), f"subtract {what}", ulp=0)

        magnitude = abs_of(a), abs_of(b)
        scale = mts.multiply(*magnitude)
        assert_same(call("multiply", [a, b]), mts.multiply(a, b), f"multiply {what}", scale=scale)
        b = with_values(b, lambda x: np.where(x == 0, 1, x).astype(x.dtype), lambda x: x)
        # The formulas for gradients are different: compare with the size of what is added.
        scale = mts.divide(abs_of(a), with_values(b, np.abs, lambda x: -np.abs(x)))
        # Squares of the denominator would be in the lower precision.
        common = np.result_type(np.dtype(dtype), np.dtype(other))
        expected = mts.divide(*[with_values(tensor, lambda x, t=common: x.astype(t)) for tensor in (a, b)])
        assert_same(call("divide", [a, b]), expected, f"divide {what}", ulp=8, scale=scale)


def sparse_gradients(rng):
    model = Model(rng)
    for dtype, other in [("f8", "f8"), ("f4", "c16"), ("i8", "i4")]:
        a, b = model.make(numbers(rng, dtype)), model.make(numbers(rng, other), shuffled=rng)
        b = with_values(b, lambda x: np.where(x == 0, 1, x).astype(x.dtype), lambda x: x)
        sparse, zeros = without_some_rows(rng, b)
        bare = mts.remove_gradients(b)
        no_gradients = with_values(b, lambda x: x, np.zeros_like)
        for name in ["add", "subtract", "multiply", "divide"]:
            if name in ["subtract", "divide"] and dtype == "i8":
                continue
            expected = getattr(mts, name)(a, zeros)
            # The formulas for quotients are different.
            scale = mts.divide(abs_of(a), with_values(zeros, np.abs, lambda x: -np.abs(x))) if name == "divide" else None
            what = f"{name}_with of {dtype} and {other}"
            assert_same(call(f"{name}_with", [a, sparse], ctypes.c_uint32(1)), expected, what, ulp=16, scale=scale)
            expected = getattr(mts, name)(a, no_gradients)
            assert_same(call(f"{name}_with", [a, bare], ctypes.c_uint32(2)), expected, what, ulp=16, scale=scale)
            if has_gradients(a):
                assert_refused(f"{name}_with", [a, bare], 1, "see the option 'missing_gradients'")
                assert_refused(f"{name}_with", [a, bare], 3, "must be one of the MTS_MISSING_GRADIENTS_ values, got 3")


def without_some_rows(rng, tensor):
    """The same map without some gradient rows, and with zeros in these."""
    sparse, zeros = [], []
    for block in tensor.blocks():
        axes = (block.samples, block.components, block.properties)
        sparse.append(TensorBlock(block.values, *axes))
        zeros.append(TensorBlock(block.values, *axes))
        for parameter, gradient in block.gradients():
            kept = rng.uniform(size=len(gradient.samples)) < 0.5
            rows = labels(gradient.samples.names, gradient.samples.values[kept])
            axes = (gradient.components, gradient.properties)
            sparse[-1].add_gradient(parameter, TensorBlock(gradient.values[kept], rows, *axes))
            values = gradient.values.copy()
            values[~kept] = 0
            zeros[-1].add_gradient(parameter, TensorBlock(values, gradient.samples, *axes))
    return TensorMap(tensor.keys, sparse), TensorMap(tensor.keys, zeros)


def assert_refused(name, maps, option, message):
    try:
        call(name, maps, ctypes.c_uint32(option))
    except Exception as error:
        assert message in str(error), f"{name}: {error}"
    else:
        raise AssertionError(f"{name} should fail with {message}")


def abs_of(tensor):
    return with_values(tensor, np.abs)


def arithmetic_with_numbers(rng):
    model = Model(rng)
    for dtype in ALL:
        a = model.make(numbers(rng, dtype))
        scalar = float(rng.uniform(0.5, 3))
        c_scalar = ctypes.c_double(scalar)
        if dtype.startswith("f") or dtype.startswith("c") or not has_gradients(a):
            assert_same(call("add_scalar", [a], c_scalar), mts.add(a, scalar), f"{dtype} + {scalar}")
            assert_same(call("subtract_scalar", [a], c_scalar), mts.subtract(a, scalar), f"{dtype} - {scalar}")
        assert_same(call("multiply_scalar", [a], c_scalar), mts.multiply(a, scalar), f"{dtype} * {scalar}")
        assert_same(call("divide_scalar", [a], c_scalar), mts.divide(a, scalar), f"{dtype} / {scalar}")
        if dtype.startswith("c"):
            # Gradients of absolute values are different: see the changelog.
            a = mts.remove_gradients(a)
            assert_same(call("abs", [a]), mts.abs(a), f"abs of {dtype}")
            continue
        assert_same(call("abs", [a]), mts.abs(a), f"abs of {dtype}", ulp=0)
        for exponent in [1.0, 2.0, 3.0, 0.5, -1.0, -2.5]:
            expected = mts.pow(with_values(a, lambda x: x.astype("f8")) if dtype.startswith("i") else a, exponent)
            assert_same(call("pow", [a], ctypes.c_double(exponent)), expected, f"{dtype} ** {exponent}")


# ------------------------------------------------------------------ linear algebra


def products(rng):
    model = Model(rng)
    for dtype, other in [(d, d) for d in ALL] + [tuple(rng.choice(ALL, 2)) for _ in range(4)]:
        a = model.make(numbers(rng, dtype))
        draw, weights = numbers(rng, other), []
        for block in a.blocks():
            count = rng.integers(0, 4)
            outputs = labels(["out", "z"], [(3 - i, i) for i in range(count)])
            weights.append(TensorBlock(draw((count, len(block.properties))), outputs, [], block.properties))
        order = rng.permutation(len(weights))
        b = TensorMap(labels(a.keys.names, a.keys.values[order]), [weights[i] for i in order])
        scale = mts.dot(abs_of(a), abs_of(b))
        assert_same(call("dot", [a, b]), mts.dot(a, b), f"dot of {dtype} and {other}", scale=scale)


def least_squares(rng):
    model = Model(rng, empty=False)
    outputs = labels(["q"], range(rng.integers(1, 4)))
    for dtype in ["i4", "f4", "f8", "c16"]:
        x = model.make(numbers(rng, dtype))
        y = model.make(numbers(rng, dtype), outputs, shuffled=rng)
        if dtype != "f4":
            options = ctypes.byref(mts_lstsq_options_t(1e-10))
            expected = mts.lstsq(x, y, rcond=1e-10)
            actual = call("lstsq", [x, y], options)
        else:
            # Our default is that of numpy, and computes in double precision.
            doubles = [with_values(tensor, lambda a: a.astype("f8")) for tensor in (x, y)]
            expected = with_values(mts.lstsq(*doubles, rcond=1e-6), lambda a: a.astype("f4"))
            actual = call("lstsq", [x, y], None)
        tolerance = {"f4": 1e-4}.get(dtype, 1e-9)
        assert_same(actual, expected, f"lstsq of {dtype}", tolerance=tolerance)


def systems(rng):
    keys = labels(["k"], range(3))
    for dtype in ["i8", "f8", "c16"]:
        draw, x, y = numbers(rng, dtype), [], []
        for _ in range(3):
            n, m = rng.integers(1, 40), rng.integers(1, 4)
            samples = labels(["s"], rng.permutation(n))
            diagonal = (8 * n * np.eye(n)).astype(dtype) * (1000 if dtype == "i8" else 1)
            x.append(TensorBlock(draw((n, n)) + diagonal, samples, [], labels(["p"], rng.permutation(n))))
            y.append(TensorBlock(draw((n, m)), samples, [], labels(["q"], range(m))))
        x, y = TensorMap(keys, x), TensorMap(keys, y)
        assert_same(call("solve", [x, y]), mts.solve(x, y), f"solve of {dtype}", tolerance=1e-13)


# ------------------------------------------------------------------ comparisons


def changed(rng, tensor):
    """Copies of a map, each of them with something different, or with the same content in another form."""
    yield "nothing", tensor.copy()
    order = rng.permutation(len(tensor.keys))
    keys = labels(tensor.keys.names, tensor.keys.values[order])
    yield "order of blocks", TensorMap(keys, [tensor.block(int(i)).copy() for i in order])
    yield "names of keys", TensorMap(labels(["a", "b"], tensor.keys.values), [b.copy() for b in tensor.blocks()])
    yield "keys", TensorMap(labels(["l", "k"], tensor.keys.values + 1), [b.copy() for b in tensor.blocks()])
    if len(keys) > 1:
        yield "number of blocks", TensorMap(labels(keys.names, keys.values[1:]), [tensor[int(i)].copy() for i in order[1:]])
    yield "type", with_values(tensor, lambda x: x.astype("c16"))

    last = len(tensor.keys) - 1

    def rebuilt(**changes):
        blocks = [block.copy() for block in tensor.blocks()]
        old = blocks[last]
        axes = {"samples": old.samples, "components": old.components, "properties": old.properties}
        axes.update({name: change for name, change in changes.items() if name in axes})
        block = TensorBlock(changes.get("values", old.values), **axes)
        gradients = [(p, g) for p, g in old.gradients() if p not in changes.get("without", [])]
        for parameter, g in gradients[:: changes.get("order", 1)]:
            values = g.values + changes.get("add_to_gradient", 0)
            rows = labels(g.samples.names, changes.get("rows", lambda rows: rows)(g.samples.values))
            count = len(g.components) - len(old.components)
            components = g.components[:count] + axes["components"]
            block.add_gradient(parameter, TensorBlock(values, rows, components, axes["properties"]))
        blocks[last] = block
        return TensorMap(tensor.keys, blocks)

    block = tensor.block(last)
    samples, properties = block.samples, block.properties
    yield "samples", rebuilt(samples=labels(samples.names, samples.values + 1))
    yield "order of samples", rebuilt(samples=labels(samples.names, samples.values[::-1]))
    yield "properties", rebuilt(properties=labels(properties.names, properties.values + 1))
    if block.components:
        first = labels(block.components[0].names, block.components[0].values + 1)
        yield "components", rebuilt(components=[first, *block.components[1:]])
    if block.values.size > 0:
        for size in [1e-15, 3e-13, 1e-9, 1.0, np.nan, np.inf]:
            values = block.values.copy()
            values[(-1,) * values.ndim] += size
            yield f"one value by {size}", rebuilt(values=values)
    if has_gradients(tensor):
        yield "gradients", rebuilt(add_to_gradient=1e-3)
        yield "gradient samples", rebuilt(rows=lambda rows: rows + [0, 7])
        yield "order of gradients", rebuilt(order=-1)
        if len(tensor.keys) == 1:
            yield "parameters", rebuilt(without=["positions"])


def comparisons(rng):
    model = Model(rng)
    tensor = model.make(numbers(rng, "f8"))
    for what, other in changed(rng, tensor):
        for a, b in [(tensor, other), (other, tensor)]:
            assert compare("equal", a, b) == mts.equal(a, b), f"equal, different {what}"
            assert compare("allclose", a, b) == mts.allclose(a, b), f"allclose, different {what}"
            assert compare("equal_metadata", a, b) == mts.equal_metadata(a, b), f"equal_metadata, different {what}"
            for rtol, atol, nan in [(1e-3, 1e-3, False), (0.0, 1.1, True), (0.1, 0.0, False)]:
                expected = mts.allclose(a, b, rtol=rtol, atol=atol, equal_nan=nan)
                options = mts_allclose_options_t(rtol, atol, nan)
                assert compare("allclose", a, b, options) == expected, f"allclose, {rtol}, {atol}, different {what}"
            for flags in range(8):
                names = ["samples", "components", "properties"]
                check = [name for i, name in enumerate(names) if flags & (1 << i)]
                for gradients in [False, True]:
                    expected = mts.equal_metadata(a, b, check=check, check_gradients=gradients)
                    actual = compare("equal_metadata", a, b, mts_equal_metadata_options_t(flags, gradients))
                    assert actual == expected, f"equal_metadata of {check}, {gradients}, different {what}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expect-library", metavar="PATH")
    parser.add_argument("--seeds", type=int, default=15)
    arguments = parser.parse_args()
    if arguments.expect_library is not None:
        ours.check_library(arguments.expect_library)

    warnings.simplefilter("ignore", RuntimeWarning)
    for seed in range(arguments.seeds):
        for test in [arithmetic, arithmetic_with_numbers, sparse_gradients, products, least_squares, systems, comparisons]:
            try:
                test(np.random.default_rng(seed))
            except Exception as error:
                error.add_note(f"in {test.__name__} with seed {seed}")
                raise
    print(f"ok: {arguments.seeds} seeds")


if __name__ == "__main__":
    main()

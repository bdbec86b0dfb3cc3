"""Operations of this library against those of the official Python package, on the same numpy arrays.

    cargo xtask bench operations [--size NAME]... [--filter TEXT] [--cpu] [--markdown]

The official package runs on our library here (it is loaded before the one in the package), so that both work on the
same maps: its operations are in Python and numpy, ours are the C functions called with ctypes. This is done twice: with
numpy arrays in maps and results, and with the arrays of our library, which do not need Python. All run in turn, and
ratios are medians of those of neighbors in time: how many times faster ours is. Results are compared once, before.

Ours are calls with prepared arguments, as in a C program, and freeing of the result. What ctypes needs for these calls is
measured as well, with the same arguments for a function that does nothing, and subtracted. The official functions make and
free objects of Python.
"""

import argparse
import ctypes
import os
import pathlib
import statistics
import sys
import time

# blocks, samples per block, components, properties, gradient rows per sample
SIZES = {
    "tiny": (5, 4, 3, 4, 2),
    "many": (10000, 4, 3, 4, 2),
    "medium": (20, 500, 5, 64, 15),
    "half": (10, 500, 5, 64, 15),
    "large": (4, 5000, 0, 128, 10),
}
ATOMS = 10  # samples of one system


def make_map(size, shift=0.0, shuffled=False, seed=0):
    """Map of random numbers: samples (system, atom), properties (n, m), gradients with respect to positions."""
    blocks, samples, components, properties, neighbors = SIZES[size]
    rng = np.random.default_rng(seed)
    order = rng.permutation(samples) if shuffled else np.arange(samples)
    position = np.argsort(order)
    rows = np.stack([order // ATOMS, order % ATOMS], axis=1).astype(np.int32)
    pairs = rng.permutation(samples * neighbors) if shuffled else np.arange(samples * neighbors)
    sample, atom = pairs // neighbors, pairs % neighbors
    gradient_rows = np.stack([position[sample], sample // ATOMS, atom], axis=1).astype(np.int32)
    p = np.arange(properties)
    labels = {
        "samples": Labels(["system", "atom"], rows),
        "gradient": Labels(["sample", "system", "atom"], gradient_rows),
        "components": [Labels.range("o3_mu", components)] if components else [],
        "properties": Labels(["n", "m"], np.stack([p // (properties // 4), p % (properties // 4)], 1).astype(np.int32)),
    }
    result = []
    for _ in range(blocks):
        shape = [*([components] if components else []), properties]
        block = TensorBlock(
            rng.uniform(0.5, 1.5, [samples, *shape]) + shift, labels["samples"], labels["components"], labels["properties"]
        )
        gradient = TensorBlock(
            rng.uniform(-1.0, 1.0, [len(pairs), 3, *shape]) + shift,
            labels["gradient"],
            [Labels.range("xyz", 3), *labels["components"]],
            labels["properties"],
        )
        block.add_gradient("positions", gradient)
        result.append(block)
    keys = np.stack([np.arange(blocks) // 2, np.arange(blocks) % 2], axis=1).astype(np.int32)
    return TensorMap(Labels(["l", "type"], keys), result)


# ---------------------------------------------------------------- calling the C functions

SAMPLES, PROPERTIES = 1, 3


def address(handle):
    return ctypes.cast(handle._ptr, ctypes.c_void_p)


def fail(name):
    message = ctypes.c_char_p()
    library.mts_last_error(ctypes.byref(message), None, None)
    raise RuntimeError(f"{name}: {message.value.decode()}")


class Call:
    """A call of a C function that makes maps, prepared as far as possible, as in a C program: calling this only makes
    the maps and frees them. `value` has Python objects for the maps."""

    def __init__(self, name, *arguments, count=1):
        self.name, self.function, self.free = name, getattr(library, name), library.mts_tensormap_free
        self.results = (ctypes.POINTER(mts_tensormap_t) * count)()
        # The pointers in `results`, whatever they are at the time.
        size = ctypes.sizeof(ctypes.c_void_p)
        self.handles = [ctypes.c_void_p.from_buffer(self.results, size * i) for i in range(count)]
        self.arguments = (*arguments, self.results)

    def __call__(self):
        if self.function(*self.arguments) != 0:
            fail(self.name)
        for handle in self.handles:
            self.free(handle)

    def without_work(self):
        """The same calls of a function that ignores its arguments."""
        if library.mts_version(*self.arguments) == 0:
            fail(self.name)
        for handle in self.handles:
            library.mts_version(handle)

    def value(self):
        if self.function(*self.arguments) != 0:
            fail(self.name)
        pointers = [ctypes.cast(handle, ctypes.POINTER(mts_tensormap_t)) for handle in self.handles]
        maps = [TensorMap.unsafe_from_ptr(pointer) for pointer in pointers]
        return maps if len(maps) > 1 else maps[0]


class Answer:
    """The same for a C function that gives a boolean."""

    def __init__(self, name, *arguments):
        self.name, self.function = name, getattr(library, name)
        self.result = ctypes.c_bool()
        self.arguments = (*arguments, ctypes.byref(self.result))

    def __call__(self):
        if self.function(*self.arguments) != 0:
            fail(self.name)

    def without_work(self):
        if library.mts_version(*self.arguments) == 0:
            fail(self.name)

    def value(self):
        self()
        return self.result.value


def selections(parts):
    return (mts_selection_t * len(parts))(*map(mts_selection_t.of, parts))


def strings(*names):
    return (ctypes.c_char_p * len(names))(*[name.encode() for name in names]), ctypes.c_size_t(len(names))


# ---------------------------------------------------------------- what is compared


def to_native(map):
    """The same map, with arrays of our library."""
    content = bytes(map.save_buffer())
    library.mts_tensormap_load_buffer.restype = ctypes.POINTER(mts_tensormap_t)
    pointer = library.mts_tensormap_load_buffer(content, ctypes.c_size_t(len(content)), library.mts_create_array)
    return TensorMap.unsafe_from_ptr(pointer)


def cases(size, convert):
    """Name, official function without parameters, our call. `convert` makes the maps for ours."""
    a, b = make_map(size), make_map(size, shift=0.25, seed=1)
    converted = [convert(a), convert(b)]
    A, B = map(address, converted)
    scalar = ctypes.c_double(1.5)

    for name, label in [("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/")]:
        official, ours = getattr(mts, name), f"mts_{name}"
        yield name, lambda f=official: f(a, b), Call(ours, A, B)
        yield f"{name}, scalar", lambda f=official: f(a, 1.5), Call(ours + "_scalar", A, scalar)
    yield "pow 2", lambda: mts.pow(a, 2), Call("mts_pow", A, ctypes.c_double(2))
    yield "pow 1.5", lambda: mts.pow(a, 1.5), Call("mts_pow", A, scalar)
    yield "abs", lambda: mts.abs(a), Call("mts_abs", A)
    yield "zeros_like", lambda: mts.zeros_like(a), Call("mts_zeros_like", A, None)
    yield "ones_like", lambda: mts.ones_like(a), Call("mts_ones_like", A, None)
    seed = ctypes.c_uint64(1)
    yield (
        "random_uniform_like",
        lambda: mts.random_uniform_like(a),
        Call("mts_random_uniform_like", A, None, seed),
    )

    copy = a.copy()
    converted.append(convert(copy))
    C = address(converted[-1])
    yield "equal", lambda: mts.equal(a, copy), Answer("mts_equal", A, C)
    yield "allclose", lambda: mts.allclose(a, copy), Answer("mts_allclose", A, C, None)
    yield "equal_metadata", lambda: mts.equal_metadata(a, copy), Answer("mts_equal_metadata", A, C, None)

    for name in ["sum", "mean", "var", "std"]:
        samples, properties = getattr(mts, f"{name}_over_samples"), getattr(mts, f"{name}_over_properties")
        for label, names in [("atom", ["atom"]), ("all", ["system", "atom"])]:
            yield (
                f"{name}_over_samples, {label}",
                lambda f=samples, n=names: f(a, n),
                Call(f"mts_{name}_over_samples", A, *strings(*names)),
            )
        yield (
            f"{name}_over_properties",
            lambda f=properties: f(a, ["m"]),
            Call(f"mts_{name}_over_properties", A, *strings("m")),
        )

    options = mts_join_options_t(0, b"tensor")
    maps = (ctypes.c_void_p * 2)(A, B)
    for label, axis in [("samples", SAMPLES), ("properties", PROPERTIES)]:
        yield (
            f"join, {label}",
            lambda axis=label: mts.join([a, b], axis, add_dimension="tensor"),
            Call("mts_join", maps, ctypes.c_size_t(2), axis, ctypes.byref(options)),
        )
    systems = np.unique(a.block(0).samples.values[:, :1]).reshape(-1, 1)
    halves = [Labels(["system"], systems[i::2].copy()) for i in range(2)]
    columns = [Labels(["n", "m"], a.block(0).properties.values[i::2].copy()) for i in range(2)]
    for label, axis, parts in [("samples", SAMPLES, halves), ("properties", PROPERTIES, columns)]:
        yield (
            f"slice, {label}",
            lambda axis=label, half=parts[0]: mts.slice(a, axis, half),
            Call("mts_slice", A, axis, mts_selection_t.of(parts[0])),
        )
        yield (
            f"split, {label}",
            lambda axis=label, parts=parts: mts.split(a, axis, parts),
            Call("mts_split", A, axis, selections(parts), ctypes.c_size_t(len(parts)), count=len(parts)),
        )
    shuffled = make_map(size, shuffled=True)
    converted.append(convert(shuffled))
    S = address(converted[-1])
    everything = ctypes.c_uint32(15)
    yield "sort, shuffled", lambda: mts.sort(shuffled), Call("mts_sort", S, everything, False)
    yield "sort, sorted", lambda: mts.sort(a), Call("mts_sort", A, everything, False)

    properties = a.block(0).properties
    weights = np.random.default_rng(3).uniform(size=(16, len(properties)))
    matrix = TensorMap(a.keys, [TensorBlock(weights, Labels.range("z", 16), [], properties) for _ in a.blocks()])
    y = mts.slice(a, "properties", np.array([0]))
    converted += [convert(matrix), convert(y)]
    M, Y = map(address, converted[-2:])
    yield "dot", lambda: mts.dot(a, matrix), Call("mts_dot", A, M)
    rcond = mts_lstsq_options_t(1e-12)
    yield (
        "lstsq",
        lambda: mts.lstsq(a, y, rcond=1e-12),
        Call("mts_lstsq", A, Y, ctypes.byref(rcond)),
    )
    value = (ctypes.c_int32 * 1)(0)
    yield (
        "append_dimension",
        lambda: mts.append_dimension(a, "samples", "new", 0),
        Call("mts_append_dimension", A, SAMPLES, b"new", value, ctypes.c_size_t(1)),
    )
    yield "remove_gradients", lambda: mts.remove_gradients(a), Call("mts_remove_gradients", A, None)


# Results that are meant to be different: random numbers, and reductions over samples with sparse gradients (where the
# official ones divide by the number of gradient rows).
DIFFERENT = {"random_uniform_like", "lstsq"} | {
    f"{name}_over_samples, {label}" for name in ["mean", "var", "std"] for label in ["atom", "all"]
}


def same(name, official, ours):
    if isinstance(official, bool):
        return official == ours
    if isinstance(official, list):
        return len(official) == len(ours) and all(map(lambda x, y: same(name, x, y), official, ours))
    if name in DIFFERENT:
        return mts.equal_metadata(official, ours)
    return mts.allclose(official, ours, rtol=1e-12, atol=1e-12)


def timed(function, repeats):
    start = clock()
    for _ in range(repeats):
        function()
    return (clock() - start) / repeats


def compare(official, ours, budget):
    """Median times of all, and medians of the ratios of the first to the others."""
    functions = [official, *ours, ours[0].without_work]
    # All of them take about as long together: the first calls of a function are slower than the others.
    repeats = [max(1, min(5000, int(0.01 / max(timed(function, 1), 1e-9)))) for function in functions]
    rounds, start = [], time.perf_counter()
    while len(rounds) < 5 or (time.perf_counter() - start < budget and len(rounds) < 15):
        first, *others, calls = [timed(function, count) for function, count in zip(functions, repeats)]
        rounds.append([first, *[other - calls for other in others]])
    medians = [statistics.median(times) for times in zip(*rounds)]
    ratios = [statistics.median(times[0] / times[i] for times in rounds) for i in range(1, len(medians))]
    return medians, ratios


def text(seconds):
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def serve(size):
    """Time native calls when somebody asks for it: for `versions.py`."""
    for name, _, native in cases(size, to_native):
        native()
        print(name, flush=True)
        while sys.stdin.readline().strip() == "again":
            print(timed(native, 1), flush=True)


def main(arguments):
    if arguments.markdown:
        print("| size | operation | official | numpy arrays | faster | native arrays | faster |")
        print("|---|---|--:|--:|--:|--:|--:|")
    for size in arguments.size or ["tiny", "many", "medium", "large"]:
        for (name, official, ours), (_, _, native) in zip(cases(size, lambda map: map), cases(size, to_native)):
            if arguments.filter not in name:
                continue
            try:
                expected = official()
            except ValueError:  # means over properties do not work with components
                (_, *times), _ = compare(lambda: None, [ours, native], arguments.budget)
                t, r = ["fails", *map(text, times)], ["", ""]
            else:
                if not same(name, expected, ours.value()):
                    raise SystemExit(f"{name}: the two results are not the same")
                times, ratios = compare(official, [ours, native], arguments.budget)
                t, r = [text(time) for time in times], [f"{ratio:.1f}" for ratio in ratios]
            if arguments.markdown:
                print(f"| {size} | {name} | {t[0]} | {t[1]} | {r[0]} | {t[2]} | {r[1]} |", flush=True)
            else:
                print(f"{size:8}{name:28}{t[0]:>12}{t[1]:>12}{r[0]:>9} x{t[2]:>12}{r[1]:>9} x", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="our libmetatensor.so")
    parser.add_argument("--size", action="append", choices=SIZES)
    parser.add_argument("--filter", default="")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for each case, beyond five pairs")
    parser.add_argument("--cpu", action="store_true", help="processor time of all threads, for busy machines")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    path = os.path.realpath(options.library)
    if os.environ.get("LD_PRELOAD") != path:
        os.environ["LD_PRELOAD"] = path
        os.execv(sys.executable, [sys.executable, *sys.argv])
    import metatensor as mts
    import numpy as np
    from metatensor import Labels, TensorBlock, TensorMap
    from metatensor._c_api import mts_tensormap_t

    # the structures of operations, which the tests have
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/python/operations"))
    from structures import mts_join_options_t, mts_lstsq_options_t, mts_selection_t

    library = ctypes.CDLL(path)
    with open("/proc/self/maps") as file:
        mapped = {line.split()[-1] for line in file if "libmetatensor" in line}
    if mapped != {path}:
        raise SystemExit(f"expected only {path} to be loaded, got {mapped}")
    if options.serve:
        serve(options.size[0])
    else:
        main(options)

"""The official operations in Python beside those of `metatensor_native`, called as users call them, in one run.

    cargo xtask bench python [--size NAME]... [--filter TEXT] [--look] [--torch] [--cpu] [--markdown]

Both run on our library, with numpy arrays (or, with `--torch`, maps of `metatensor.torch`): what is compared is the functions. They run in
turn, and ratios are medians of those of neighbors in time: how many times faster ours is. Results are compared once, before. At the end
there is the geometric mean of the ratios for each size, without `equal_metadata`, and without those operations whose official result
shares the memory of its input, which are the official ones in both columns. Ours makes arrays of numpy of its results when somebody
looks at them: with `--look`, both sides get all of them, those of gradients too.
"""

import argparse
import math
import statistics
import time

import metatensor_native  # isort: skip

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

# blocks, samples per block, components, properties, gradient rows per sample: as in operations.py
SIZES = {"tiny": (5, 4, 3, 4, 2), "many": (10000, 4, 3, 4, 2), "medium": (20, 500, 5, 64, 15)}
ATOMS = 10
SHARED = {"add, scalar", "subtract, scalar", "append_dimension", "remove_gradients"}
# on purpose: gradients of these are divided by the number of samples, not by that of the rows of the gradient
DIFFERENT = {"mean", "var", "std"}


def make_map(size, seed=0):
    blocks, samples, components, properties, neighbors = SIZES[size]
    rng = np.random.default_rng(seed)
    row, pair, p = np.arange(samples), np.arange(samples * neighbors), np.arange(properties)
    rows = Labels(["system", "atom"], np.stack([row // ATOMS, row % ATOMS], 1).astype(np.int32))
    pairs = np.stack([pair // neighbors, pair // neighbors // ATOMS, pair % neighbors], 1).astype(np.int32)
    pairs = Labels(["sample", "system", "atom"], pairs)
    axes = [Labels.range("o3_mu", components)]
    columns = Labels(["n", "m"], np.stack([p // (properties // 4), p % (properties // 4)], 1).astype(np.int32))
    result = []
    for _ in range(blocks):
        shape = [components, properties]
        block = TensorBlock(rng.uniform(0.5, 1.5, [samples, *shape]), rows, axes, columns)
        gradient = rng.uniform(-1.0, 1.0, [len(pairs), 3, *shape])
        block.add_gradient("positions", TensorBlock(gradient, pairs, [Labels.range("xyz", 3), *axes], columns))
        result.append(block)
    keys = np.stack([np.arange(blocks) // 2, np.arange(blocks) % 2], axis=1).astype(np.int32)
    return TensorMap(Labels(["l", "type"], keys), result)


def cases(size, convert):
    """Names, the functions that are called, and what they are given."""
    a, b = convert(make_map(size)), convert(make_map(size, 1))
    copy = a.copy()
    for name in ["add", "subtract", "multiply", "divide"]:
        yield name, name, a, b
        yield f"{name}, scalar", name, a, 1.5
    yield "pow 2", "pow", a, 2
    yield "pow 1.5", "pow", a, 1.5
    yield "abs", "abs", a
    yield "zeros_like", "zeros_like", a
    yield "ones_like", "ones_like", a
    yield "equal", "equal", a, copy
    yield "allclose", "allclose", a, copy
    yield "equal_metadata", "equal_metadata", a, copy
    for name in ["sum", "mean", "var", "std"]:
        yield f"{name}_over_samples, atom", f"{name}_over_samples", a, ["atom"]
        yield f"{name}_over_samples, all", f"{name}_over_samples", a, ["system", "atom"]
    yield "sum_over_properties", "sum_over_properties", a, ["m"]
    systems = convert_labels(convert, Labels(["system"], np.unique(make_map("tiny").block(0).samples.values[:, :1]).reshape(-1, 1)))
    for axis in ["samples", "properties"]:
        yield f"join, {axis}", "join", [a, b], axis, "error", "tensor"
    yield "slice, samples", "slice", a, "samples", systems
    yield "split, samples", "split", a, "samples", [systems, systems]
    yield "sort, descending", "sort", a, "all", True
    yield "unique_metadata", "unique_metadata", a, "samples", ["system"]
    yield "append_dimension", "append_dimension", a, "samples", "new", 0
    yield "remove_gradients", "remove_gradients", a


def convert_labels(convert, labels):
    if convert is to_torch:
        import metatensor.torch
        import torch

        return metatensor.torch.Labels(labels.names, torch.from_numpy(labels.values.copy()))
    return labels


def to_torch(tensor):
    """The same map in `metatensor.torch`."""
    import metatensor.torch
    import torch

    return metatensor.torch.load_buffer(torch.frombuffer(bytearray(tensor.save_buffer()), dtype=torch.uint8))


def same(name, official, ours):
    if isinstance(official, list):
        return all(same(name, a, b) for a, b in zip(official, ours, strict=True))
    if not hasattr(official, "blocks"):
        return official == ours
    return name[:3] in DIFFERENT or name[:4] in DIFFERENT or module(official).allclose(official, ours, 1e-12, 1e-12)


def module(tensor):
    if isinstance(tensor, TensorMap):
        return mts
    import metatensor.torch

    return metatensor.torch


def look(result):
    """Get all arrays of a result as programs do."""
    if isinstance(result, list):
        for tensor in result:
            look(tensor)
    elif hasattr(result, "blocks"):
        for block in result.blocks():
            look(block)
    elif hasattr(result, "gradients_list"):
        assert result.values.shape
        for _, gradient in result.gradients():
            look(gradient)
    return result


def timed(function, repeats):
    start = clock()
    for _ in range(repeats):
        function()
    return (clock() - start) / repeats


def main(arguments):
    if arguments.markdown:
        print("| size | operation | official | installed | faster |\n|---|---|--:|--:|--:|")
    for size in arguments.size or SIZES:
        counted = []
        for label, name, *given in cases(size, to_torch if arguments.torch else lambda tensor: tensor):
            if arguments.filter not in label:
                continue
            functions = module(given[0][0] if isinstance(given[0], list) else given[0])
            official = getattr(functions, name)
            with metatensor_native.install():
                ours = getattr(functions, name)
            if not same(name, official(*given), ours(*given)):
                raise SystemExit(f"{label}: the two results are not the same")
            after = look if arguments.look else lambda result: result
            pair = [lambda: after(official(*given)), lambda: after(ours(*given))]
            repeats = [max(1, min(5000, int(0.01 / max(timed(function, 1), 1e-9)))) for function in pair]
            rounds, start = [], time.perf_counter()
            while len(rounds) < 3 or (time.perf_counter() - start < arguments.budget and len(rounds) < 15):
                rounds.append([timed(function, count) for function, count in zip(pair, repeats, strict=True)])
            times = [statistics.median(column) * 1e3 for column in zip(*rounds, strict=True)]
            ratio = statistics.median(first / second for first, second in rounds)
            if label not in SHARED | {"equal_metadata"}:
                counted.append(ratio)
            if arguments.markdown:
                print(f"| {size} | {label} | {times[0]:.3f} ms | {times[1]:.3f} ms | {ratio:.1f} |", flush=True)
            else:
                print(f"{size:8}{label:26}{times[0]:12.3f} ms{times[1]:12.3f} ms{ratio:9.1f} x", flush=True)
        if counted:
            mean = math.exp(statistics.fmean(map(math.log, counted)))
            print(f"{size}: {mean:.1f} times as fast in geometric mean of {len(counted)}, {min(counted):.1f} at least")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", action="append", choices=SIZES)
    parser.add_argument("--filter", default="")
    parser.add_argument("--look", action="store_true", help="get all arrays of the results as well")
    parser.add_argument("--torch", action="store_true", help="maps of metatensor.torch, which has to be installed")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for each case, beyond three pairs")
    parser.add_argument("--cpu", action="store_true", help="processor time of all threads, for busy machines")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    main(options)

"""What tests of several processes compare with: maps that all ranks can make whole, and parts of them."""

import numpy as np
from metatensor_native import operations as mts  # before metatensor
from metatensor import Labels, TensorBlock, TensorMap

SYSTEMS, ATOMS = 7, 5


def labels(names, values):
    names = [names] if isinstance(names, str) else names
    return Labels(names, np.array(values, dtype=np.int32).reshape(-1, len(names)))


def whole(keys=3, columns=4, seed=0):
    """A map of all atoms of all systems, by type, with sparse gradients, in an order that no function of the library makes."""
    rng, order = np.random.default_rng(seed), np.random.default_rng(9)
    blocks = []
    for key in range(keys):
        rows = [(s, a) for s in range(SYSTEMS) for a in range(ATOMS) if (s + a) % keys == key]
        order.shuffle(rows)
        block = TensorBlock(
            rng.normal(size=(len(rows), 3, columns)), labels(["system", "atom"], rows), [labels("o3_mu", range(3))], labels("p", range(columns))
        )
        gradient_rows = [(i, j) for i in range(len(rows)) for j in range(2) if (i + j) % 3]
        gradient = TensorBlock(
            rng.normal(size=(len(gradient_rows), 3, 3, columns)),
            labels(["sample", "other"], gradient_rows),
            [labels("xyz", range(3)), *block.components],
            block.properties,
        )
        block.add_gradient("positions", gradient)
        blocks.append(block)
    tensor = TensorMap(labels("center_type", range(keys)), blocks)
    tensor.set_info("made by", "worlds.py")
    return tensor


def part(tensor, belongs):
    """The samples for which a function of block and sample is true, by operations of one process."""
    blocks = []
    for i, block in enumerate(tensor.blocks()):
        kept = [row for row in block.samples.values if belongs(i, row)]
        blocks.append(mts.slice_block(block, "samples", labels(list(block.samples.names), kept)))
    result = TensorMap(tensor.keys, blocks)
    for key, value in tensor.info().items():
        result.set_info(key, value)
    return result


def sorted_map(tensor):
    return mts.sort(tensor, "samples")


def assert_close(a, b, *, exact=True):
    """Two maps have the same labels in the same order, and the same digits, or nearly so."""
    assert a.keys == b.keys, (a.keys, b.keys)
    for x, y in zip(a.blocks(), b.blocks()):
        _assert_close_blocks(x, y, exact)


def _assert_close_blocks(x, y, exact):
    for one, other in zip([x.samples, *x.components, x.properties], [y.samples, *y.components, y.properties], strict=True):
        assert one == other, (one, other)
    if exact:
        np.testing.assert_array_equal(x.values, y.values)
    else:
        np.testing.assert_allclose(x.values, y.values, rtol=1e-9, atol=1e-12)
    assert sorted(x.gradients_list()) == sorted(y.gradients_list())
    for parameter in x.gradients_list():
        _assert_close_blocks(x.gradient(parameter), y.gradient(parameter), exact)


def assert_raises(kind, text, function, *arguments, **options):
    try:
        result = function(*arguments, **options)
    except Exception as error:
        assert type(error) is kind, f"{type(error)} instead of {kind}: {error}"
        assert text in str(error), f"no {text!r} in {error}"
        return error
    raise AssertionError(f"{function} gave {result} instead of {kind}")

"""Maps for the tests."""

import metatensor_native  # noqa: F401 (before metatensor)
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap


def labels(names, values):
    names = [names] if isinstance(names, str) else names
    return Labels(names, np.array(values, dtype=np.int32).reshape(-1, len(names)))


def energy(system, atoms=4, key=0, dtype=np.float64):
    """Energies of atoms with gradients with respect to positions, as featomic makes them: values depend on the system."""
    rng = np.random.default_rng(system)
    block = TensorBlock(rng.normal(size=(atoms, 1)).astype(dtype), labels("atom", range(atoms)), [], labels("energy", [0]))
    rows = [(i, system, j) for i in range(atoms) for j in (i, (i + 1) % atoms)]
    gradient = TensorBlock(
        rng.normal(size=(len(rows), 3, 1)).astype(dtype),
        labels(["sample", "system", "atom"], rows),
        [labels("xyz", range(3))],
        block.properties,
    )
    block.add_gradient("positions", gradient)
    return TensorMap(labels("center_type", [key]), [block])


def plain(rows, columns=100, keys=2):
    """A map whose blocks are large enough to be aligned in files."""
    blocks = []
    for key in range(keys):
        values = np.arange(rows * columns, dtype=np.float64).reshape(rows, columns) + 1e6 * key
        blocks.append(TensorBlock(values, labels(["system", "atom"], [(i // 5, i % 5) for i in range(rows)]), [], labels("p", range(columns))))
    tensor = TensorMap(labels("key", range(keys)), blocks)
    tensor.set_info("made by", "maps.py")
    return tensor


def assert_same(a, b):
    """Two maps, or two blocks, have the same labels and digits, at all depths; torch or not."""
    if hasattr(a, "blocks"):
        assert list(a.keys.names) == list(b.keys.names), (a.keys, b.keys)
        assert np.array_equal(a.keys.values, b.keys.values), (a.keys, b.keys)
        assert dict(a.info()) == dict(b.info())
        for x, y in zip(a.blocks(), b.blocks()):
            assert_same(x, y)
        return
    for x, y in zip([a.samples, *a.components, a.properties], [b.samples, *b.components, b.properties], strict=True):
        assert list(x.names) == list(y.names), (x, y)
        assert np.array_equal(x.values, y.values), (x, y)
    x, y = np.asarray(a.values), np.asarray(b.values)
    assert x.dtype == y.dtype and np.array_equal(x, y), (x, y)
    assert sorted(a.gradients_list()) == sorted(b.gradients_list())
    for parameter in a.gradients_list():
        assert_same(a.gradient(parameter), b.gradient(parameter))

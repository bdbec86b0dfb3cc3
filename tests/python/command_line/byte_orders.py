"""Whether the official package loads files in any order of bytes: both of these maps have to be the same."""

import sys

import metatensor as mts
import numpy as np

a, b = (mts.load(path) for path in sys.argv[1:])
assert a.keys == b.keys and len(a) > 0
for first, second in zip(a.blocks(), b.blocks()):
    assert first.samples == second.samples and first.properties == second.properties
    assert first.components == second.components
    np.testing.assert_array_equal(first.values, second.values)
    assert first.gradients_list() == second.gradients_list() != []
    for (_, x), (_, y) in zip(first.gradients(), second.gradients()):
        assert x.samples == y.samples and x.components == y.components
        np.testing.assert_array_equal(x.values, y.values)
print("the same")

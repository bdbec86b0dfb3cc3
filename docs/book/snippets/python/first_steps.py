# ANCHOR: program
import metatensor_native  # before metatensor, and what uses it

metatensor_native.install()

import metatensor as mts
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

# Two atoms with two properties each, x.
samples = Labels(["system", "atom"], np.array([[0, 4], [0, 5]]))
properties = Labels.range("n", 2)
block = TensorBlock(np.array([[1.0, 2.0], [3.0, 4.0]]), samples, [], properties)

# The derivative of the second one with respect to t. That of the first one is zero: it has no row.
rows = Labels(["sample"], np.array([[1]]))
block.add_gradient("t", TensorBlock(np.array([[0.5, 0.5]]), rows, [], properties))

x = TensorMap(Labels(["center_type"], np.array([[7]])), [block])

# x², with its derivative 2 x dx/dt
squared = mts.pow(x, 2.0).block(center_type=7)
print(squared.values)
print(squared.gradient("t").values)
# ANCHOR_END: program

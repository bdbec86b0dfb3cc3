import metatensor_native  # before metatensor

metatensor_native.install()

import metatensor as mts
import numpy as np


# ANCHOR: reduce
def systems(atoms):
    return mts.sum_over_samples(atoms, "atom")
# ANCHOR_END: reduce


# ANCHOR: select
def some_atoms_around_oxygen(pairs):
    blocks = mts.filter_blocks(pairs, mts.Labels(["center_type"], np.array([[8]])))
    return mts.slice(blocks, "samples", mts.Labels(["atom"], np.array([[1]])))


def two_properties_and_the_last(pairs):
    return mts.split(pairs, "properties", [[0, 1], [-1]])
# ANCHOR_END: select


# ANCHOR: compare
def compare(a, b):
    print(mts.allclose(a, b, atol=1e-6))
    try:
        mts.allclose_raise(a, b, atol=1e-6)
    except mts.NotEqualError as error:
        print(error)
# ANCHOR_END: compare


# ANCHOR: join
def data_set(maps):
    return mts.join(maps, "samples", different_keys="union", add_dimension="structure")
# ANCHOR_END: join


pairs = mts.load("radial-spectrum.mts")
print("ANCHOR: reduce")
print(systems(pairs).block(center_type=8, neighbor_type=8).samples)
print("ANCHOR_END: reduce")
print("ANCHOR: join")
print(data_set([pairs, pairs]).block(center_type=7, neighbor_type=7).samples)
print("ANCHOR_END: join")
part = some_atoms_around_oxygen(pairs)
assert [len(block.samples) for block in part.blocks()] == [1, 1]
assert [len(map.block(0).properties) for map in two_properties_and_the_last(pairs)] == [2, 1]
print("ANCHOR: compare")
compare(pairs, mts.multiply(pairs, 1.001))
print("ANCHOR_END: compare")

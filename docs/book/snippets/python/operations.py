import metatensor_native  # before metatensor

metatensor_native.install()

import metatensor as mts


# ANCHOR: reduce
def systems(atoms):
    return mts.sum_over_samples(atoms, "atom")
# ANCHOR_END: reduce


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

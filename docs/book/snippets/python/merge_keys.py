import metatensor_native  # before metatensor

import metatensor as mts


# ANCHOR: merge
def one_block(pairs):
    return pairs.keys_to_samples("center_type").keys_to_properties("neighbor_type")
# ANCHOR_END: merge


print("ANCHOR: merge")
print(one_block(mts.load("radial-spectrum.mts")))
print("ANCHOR_END: merge")

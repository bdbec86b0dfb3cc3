import metatensor_native  # before metatensor

import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

print("ANCHOR: files")
# ANCHOR: files
from metatensor_native import files

with files.MapFile.open("radial-spectrum.mts") as file:
    print(file.header(2).shape)  # from headers
    part = file.load_selected(samples=Labels(["atom"], np.array([[4]])))
    print(part.block(center_type=7, neighbor_type=7).samples)

mapped = files.load_mapped("radial-spectrum.mts")  # values stay in the file
with files.MapWriter.create("copy.mts", mapped.keys.names) as writer:
    for key, block in mapped.items():
        writer.add(key, block)

print(files.validate("copy.mts"))  # all that is wrong
# ANCHOR_END: files
print("ANCHOR_END: files")

# ANCHOR: forces
from metatensor_native.forces import forces


def forces_of(energies):
    return forces(energies).values  # [atoms, xyz, 1]
# ANCHOR_END: forces

print("ANCHOR: forces")
print(forces_of(part).shape)
print("ANCHOR_END: forces")

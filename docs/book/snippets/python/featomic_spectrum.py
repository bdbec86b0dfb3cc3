# ANCHOR: spectrum
import metatensor_native  # before metatensor and featomic

import ase
import featomic
from metatensor_native.products import invariants

carbon_dioxide = ase.Atoms("COO", positions=[(0, 0, 0), (-0.2, -0.65, 0.94), (0.2, 0.65, -0.94)])
calculator = featomic.SphericalExpansion(
    cutoff={"radius": 3.5, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
    density={"type": "Gaussian", "width": 0.2},
    basis={"type": "TensorProduct", "max_angular": 2, "radial": {"type": "Gto", "max_radial": 4}},
)
expansion = calculator.compute(carbon_dioxide, gradients=["positions"])
spectrum = invariants(expansion)
print(len(expansion), "blocks of the expansion,", len(spectrum), "of the power spectrum")
print(len(metatensor_native.status().libraries), "library with the name libmetatensor.so")
# ANCHOR_END: spectrum

"""Spherical expansions of featomic, and the power spectra that its two classes make of them.

    python power_spectrum.py DIRECTORY

writes maps to the directory, which `tests/tests/power_spectrum.rs` reads: `NAME.expansion.mts`, `NAME.unique.mts` (of
`SoapPowerSpectrum`) and `NAME.all.mts` (of `PowerSpectrum`, which only has gradients with respect to positions).
"""

import argparse
import pathlib
import warnings

import ase
import featomic
import numpy as np

HYPERS = {
    "cutoff": {"radius": 3.0, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
    "density": {"type": "Gaussian", "width": 0.3},
    "basis": {"type": "TensorProduct", "max_angular": 4, "radial": {"type": "Gto", "max_radial": 2}},
}


def molecules():
    """Atoms of four types, not all of which have neighbors of all types, and one that is alone."""
    first = ase.Atoms(
        "HCHONeH",
        positions=[[0, 0, 0], [1, 0, 0.1], [20, 0, 0], [20, 1, 0.2], [50, 0, 0], [20, 0.3, 1.1]],
    )
    second = ase.Atoms("HOH", positions=[[0, 0, 0], [1, 0, 0.1], [0, 0.3, 1]])
    return [first, second]


def crystals():
    """Crystals of several types without any symmetry, and one with an atom whose only neighbors are its own images."""
    rng = np.random.default_rng(5)
    first = ase.Atoms(
        "NaClClO",
        positions=[[0.1, 0, 0], [2.5, 0.2, 0], [0, 2.6, 0.3], [2.4, 2.5, 2.6]] + rng.uniform(-0.2, 0.2, (4, 3)),
        cell=[[5.0, 0.1, 0], [0, 5.2, 0.2], [0.3, 0, 5.1]],
        pbc=True,
    )
    second = ase.Atoms("NaCl", positions=[[0, 0, 0], [2, 2.1, 1.9]], cell=4.1 * np.eye(3), pbc=True)
    third = ase.Atoms("O", positions=[[0.4, -0.3, 0.1]], cell=[[2.4, 0.2, 0.1], [-0.4, 2.6, 0.3], [0.1, 0.5, 2.8]], pbc=True)
    return [first, second, third]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    warnings.simplefilter("ignore")
    cases = [
        ("molecules", molecules(), ["positions"]),
        ("crystals", crystals(), ["positions", "cell", "strain"]),
        ("values", molecules() + crystals(), []),
    ]
    for name, systems, gradients in cases:
        expansion = featomic.SphericalExpansion(**HYPERS)
        expansion.compute(systems, gradients=gradients).save(directory / f"{name}.expansion.mts")
        unique = featomic.SoapPowerSpectrum(**HYPERS)
        unique.compute(systems, gradients=gradients).save(directory / f"{name}.unique.mts")
        positions = [parameter for parameter in gradients if parameter == "positions"]
        every = featomic.clebsch_gordan.PowerSpectrum(expansion)
        every.compute(systems, gradients=positions).save(directory / f"{name}.all.mts")


if __name__ == "__main__":
    main()

"""Compute the two tensor maps used throughout the tests and the examples.

They are the radial spectrum of a CO, an O2 and an N2 molecule, and the spherical expansion of a CO2 molecule, both
with gradients with respect to the positions of the atoms. To write them beside this file:

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 featomic==0.6.7 ase==3.29.0
    python generate.py

`python generate.py --output DIR` writes them elsewhere, and `python generate.py --check DIR` writes nothing and
compares what it computes with the files in DIR: metadata exactly, values to 1e-12.
"""

import argparse
import pathlib
import sys

import ase
import featomic
import metatensor
from metatensor.operations import NotEqualError

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 1e-12

SMOOTHING = {"type": "ShiftedCosine", "width": 0.5}
DENSITY = {"type": "Gaussian", "width": 0.2}


def radial_spectrum():
    """Radial spectrum of CO, O2 and N2, far enough from each other that no molecule sees another one."""
    atoms = ase.Atoms(
        "COOONN",
        positions=[(0, 0, 0), (1.2, 0, 0), (0, 6, 0), (1.1, 6, 0), (6, 0, 0), (7.3, 0, 0)],
    )
    calculator = featomic.SoapRadialSpectrum(
        cutoff={"radius": 2.5, "smoothing": SMOOTHING},
        density=DENSITY,
        basis={"radial": {"type": "Gto", "max_radial": 2}},
    )
    return calculator.compute(atoms, gradients=["positions"])


def spherical_expansion():
    """Spherical expansion of CO2."""
    atoms = ase.Atoms("COO", positions=[(0, 0, 0), (-0.2, -0.65, 0.94), (0.2, 0.65, -0.94)])
    calculator = featomic.SphericalExpansion(
        cutoff={"radius": 3.5, "smoothing": SMOOTHING},
        density=DENSITY,
        basis={"type": "TensorProduct", "max_angular": 2, "radial": {"type": "Gto", "max_radial": 4}},
    )
    return calculator.compute(atoms, gradients=["positions"])


def compute():
    """Both maps, by the name of their file."""
    return {"radial-spectrum.mts": radial_spectrum(), "spherical-expansion.mts": spherical_expansion()}


def check(computed, directory):
    """List the differences between the `computed` maps, by file name, and the files of `directory`."""
    differences = []
    for name, tensor in computed.items():
        expected = metatensor.load(directory / name)
        if tensor.info() != expected.info():
            differences.append(f"{name}: info differs")
        try:
            metatensor.allclose_raise(tensor, expected, rtol=0.0, atol=TOLERANCE)
        except NotEqualError as error:
            differences.append(f"{name}: {error}")
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--output", type=pathlib.Path, default=HERE, metavar="DIR")
    group.add_argument("--check", type=pathlib.Path, metavar="DIR")
    arguments = parser.parse_args()

    computed = compute()
    if arguments.check is not None:
        differences = check(computed, arguments.check)
        for difference in differences:
            print(difference, file=sys.stderr)
        return 1 if differences else 0

    for name, tensor in computed.items():
        metatensor.save(str(arguments.output / name), tensor)
    return 0


if __name__ == "__main__":
    sys.exit(main())

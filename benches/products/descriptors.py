"""What featomic does: a side of benches/products.

It reads from its standard input what to do, line by line, and answers how many seconds that took.
"""

import ctypes
import pathlib
import sys
import time
import warnings

import featomic
import numpy as np
from featomic.clebsch_gordan import ClebschGordanProduct, PowerSpectrum
from metatensor import rename_dimension

SIDE = 13.0
ATOMS = 100
CLOSEST = 1.2
HYPERS = {
    "cutoff": {"radius": 4.0, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
    "density": {"type": "Gaussian", "width": 0.3},
    "basis": {"type": "TensorProduct", "max_angular": 4, "radial": {"type": "Gto", "max_radial": 6}},
}
POSITIONS = ["positions"]


class Box(featomic.systems.SystemBase):
    """Atoms of two types at random places, but not too close to each other, in a periodic cube."""

    def __init__(self, rng):
        super().__init__()
        positions = np.empty((0, 3))
        while len(positions) < ATOMS:
            candidate = rng.uniform(0, SIDE, 3)
            difference = positions - candidate
            difference -= SIDE * np.round(difference / SIDE)
            if (np.sqrt((difference**2).sum(axis=1)) > CLOSEST).all():
                positions = np.vstack([positions, candidate])
        self.data = np.array([6, 1] * (ATOMS // 2), dtype=np.int32), positions, SIDE * np.eye(3)

    def size(self):
        return ATOMS

    def types(self):
        return self.data[0]

    def positions(self):
        return self.data[1]

    def cell(self):
        return self.data[2]


def numbered(tensor, number):
    for old, new in [("neighbor_type", f"neighbor_{number}_type"), ("n", f"n_{number}")]:
        tensor = rename_dimension(tensor, "properties", old, new)
    return tensor


class Side:
    def start(self, directory, boxes):
        warnings.simplefilter("ignore")
        rng = np.random.default_rng(15)
        self.systems = [Box(rng) for _ in range(int(boxes))]
        self.calculator = featomic.SphericalExpansion(**HYPERS)
        self.soap = featomic.SoapPowerSpectrum(**HYPERS)
        self.power_spectrum = PowerSpectrum(self.calculator)
        self.product = ClebschGordanProduct(max_angular=8)
        density = self.calculator.compute(self.systems).keys_to_properties("neighbor_type")
        self.densities = numbered(density, 1), numbered(density, 2)
        directory = pathlib.Path(directory)
        self.expansion().save(directory / "expansion.mts")
        self.unique().save(directory / "unique.mts")
        self.all().save(directory / "all.mts")
        for name, density in zip("ab", self.densities):
            density.save(directory / f"{name}.mts")
        self.cg().save(directory / "cg.mts")

    def expansion(self):
        return self.calculator.compute(self.systems, gradients=POSITIONS)

    def unique(self):
        return self.soap.compute(self.systems, gradients=POSITIONS)

    def all(self):
        return self.power_spectrum.compute(self.systems, gradients=POSITIONS)

    def cg(self):
        return self.product.compute(*self.densities, "l_1", "l_2")


def main():
    side = Side()
    libc = ctypes.CDLL(None)
    for line in sys.stdin:
        verb, *arguments = line.split()
        # What others have used before is not there.
        libc.malloc_trim(0)
        start = time.perf_counter()
        result = getattr(side, verb)(*arguments)
        print(time.perf_counter() - start, flush=True)
        del result


if __name__ == "__main__":
    main()

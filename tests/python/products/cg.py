"""Equivariant products of featomic: what `tests/tests/products_featomic.rs` compares with.

    python cg.py DIRECTORY

writes maps to the directory, and `cases.txt` with a line for each case:

    product NAME              NAME.a.mts times NAME.b.mts is NAME.expected.mts; keys in NAME.selected.mts, if it exists
    power NAME N CUTOFF SKIP  N products of NAME.x.mts are NAME.expected.mts, with this cutoff (or -) and redundant keys or not
    gradients NAME            as product, for maps with gradients; those of NAME.expected.mts are finite differences
    coefficients              real coefficients of NAME.expected.mts, from the package wigners
"""

import argparse
import functools
import math
import pathlib
import warnings

import ase
import featomic
import metatensor as mts
import numpy as np
import wigners
from featomic.clebsch_gordan import ClebschGordanProduct, DensityCorrelations, _coefficients
from metatensor import Labels, TensorBlock, TensorMap

warnings.filterwarnings("ignore")
STEP = 1e-4

# Coefficients are most of the time here: they are computed once for each angular momentum.
_coefficients.calculate_cg_coefficients = functools.cache(_coefficients.calculate_cg_coefficients)


def molecules():
    """Two molecules, and an atom of another type that is alone."""
    rng = np.random.default_rng(31)
    return [
        ase.Atoms("OHH", positions=[[0, 0, 0], [0.9, 0.1, 0.2], [-0.3, 0.8, -0.1]]),
        ase.Atoms("CHOH", positions=rng.uniform(0, 2.2, (4, 3))),
        ase.Atoms("N", positions=[[1.0, 2.0, 3.0]]),
    ]


def crystals():
    """Two crystals without any symmetry, one of which is small."""
    rng = np.random.default_rng(32)
    first = ase.Atoms(
        "CHOC",
        positions=rng.uniform(0, 4, (4, 3)),
        cell=[[4.0, 0.3, -0.2], [0.1, 4.5, 0.4], [-0.3, 0.2, 5.0]],
        pbc=True,
    )
    second = ase.Atoms("Si", positions=[[0.4, -0.3, 0.1]], cell=[[2.4, 0.2, 0.1], [-0.4, 2.6, 0.3], [0.1, 0.5, 2.8]], pbc=True)
    return [first, second]


def expansion(systems, max_angular, max_radial=1, radius=3.0, **options):
    calculator = featomic.SphericalExpansion(
        cutoff={"radius": radius, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
        density={"type": "Gaussian", "width": 0.4},
        basis={
            "type": "TensorProduct",
            "max_angular": max_angular,
            "radial": {"type": "Gto", "max_radial": max_radial},
        },
    )
    return calculator.compute(systems, **options)


def density(*arguments, **options):
    return expansion(*arguments, **options).keys_to_properties("neighbor_type")


def renamed(tensor, number):
    for old, new in [("neighbor_type", f"neighbor_{number}_type"), ("n", f"n_{number}")]:
        tensor = mts.rename_dimension(tensor, "properties", old, new)
    return tensor


def of_systems(tensor):
    """Sums over the atoms of each system."""
    return mts.sum_over_samples(tensor.keys_to_samples("center_type"), ["atom", "center_type"])


class Cases:
    def __init__(self, directory):
        self.directory = directory
        self.lines = []

    def path(self, name):
        return str(self.directory / f"{name}.mts")

    def product(self, name, a, b, selected=None, kind="product", expected=None):
        mts.save(self.path(f"{name}.a"), a)
        mts.save(self.path(f"{name}.b"), b)
        if selected is not None:
            mts.save(self.path(f"{name}.selected"), selected)
        if expected is None:
            expected = product(a, b, selected)
        mts.save(self.path(f"{name}.expected"), expected)
        self.lines.append(f"{kind} {name}")

    def power(self, name, x, count, cutoff, skip_redundant, selected=None):
        mts.save(self.path(f"{name}.x"), x)
        if selected is not None:
            mts.save(self.path(f"{name}.selected"), selected)
        largest = (count + 1) * max(x.keys.column("o3_lambda"))
        calculator = DensityCorrelations(n_correlations=count, max_angular=int(largest), skip_redundant=skip_redundant)
        expected = calculator.compute(x, angular_cutoff=cutoff, selected_keys=selected)
        mts.save(self.path(f"{name}.expected"), expected)
        cutoff = "-" if cutoff is None else cutoff
        self.lines.append(f"power {name} {count} {cutoff} {str(skip_redundant).lower()}")


def product(a, b, selected=None):
    largest = max(a.keys.column("o3_lambda")) + max(b.keys.column("o3_lambda"))
    return ClebschGordanProduct(max_angular=int(largest)).compute(a, b, "l_1", "l_2", selected)


def products(cases):
    for name, systems in [("molecules", molecules()), ("crystals", crystals())]:
        x = density(systems, 2)
        a, b = renamed(x, 1), renamed(x, 2)
        cases.product(f"{name}-same", a, b)

        # other samples, angular momenta and properties
        other = renamed(density(systems, 4, max_radial=0, radius=2.5), 2)
        samples = [[0, 2], [0, 1], [1, 0], [1, 3], [7, 7]]
        some = mts.slice(a, "samples", Labels(["system", "atom"], np.array(samples)))
        cases.product(f"{name}-union", some, other)
        cases.product(f"{name}-union-swapped", other, some)

        # blocks without `center_type`, and samples without `atom`
        few = of_systems(b)
        cases.product(f"{name}-broadcast", a, few)
        cases.product(f"{name}-broadcast-first", few, a)
        one = mts.slice(few, "samples", Labels(["system"], np.array([[1]])))
        cases.product(f"{name}-unmatched", a, one)

        # products of products have o3_sigma = -1
        pairs = product(a, b)
        for name_of_key in ["l_1", "l_2"]:
            pairs = mts.rename_dimension(pairs, "keys", name_of_key, f"pair_{name_of_key}")
        cases.product(f"{name}-pseudo", pairs, renamed(x, 3))

        selections = [
            Labels(["o3_lambda"], np.array([[3], [0], [4]])),
            Labels(["l_2", "o3_lambda"], np.array([[1, 1], [2, 0]])),
            Labels(["o3_sigma"], np.array([[-1]])),
            # all dimensions give the order of the selection
            Labels(product(a, b).keys.names, product(a, b).keys.values[[7, 3, 8, 2, 11, 0]]),
        ]
        for i, selected in enumerate(selections):
            cases.product(f"{name}-selected-{i}", a, b, selected)


def powers(cases):
    invariant = Labels(["o3_lambda", "o3_sigma"], np.array([[0, 1], [0, -1]]))
    for name, systems in [("molecules", molecules()), ("crystals", crystals())]:
        for skip in [True, False]:
            x = density(systems, 2)
            cases.power(f"{name}-1-{skip}", x, 1, None, skip)
            cases.power(f"{name}-1-cutoff-{skip}", density(systems, 4, max_radial=0), 1, 4, skip)
            x = density(systems, 2, max_radial=0)
            cases.power(f"{name}-2-{skip}", x, 2, 4, skip)
            cases.power(f"{name}-2-selected-{skip}", x, 2, 4, skip, invariant)
            cases.power(f"{name}-2-all-{skip}", density(systems, 1, max_radial=0), 2, None, skip)
    # neighbor types are matched, and not in the properties
    cases.power("matched", expansion(molecules(), 2), 1, None, True)


def gradients(cases):
    """Finite differences of what featomic gives without gradients."""
    systems = molecules()[:2]
    types = Labels(["neighbor_type"], np.array([[1], [6], [8]]))

    def factors(systems, **options):
        x = expansion(systems, 2, max_radial=0, **options).keys_to_properties(types)
        return renamed(x, 1), renamed(x, 2)

    a, b = factors(systems, gradients=["positions"])
    expected = product(*factors(systems))
    derivatives = {}
    for s, system in enumerate(systems):
        for atom in range(len(system)):
            for xyz in range(3):
                sides = []
                for sign in [1, -1]:
                    moved = [other.copy() for other in systems]
                    moved[s].positions[atom, xyz] += sign * STEP
                    sides.append(product(*factors(moved)))
                derivatives[s, atom, xyz] = [
                    (plus.values - minus.values) / (2 * STEP) for plus, minus in zip(*(side.blocks() for side in sides))
                ]
    blocks = []
    for i, (key, block) in enumerate(expected.items()):
        of_a = a.block(o3_lambda=int(key["l_1"]), center_type=int(key["center_type"])).gradient("positions")
        values = np.zeros((len(of_a.samples), 3, *block.values.shape[1:]))
        for row, (sample, s, atom) in enumerate(of_a.samples.values):
            for xyz in range(3):
                values[row, xyz] = derivatives[s, atom, xyz][i][sample]
        block = TensorBlock(block.values, block.samples, block.components, block.properties)
        components = [of_a.components[0], *block.components]
        block.add_gradient("positions", TensorBlock(values, of_a.samples, components, block.properties))
        blocks.append(block)
    cases.product("moved", a, b, kind="gradients", expected=TensorMap(expected.keys, blocks))


def real_matrix(l):
    """From complex to real spherical harmonics."""
    matrix = np.zeros((2 * l + 1, 2 * l + 1), dtype=complex)
    matrix[l, l] = 1
    for m in range(1, l + 1):
        matrix[l - m, l - m] = 1j / math.sqrt(2)
        matrix[l - m, l + m] = -1j * (-1) ** m / math.sqrt(2)
        matrix[l + m, l - m] = 1 / math.sqrt(2)
        matrix[l + m, l + m] = (-1) ** m / math.sqrt(2)
    return matrix


def coefficients(cases):
    """A product of blocks with a property for each component has all coefficients."""
    momenta = [*range(7), 12]
    blocks = {1: [], 2: []}
    mu = {l: Labels(["o3_mu"], np.arange(-l, l + 1).reshape(-1, 1)) for l in range(25)}
    keys = Labels(["o3_lambda", "o3_sigma"], np.array([[l, 1] for l in momenta]))
    for number, list_of_blocks in blocks.items():
        for l in momenta:
            properties = Labels([f"m_{number}"], mu[l].values)
            values = np.eye(2 * l + 1)[None]
            list_of_blocks.append(TensorBlock(values, Labels.range("s", 1), [mu[l]], properties))
    a, b = (TensorMap(keys, of_map) for of_map in blocks.values())
    mts.save(cases.path("coefficients.a"), a)
    mts.save(cases.path("coefficients.b"), b)

    expected_keys, expected = [], []
    for l1 in momenta:
        for l2 in momenta:
            for l in range(abs(l1 - l2), l1 + l2 + 1):
                complex_ones = wigners.clebsch_gordan_array(l1, l2, l)
                u = [real_matrix(n) for n in (l1, l2, l)]
                real = np.einsum("am,bn,cp,mnp->cab", u[0].conj(), u[1].conj(), u[2], complex_ones, optimize=True)
                sign = (-1) ** (l1 + l2 + l)
                values = real.real if sign == 1 else -real.imag
                properties = [[m1, m2] for m1 in range(-l1, l1 + 1) for m2 in range(-l2, l2 + 1)]
                block = TensorBlock(
                    np.ascontiguousarray(values.reshape(1, 2 * l + 1, -1)),
                    Labels.range("s", 1),
                    [mu[l]],
                    Labels(["m_1", "m_2"], np.array(properties)),
                )
                expected_keys.append([l, sign, l1, l2])
                expected.append(block)
    keys = Labels(["o3_lambda", "o3_sigma", "l_1", "l_2"], np.array(expected_keys))
    mts.save(cases.path("coefficients.expected"), TensorMap(keys, expected))
    cases.lines.append("coefficients coefficients")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=pathlib.Path)
    cases = Cases(parser.parse_args().directory)
    products(cases)
    powers(cases)
    gradients(cases)
    coefficients(cases)
    (cases.directory / "cases.txt").write_text("\n".join(cases.lines) + "\n")

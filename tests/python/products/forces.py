"""Energies of linear models on descriptors of featomic, and their forces, virials and stresses by finite differences.

    python forces.py DIRECTORY

writes maps and blocks to the directory, which `tests/tests/forces.rs` reads: `NAME.energy.mts` has an energy for each atom, with
gradients, and `NAME.forces.mts`, `NAME.virial.mts` and `NAME.stress.mts` what has to come of it. Energies from the spherical
expansion change when everything is rotated: their virials are not symmetric, and tell which index is which. The invariant
ones can be computed from `NAME.expansion.mts` as well, with `NAME.weights.mts`.
"""

import argparse
import pathlib

import ase
import featomic
import numpy as np
from metatensor import Labels, TensorBlock, TensorMap

STEP = 5e-4
HYPERS = {
    "cutoff": {"radius": 3.0, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
    "density": {"type": "Gaussian", "width": 0.4},
    "basis": {"type": "TensorProduct", "max_angular": 2, "radial": {"type": "Gto", "max_radial": 1}},
}
EXPANSION = featomic.SphericalExpansion(**HYPERS)
CALCULATORS = {"invariant": featomic.SoapPowerSpectrum(**HYPERS), "anisotropic": EXPANSION}


def crystals():
    """Two crystals without any symmetry, the second one with an atom that has no neighbors but its own images."""
    rng = np.random.default_rng(15)
    first = ase.Atoms(
        "CHOC",
        positions=rng.uniform(0, 4, (4, 3)),
        cell=[[4.0, 0.3, -0.2], [0.1, 4.5, 0.4], [-0.3, 0.2, 5.0]],
        pbc=True,
    )
    second = ase.Atoms("O", positions=[[0.4, -0.3, 0.1]], cell=[[2.4, 0.2, 0.1], [-0.4, 2.6, 0.3], [0.1, 0.5, 2.8]], pbc=True)
    return [first, second]


def molecules():
    """A molecule, and an atom of another type that is alone."""
    rng = np.random.default_rng(16)
    return [ase.Atoms("COHH", positions=rng.uniform(0, 2.2, (4, 3))), ase.Atoms("N", positions=[[1.0, 2.0, 3.0]])]


def weights(descriptor):
    """Numbers for each key, component and property."""
    rng = np.random.default_rng(17)
    return {tuple(key.values): rng.normal(size=block.values.shape[1:]) for key, block in descriptor.items()}


def energy_map(descriptor, all_weights):
    """The energies of atoms for each key, with gradients."""
    blocks = []
    properties = Labels(["energy"], np.array([[0]]))
    for key, block in descriptor.items():
        w = all_weights[tuple(key.values)]
        axes = w.ndim

        def contracted(values):
            return np.tensordot(values, w, axes)[..., None]

        energy = TensorBlock(contracted(block.values), block.samples, [], properties)
        for parameter, gradient in block.gradients():
            own = gradient.components[: len(gradient.components) - len(block.components)]
            energy.add_gradient(parameter, TensorBlock(contracted(gradient.values), gradient.samples, own, properties))
        blocks.append(energy)
    return TensorMap(descriptor.keys, blocks)


def weights_map(descriptor, all_weights):
    """The weights of invariants as a map, with a sample for the energy."""
    sample = Labels(["energy"], np.array([[0]]))
    blocks = [TensorBlock(all_weights[tuple(k.values)][None], sample, [], b.properties) for k, b in descriptor.items()]
    return TensorMap(descriptor.keys, blocks)


def derivative(energy, move):
    """Of the energy after `move(x)`, at x = 0, to the fourth order in the step."""
    f = [energy(move(i * STEP)) for i in (-2, -1, 1, 2)]
    return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * STEP)


def displaced(atoms, atom, direction):
    def move(x):
        moved = atoms.copy()
        moved.positions[atom, direction] += x
        return moved

    return move


def strained(atoms, i, j):
    """Positions and vectors of the cell, as rows, times 1 + ε."""

    def move(x):
        strain = np.eye(3)
        strain[i, j] += x
        moved = atoms.copy()
        moved.positions = atoms.positions @ strain
        moved.set_cell(np.asarray(atoms.cell) @ strain, scale_atoms=False)
        return moved

    return move


def axes(*names):
    return [Labels([name], np.arange(3).reshape(-1, 1)) for name in names]


def block(values, samples, components, name):
    return TensorBlock(np.array(values)[..., None], samples, components, Labels([name], np.array([[0]])))


def write(directory, name, calculator, systems, gradients):
    descriptor = calculator.compute(systems, gradients=gradients)
    all_weights = weights(descriptor)
    energy_map(descriptor, all_weights).save(directory / f"{name}.energy.mts")
    if calculator is not EXPANSION:
        EXPANSION.compute(systems, gradients=gradients).save(directory / f"{name}.expansion.mts")
        weights_map(descriptor, all_weights).save(directory / f"{name}.weights.mts")

    def energy(atoms):
        terms = calculator.compute(atoms).items()
        return sum(np.sum(block.values * all_weights[tuple(key.values)]) for key, block in terms)

    atoms = Labels(["system", "atom"], np.array([[s, i] for s, system in enumerate(systems) for i in range(len(system))]))
    forces = [[-derivative(energy, displaced(systems[s], i, k)) for k in range(3)] for s, i in atoms.values.tolist()]
    block(forces, atoms, axes("xyz"), "force").save(directory / f"{name}.forces.mts")
    positions = np.concatenate([system.positions for system in systems])
    block(positions, atoms, axes("xyz"), "position").save(directory / f"{name}.positions.mts")
    if "strain" not in gradients:
        return

    samples = Labels(["system"], np.arange(len(systems)).reshape(-1, 1))
    directions = axes("xyz_2", "xyz_1")
    virials = [[[-derivative(energy, strained(system, i, j)) for j in range(3)] for i in range(3)] for system in systems]
    if name.startswith("anisotropic"):
        assert np.abs(np.array(virials) - np.swapaxes(virials, 1, 2)).max() > 0.1, "these virials show nothing"
    block(virials, samples, directions, "virial").save(directory / f"{name}.virial.mts")
    volumes = np.array([abs(np.linalg.det(np.asarray(system.cell))) for system in systems])
    block(volumes, samples, [], "volume").save(directory / f"{name}.volumes.mts")
    stresses = -np.array(virials) / volumes[:, None, None]
    block(stresses, samples, directions, "stress").save(directory / f"{name}.stress.mts")
    cells = [np.asarray(system.cell) for system in systems]
    block(cells, samples, axes("abc", "xyz"), "cell").save(directory / f"{name}.cells.mts")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    for name, calculator in CALCULATORS.items():
        write(directory, f"{name}-crystals", calculator, crystals(), ["positions", "cell", "strain"])
        write(directory, f"{name}-molecules", calculator, molecules(), ["positions"])


if __name__ == "__main__":
    main()

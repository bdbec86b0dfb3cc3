"""A linear model of energies, which is trained on energies and forces of a collection of molecules.

    python linear_model.py [--molecules 200]

Descriptors of each molecule are maps with gradients, written to an archive one by one. Training loads them in batches, each joined by
the library in one call, and adds up the equations for the weights: one for each energy, and one for each component of each force.
"""

import argparse
import pathlib
import tempfile

import metatensor_native  # before metatensor

metatensor_native.install()

import metatensor as mts  # noqa: E402
import numpy as np  # noqa: E402
from metatensor import Labels, TensorBlock, TensorMap  # noqa: E402
from metatensor_native.collection import Collection, CollectionWriter  # noqa: E402
from metatensor_native.forces import forces  # noqa: E402

WIDTHS = np.array([0.6, 0.9, 1.3, 1.8, 2.4])
"""Descriptors are sums of Gaussians of all distances, with these widths."""


def molecule(number):
    """Positions of some atoms, not too close to each other."""
    rng = np.random.default_rng(number)
    atoms = 4 + number % 5
    grid = np.argwhere(np.ones((2, 2, 2)))[rng.permutation(8)[:atoms]]
    return 1.6 * grid + rng.uniform(-0.3, 0.3, size=(atoms, 3))


def descriptor(positions):
    """The descriptor of each atom, as a map with gradients with respect to the positions of all atoms."""
    count = len(positions)
    vectors = positions[:, None] - positions[None, :]
    squares = np.sum(vectors**2, axis=-1)
    gaussians = np.exp(-squares[:, :, None] / WIDTHS**2)
    gaussians[np.arange(count), np.arange(count)] = 0.0
    properties = Labels(["width"], np.arange(len(WIDTHS)).reshape(-1, 1))
    block = TensorBlock(gaussians.sum(axis=1), Labels(["atom"], np.arange(count).reshape(-1, 1)), [], properties)

    # of the Gaussian of atoms i and j with respect to i, and the opposite for j
    pairs = -2.0 / WIDTHS**2 * vectors[:, :, :, None] * gaussians[:, :, None, :]
    gradients = -pairs
    gradients[np.arange(count), np.arange(count)] = pairs.sum(axis=1)
    rows = [(i, 0, j) for i in range(count) for j in range(count)]
    gradient = TensorBlock(
        gradients.reshape(count * count, 3, len(WIDTHS)),
        Labels(["sample", "system", "atom"], np.array(rows)),
        [Labels(["xyz"], np.arange(3).reshape(-1, 1))],
        properties,
    )
    block.add_gradient("positions", gradient)
    return TensorMap(Labels.single(), [block])


def reference(positions):
    """Energies and forces that would come from another program: a sum of Gaussians, too."""
    vectors = positions[:, None] - positions[None, :]
    squares = np.sum(vectors**2, axis=-1)
    energy, gradient = 0.0, np.zeros_like(positions)
    for width, weight in zip(WIDTHS, [3.0, -1.0, 0.25, 0.0, -0.05]):
        gaussians = weight * np.exp(-squares / width**2)
        np.fill_diagonal(gaussians, 0.0)
        energy += gaussians.sum()
        gradient += 2 * np.sum(-2.0 / width**2 * vectors * gaussians[:, :, None], axis=1)
    return energy, -gradient


def write(path, count):
    """Descriptors of molecules, and what is known of them, one after the other."""
    sample, energy = Labels(["energy"], np.array([[0]])), Labels(["energy"], np.array([[0]]))
    with CollectionWriter.create(path) as writer:
        for number in range(count):
            positions = molecule(number)
            writer.add(number, "descriptor", descriptor(positions))
            value, all_forces = reference(positions)
            block = TensorBlock(np.array([[value]]), sample, [], energy)
            rows = np.array([(0, 0, atom) for atom in range(len(positions))])
            gradient = TensorBlock(
                -all_forces[:, :, None],
                Labels(["sample", "system", "atom"], rows),
                [Labels(["xyz"], np.arange(3).reshape(-1, 1))],
                energy,
            )
            block.add_gradient("positions", gradient)
            writer.add(number, "energy", TensorMap(Labels.single(), [block]))


def systems(collection, numbers):
    """Descriptors of whole molecules, the sums over their atoms, and their energies: one sample for each of them."""
    atoms = collection.load_many("descriptor", numbers, number="molecule")
    energies = collection.load_many("energy", numbers, number="molecule")
    return mts.sum_over_samples(atoms, "atom"), mts.sum_over_samples(energies, "energy")


def equations(tensor):
    """Values, and gradients: the rows of a system of equations."""
    block = tensor.block()
    gradient = block.gradient("positions").values
    return np.concatenate([block.values, gradient.reshape(-1, gradient.shape[-1])])


def train(collection, numbers, batch_size=32):
    """Weights that fit energies and forces best, from batches of molecules in random order."""
    numbers = np.random.default_rng(1).permutation(numbers)
    size = len(WIDTHS)
    squares, products = np.zeros((size, size)), np.zeros((size, 1))
    for start in range(0, len(numbers), batch_size):
        inputs, outputs = systems(collection, numbers[start : start + batch_size])
        x, y = equations(inputs), equations(outputs)
        squares += x.T @ x
        products += x.T @ y
    weights = np.linalg.solve(squares, products).T
    sample = Labels(["energy"], np.array([[0]]))
    properties = Labels(["width"], np.arange(size).reshape(-1, 1))
    return TensorMap(Labels.single(), [TensorBlock(weights, sample, [], properties)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=int, default=200)
    count = parser.parse_args().molecules
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "molecules.zip"
        write(path, count)
        with Collection.open(path) as collection:
            test = np.arange(0, count, 5)
            weights = train(collection, np.setdiff1d(collection.numbers("descriptor"), test))
            print("weights:", " ".join(f"{weight:.4f}" for weight in weights.block().values[0]))

            # of molecules that the model has not seen
            inputs, expected = systems(collection, test)
        predicted = mts.dot(inputs, weights)
        energies = np.abs(predicted.block().values - expected.block().values).max()
        print(f"largest error of {len(test)} energies: {energies:.1e}")

    # Forces of one molecule, and the derivative of its energy by finite differences.
    positions, step = molecule(3), 1e-4
    energy = mts.sum_over_samples(mts.dot(descriptor(positions), weights), "atom")
    predicted = forces(energy).values[:, :, 0]
    numerical = np.zeros_like(positions)
    for index in np.ndindex(positions.shape):
        for sign in [1, -1]:
            moved = positions.copy()
            moved[index] += sign * step
            value = mts.dot(descriptor(moved), weights).block().values.sum()
            numerical[index] -= sign * value / (2 * step)
    print(f"largest difference of forces from finite differences: {np.abs(predicted - numerical).max():.0e}")
    assert energies < 1e-8 and np.abs(predicted - numerical).max() < 1e-5, "the model does not fit"
    assert np.abs(predicted - reference(positions)[1]).max() < 1e-8, "forces do not fit"
    print("the model fits")


if __name__ == "__main__":
    main()

"""Products by labels, and forces: that parameters get to the library, and what comes back. Their results are tested elsewhere."""

import pickle
import unittest

import metatensor_native  # noqa: F401 (before metatensor)
import numpy as np
from maps import assert_same, energy, labels
from metatensor import TensorBlock, TensorMap
from metatensor_native import forces, products


def spherical(seed, name, lambdas=(0, 1, 2), rows=3):
    """Spherical tensors as an expansion of a density has them."""
    rng = np.random.default_rng(seed)
    blocks = [
        TensorBlock(
            rng.normal(size=(rows, 2 * o3_lambda + 1, 2)),
            labels(["system", "atom"], [(0, i) for i in range(rows)]),
            [labels("o3_mu", range(-o3_lambda, o3_lambda + 1))],
            labels(name, range(2)),
        )
        for o3_lambda in lambdas
    ]
    return TensorMap(labels(["o3_lambda", "o3_sigma"], [(o3_lambda, 1) for o3_lambda in lambdas]), blocks)


def expansion():
    """The same with the keys and properties of featomic."""
    tensor = spherical(5, "n")
    keys = labels(["o3_lambda", "o3_sigma", "center_type", "neighbor_type"], [(o3_lambda, 1, 6, 1) for o3_lambda in range(3)])
    return TensorMap(keys, [block.copy() for block in tensor.blocks()])


class Contractions(unittest.TestCase):
    def test_options(self):
        a, b = spherical(1, "n"), spherical(2, "m")
        result = products.contract(a, b, contracted_components=["o3_mu"])
        self.assertEqual(result.keys, a.keys)
        for x, y, block in zip(a.blocks(), b.blocks(), result.blocks()):
            expected = np.einsum("imn,imk->ink", x.values, y.values).reshape(3, 4)
            np.testing.assert_allclose(block.values, expected, rtol=1e-13)
            self.assertIs(type(block.values), np.ndarray)
            self.assertEqual(block.properties.names, ["n", "m"])
        same = products.contract(a, a, contracted_components=["o3_mu"], matched_properties=[], first_suffix="_a", second_suffix="_b")
        self.assertEqual(same.block(0).properties.names, ["n_a", "n_b"])
        outer = products.contract(a, b, matched_keys=["o3_sigma"], contracted_components=[], matched_components=[])
        self.assertEqual(len(outer), 9)
        summed = products.contract(a, a, contracted_components=["o3_mu"], contracted_properties=["n"])
        for x, block in zip(a.blocks(), summed.blocks()):
            np.testing.assert_allclose(block.values, np.sum(x.values**2, axis=(1, 2)).reshape(3, 1), rtol=1e-13)

    def test_blocks(self):
        a, b = spherical(1, "n"), spherical(2, "m", rows=4)
        block = products.contract(a.block(1), b.block(1), contracted_components=["o3_mu"], samples="union")
        self.assertIsInstance(block, TensorBlock)
        self.assertEqual(len(block.samples), 4)
        self.assertEqual(len(products.contract(a.block(1), b.block(1)).samples), 3)

    def test_what_results_take(self):
        a, b = spherical(1, "n"), spherical(2, "m")
        described = products.contract_metadata(a, b)
        result = products.contract(a, b)
        self.assertEqual(described.block(1).properties, result.block(1).properties)
        self.assertEqual(products.estimate_bytes(described), products.estimate_bytes(result))
        self.assertEqual(described.block(1).values.shape, result.block(1).values.shape)
        self.assertTrue(np.all(np.isnan(described.block(1).values)))
        self.assertEqual(products.contract_metadata(a.block(1), b.block(1)).properties, result.block(1).properties)
        self.assertLess(products.estimate_bytes(described.block(0)), products.estimate_bytes(described))
        with self.assertRaises(NotImplementedError):
            products.contract(a, b, max_bytes=100)
        with self.assertRaisesRegex(ValueError, "max_bytes has to be a positive integer, not 0"):
            products.contract(a, b, max_bytes=0)

    def test_errors(self):
        a = spherical(1, "n")
        with self.assertRaisesRegex(ValueError, "nothing"):
            products.contract(a, a, matched_keys=["nothing"])
        with self.assertRaisesRegex(TypeError, "matched_keys has to be a list of str"):
            products.contract(a, a, matched_keys="o3_lambda")
        with self.assertRaisesRegex(ValueError, "'intersection', 'union'"):
            products.contract(a, a, samples="all")
        for wrong in [None, 1, a.keys]:
            with self.assertRaisesRegex(TypeError, "contract needs maps or blocks"):
                products.contract(a, wrong)
        with self.assertRaisesRegex(TypeError, "but not both"):
            products.contract(a, a.block(0))
        masked = TensorBlock(np.ma.masked_array(np.zeros((1, 1))), labels("s", [0]), [], labels("p", [0]))
        with self.assertRaisesRegex(NotImplementedError, "contract would lose what MaskedArray is for"):
            products.contract(masked, masked)


class Spherical(unittest.TestCase):
    def test_products(self):
        a, b = spherical(1, "n"), spherical(2, "m")
        result = products.cg_product(a, b, "l_1", "l_2")
        self.assertEqual(result.keys.names, ["o3_lambda", "o3_sigma", "l_1", "l_2"])
        # that of two vectors with o3_lambda = 1 is their cross product over the square root of 2
        cross = result.block(o3_lambda=1, l_1=1, l_2=1).values
        x, y = (np.roll(tensor.block(1).values, 1, axis=1) for tensor in (a, b))
        expected = np.cross(x[:, :, :, None], y[:, :, None, :], axis=1).reshape(3, 3, 4) / np.sqrt(2)
        np.testing.assert_allclose(np.abs(np.roll(cross, 1, axis=1)), np.abs(expected), rtol=1e-12, atol=1e-14)
        scalars = labels("o3_lambda", [0])
        product = products.CgProduct("l_1", "l_2", selected_keys=scalars)
        for again in [product, pickle.loads(pickle.dumps(product))]:
            assert_same(again(a, b), products.cg_product(a, b, "l_1", "l_2", selected_keys=scalars))
            self.assertEqual(len(again(a, b)), 3)
        described = products.cg_product_metadata(a, b, "l_1", "l_2")
        self.assertEqual(described.keys, result.keys)
        self.assertEqual(products.estimate_bytes(described), products.estimate_bytes(result))

    def test_powers(self):
        x = expansion()
        result = products.cg_power(x, 2, angular_cutoff=1)
        self.assertEqual(max(result.keys.column("o3_lambda")), 1)
        self.assertIn("l_3", result.keys.names)
        self.assertEqual(products.cg_power_metadata(x, 2, angular_cutoff=1).keys, result.keys)
        self.assertGreater(len(products.cg_power(x, 1, skip_redundant=False)), len(products.cg_power(x, 1)))
        for wrong in [0, 33, 1.5]:
            with self.assertRaisesRegex(ValueError, "n_products"):
                products.cg_power(x, wrong)
        with self.assertRaisesRegex(ValueError, "angular_cutoff"):
            products.cg_power(x, 1, angular_cutoff=-1)

    def test_invariants(self):
        x = expansion()
        result = products.invariants(x, normalisation="none")
        self.assertEqual(result.keys.names, ["center_type", "neighbor_1_type", "neighbor_2_type"])
        expected = [np.einsum("imn,imk->ink", block.values, block.values).reshape(3, 4) for block in x.blocks()]
        np.testing.assert_allclose(result.block().values, np.concatenate(expected, axis=1), rtol=1e-13)
        self.assertEqual(products.invariants(x, pairs="all").keys.names, ["center_type"])
        self.assertEqual(products.invariants_metadata(x).keys, result.keys)

    def test_cartesian_components(self):
        vectors = TensorBlock(np.arange(6.0).reshape(2, 3, 1), labels("system", range(2)), [labels("xyz", range(3))], labels("p", [0]))
        tensor = TensorMap(labels("key", [4]), [vectors])
        result = products.cartesian_to_spherical(tensor, ["xyz"])
        np.testing.assert_array_equal(result.block().values, np.roll(tensor.block().values, -1, axis=1))
        assert_same(products.spherical_to_cartesian(result, ["xyz"]), tensor)


class Forces(unittest.TestCase):
    def test_forces(self):
        tensor = energy(3)
        result = forces.forces(tensor)
        gradient = tensor.block().gradient("positions")
        expected = np.zeros((4, 3, 1))
        np.add.at(expected, gradient.samples.column("atom"), -gradient.values)
        np.testing.assert_allclose(result.values, expected, rtol=1e-13)
        self.assertEqual(result.samples, labels(["system", "atom"], [(3, i) for i in range(4)]))
        assert_same(forces.forces(tensor.block()), result)
        atoms = labels(["system", "atom"], [(3, 2), (3, 0), (3, 1), (3, 3), (4, 0)])
        np.testing.assert_array_equal(forces.forces(tensor, atoms).values[[1, 2, 0, 3]], result.values)
        with self.assertRaisesRegex(ValueError, "atom"):
            forces.forces(tensor, labels(["system", "atom"], [(3, 0)]))
        with self.assertRaisesRegex(ValueError, "strain"):
            forces.virial(tensor)

    def test_virials_and_stresses(self):
        rng = np.random.default_rng(1)
        samples, properties = labels("system", [5, 2]), labels("energy", [0])
        block = TensorBlock(rng.normal(size=(2, 1)), samples, [], properties)
        axes = [labels("xyz_2", range(3)), labels("xyz_1", range(3))]
        strain = TensorBlock(rng.normal(size=(2, 3, 3, 1)), labels("sample", range(2)), axes, properties)
        block.add_gradient("strain", strain)
        virial = forces.virial(block, samples)
        np.testing.assert_array_equal(virial.values, -block.gradient("strain").values)
        self.assertEqual(forces.virial(block).samples, labels("system", [2, 5]))
        for volumes in [[10.0, 2.0], np.array([10, 2])]:
            stress = forces.stress(virial, samples, volumes)
            np.testing.assert_allclose(stress.values, -virial.values / np.array([10, 2]).reshape(2, 1, 1, 1), rtol=1e-15)
        for wrong in [[1.0], [1.0, -1.0], [1.0, np.nan]]:
            with self.assertRaises(ValueError):
                forces.stress(virial, samples, wrong)

    def test_virials_of_positions(self):
        tensor = energy(0)
        block = TensorBlock(tensor.block().values, labels(["system", "atom"], [(0, i) for i in range(4)]), [], tensor.block().properties)
        gradient = tensor.block().gradient("positions")
        block.add_gradient("positions", gradient.copy())
        cell = TensorBlock(
            np.zeros((0, 3, 3, 1)), labels("sample", []), [labels("abc", range(3)), labels("xyz", range(3))], block.properties
        )
        block.add_gradient("cell", cell)
        atoms = labels(["system", "atom"], [(0, i) for i in range(4)])
        positions = TensorBlock(np.random.default_rng(1).normal(size=(4, 3, 1)), atoms, [labels("xyz", range(3))], labels("p", [0]))
        cells = TensorBlock(
            np.zeros((1, 3, 3, 1)), labels("system", [0]), [labels("abc", range(3)), labels("xyz", range(3))], labels("p", [0])
        )
        virial = forces.virial_from_cell(block, positions, cells)
        derivatives = -forces.forces(block, atoms).values[:, :, 0]
        expected = -np.einsum("ai,aj->ij", positions.values[:, :, 0], derivatives)
        np.testing.assert_allclose(virial.values[0, :, :, 0], expected, rtol=1e-12)


if __name__ == "__main__":
    unittest.main()

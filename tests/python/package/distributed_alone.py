"""The distributed layer with one rank and no MPI: programs that can run alone need nothing else. With maps of torch."""

import pathlib
import tempfile
import unittest

import metatensor_native  # noqa: F401 (before metatensor)
import metatensor.torch as mtt
import numpy as np
import torch
from maps import assert_same, energy
from metatensor_native import distributed
from metatensor_native.distributed import Communicator, Halo, Partition


def torch_labels(names, rows):
    return mtt.Labels(names, torch.tensor(rows, dtype=torch.int32).reshape(-1, len(names)))


def torch_map(requires_grad=False):
    values = torch.arange(8.0, dtype=torch.float64).reshape(4, 2).requires_grad_(requires_grad)
    samples = torch_labels(["system", "atom"], [(0, 0), (0, 1), (1, 0), (1, 1)])
    block = mtt.TensorBlock(values, samples, [], torch_labels(["p"], [0, 1]))
    gradient = mtt.TensorBlock(torch.ones(2, 2, dtype=torch.float64), torch_labels(["sample"], [0, 3]), [], torch_labels(["p"], [0, 1]))
    block.add_gradient("x", gradient)
    return mtt.TensorMap(torch_labels(["key"], [0]), [block])


class Alone(unittest.TestCase):
    def setUp(self):
        self.communicator = Communicator.single()
        self.addCleanup(self.communicator.close)

    def test_maps_of_torch_come_back_as_such(self):
        tensor = torch_map()
        for result in [
            distributed.broadcast(self.communicator, tensor),
            distributed.scatter(self.communicator, tensor, Partition.rows()),
            distributed.gather(self.communicator, tensor),
            distributed.all_gather(self.communicator, tensor, order="labels"),
            distributed.redistribute(self.communicator, tensor, Partition.by(lambda block, row: 0)),
            distributed.redistribute(self.communicator, tensor, Partition.ranks([np.zeros(4, dtype=int)])),
            distributed.all_reduce(self.communicator, tensor),
        ]:
            self.assertIsInstance(result.block().values, torch.Tensor)
            assert_same(result, tensor)
        total = distributed.sum_over_samples(self.communicator, tensor, "atom")
        torch.testing.assert_close(total.block().values, torch.tensor([[2.0, 4.0], [10.0, 12.0]], dtype=torch.float64))
        self.assertEqual(total.block().samples.names, ["system"])
        weights = distributed.lstsq(self.communicator, mtt.remove_gradients(tensor), mtt.remove_gradients(tensor))
        torch.testing.assert_close(weights.block().values, torch.eye(2, dtype=torch.float64))
        empty = mtt.TensorMap(torch_labels(["key"], []), [])
        self.assertEqual(len(distributed.all_gather(self.communicator, empty)), 0)

    def test_derivatives_are_not_lost_in_silence(self):
        with self.assertRaisesRegex(NotImplementedError, "all_gather needs plain tensors"):
            distributed.all_gather(self.communicator, torch_map(requires_grad=True))
        halo = Halo(self.communicator, [0, 1], [1])
        with self.assertRaises(RuntimeError):
            halo.forward(torch.ones(2, 2, requires_grad=True))
        np.testing.assert_array_equal(halo.forward(torch.ones(2, 2)), np.ones((1, 2)))

    def test_files(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "map.mts"
            distributed.save(self.communicator, path, torch_map())
            assert_same(distributed.load(self.communicator, path, Partition.strided(["system"]), arrays="torch"), torch_map())
            self.assertIsInstance(distributed.load(self.communicator, path, Partition.rows()).block().values, np.ndarray)

    def test_halos_of_blocks_of_torch(self):
        block = torch_map().block()
        ghosts = torch_labels(["system", "atom"], [])
        halo = Halo.of_labels(self.communicator, block.samples, ghosts, ["system", "atom"])
        sending = halo.prepare(block)
        self.assertEqual(sending.samples, block.samples)
        assert_same(sending.reverse_add(sending.forward(block)), block)

    def test_bad_arguments_have_clear_errors(self):
        tensor = energy(0)
        with self.assertRaisesRegex(ValueError, "root"):
            distributed.broadcast(self.communicator, tensor, root=3)
        with self.assertRaisesRegex(ValueError, "2 lists of ranks, and 1 blocks"):
            distributed.redistribute(self.communicator, tensor, Partition.ranks([[0], [0]]))
        with self.assertRaisesRegex(ValueError, "3 ranks for the 4 samples of block 0"):
            distributed.redistribute(self.communicator, tensor, Partition.ranks([[0, 0, 0]]))
        with self.assertRaisesRegex(ValueError, "MTS_PARTITION_RANKS"):
            distributed.sum_by_labels(self.communicator, tensor, placement=Partition.ranks([[0] * 4]))
        with self.assertRaisesRegex(ValueError, "there is no rank -1"):
            distributed.redistribute(self.communicator, tensor, Partition.by(lambda block, row: -1))
        with self.assertRaisesRegex(TypeError, "rows of integers"):
            Halo(self.communicator, [0.5], [])
        with self.assertRaisesRegex(ValueError, "1 integers, and ghosts 2"):
            Halo(self.communicator, [0], [(0, 0)])
        halo = Halo(self.communicator, [0, 1], [1, 1, 0])
        with self.assertRaisesRegex(TypeError, "contiguous numpy array"):
            halo.reverse(np.ones((3, 2)), np.ones((2, 4))[:, ::2])
        with self.assertRaisesRegex(ValueError, r"shape \(2, 2\) and type float64"):
            halo.reverse(np.ones((3, 2)), np.ones((2, 2), dtype=np.float32))
        self.assertEqual(repr(Partition.strided(["system"])), "Partition.strided('system')")
        self.communicator.close()
        with self.assertRaisesRegex(ValueError, "closed"):
            distributed.all_gather(self.communicator, tensor)
        with self.assertRaisesRegex(ValueError, "closed"):
            halo.forward(np.ones((2, 1)))


if __name__ == "__main__":
    unittest.main()

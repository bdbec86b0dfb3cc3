"""Collections as data sets of torch, and products of maps of torch: nothing that a derivative depends on is lost."""

import gc
import itertools
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

import metatensor_native  # noqa: F401 (before metatensor)

warnings.simplefilter("ignore")

import metatensor  # noqa: E402
import metatensor.torch as mts  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from maps import assert_same, energy, plain  # noqa: E402
from metatensor_native import files, forces, products, torch_data  # noqa: E402
from metatensor_native.collection import Collection, CollectionWriter  # noqa: E402


def as_torch(tensor):
    """A map of metatensor.torch, by the official functions."""
    return mts.load_buffer(torch.frombuffer(bytearray(metatensor.io.save_buffer(tensor)), dtype=torch.uint8))


class Torch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.path = self.directory / "maps.zip"
        with CollectionWriter.create(self.path) as writer:
            for number in range(50):
                writer.add(number, "energy", energy(number))
            for number in range(10, 40):
                # those of torch as well
                writer.add(number, "other", as_torch(energy(number + 100)))

    def test_maps_of_torch(self):
        collection = Collection.open(self.path)
        tensor = collection.load(3, "energy", arrays="torch")
        assert_same(tensor, energy(3))
        values = tensor.block().values
        self.assertIs(type(values), torch.Tensor)
        del tensor, collection
        gc.collect()
        values += 1.0
        np.testing.assert_array_equal(values, energy(3).block().values + 1.0)
        metatensor.save(self.directory / "map.mts", plain(200))
        mapped = files.load_mapped(self.directory / "map.mts", arrays="torch")
        assert_same(mapped, plain(200))
        mapped.block(0).values[0, 0] = 5.0
        assert_same(metatensor.load(self.directory / "map.mts"), plain(200))
        with self.assertRaisesRegex(ValueError, "mapping has to be 'private'"):
            files.load_mapped(self.directory / "map.mts", "read_only", arrays="torch")
        with files.MapFile.open(self.directory / "map.mts") as file:
            assert_same(file.block(1, arrays="torch"), plain(200).block(1))
        with files.MapWriter.create(self.directory / "new.mts", ["key"]) as writer:
            block = as_torch(plain(200)).block(0)
            writer.add([0], block)
            writer.begin_block([1], torch.float64, [], block.properties)
            writer.push_rows(torch.arange(20000, dtype=torch.float64).reshape(200, 100) + 1e6)
            writer.end_rows(block.samples)
            writer.end_block()
            writer.set_info("made by", "maps.py")
        assert_same(metatensor.load(self.directory / "new.mts"), plain(200))

    def test_items_and_batches(self):
        dataset = torch_data.CollectionDataset(self.path, ["energy", "other"])
        self.assertEqual(len(dataset), 30)
        self.assertEqual(dataset.numbers.tolist(), list(range(10, 40)))
        assert_same(dataset[2]["other"], energy(112))
        for index in [[3, 1, 4], (3, 1, 4), np.array([3, 1, 4]), torch.tensor([3, 1, 4])]:
            batch = dataset[index]
            self.assertEqual(sorted(batch), ["energy", "other"])
            assert_same(batch["energy"], Collection.open(self.path).load_many("energy", [13, 11, 14]))
        with self.assertRaises(IndexError):
            dataset[30]
        with self.assertRaises(IndexError):
            dataset[[30]]
        single = torch_data.CollectionDataset(self.path, "energy", numbers=[7, 3], arrays="numpy")
        assert_same(single[1], energy(3))
        self.assertEqual(len(list(single)), 2)
        with self.assertRaisesRegex(ValueError, "no maps 'nothing', only 'energy', 'other'"):
            torch_data.CollectionDataset(self.path, "nothing")
        with self.assertRaisesRegex(ValueError, "with the number 50"):
            torch_data.CollectionDataset(self.path, "energy", numbers=[1, 50])

    def seen(self, loader):
        """Numbers of an epoch, of which every map has to be right."""
        numbers = []
        for batch in loader:
            samples = torch.as_tensor(np.asarray(batch.block().samples.values))
            values = np.asarray(batch.block().values)
            for number in samples[:, 1].unique().tolist():
                np.testing.assert_array_equal(values[samples[:, 1] == number], energy(number).block().values)
            numbers.append(samples[::4, 1].tolist())
        return numbers

    def test_loaders(self):
        """In this process, in workers that are forked or spawned, and with batches that torch makes."""
        for arrays in ["torch", "numpy"]:
            dataset = torch_data.CollectionDataset(self.path, "energy", arrays=arrays)
            expected = self.seen(torch_data.loader(dataset, 16, seed=3))
            self.assertEqual([len(numbers) for numbers in expected], [16, 16, 16, 2])
            self.assertEqual(sorted(sum(expected, [])), list(range(50)))
            # torch takes long to import, in each worker that is spawned
            for method in ["fork", "spawn"] if arrays == "torch" else ["fork"]:
                loader = torch_data.loader(dataset, 16, seed=3, num_workers=2, multiprocessing_context=method)
                self.assertEqual(self.seen(loader), expected)
            loader = torch.utils.data.DataLoader(dataset, batch_size=20, collate_fn=dataset.collate, num_workers=1)
            self.assertEqual(self.seen(loader), [list(range(20)), list(range(20, 40)), list(range(40, 50))])

    def test_threads_as_workers(self):
        for arrays in ["torch", "numpy"]:
            dataset = torch_data.CollectionDataset(self.path, "energy", arrays=arrays)
            expected = [self.seen(loader) for loader in [torch_data.loader(dataset, 16, seed=3)] for _ in range(2)]
            for options in [{}, {"num_workers": 0}, {"num_workers": 1, "prefetch_factor": 1}, {"num_workers": 7}]:
                loader = torch_data.ThreadLoader(dataset, 16, seed=3, **options)
                self.assertEqual(len(loader), 4)
                self.assertEqual([self.seen(loader), self.seen(loader)], expected, options)
        self.assertNotEqual(*expected)
        short = torch_data.ThreadLoader(dataset, 16, shuffle=False, drop_last=True)
        self.assertEqual(sum(self.seen(short), []), list(range(48)))
        self.assertEqual(self.seen(torch_data.ThreadLoader(dataset, 64, shuffle=False)), [list(range(50))])
        for options in [{"num_workers": -1}, {"prefetch_factor": 0}, {"batch_size": 0}]:
            with self.assertRaises(ValueError):
                torch_data.ThreadLoader(dataset, **{"batch_size": 16, **options})

    def test_an_iteration_goes_on_where_it_was(self):
        dataset = torch_data.CollectionDataset(self.path, "energy")
        whole = torch_data.ThreadLoader(dataset, 16, seed=3)
        expected = self.seen(whole) + self.seen(whole)
        for taken in range(9):
            first = torch_data.ThreadLoader(dataset, 16, seed=3)
            numbers = []
            while len(numbers) < taken:
                numbers += self.seen(itertools.islice(first, taken - len(numbers)))
            state = pickle.loads(pickle.dumps(first.state_dict()))
            second = torch_data.ThreadLoader(dataset, 16)
            second.load_state_dict(state)
            self.assertEqual(second.state_dict(), state)
            while len(numbers) < 8:
                numbers += self.seen(second)
            self.assertEqual(numbers, expected, taken)

    def test_threads_end_with_errors_and_iterations(self):
        class Failing(torch_data.CollectionDataset):
            def __getitem__(self, index):
                if 20 in index:
                    raise KeyError("twenty")
                return super().__getitem__(index)

        def threads():
            return [thread for thread in threading.enumerate() if thread.name.startswith("metatensor-loader")]

        loader = torch_data.ThreadLoader(Failing(self.path, "energy"), 8, shuffle=False)
        loaded = []
        with self.assertRaisesRegex(KeyError, "twenty"):
            for batch in loader:
                loaded.append(batch)
        self.assertEqual(len(loaded), 2)
        self.assertEqual(threads(), [])
        iteration = iter(loader)
        next(iteration)
        self.assertEqual(len(threads()), 2)
        child = os.fork()
        if child == 0:
            try:
                next(iteration)
            except RuntimeError as error:
                os._exit(7 if "another process" in str(error) else 1)
            os._exit(2)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        iteration.close()
        self.assertEqual(threads(), [])

    def test_a_program_ends_within_an_iteration(self):
        program = """
import sys
import metatensor_native
from metatensor_native import torch_data

loader = torch_data.ThreadLoader(torch_data.CollectionDataset(sys.argv[1], "energy"), 4)
iteration = iter(loader)
next(iteration)
print("done")
"""
        command = [sys.executable, "-B", "-W", "ignore", "-c", program, str(self.path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "done\n", ""))

    def test_order(self):
        sampler = torch_data.BatchSampler(10, 3, seed=1)
        first, second = list(sampler), list(sampler)
        self.assertNotEqual(first, second)
        self.assertEqual(sorted(sum(second, [])), list(range(10)))
        sampler.epoch = 0
        self.assertEqual(list(sampler), first)
        self.assertEqual(list(torch_data.BatchSampler(7, 3, shuffle=False)), [[0, 1, 2], [3, 4, 5], [6]])
        sampler = torch_data.BatchSampler(7, 3, shuffle=False, drop_last=True)
        self.assertEqual((len(sampler), list(sampler)), (2, [[0, 1, 2], [3, 4, 5]]))
        with self.assertRaises(ValueError):
            torch_data.BatchSampler(7, 0)

    def test_products_and_forces(self):
        tensor = as_torch(energy(3))
        result = products.contract(tensor, tensor, contracted_properties=["energy"])
        assert_same(result, products.contract(energy(3), energy(3), contracted_properties=["energy"]))
        self.assertIs(type(result.block().values), torch.Tensor)
        assert_same(forces.forces(tensor), forces.forces(energy(3)))
        described = products.contract_metadata(tensor, tensor)
        self.assertEqual(described.block().values.shape, (4, 1))
        with self.assertRaisesRegex(TypeError, "all of metatensor or all of metatensor.torch"):
            products.contract(tensor, energy(3))

    def test_derivatives_are_not_lost(self):
        for where in ["values", "gradient"]:
            tensor = as_torch(energy(3))
            block = tensor.block()
            (block if where == "values" else block.gradient("positions")).values.requires_grad_(True)
            for function in [forces.forces, lambda x: products.contract(x, x), lambda x: products.contract_metadata(x, x)]:
                with self.assertRaisesRegex(NotImplementedError, "no derivative in torch depends on"):
                    function(tensor)
            forces.forces(mts.detach(tensor))
        tensor = as_torch(energy(3))
        with torch.autograd.forward_ad.dual_level(), self.assertRaises(NotImplementedError):
            forces.forces(tensor)


if __name__ == "__main__":
    unittest.main()

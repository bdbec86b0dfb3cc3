"""Pickling, fork and spawn, threads, and the end of the interpreter: no process ends with a signal, whatever is still open.

Programs run in processes of their own, whose exit codes, output and errors are compared.
"""

import multiprocessing
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest

import metatensor_native  # noqa: F401 (before metatensor)
import metatensor
import numpy as np
from maps import assert_same, energy, plain
from metatensor_native import files
from metatensor_native.collection import Collection, CollectionWriter

START = """
import gc, os, sys, threading, time
import metatensor_native
import metatensor
import numpy as np
from maps import energy, plain
from metatensor_native import files, forces, products
from metatensor_native.collection import Collection, CollectionWriter

directory = sys.argv[1] + "/"
"""


def total(arguments):
    """What a worker does: the sum of a batch."""
    collection, numbers = arguments
    return float(np.asarray(collection.load_many("energy", numbers).block().values).sum())


INHERITED = None


def total_of_inherited(numbers):
    return total((INHERITED, numbers))


def roundtrip(tensor):
    """Gives back what came through a pipe, and its forces."""
    from metatensor_native import forces

    return tensor, np.array(forces.forces(tensor).values)


class Processes(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        with CollectionWriter.create(self.directory / "maps.zip") as writer:
            for number in range(20):
                writer.add(number, "energy", energy(number))
        metatensor.save(self.directory / "map.mts", plain(200))
        self.collection = Collection.open(self.directory / "maps.zip")
        self.batches = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]
        self.totals = [total((self.collection, numbers)) for numbers in self.batches]

    def run_program(self, program, *, expected="done\n", code=0):
        """Runs a program; it has to end like this, and to say nothing else."""
        command = [sys.executable, "-B", "-c", START + program, str(self.directory)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (code, expected, ""), program)

    # ---------------------------------------------------------------- pickling, and workers

    def test_what_was_loaded_can_be_pickled(self):
        batch = self.collection.load_many("energy", [1, 2])
        for tensor in [batch, files.load_mapped(self.directory / "map.mts"), self.collection.load(3, "energy")]:
            for protocol in [2, 4, 5]:
                assert_same(pickle.loads(pickle.dumps(tensor, protocol=protocol)), tensor)

    def test_workers(self):
        for method in ["fork", "spawn"]:
            context = multiprocessing.get_context(method)
            with context.Pool(2) as pool:
                self.assertEqual(pool.map(total, [(self.collection, numbers) for numbers in self.batches]), self.totals, method)
                tensor, values = pool.apply(roundtrip, (energy(5),))
                assert_same(tensor, energy(5))
                np.testing.assert_array_equal(values, roundtrip(energy(5))[1])

    def test_forked_workers_use_what_was_open(self):
        global INHERITED
        INHERITED = self.collection
        # with threads of the library
        total((self.collection, range(20)))
        with multiprocessing.get_context("fork").Pool(2) as pool:
            self.assertEqual(pool.map(total_of_inherited, self.batches), self.totals)
        self.assertEqual(total((self.collection, self.batches[0])), self.totals[0])

    def test_a_fork_ends_no_writer(self):
        """Also if the child ends as programs do, or closes what it did not open."""
        self.run_program("""
writer = CollectionWriter.create(directory + "new.zip")
appended = files.MapWriter.append(directory + "map.mts")
writer.add(0, "energy", energy(0))
child = os.fork()
if child == 0:
    for use in [lambda: writer.add(1, "energy", energy(1)), writer.finish]:
        try:
            use()
        except RuntimeError as error:
            assert "another process" in str(error), error
        else:
            raise AssertionError("a fork has used a writer")
    writer.close()
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
writer.add(2, "energy", energy(2))
writer.finish()
appended.add([5], plain(200).block(0))
appended.finish()
assert Collection.open(directory + "new.zip").numbers("energy").tolist() == [0, 2]
assert len(metatensor.load(directory + "map.mts")) == 3
print("done")
""")

    # ---------------------------------------------------------------- threads

    def test_threads(self):
        """All of them get what is right, with arrays that are made and freed on other threads."""
        errors = []

        def work(seed):
            try:
                for _ in range(15):
                    batch = self.collection.load_many("energy", self.batches[seed % 3])
                    assert float(np.asarray(batch.block().values).sum()) == self.totals[seed % 3]
                    mapped = files.load_mapped(self.directory / "map.mts")
                    kept.append(mapped.block(1).values[seed:])
                    assert_same(pickle.loads(pickle.dumps(batch)), batch)
            except BaseException as error:
                errors.append(error)

        kept = []
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(errors, [])
        self.assertTrue(all(float(array[0, 0]) >= 1e6 for array in kept))

    def test_other_threads_run_during_a_call(self):
        """A call that waits for a function of Python does not hold the lock of the interpreter."""
        import io

        entered, leave = threading.Event(), threading.Event()

        class Waiting(io.BytesIO):
            def read(self, size=-1):
                entered.set()
                assert leave.wait(30)
                return super().read(size)

        opened = []
        file = Waiting((self.directory / "map.mts").read_bytes())
        thread = threading.Thread(target=lambda: opened.append(files.MapFile.open_file(file)))
        thread.start()
        self.assertTrue(entered.wait(30))
        # which the library does meanwhile
        self.assertEqual(total((self.collection, self.batches[0])), self.totals[0])
        leave.set()
        thread.join()
        assert_same(opened[0].load(), plain(200))

    # ---------------------------------------------------------------- the end

    def test_the_end_with_everything_open(self):
        self.run_program("""
import io, builtins
collection = Collection.open(directory + "maps.zip")
file = files.MapFile.open(directory + "map.mts")
header = file.header(0)
read = files.MapFile.open_file(io.BytesIO(open(directory + "map.mts", "rb").read()))
memory = files.MapFile.open_buffer(open(directory + "map.mts", "rb").read())
mapped = files.load_mapped(directory + "map.mts")
array = files.load_mapped(directory + "map.mts", "private").block(1).values[3:]
result = products.contract(mapped, mapped, contracted_properties=["p"])
product = products.CgProduct("l_1", "l_2")
# where nothing is torn down, and in a cycle
builtins.kept = [collection, array, header, read, result]
cycle = {"file": file, "array": array}
cycle["self"] = cycle
writer = files.MapWriter.create(directory + "new.mts", ["key"])
writer.add([0], plain(20).block(0))
appended = files.MapWriter.append(directory + "map.mts")
appended.add([7], plain(200).block(0))
print("done")
""")
        # writers leave nothing, and change nothing
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["map.mts", "maps.zip"])
        assert_same(metatensor.load(self.directory / "map.mts"), plain(200))

    def test_the_end_while_threads_load(self):
        self.run_program("""
collection = Collection.open(directory + "maps.zip")
started = threading.Semaphore(0)

def load():
    started.release()
    while True:
        collection.load_many("energy", range(20)).block().values.sum()
        files.load_mapped(directory + "map.mts").block(0).values.sum()

for _ in range(3):
    threading.Thread(target=load, daemon=True).start()
for _ in range(3):
    started.acquire()
time.sleep(0.2)
print("done")
""")

    def test_the_end_by_an_error(self):
        command = [sys.executable, "-B", "-c", START + "file = files.MapFile.open(directory + 'map.mts')\nfile.block(9)", str(self.directory)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), *sys.path])}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertTrue(result.stderr.endswith("IndexError: there is no block 9: the file has 2 of them\n"), result.stderr)

    def test_a_killed_writer_leaves_the_file_as_it_was(self):
        self.run_program("""
appended = files.MapWriter.append(directory + "map.mts")
appended.add([7], plain(200).block(0))
sys.stdout.write("done\\n")
sys.stdout.flush()
os._exit(3)
""", code=3)
        self.assertEqual(len(files.MapFile.open(self.directory / "map.mts")), 2)
        files.recover_file(self.directory / "map.mts")
        assert_same(metatensor.load(self.directory / "map.mts"), plain(200))


if __name__ == "__main__":
    unittest.main()

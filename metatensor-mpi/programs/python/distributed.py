"""Everything in ``metatensor_native.distributed`` with processes as ranks, beside the same for one process."""

import gc
import os
import pathlib
import sys
import tempfile
import threading

import metatensor_native
import numpy as np
from metatensor_native import distributed
from metatensor_native import operations as mts
from metatensor_native.distributed import Communicator, Halo, Partition
from metatensor import TensorBlock, save
from mpi4py import MPI
from worlds import ATOMS, SYSTEMS, assert_close, assert_raises, labels, part, sorted_map, whole

WORLD = MPI.COMM_WORLD


def mine(communicator, tensor):
    """Samples that this rank has before anything is done: scattered, and in some blocks none."""
    return part(tensor, lambda block, row: (row[0] * 3 + row[1]) % communicator.size == communicator.rank)


# ---------------------------------------------------------------- moving


def partitions(communicator, tensor):
    """Each partition of a map, with what it means: the rank of a row of a block."""
    size = communicator.size
    values = sorted({int(row[0]) for block in tensor.blocks() for row in block.samples.values})
    owned = labels("system", [s for s in range(SYSTEMS) if s % size == communicator.rank])
    yield "strided", Partition.strided(["system"]), lambda block, row: values.index(row[0]) % size
    yield "owners", Partition.owners(["system"], owned), lambda block, row: row[0] % size
    yield "by", Partition.by(lambda block, row: (block + row[1]) % size), lambda block, row: (block + row[1]) % size
    yield "keys", Partition.keys(lambda key: (key[0] + 1) % size), lambda block, row: (block + 1) % size
    # what only the library knows
    for name, partition in [
        ("rows", Partition.rows()),
        ("blocks", Partition.blocks()),
        ("contiguous", Partition.contiguous(["system"])),
        ("hashed", Partition.hashed(["system"])),
    ]:
        yield name, partition, None


def check_together(communicator, name, result, tensor, dimension=None):
    """Every sample is on one rank, and what has the same value in the dimension is on the same rank."""
    counts = WORLD.allgather([len(block.samples) for block in result.blocks()])
    assert [sum(count) for count in zip(*counts)] == [len(block.samples) for block in tensor.blocks()], (name, counts)
    if dimension is not None:
        seen = WORLD.allgather({int(row[0]) for block in result.blocks() for row in block.samples.values})
        assert sum(map(len, seen)) == len(set().union(*seen)), (name, seen)


def moving(communicator):
    tensor = whole()
    rank, size = communicator.rank, communicator.size
    last = size - 1
    assert_close(distributed.broadcast(communicator, tensor if rank == last else None, root=last), tensor)
    here = mine(communicator, tensor)

    for name, partition, rank_of in partitions(communicator, tensor):
        moved = distributed.redistribute(communicator, here, partition, order="labels")
        scattered = distributed.scatter(communicator, tensor if rank == 0 else None, partition)
        if rank_of is not None:
            expected = part(tensor, lambda block, row: rank_of(block, row) == rank)
            assert_close(scattered, expected)
            assert_close(moved, sorted_map(expected))
        for result in (moved, scattered):
            check_together(communicator, name, result, tensor, "system" if name in ("contiguous", "hashed") else None)
            assert dict(result.info()) == {"made by": "worlds.py"}
        gathered = distributed.gather(communicator, scattered, root=last, order="labels")
        assert (gathered is None) == (rank != last)
        if gathered is not None:
            assert_close(gathered, sorted_map(tensor))

    assert_close(distributed.all_gather(communicator, here, order="labels"), sorted_map(tensor))
    to_next = Partition.ranks([[(rank + 1) % size] * len(block.samples) for block in here.blocks()])
    moved = distributed.redistribute(communicator, here, to_next)
    assert_close(moved, part(tensor, lambda block, row: (row[0] * 3 + row[1]) % size == (rank - 1) % size))


def sums(communicator):
    tensor = whole()
    here = mine(communicator, tensor)
    rank, size = communicator.rank, communicator.size

    total = distributed.all_reduce(communicator, mts.multiply(tensor, float(rank + 1)))
    assert_close(total, mts.multiply(tensor, float(size * (size + 1) // 2)), exact=False)

    for name in ["sum", "mean", "var", "std"]:
        function, serial = getattr(distributed, f"{name}_over_samples"), getattr(mts, f"{name}_over_samples")
        expected = serial(tensor, ["atom"])
        assert_close(function(communicator, here, "atom"), expected, exact=False)
        placed = function(communicator, here, ["atom"], placement=Partition.strided(["system"]))
        assert_close(placed, part(expected, lambda block, row: row[0] % size == rank), exact=False)
    for name in ["sum", "mean"]:
        # the same bits for any number of ranks
        result = getattr(distributed, f"{name}_over_samples")(communicator, here, ["atom"], order="labels")
        single = getattr(distributed, f"{name}_over_samples")(Communicator.single(), tensor, ["atom"], order="labels")
        assert_close(result, single)

    # each rank has all samples
    summed = distributed.sum_by_labels(communicator, tensor)
    assert_close(summed, sorted_map(mts.multiply(tensor, float(size))), exact=False)

    x, y = mts.remove_gradients(whole()), mts.remove_gradients(whole(columns=2, seed=1))
    weights = distributed.lstsq(communicator, mine(communicator, x), mine(communicator, y))
    assert_close(weights, mts.lstsq(x, y, rcond=1e-13), exact=False)
    assert_close(distributed.lstsq(communicator, mine(communicator, x), mine(communicator, y), rcond=1e-13), weights, exact=False)
    squares, right_sides = distributed.normal_equations(communicator, mine(communicator, x), mine(communicator, y))
    flat_x, flat_y = (tensor.block(0).values.reshape(-1, columns) for tensor, columns in [(x, 4), (y, 2)])
    np.testing.assert_allclose(np.sort(squares.block(0).values.ravel()), np.sort((flat_x.T @ flat_x).ravel()), rtol=1e-9)
    np.testing.assert_allclose(np.sort(right_sides.block(0).values.ravel()), np.sort((flat_x.T @ flat_y).ravel()), rtol=1e-9)


def files(communicator):
    tensor = whole()
    directory = WORLD.bcast(tempfile.mkdtemp() if communicator.rank == 0 else None)
    directory = pathlib.Path(directory)
    distributed.save(communicator, directory / "all.mts", mine(communicator, tensor), order="labels", writers=1)
    gathered = distributed.gather(communicator, mine(communicator, tensor), order="labels")
    if communicator.rank == 0:
        save(directory / "one.mts", gathered)
        assert (directory / "all.mts").read_bytes() == (directory / "one.mts").read_bytes()
    loaded = distributed.load(communicator, directory / "all.mts", Partition.strided(["system"]))
    assert_close(loaded, part(sorted_map(tensor), lambda block, row: row[0] % communicator.size == communicator.rank))
    assert_raises(OSError, "missing.mts", distributed.load, communicator, directory / "missing.mts", Partition.rows())
    assert_raises(OSError, "missing", distributed.save, communicator, directory / "missing" / "file.mts", mine(communicator, tensor))
    WORLD.barrier()
    if communicator.rank == 0:
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


# ---------------------------------------------------------------- halos


def halos(communicator):
    rank, size = communicator.rank, communicator.size
    atoms = 12
    everywhere = np.random.default_rng(3).normal(size=(atoms, 2, 3))
    owned = [i for i in range(atoms) if i % size == rank]
    # neighbors on a ring, some of them twice, and some that this rank owns
    ghosts = [(i + step) % atoms for i in owned for step in (1, 2)] + owned[:1]
    for halo in [Halo(communicator, owned, ghosts), Halo(communicator, owned, ghosts, ranks=[i % size for i in ghosts])]:
        assert (halo.owned, halo.ghosts) == (len(owned), len(ghosts))
        np.testing.assert_array_equal(halo.forward(everywhere[owned]), everywhere[ghosts])
        halo.forward_begin(everywhere[owned].astype(np.float32))
        np.testing.assert_array_equal(halo.forward_end(), everywhere[ghosts].astype(np.float32))
        assert_raises(ValueError, "forward_begin", halo.forward_end)

        of_ghosts = np.random.default_rng(rank).integers(-5, 5, size=(len(ghosts), 4))
        all_ghosts = np.concatenate(WORLD.allgather(of_ghosts))
        all_numbers = np.concatenate(WORLD.allgather(np.array(ghosts)))
        for op, combine in [("add", np.add), ("multiply", np.multiply), ("min", np.minimum), ("max", np.maximum)]:
            total = np.ones((atoms, 4), dtype=of_ghosts.dtype)
            combine.at(total, all_numbers, all_ghosts)
            result = np.ones((len(owned), 4), dtype=of_ghosts.dtype)
            halo.reverse(of_ghosts, result, op)
            np.testing.assert_array_equal(result, total[owned])

        copied = set()
        for neighbor in halo.neighbors:
            copied |= {int(i) for i in neighbor.receive_rows}
            assert all(ghosts[i] % size == neighbor.rank for i in neighbor.receive_rows)
            assert set(neighbor.send_rows) <= set(range(len(owned)))
        assert copied == set(range(len(ghosts)))

        # what is wrong on one rank is an error on all
        kind, text = (ValueError, "first axis") if rank == size - 1 else (RuntimeError, f"rank {size - 1}: ValueError: rows")
        assert_raises(kind, text, halo.forward, everywhere[owned] if rank < size - 1 else everywhere[:1])
        halo.set_agreement("neighbors")
        np.testing.assert_array_equal(halo.forward(everywhere[owned]), everywhere[ghosts])
    assert_raises(ValueError, "99", Halo, communicator, owned, [99])
    two = Halo(communicator, [(7, i) for i in owned], np.array([(7, i) for i in ghosts], dtype=np.int64))
    np.testing.assert_array_equal(two.forward(everywhere[owned]), everywhere[ghosts])


def block_halos(communicator):
    rank, size = communicator.rank, communicator.size
    block = whole(keys=1).block(0)
    owned = labels(["system", "atom"], [row for row in block.samples.values if row[0] % size == rank])
    names = ["system", "atom"]
    ghosts = labels(names, [row for row in block.samples.values if (row[0] + 1) % size == rank and size > 1])
    halo = Halo.of_labels(communicator, owned, ghosts, names)
    here = mts.slice_block(block, "samples", owned)
    sending = halo.prepare(here)
    extended = sending.forward(here)
    assert extended.samples == sending.samples
    order = [block.samples.position(row) for row in extended.samples]
    np.testing.assert_array_equal(extended.values, block.values[order])
    returned = sending.reverse_add(extended)
    # each row, and its ghost on another rank
    np.testing.assert_array_equal(returned.values, here.values * (2 if size > 1 else 1))

    energies = TensorBlock(here.values[:, 0, :1].copy(), here.samples, [], labels("energy", [0]))
    rows = [(i, s, (a + j) % ATOMS) for i, (s, a) in enumerate(here.samples.values) for j in range(2)]
    values = np.ones((len(rows), 3, 1))
    gradient = TensorBlock(values, labels(["sample", "system", "atom"], rows), [labels("xyz", range(3))], energies.properties)
    energies.add_gradient("positions", gradient)
    summed = halo.sum_gradient_rows(energies, "positions", names)
    assert summed.samples == owned
    np.testing.assert_array_equal(summed.values, np.full((len(owned), 3, 1), 2.0))


# ---------------------------------------------------------------- failures


def failures(communicator):
    rank, size = communicator.rank, communicator.size
    tensor = whole()
    here = mine(communicator, tensor)
    bad = size - 1

    def rank_of(block, row):
        if rank == bad and row[0] == 3:
            raise KeyError("no system 3")
        return 0

    for _ in range(2):
        kind, text = (KeyError, "no system 3") if rank == bad else (RuntimeError, f"rank {bad}: ")
        assert_raises(kind, "no system 3", distributed.redistribute, communicator, tensor, Partition.by(rank_of))
        # another rank is next
        if size > 1:
            kind = ZeroDivisionError if rank == 0 else RuntimeError
            failing = Partition.keys(lambda key: 1 // int(rank != 0))
            assert_raises(kind, "zero", distributed.redistribute, communicator, tensor, failing)
    if size > 1:
        # what is no argument at all
        kind, text = (TypeError, "needs maps") if rank == bad else (RuntimeError, f"rank {bad}: TypeError: all_gather needs maps")
        assert_raises(kind, text, distributed.all_gather, communicator, here if rank != bad else 7)
        kind, text = (ValueError, "order has to be") if rank == bad else (RuntimeError, f"rank {bad}: ValueError: order has to be")
        assert_raises(kind, text, distributed.all_gather, communicator, here, order="labels" if rank != bad else "none")
        # different functions
        function = distributed.all_gather if rank == bad else distributed.all_reduce
        assert_raises(ValueError, "rank 0 called all_reduce", function, communicator, tensor)
    assert_raises(ValueError, "", distributed.redistribute, communicator, tensor, Partition.by(lambda block, row: 99))

    def working(fails):
        with communicator.agreement():
            if fails:
                raise FloatingPointError("the model diverges")
            distributed.all_reduce(communicator, tensor)

    def only_agreeing(fails):
        with communicator.agreement():
            if fails:
                raise FloatingPointError("the model diverges")

    for work in (working, only_agreeing):
        kind = FloatingPointError if rank == bad else RuntimeError
        assert_raises(kind, "the model diverges", work, rank == bad)
        work(False)
    assert_close(distributed.all_gather(communicator, here, order="labels"), sorted_map(tensor))

    # in functions that the library calls, communicators can not be used
    def reentrant(block, row):
        distributed.all_gather(communicator, here)

    assert_raises(RuntimeError, "has called itself", distributed.redistribute, communicator, here, Partition.by(reentrant))
    assert_raises(TypeError, "mpi4py.MPI.Intracomm", Communicator, 7)
    assert_raises(TypeError, "Communicator", distributed.all_gather, WORLD, here)
    assert_raises(TypeError, "not of Comm", Communicator, MPI.COMM_NULL)
    assert_raises(ValueError, "null", Communicator, MPI.Intracomm())


def ends(communicator):
    """Halos go in any order and from any thread, communicators on all ranks."""
    other = Communicator(WORLD)
    halos = [Halo(other, [other.rank], [0]) for _ in range(5)]
    del halos[2]
    thread = threading.Thread(target=halos.pop)
    thread.start()
    thread.join()
    gc.collect()
    kept = halos[0]
    other.close()
    other.close()
    assert_raises(ValueError, "closed", kept.forward, np.zeros((1, 1)))
    assert_raises(ValueError, "closed", distributed.all_gather, other, whole())
    del halos, kept
    half = WORLD.Split(communicator.rank % 2)
    with Communicator(half) as inner:
        half.Free()
        assert inner.size == len([r for r in range(communicator.size) if r % 2 == communicator.rank % 2])
        assert_close(distributed.broadcast(inner, whole() if inner.rank == 0 else None), whole())
    assert inner.closed


def main():
    expected = int(sys.argv[1])
    with Communicator(WORLD) as communicator:
        assert communicator.size == expected == WORLD.size and communicator.rank == WORLD.rank
        for test in (moving, sums, files, halos, block_halos, failures, ends):
            test(communicator)
    assert len(metatensor_native.status().libraries) == 1
    compiled = list((pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "metatensor-native").glob("*"))
    assert len(compiled) >= 1 and all(path.suffix == ".so" for path in compiled), compiled
    print(f"rank {WORLD.rank} of {WORLD.size} is fine")


if __name__ == "__main__":
    main()

"""What users of the official package do today: maps are split by system with numpy, and pickled by mpi4py."""

import statistics

import numpy as np
from mpi4py import MPI

from metatensor import Labels, TensorBlock, TensorMap

comm = MPI.COMM_WORLD
rank, size = comm.rank, comm.size
SYSTEMS, ATOMS, PROPERTIES = 50, 10, 32


def block():
    first, rows = rank * SYSTEMS, SYSTEMS * ATOMS
    i = np.arange(rows)
    properties = Labels.range("n", PROPERTIES)
    samples = Labels(["system", "atom"], np.stack([first + i // ATOMS, i % ATOMS], 1).astype(np.int32))
    result = TensorBlock(np.full((rows, PROPERTIES), 0.5), samples, [], properties)
    i = np.arange(rows * 10)
    names = ["sample", "system", "atom"]
    samples = Labels(names, np.stack([i // 10, first + i // 10 // ATOMS, i % 10], 1).astype(np.int32))
    xyz = Labels.range("xyz", 3)
    values = np.full((rows * 10, 3, PROPERTIES), 0.25)
    result.add_gradient("positions", TensorBlock(values, samples, [xyz], properties))
    return result


def part(block, to):
    """The samples that go to one rank."""
    keep = block.samples.values[:, 0] % size == to
    numbers = np.cumsum(keep) - 1
    result = TensorBlock(
        block.values[keep], Labels(block.samples.names, block.samples.values[keep]), block.components, block.properties
    )
    for name, gradient in block.gradients():
        samples = gradient.samples.values
        keep_rows = keep[samples[:, 0]]
        samples = samples[keep_rows].copy()
        samples[:, 0] = numbers[samples[:, 0]]
        result.add_gradient(
            name,
            TensorBlock(
                gradient.values[keep_rows],
                Labels(gradient.samples.names, samples),
                gradient.components,
                gradient.properties,
            ),
        )
    return result


tensor = TensorMap(Labels.range("center_type", 8), [block() for _ in range(8)])
times = []
for _ in range(5):
    comm.Barrier()
    start = MPI.Wtime()
    parts = [TensorMap(tensor.keys, [part(block, to) for block in tensor.blocks()]) for to in range(size)]
    received = comm.alltoall(parts)
    times.append(comm.allreduce(MPI.Wtime() - start, MPI.MAX))
assert sum(len(other.block(0).samples) for other in received) == SYSTEMS * ATOMS
if rank == 0:
    print(statistics.median(times))

import metatensor_native  # before metatensor

# ANCHOR: means
from metatensor_native import distributed


def means(communicator, path):
    mine = distributed.load(communicator, path, distributed.Partition.strided(["system"]))
    return distributed.mean_over_samples(communicator, mine, ["atom"])


# with MPI: distributed.Communicator(mpi4py.MPI.COMM_WORLD)
with distributed.Communicator.single() as communicator:
    print(means(communicator, "radial-spectrum.mts").keys)
# ANCHOR_END: means

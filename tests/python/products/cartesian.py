"""Cartesian vectors and matrices, and what featomic makes of them.

    python cartesian.py DIRECTORY

writes `RANK.cartesian.mts` with random numbers, `RANK.spherical.mts` with what `cartesian_to_spherical` makes of these, the same with
`l_1` and `l_2` in the keys, and `RANK.back.mts` with what `spherical_to_cartesian` makes of that, for `tests/tests/cartesian.rs`.
"""

import argparse
import pathlib

import numpy as np
from featomic.clebsch_gordan import cartesian_to_spherical, spherical_to_cartesian
from metatensor import Labels, TensorBlock, TensorMap


def cartesian(rank):
    rng = np.random.default_rng(rank)
    axes = [Labels([f"xyz_{i + 1}"], np.arange(3).reshape(-1, 1)) for i in range(rank)]
    components = [Labels(["before"], np.array([[4], [2]])), *axes]
    blocks = []
    for properties in (1, 4):
        shape = [5, 2, *([3] * rank), properties]
        blocks.append(TensorBlock(rng.normal(size=shape), Labels.range("s", 5), components, Labels.range("p", properties)))
    return TensorMap(Labels(["a", "b"], np.array([[2, 1], [0, 3]])), blocks)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    directory = parser.parse_args().directory
    for rank in (1, 2):
        tensor = cartesian(rank)
        names = [f"xyz_{i + 1}" for i in range(rank)]
        tensor.save(directory / f"{rank}.cartesian.mts")
        cartesian_to_spherical(tensor, names, remove_blocks_threshold=None).save(directory / f"{rank}.spherical.mts")
        with_l = cartesian_to_spherical(tensor, names, keep_l_in_keys=True, remove_blocks_threshold=None)
        with_l.save(directory / f"{rank}.with_l.mts")
        spherical_to_cartesian(with_l).save(directory / f"{rank}.back.mts")


if __name__ == "__main__":
    main()

"""Compute the data of the tutorial with featomic, and compare it with the files of `tests/data`, to 1e-12.

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 featomic==0.6.7 ase==3.29.0
    python featomic_data.py [--expect-library PATH]

featomic creates labels, blocks and maps through the C interface, in the library that the Python package uses: `run.py`
says how to put another one there, and what `--expect-library` does.
"""

import argparse
import pathlib
import sys

from run import check_library

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))

import generate  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expect-library", metavar="PATH")
    arguments = parser.parse_args()

    if arguments.expect_library is not None:
        check_library(arguments.expect_library)
    differences = generate.check(generate.compute(), DATA)
    for difference in differences:
        print(difference, file=sys.stderr)
    # loading featomic may have brought another library in
    if arguments.expect_library is not None:
        check_library(arguments.expect_library)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())

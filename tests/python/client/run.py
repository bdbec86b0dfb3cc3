"""Run the programs of this directory against whichever `libmetatensor.so` the official Python package finds.

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 numpy==2.4.6
    python run.py [--expect-library PATH] [test_labels test_block.Gradients ...]

Without `--expect-library` these test the library that comes with the package. There are two ways to put another one
under the package, neither of which changes the Python code:

- `LD_PRELOAD=/path/to/libmetatensor.so python run.py`. The package asks the loader for a library named
  `libmetatensor.so` that is in the process already, and takes that one. The loader compares names with the SONAME, so
  the library must have been linked with the SONAME `libmetatensor.so`; the name of the file does not matter.
- a file `_external.py` in the installed package, beside its `__init__.py`, with the line
  `EXTERNAL_METATENSOR_PATH = "/path/to/libmetatensor.so"`. The package loads that path when no library of this name is
  in the process yet.

Extension libraries that need `libmetatensor.so`, as that of featomic does, are bound to the same one in both cases,
again by its SONAME. The version that the library reports must be of the package's series, 0.2.

`--expect-library PATH` makes sure that the substitution worked: the run fails if any other libmetatensor is mapped into
the process, before the tests or after them, or if that one is not. It reads /proc/self/maps, so it needs Linux.
"""

import argparse
import pathlib
import re
import sys
import unittest

from metatensor._c_lib import _get_library

HERE = pathlib.Path(__file__).resolve().parent
LIBRARY = re.compile(r"libmetatensor\.so[.\d]*( \(deleted\))?")


def mapped_libraries(expected=None):
    """The files mapped into this process that are `expected`, or have the name of the library."""
    mapped = set()
    for line in pathlib.Path("/proc/self/maps").read_text().splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6:
            path = pathlib.Path(fields[5])
            if path == expected or LIBRARY.fullmatch(path.name):
                mapped.add(path)
    return mapped


def check_library(expected):
    """Exit unless `expected` is the one libmetatensor of this process."""
    expected = pathlib.Path(expected).resolve()
    _get_library()
    mapped = mapped_libraries(expected)
    if mapped != {expected}:
        found = ", ".join(sorted(map(str, mapped))) or "none"
        sys.exit(f"expected {expected} to be the only libmetatensor in the process, found: {found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--expect-library", metavar="PATH")
    parser.add_argument("tests", nargs="*", help="modules, classes or methods to run instead of everything")
    arguments = parser.parse_args()

    if arguments.expect_library is not None:
        check_library(arguments.expect_library)

    sys.path.insert(0, str(HERE))
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromNames(arguments.tests) if arguments.tests else loader.discover(HERE, top_level_dir=HERE)
    result = unittest.TextTestRunner(verbosity=1).run(suite)

    if arguments.expect_library is not None:
        check_library(arguments.expect_library)
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

"""Time that compilers need to read headers for C++, in turns.

    python benches/headers.py [--rounds N] [--header NAME] [--compiler NAME...] INCLUDE OTHER_INCLUDE

Prints the user time of each compiler for a file that includes the header and nothing else, from either folder: the least of all
rounds, and the median of the ratios of neighbors in time. The include folder of the official package is
`python -c 'import metatensor; print(metatensor.utils.cmake_prefix_path)'` and what is beside it.
"""

import argparse
import pathlib
import resource
import statistics
import subprocess
import tempfile


def seconds(compiler, include, source):
    """User time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([compiler, "-std=c++17", "-fsyntax-only", "-I", include, source], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--header", default="metatensor.hpp")
    parser.add_argument("--compiler", nargs="+", default=["g++", "clang++"])
    parser.add_argument("include", nargs=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "source.cpp")
        source.write_text(f"#include <{arguments.header}>\n")
        for compiler in arguments.compiler:
            turns = [[seconds(compiler, include, source) for include in arguments.include] for _ in range(arguments.rounds)]
            first, second = (min(times) for times in zip(*turns))
            ratio = statistics.median(a / b for a, b in turns)
            print(f"{compiler}: {first:.2f} s and {second:.2f} s; the first takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main()

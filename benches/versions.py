"""Operations of several builds of this library on native arrays, in turn.

    python benches/versions.py [--size NAME] [--rounds N] [--filter EXPRESSION] [--tuned] FIRST/libmetatensor.so OTHER/libmetatensor.so...

Needs numpy, metatensor-core and metatensor-operations, as `benches/operations.py` does, of which this runs one process for each
build. Each operation is done once by one after the other, as often as there are rounds; ratios are medians of those of
neighbors in time: how many times faster than the first one. With `--tuned`, the first build runs once more, with a C library
that is told to keep the memory that it was given. Maps have half of the blocks of medium ones if nothing else is said: 0.6 GB
each, of which a process has eight.
"""

import argparse
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys

TUNED = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=8000000000:glibc.malloc.top_pad=1000000000"


class Build:
    def __init__(self, library, size, tuned=False):
        self.name = f"{pathlib.Path(library).parent.name or library}{', tuned' * tuned}"
        environment = {**os.environ, **({"GLIBC_TUNABLES": TUNED} if tuned else {})}
        script = pathlib.Path(__file__).with_name("operations.py")
        self.process = subprocess.Popen(
            [sys.executable, script, library, "--serve", "--size", size],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self, command=None):
        if command:
            print(command, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="+")
    parser.add_argument("--size", default="half")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--filter", default="", help="a regular expression")
    parser.add_argument("--tuned", action="store_true")
    options = parser.parse_args()
    builds = [Build(library, options.size) for library in options.libraries]
    if options.tuned:
        builds.append(Build(options.libraries[0], options.size, tuned=True))
    first, *others = builds
    print("| operation | " + " | ".join([first.name, *(f"{build.name} | faster" for build in others)]) + " |")
    print("|---" + "|--:" * (2 * len(builds) - 1) + "|")
    means = [[] for _ in others]
    names = [build.answer() for build in builds]
    while names[0]:
        assert len(set(names)) == 1, names
        if re.search(options.filter, names[0]):
            rounds = [[float(build.answer("again")) for build in builds] for _ in range(options.rounds)]
            times = [statistics.median(column) * 1e3 for column in zip(*rounds)]
            ratios = [statistics.median(row[0] / row[i] for row in rounds) for i in range(1, len(builds))]
            columns = [f"{time:.1f} ms | {ratio:.2f}" for time, ratio in zip(times[1:], ratios)]
            print(f"| {names[0]} | {times[0]:.1f} ms | " + " | ".join(columns) + " |", flush=True)
            for mean, ratio in zip(means, ratios):
                mean.append(math.log(ratio))
        names = [build.answer("next") for build in builds]
    columns = [f" | {math.exp(statistics.mean(mean)):.2f}" for mean in means]
    print("| geometric mean | | " + " | ".join(columns) + " |")


if __name__ == "__main__":
    main()

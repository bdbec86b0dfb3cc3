"""Loads `map.mts` in a directory, which several processes have saved, and finds in it what `rows.txt` says."""

import sys
from pathlib import Path

import metatensor

directory = Path(sys.argv[1])
rows = iter((directory / "rows.txt").read_text().splitlines())


def numbers(text):
    return [float(number) for number in text.strip("[]").split(", ")]


def check(place, block):
    for sample, values in zip(block.samples.values, block.values):
        expected_place, expected_sample, expected_values = next(rows).split(";")
        assert place == expected_place, (place, expected_place)
        assert list(sample) == numbers(expected_sample), (place, sample)
        assert list(values.flatten()) == numbers(expected_values), (place, sample)
    for parameter in block.gradients_list():
        check(f"{place} {parameter}", block.gradient(parameter))


map = metatensor.load(directory / "map.mts")
for key, block in map.items():
    check(str([int(x) for x in key.values]), block)
assert next(rows, None) is None, "there are more rows"

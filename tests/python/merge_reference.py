"""Make random maps, and what the official package makes of them when dimensions are moved.

    pip install metatensor-core==0.2.6
    python merge_reference.py DIRECTORY [COUNT]

The directory gets the maps and results, and ``cases.json`` that tells which is which. The tests of
merging in ``metatensor-core`` compare all of these with their own results, for the files in
``tests/data/merge`` or in the directory that ``METATENSOR_MERGE_REFERENCE`` names.
"""

import json
import pathlib
import sys

import numpy as np
from metatensor import Labels, MetatensorError, TensorBlock, TensorMap


def random_labels(rng, names, ends, at_least_one=False):
    rows = np.stack(np.meshgrid(*map(np.arange, ends), indexing="ij"), -1)
    rows = rows.reshape(-1, len(names)).astype(np.int32)
    keep = rng.random(len(rows)) < rng.choice([0.3, 0.6, 1.0])
    if at_least_one:
        keep[rng.integers(len(rows))] = True
    rows = rows[keep]
    if rng.random() < 0.5:
        rng.shuffle(rows)
    return Labels(names, rows)


def random_block(rng, samples, components, properties):
    shape = [len(samples), *map(len, components), len(properties)]
    values = rng.integers(1, 1000, shape).astype(float)
    return TensorBlock(values, samples, components, properties)


def random_map(rng):
    keys = random_labels(rng, ["a", "b"], [3, 2], at_least_one=True)
    components = [
        random_labels(rng, [name], [2], at_least_one=True)
        for name in ["c", "d"][: rng.integers(3)]
    ]
    parameters = ["x", "y"][: rng.integers(3)]
    all_samples = random_labels(rng, ["s", "t"], [2, 3])
    all_properties = random_labels(rng, ["p"], [3])
    same_properties = rng.random() < 0.5
    xyz = Labels.range("xyz", 2)
    blocks = []
    for _ in keys:
        samples, properties = all_samples, all_properties
        if rng.random() < 0.5:
            samples = random_labels(rng, ["s", "t"], [2, 3])
        if not same_properties and rng.random() < 0.5:
            properties = random_labels(rng, ["p"], [3])
        block = random_block(rng, samples, components, properties)
        for parameter in parameters:
            rows = random_labels(rng, ["sample", "i"], [max(len(samples), 1), 2])
            if len(samples) == 0:
                rows = Labels.empty(rows.names)
            gradient = random_block(rng, rows, [xyz, *components], properties)
            block.add_gradient(parameter, gradient)
        blocks.append(block)
    map = TensorMap(keys, blocks)
    map.set_info("made", "at random")
    return map, [component.names[0] for component in components]


def requests(rng, components):
    """Arguments of all calls for one map."""
    for names in [["a"], ["b"], ["a", "b"], ["b", "a"], []]:
        common = {"dimensions": names, "sort": bool(rng.random() < 0.6)}
        yield {"function": "keys_to_samples", **common}
        yield {"function": "keys_to_properties", **common}
        if names:
            entries = random_labels(rng, names, [4] * len(names), at_least_one=True)
            entries = entries.values.tolist()
            yield {"function": "keys_to_properties", **common, "entries": entries}
    for names in [components[:1], components[1:], components, components[::-1], ["zz"]]:
        if names:
            yield {"function": "components_to_properties", "dimensions": names}


def result_of(map, request):
    dimensions = request["dimensions"]
    if request["function"] == "components_to_properties":
        return map.components_to_properties(dimensions)
    keys = dimensions
    if "entries" in request:
        keys = Labels(dimensions, np.array(request["entries"], dtype=np.int32))
    function = getattr(map, request["function"])
    return function(keys, fill_value=-1.0, sort_samples=request["sort"])


def main(directory, count):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(788)
    cases = []
    for i in range(count):
        map, components = random_map(rng)
        name = f"{i}.mts"
        map.save(str(directory / name))
        for j, request in enumerate(requests(rng, components)):
            case = {"map": name, **request, "result": None}
            try:
                result = result_of(map, request)
            except MetatensorError as error:
                case["error"] = str(error)
            else:
                case["result"] = f"{i}-{j}.mts"
                result.save(str(directory / case["result"]))
            cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    (directory / "cases.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2)

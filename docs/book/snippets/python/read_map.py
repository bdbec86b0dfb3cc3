"""A reader of .mts files with nothing but the standard library, and a comparison with what the library reads."""

import metatensor_native  # before metatensor

import metatensor

# ANCHOR: reader
import ast
import json
import struct
import zipfile

CODES = {"f8": "d", "f4": "f", "f2": "e", "c16": "dd", "c8": "ff", "b1": "?",
         "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"}


def read_array(data):
    """Shape, descr and elements of a .npy file, the elements as a flat list in the order of the file."""
    assert data[:6] == b"\x93NUMPY", "this is no array"
    length, start = (struct.unpack("<H", data[8:10])[0], 10) if data[6] == 1 else (struct.unpack("<I", data[8:12])[0], 12)
    header = ast.literal_eval(data[start:start + length].decode("latin1").strip())
    assert not header["fortran_order"], "elements are in another order"
    descr, shape = header["descr"], header["shape"]
    fields = [code for _, code in descr] if isinstance(descr, list) else [descr]
    order = ">" if fields and fields[0][0] == ">" else "<"
    element = struct.Struct(order + "".join(CODES[field[1:]] for field in fields))
    elements = list(element.iter_unpack(data[start + length:])) if fields else []
    if not isinstance(descr, list):
        elements = [complex(*parts) if len(parts) == 2 else parts[0] for parts in elements]
    return shape, descr, elements


def read_labels(archive, name):
    """Names and rows of labels."""
    _, descr, rows = read_array(archive.read(name))
    return [field for field, _ in descr], rows


def read_block(archive, folder, properties=None):
    """A block as a dictionary, and its gradients as blocks."""
    names = archive.namelist()
    shape, _, values = read_array(archive.read(folder + "values.npy"))
    properties = properties or read_labels(archive, folder + "properties.npy")
    components = [read_labels(archive, f"{folder}components/{c}.npy") for c in range(len(shape) - 2)]
    start = folder + "gradients/"
    parameters = {name[len(start):].split("/")[0] for name in names if name.startswith(start)}
    return {
        "shape": shape,
        "values": values,
        "samples": read_labels(archive, folder + "samples.npy"),
        "components": components,
        "properties": properties,
        "gradients": {p: read_block(archive, f"{start}{p}/", properties) for p in sorted(parameters)},
    }


def read_map(path):
    """Keys, blocks and info of a map."""
    with zipfile.ZipFile(path) as archive:
        keys = read_labels(archive, "keys.npy")
        blocks = [read_block(archive, f"blocks/{i}/") for i in range(len(keys[1]))]
        info = json.loads(archive.read("info.json")) if "info.json" in archive.namelist() else {}
    return keys, blocks, info
# ANCHOR_END: reader


def outline(block, indent="  "):
    """Lines about a block: shape, samples, and the same for its gradients."""
    yield f"{indent}values {list(block['shape'])}, samples {', '.join(block['samples'][0])}"
    for parameter, gradient in block["gradients"].items():
        yield f"{indent}gradient '{parameter}'"
        yield from outline(gradient, indent + "  ")


print("ANCHOR: outline")
(names, rows), blocks, _ = read_map("radial-spectrum.mts")
for key, block in list(zip(rows, blocks))[:2]:
    print(", ".join(f"{name}={value}" for name, value in zip(names, key)))
    print("\n".join(outline(block)))
print("ANCHOR_END: outline")


def check(block, expected):
    """Nothing is different from what the library reads."""
    assert list(block["shape"]) == list(expected.values.shape)
    assert block["values"] == expected.values.flatten().tolist()
    axes = [block["samples"], *block["components"], block["properties"]]
    for (names, rows), labels in zip(axes, [expected.samples, *expected.components, expected.properties], strict=True):
        assert names == labels.names and rows == [tuple(entry) for entry in labels.values.tolist()]
    assert sorted(block["gradients"]) == sorted(expected.gradients_list())
    for parameter, gradient in block["gradients"].items():
        check(gradient, expected.gradient(parameter))


for path in ["radial-spectrum.mts", "spherical-expansion.mts"]:
    library = metatensor.load(path)
    (names, rows), blocks, _ = read_map(path)
    assert names == library.keys.names and rows == [tuple(key) for key in library.keys.values.tolist()]
    for block, expected in zip(blocks, library.blocks(), strict=True):
        check(block, expected)

"""Write the small files of `golden/` and their manifest, against which readers and writers are tested.

    pip install metatensor-core==0.2.6 metatensor-operations==0.5.0 numpy==2.4.6
    python generate_golden.py

There are two sorts of files. *Reference* files are what the official library writes: loading and saving one again must
give back its members, byte for byte and in the same order, and the whole file for labels. *Variants* hold the content
of a reference file in another spelling that a reader has to understand: another byte order, compression, order of the
members, and so on. `golden/manifest.json` has two parts:

- `contents`: by name of the reference file, what that file holds. A tensor map is `{"kind": "tensor", "keys", "blocks",
  "info"}`, a block `{"kind": "block", "block"}`, labels `{"kind": "labels", "labels"}`, where labels are `{"names",
  "values"}`, and a block is `{"samples", "components", "properties", "values", "gradients"}`. Values are `{"dtype",
  "shape", "hex"}`, the hexadecimal bytes being little-endian and in row-major order. Gradients are blocks by parameter,
  sorted by name as in the file (they were added in another order), and recursively so. Info is an object.
- `files`: one entry for each file: its name, whether it is a `reference` or a `variant` of its `content`, and whether
  the official reader understands it (`official_reader`).
"""

import io
import json
import pathlib
import shutil
import struct
import zipfile

import numpy as np
from metatensor import Labels, MetatensorError, TensorBlock, TensorMap, load, load_block, load_labels

DIRECTORY = pathlib.Path(__file__).resolve().parent / "golden"
MAX_SIZE = 5_000
MAX_TOTAL = 150_000

DTYPES = {
    "bool": np.bool_,
    "i8": np.int8,
    "i16": np.int16,
    "i32": np.int32,
    "i64": np.int64,
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
    "complex64": np.complex64,
    "complex128": np.complex128,
}
DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


# ---- content ------------------------------------------------------------------------------------------------------ #


def labels(names, rows):
    return Labels(names, np.array(rows, dtype=np.int32).reshape(-1, len(names)))


def numbers(dtype, shape, first=0):
    """Values that no two positions share, with the extremes of the dtype in front when there is room."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape))
    if dtype.kind == "b":
        return ((np.arange(size) + first) % 3 == 0).reshape(shape)

    values = (np.arange(size) + first).astype(dtype)
    if dtype.kind in "iu":
        extremes = [np.iinfo(dtype).min, np.iinfo(dtype).max]
    elif dtype.kind == "f":
        limits = np.finfo(dtype)
        extremes = [np.nan, np.inf, -np.inf, -0.0, limits.max, limits.smallest_subnormal, 1 / 3]
    else:
        extremes = [complex(np.nan, -0.0), complex(np.inf, 1 / 3), complex(-1.5, 2.25)]
    if size > len(extremes):
        values[: len(extremes)] = np.array(extremes, dtype=dtype)
    return values.reshape(shape)


def add_gradient(block, parameter, sample_names, sample_rows, components=(), build=None):
    """Add to `block` a gradient with the given samples and additional components, finished by `build` if given."""
    samples = labels(sample_names, sample_rows)
    components = [*components, *block.components]
    shape = [len(samples), *(len(component) for component in components), len(block.properties)]
    gradient = TensorBlock(numbers(block.dtype, shape, first=50), samples, components, block.properties)
    if build is not None:
        build(gradient)
    block.add_gradient(parameter, gradient)


def plain_block(dtype=np.float64, n_samples=2, n_properties=2):
    samples = labels(["system", "atom"], [(0, 3), (-1, 7)][:n_samples])
    components = [labels(["o3_mu"], [-1, 0, 1])]
    properties = labels(["n"], [4, 2][:n_properties])
    return TensorBlock(numbers(dtype, (n_samples, 3, n_properties)), samples, components, properties)


def block_with_gradients(dtype=np.float64):
    """Two gradients, added in an order that is not the alphabetical one."""
    block = plain_block(dtype)
    add_gradient(block, "strain", ["sample"], [1, 0])
    add_gradient(block, "positions", ["sample", "atom"], [(0, 3), (1, 3), (1, 7)])
    return block


def block_with_nested_gradients():
    """Gradients of gradients of gradients, each level with an axis of its own."""

    def third(gradient):
        add_gradient(gradient, "charge", ["sample"], [2])

    def second(gradient):
        add_gradient(gradient, "positions", ["sample", "atom"], [(0, 1), (3, 1), (2, 0)], build=third)
        add_gradient(gradient, "cell", ["sample"], [1])

    block = TensorBlock(numbers(np.float32, (2, 2)), labels(["s"], [5, 6]), [], labels(["p"], [0, 1]))
    add_gradient(block, "positions", ["sample", "atom"], [(1, 0), (0, 0), (0, 1), (1, 1)], build=second)
    return block


def block_with_empty_gradients():
    block = plain_block()
    add_gradient(block, "positions", ["sample", "atom"], [], [labels(["xyz"], [0, 1, 2])])
    return block


def two_blocks():
    """Two blocks that differ in all their axes, and keys that are neither sorted nor positive."""
    first = TensorBlock(
        numbers(np.int64, (2, 2)), labels(["system"], [1, 0]), [], labels(["l", "n"], [(0, 1), (0, 0)])
    )
    second = TensorBlock(
        numbers(np.int64, (1, 3)), labels(["system"], [3]), [], labels(["l", "n"], [(2, 2), (1, 1), (-1, 0)])
    )
    add_gradient(first, "cell", ["sample"], [1])
    add_gradient(second, "cell", ["sample"], [0])
    return TensorMap(labels(["center_type", "o3_sigma"], [(8, -1), (6, 1)]), [first, second])


def with_info(tensor, info):
    for key, value in info.items():
        tensor.set_info(key, value)
    return tensor


def no_blocks():
    return TensorMap(labels(["center_type"], []), [])


INFO = {
    "unit": "\u00c5ngstr\u00f6m \u2207\u03c1 \U0001f9ea",
    "\u00e9nergie": "quote \" backslash \\ slash / newline \n return \r tab \t",
    "escapes": "\x01\x08\x0c\x1f\x7f\u2028\ufeff",
    "json": '{"a": [1, 2]}',
    "empty": "",
    "": "no key",
    "a": "1",
}


def reference_files():
    """What every reference file holds, by name."""
    return {f"block-{name}.mts": block_with_gradients(dtype) for name, dtype in DTYPES.items()} | {
        "two-blocks.mts": two_blocks(),
        "info.mts": with_info(TensorMap(Labels.single(), [plain_block()]), INFO),
        "no-blocks.mts": no_blocks(),
        "no-blocks-info.mts": with_info(no_blocks(), {"author": "nobody"}),
        "nested-gradients.mts": block_with_nested_gradients(),
        "empty-gradients.mts": block_with_empty_gradients(),
        "no-samples.mts": plain_block(n_samples=0),
        "no-properties.mts": plain_block(n_properties=0),
        "no-samples-no-properties.mts": plain_block(n_samples=0, n_properties=0),
        "labels.mts": labels(["system", "_atom_2", "o3_lambda"], [(0, -1, 2), (2**31 - 1, -(2**31), 0), (0, -1, 1)]),
        "labels-single.mts": Labels.single(),
        "labels-no-rows.mts": labels(["system", "atom"], []),
        "labels-long-header.mts": labels([f"dimension_{i}" for i in range(40)], list(range(40))),
    }


# ---- other spellings ---------------------------------------------------------------------------------------------- #


def members_of(content):
    """The members of the reference file `content`, as bytes by name."""
    with zipfile.ZipFile(DIRECTORY / content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_array(member):
    return np.lib.format.read_array(io.BytesIO(member))


def write_array(array, version=(1, 0)):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


def write_header(text):
    """A version 1 .npy header with the given text."""
    header = text + " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode("latin1")


def descr_of(array):
    return array.dtype.descr if array.dtype.names else array.dtype.str


def write_archive(path, members, compression=zipfile.ZIP_STORED, comment=b"", extra=None):
    """A zip archive whose entries all carry the date that zip files start at; `extra(name, offset)` pads them."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.comment = comment
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = compression
            if extra is not None:
                entry.extra = extra(name, archive.fp.tell())
            archive.writestr(entry, data)


def map_arrays(function, members):
    return {
        name: function(read_array(data)) if name.endswith(".npy") else data for name, data in members.items()
    }


def big_endian(array):
    return write_array(array.astype(array.dtype.newbyteorder(">")))


def fortran_order(array):
    """`array` in column-major order; one-dimensional arrays get a header that says so, which makes no difference."""
    if array.ndim > 1:
        return write_array(np.asfortranarray(array))
    text = f"{{'descr': {descr_of(array)!r}, 'fortran_order': True, 'shape': {array.shape}, }}"
    return write_header(text) + array.tobytes()


def other_spelling(array):
    """The keys of the header in another order, double quotes, and little space or a lot."""
    text = f"{{ 'shape':{array.shape},'fortran_order' : False,  'descr':{descr_of(array)!r} , }}"
    return write_header(text.replace("'", '"')) + array.tobytes()


class Unseekable(io.RawIOBase):
    """A stream that can only be written, so that zipfile puts sizes after the data."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def close(self):
        self.file.close()
        super().close()


def pad_to_64(name, offset):
    """A zip extra field that aligns the data of the entry `name`, whose header is at `offset`, to 64 bytes."""
    start = offset + 30 + len(name.encode()) + 4
    padding = -start % 64
    return struct.pack("<HH", 0x7A6D, padding) + bytes(padding)


def variants():
    """Write every variant, and give the name of its content by the name of the variant."""
    written = {}

    def archive(name, content, members=None, **options):
        write_archive(DIRECTORY / name, members_of(content) if members is None else members, **options)
        written[name] = content

    # values and labels
    for name, dtype in DTYPES.items():
        content = f"block-{name}.mts"
        if np.dtype(dtype).itemsize > 1:
            archive(f"big-endian-{name}.mts", content, map_arrays(big_endian, members_of(content)))
        else:
            archive(f"numpy-descr-{name}.mts", content, map_arrays(write_array, members_of(content)))
    block = members_of("block-f64.mts")
    archive("fortran-order.mts", "block-f64.mts", map_arrays(fortran_order, block))
    archive("header-spelling.mts", "block-f64.mts", map_arrays(other_spelling, block))
    for version in [(2, 0), (3, 0)]:
        members = map_arrays(lambda array, version=version: write_array(array, version), block)
        archive(f"npy-version-{version[0]}.mts", "block-f64.mts", members)
    (DIRECTORY / "big-endian-labels.mts").write_bytes(big_endian(np.load(DIRECTORY / "labels.mts")))
    written["big-endian-labels.mts"] = "labels.mts"

    # archives
    two_blocks = members_of("two-blocks.mts")
    arrays = {name.removesuffix(".npy"): read_array(data) for name, data in two_blocks.items()}
    for name, save in {"savez.npz": np.savez, "savez-compressed.npz": np.savez_compressed}.items():
        save(DIRECTORY / name, **arrays)
        written[name] = "two-blocks.mts"
    archive("deflate.mts", "two-blocks.mts", compression=zipfile.ZIP_DEFLATED)
    archive("aligned.mts", "two-blocks.mts", extra=pad_to_64)
    archive("comment.mts", "two-blocks.mts", comment=b"an archive comment")
    archive("shuffled.mts", "two-blocks.mts", dict(sorted(two_blocks.items(), key=lambda member: member[0][::-1])))
    archive("directories.mts", "two-blocks.mts", {"blocks/": b"", "blocks/0/": b"", "blocks/1/": b""} | two_blocks)
    archive("unknown-member.mts", "two-blocks.mts", {"README.txt": b"not ours"} | two_blocks)
    with Unseekable(DIRECTORY / "streamed.mts") as stream:
        write_archive(stream, two_blocks)
    written["streamed.mts"] = "two-blocks.mts"

    # info
    members = members_of("info.mts")
    info = json.loads(members.pop("info.json"))
    compact = json.dumps(dict(reversed(info.items())), separators=(",", ":"), ensure_ascii=True).encode()
    archive("info-first.mts", "info.mts", {"info.json": compact} | members)
    first, *others = members.items()
    archive("info-between.mts", "info.mts", dict([first, ("info.json", compact), *others]))
    return written


# ---- manifest ----------------------------------------------------------------------------------------------------- #


def describe_labels(entries):
    return {"names": entries.names, "values": entries.values.tolist()}


def describe_block(block):
    values = block.values
    return {
        "samples": describe_labels(block.samples),
        "components": [describe_labels(component) for component in block.components],
        "properties": describe_labels(block.properties),
        "values": {
            "dtype": DTYPE_NAMES[values.dtype],
            "shape": list(values.shape),
            "hex": np.ascontiguousarray(values).tobytes().hex(),
        },
        "gradients": {name: describe_block(block.gradient(name)) for name in sorted(block.gradients_list())},
    }


def describe(data):
    if isinstance(data, Labels):
        return {"kind": "labels", "labels": describe_labels(data)}
    if isinstance(data, TensorBlock):
        return {"kind": "block", "block": describe_block(data)}
    return {
        "kind": "tensor",
        "keys": describe_labels(data.keys),
        "blocks": [describe_block(block) for block in data.blocks()],
        # the Python package gives None for an empty value
        "info": {key: value or "" for key, value in sorted(data.info().items())},
    }


READERS = {"labels": load_labels, "block": load_block, "tensor": load}


def official_reader(path, description):
    """Does the official library load `path`, and as what `description` says?"""
    try:
        data = READERS[description["kind"]](path)
    except MetatensorError as error:
        print(f"not read: {path.name}: {error}")
        return False
    if describe(data) != description:
        print(f"misread: {path.name}")
        return False
    return True


def main():
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    DIRECTORY.mkdir()

    contents = {}
    for name, data in reference_files().items():
        data.save(DIRECTORY / name)
        contents[name] = describe(data)
        again = READERS[contents[name]["kind"]](DIRECTORY / name).save_buffer()
        assert (DIRECTORY / name).read_bytes() == bytes(again), f"{name} changes when it is saved again"

    files = {name: (name, "reference") for name in contents}
    files |= {name: (content, "variant") for name, content in variants().items()}
    manifest = {
        "contents": contents,
        "files": [
            {
                "file": name,
                "content": content,
                "spelling": spelling,
                "official_reader": official_reader(DIRECTORY / name, contents[content]),
            }
            for name, (content, spelling) in files.items()
        ],
    }
    (DIRECTORY / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=True) + "\n")

    sizes = {name: (DIRECTORY / name).stat().st_size for name in files}
    assert max(sizes.values()) < MAX_SIZE and sum(sizes.values()) < MAX_TOTAL, sizes


if __name__ == "__main__":
    main()

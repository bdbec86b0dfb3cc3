"""Lets torch from PyPI start without the libraries of CUDA, which are five times as large as torch itself.

    python without_cuda.py SITE_PACKAGES

Torch is linked with them, and uses none of their functions on a machine without such a device. This puts libraries with the same names
beside it, where each function fails with the number that stands for "no device".
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main(site_packages):
    libraries = pathlib.Path(site_packages, "torch/lib")
    present = sorted(libraries.glob("*.so*"))
    foreign = re.compile(r"lib(cu|nv|nccl)")
    needed, symbols = set(), collections.defaultdict(set)
    for library in present:
        for line in lines("readelf", "-d", library):
            if "(NEEDED)" in line and foreign.match(name := line.split("[")[1].rstrip("]")):
                needed.add(name)
        for line in lines("nm", "-D", "--undefined-only", library):
            name, _, version = line.split()[-1].partition("@")
            if re.match(r"cu[^r_]|cur|__cuda|nv|nccl", name):
                symbols[version.lstrip("@")].add(name)
    needed -= {library.name for library in present}
    with tempfile.TemporaryDirectory() as folder:
        source, script = pathlib.Path(folder, "stub.c"), pathlib.Path(folder, "versions")
        for name in sorted(needed):
            # Functions without a version are looked for in all libraries.
            functions = symbols.pop(name, set()) | symbols.pop("", set())
            version = name
            for other in [other for other in symbols if other.lower() in name]:
                version, functions = other, functions | symbols.pop(other)
            source.write_text("".join(f"int {function}(void) {{ return 100; }}\n" for function in sorted(functions)))
            script.write_text(f"{version} {{ global: *; }};\n")
            options = ["-shared", "-fPIC", "-w", "-fno-builtin", f"-Wl,-soname,{name}", f"-Wl,--version-script={script}"]
            subprocess.run(["cc", *options, source, "-o", libraries / name], check=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""Builds a wheel with the release library in it, for any version of Python 3; and an archive of sources, with those of the library.

Two environment variables are for those who have a library already: METATENSOR_NATIVE_LIBRARY is the path of one to take instead of
building it with cargo, and METATENSOR_NATIVE_PLATFORM the platform in the tag of the wheel, instead of this one.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.dist import Distribution

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "metatensor_native"
# sources of the library and headers are those of the repository, of which an archive of sources has a part
SOURCES = HERE / "library" if (HERE / "library").is_dir() else HERE.parent
# what the library is made of, in the repository
CRATES = ["metatensor-core", "metatensor-operations", "metatensor-distributed", "metatensor-capi"]
SHARED = ["Cargo.toml", "Cargo.lock", "LICENSE", "include", "metatensor-mpi/src/library.c"]
# as everybody but cargo calls the library
NAME = {"darwin": "libmetatensor.dylib", "win32": "metatensor.dll"}.get(sys.platform, "libmetatensor.so")


def needed(path):
    """What is built from needs the repository, or an archive that was made there."""
    if not (SOURCES / path).exists():
        raise SystemExit(
            f"metatensor-native is built from a clone of its repository, with 'pip install ./python', or from an archive of sources "
            f"that was made there, with 'python -m build --sdist python': there is no {SOURCES / path}"
        )
    return SOURCES / path


def library():
    """The release library, built if no other one was given."""
    given = os.environ.get("METATENSOR_NATIVE_LIBRARY")
    if given:
        return pathlib.Path(given)
    needed("metatensor-capi")
    command = ["cargo", "rustc", "--release", "--locked", "-p", "metatensor-capi", "--lib", "--crate-type", "cdylib"]
    # cargo knows where it puts things, which depends on its settings and on variables
    command.append("--message-format=json-render-diagnostics")
    try:
        output = subprocess.run(command, cwd=SOURCES, check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        raise SystemExit("metatensor-native is built with cargo, which is not there: install Rust (https://rustup.rs)") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"cargo can not build the library, and says why above (exit code {error.returncode})") from None
    messages = (json.loads(line) for line in output.splitlines() if line.startswith("{"))
    built = [
        pathlib.Path(name)
        for message in messages
        if message.get("reason") == "compiler-artifact" and message["target"]["name"] == "metatensor_capi"
        for name in message["filenames"]
        if pathlib.Path(name).suffix == pathlib.Path(NAME).suffix
    ]
    if len(built) != 1:
        raise SystemExit(f"cargo should have made one library for this platform, and made {built}: is CARGO_BUILD_TARGET another one?")
    return SOURCES / built[0]


def version():
    """That of the crates."""
    return re.search(r'^version = "(.*)"$', needed("Cargo.toml").read_text(), re.MULTILINE)[1]


class BuildWithLibrary(build_py):
    """Python files, and the library beside them; with headers, and what is compiled with the MPI of users."""

    def run(self):
        super().run()
        folder = (HERE / "src" if self.editable_mode else pathlib.Path(self.build_lib)) / PACKAGE
        shutil.copy2(library(), folder / NAME)
        shutil.copytree(needed("include"), folder / "include", dirs_exist_ok=True)
        shutil.copy2(needed("metatensor-mpi/src/library.c"), folder / "include" / "metatensor_mpi.c")


class PlatformWheel(bdist_wheel):
    """Depends on the platform, but not on the version of Python: there is no compiled extension."""

    def get_tag(self):
        *_, platform = super().get_tag()
        return "py3", "none", os.environ.get("METATENSOR_NATIVE_PLATFORM", platform)


class WithSources(sdist):
    """Python files, and the sources of the library."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        target = pathlib.Path(base_dir) / "library"
        for name in CRATES + SHARED:
            source, copy = needed(name), target / name
            if source.is_dir():
                shutil.copytree(source, copy)
            else:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, copy)
        if SOURCES == HERE / "library":
            return
        members = ", ".join(f'"{name}"' for name in CRATES)
        manifest = target / "Cargo.toml"
        text, count = re.subn(r"^members = \[.*?\]$", f"members = [{members}]", manifest.read_text(), flags=re.MULTILINE | re.DOTALL)
        if count != 1:
            raise SystemExit(f"there are no members of the workspace in {SOURCES / 'Cargo.toml'}")
        manifest.write_text(text)
        # leaves out what only other crates need, and changes no version
        subprocess.run(["cargo", "update", "--quiet", "--workspace"], cwd=target, check=True)


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(
    version=version(),
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel, "sdist": WithSources},
)

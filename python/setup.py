"""Builds a wheel with the release library in it, for any version of Python 3.

Two environment variables are for those who have a library already: METATENSOR_NATIVE_LIBRARY is the path of one to take instead of
building it with cargo, and METATENSOR_NATIVE_PLATFORM the platform in the tag of the wheel, instead of this one.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.dist import Distribution

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent
# as cargo calls it, and as everybody else does
BUILT, NAME = {
    "darwin": ("libmetatensor_capi.dylib", "libmetatensor.dylib"),
    "win32": ("metatensor_capi.dll", "metatensor.dll"),
}.get(sys.platform, ("libmetatensor_capi.so", "libmetatensor.so"))


def library():
    """The release library, built if no other one was given."""
    given = os.environ.get("METATENSOR_NATIVE_LIBRARY")
    if given:
        return pathlib.Path(given)
    if not (REPOSITORY / "metatensor-capi").is_dir():
        raise SystemExit("metatensor-native is built from a clone of its repository, which has the sources of the library")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    command = ["cargo", "rustc", "--release", "--locked", "-p", "metatensor-capi", "--lib", "--crate-type", "cdylib"]
    try:
        subprocess.run([*command, "--target-dir", str(target)], cwd=REPOSITORY, check=True)
    except FileNotFoundError:
        raise SystemExit("metatensor-native is built with cargo, which is not there: install Rust (https://rustup.rs)") from None
    return target / "release" / BUILT


def version():
    """That of the crates."""
    manifest = REPOSITORY / "Cargo.toml"
    return re.search(r'^version = "(.*)"$', manifest.read_text(), re.MULTILINE)[1]


class BuildWithLibrary(build_py):
    """Python files, and the library beside them."""

    def run(self):
        super().run()
        folder = HERE / "src" if self.editable_mode else pathlib.Path(self.build_lib)
        shutil.copy2(library(), folder / "metatensor_native" / NAME)


class PlatformWheel(bdist_wheel):
    """Depends on the platform, but not on the version of Python: there is no compiled extension."""

    def get_tag(self):
        *_, platform = super().get_tag()
        return "py3", "none", os.environ.get("METATENSOR_NATIVE_PLATFORM", platform)


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(
    version=version(),
    distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel},
)

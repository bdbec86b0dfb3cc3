//! Programs in Python with mpi4py, and `metatensor_native` on the library that all other programs use.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::programs::{built, library, once, output, target};
use super::{Ended, Mpi, launch_words, repository};

const PACKAGES: &[&str] = &[
    "metatensor-core==0.2.6",
    "metatensor-operations==0.5.0",
    "mpi4py==4.1.2",
    "numpy==2.4.6",
];

/// Starts a program in `programs/python/`, which gets the number of ranks as its first argument. Ranks where an exception ends the
/// program end all others.
pub(crate) fn python_program(mpi: Mpi, size: usize, name: &str, arguments: &[&str]) -> Ended {
    let program = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("programs/python")
        .join(name);
    let size_text = size.to_string();
    let mut words = vec![environment().join("bin/python").into_os_string()];
    words.extend(["-B", "-m", "mpi4py"].map(OsString::from));
    words.extend([program.into_os_string(), size_text.into()]);
    words.extend(arguments.iter().map(OsString::from));

    let (package, cache) = (package(), built().join("python-cache"));
    let (compiler, alias) = (mpi.tool("mpicc"), alias());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (package, cache, alias) = (text(&package), text(&cache), text(&alias));
    let mut variables = vec![
        ("PYTHONPATH", package.as_str()),
        ("XDG_CACHE_HOME", &cache),
        ("MPICC", &compiler),
    ];
    if mpi == Mpi::Mpich {
        variables.extend([("MPI4PY_MPIABI", "mpich"), ("LD_LIBRARY_PATH", &alias)]);
    }
    launch_words(mpi, size, &words, &variables)
}

/// Python with the official packages.
pub(crate) fn official_python() -> Command {
    Command::new(environment().join("bin/python"))
}

/// An environment with mpi4py and the official packages, kept for the next time.
fn environment() -> PathBuf {
    let root = target().join("mpi-venv");
    once(&root, || {
        let (wanted, installed) = (PACKAGES.join("\n"), root.join("installed.txt"));
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return;
        }
        output(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&root),
        );
        output(
            Command::new(root.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(PACKAGES),
        );
        fs::write(installed, wanted).unwrap();
    });
    root
}

/// What a wheel has, with the library that was built for tests.
fn package() -> PathBuf {
    let root = built().join("python");
    once(&root, || {
        let package = root.join("metatensor_native");
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        copy(&repository().join("python/src/metatensor_native"), &package);
        copy(&repository().join("include"), &package.join("include"));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library.c");
        fs::copy(source, package.join("include/metatensor_mpi.c")).unwrap();
        fs::copy(library(), package.join("libmetatensor.so")).unwrap();
    });
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// mpi4py is compiled for the names that MPICH gives its library, which has another one in Debian.
fn alias() -> PathBuf {
    let directory = built().join("mpich-alias");
    if Mpi::all().contains(&Mpi::Mpich) {
        once(&directory, || {
            let mut compiler = Command::new(Mpi::Mpich.tool("mpicc"));
            let path = output(compiler.arg("-print-file-name=libmpich.so.12"));
            fs::create_dir_all(&directory).unwrap();
            let link = directory.join("libmpi.so.12");
            drop(fs::remove_file(&link));
            symlink(path.trim_end(), link).unwrap();
        });
    }
    directory
}

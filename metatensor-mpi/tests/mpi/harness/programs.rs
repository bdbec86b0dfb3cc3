//! What is compiled to be started: the library once, everything else with the compiler of each MPI.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{Mpi, repository};

/// Runs a program to its end.
pub(crate) fn output(command: &mut Command) -> String {
    let output = command
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .unwrap_or_else(|error| panic!("can not run {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Where cargo builds this crate.
pub(super) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Where cargo builds the library as it is shipped, for these tests and for those of the workspace.
pub(crate) fn library_target() -> PathBuf {
    let target = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(_) => target(),
        None => repository().join("target"),
    };
    target.join("test-release")
}

pub(super) fn built() -> PathBuf {
    let directory = target().join("mpi-programs");
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// The one libmetatensor.so, built without any MPI, by the command that CMake runs.
pub(crate) fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            output(
                Command::new(env!("CARGO"))
                    .args(["rustc", "--quiet", "--lib", "--package", "metatensor-capi"])
                    .args(["--release", "--crate-type", "cdylib"])
                    .args(["--crate-type", "staticlib"])
                    .arg("--target-dir")
                    .arg(library_target())
                    .env("MPICC", "false")
                    .current_dir(repository()),
            );
            let library = built().join("libmetatensor.so");
            replace(
                &library_target().join("release/libmetatensor_capi.so"),
                &library,
            );
            library
        })
        .clone()
}

/// A copy that takes the place of an older one, which may be running.
fn replace(from: &Path, to: &Path) {
    let new = to.with_extension("new");
    fs::copy(from, &new).unwrap();
    fs::rename(&new, to).unwrap();
}

/// A language of programs that are compiled with MPI.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    C,
    Cpp,
}

impl Language {
    /// Of files and folders.
    fn name(self) -> &'static str {
        match self {
            Language::C => "c",
            Language::Cpp => "cpp",
        }
    }

    fn compiler(self, mpi: Mpi) -> Command {
        let mut command;
        match self {
            Language::C => {
                command = Command::new(mpi.tool("mpicc"));
                command.arg("-std=c11");
            }
            Language::Cpp => {
                command = Command::new(mpi.tool("mpicxx"));
                command.arg("-std=c++17");
                // The bindings for C++ of Open MPI give warnings, and are gone from later versions.
                command.args(["-DOMPI_SKIP_MPICXX", "-DMPICH_SKIP_MPICXX"]);
            }
        }
        command
    }
}

/// A program in `programs/c/`, compiled once for each MPI.
pub(crate) fn c_program(mpi: Mpi, name: &str) -> PathBuf {
    own_program(mpi, Language::C, name)
}

/// The same in C++.
pub(crate) fn cpp_program(mpi: Mpi, name: &str) -> PathBuf {
    own_program(mpi, Language::Cpp, name)
}

fn own_program(mpi: Mpi, language: Language, name: &str) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    compile(mpi, language, &sources.join(language.name()), name)
}

/// An example for users, with MPI.
pub(crate) fn example(mpi: Mpi, language: Language, name: &str) -> PathBuf {
    let sources = repository().join(format!("examples-{}", language.name()));
    compile(mpi, language, &sources, name)
}

fn compile(mpi: Mpi, language: Language, sources: &Path, name: &str) -> PathBuf {
    let language_name = language.name();
    let source = sources.join(format!("{name}.{language_name}"));
    let program = built().join(format!("{name}-{language_name}.{}", mpi.name()));
    once(&program, || {
        let library = library();
        output(
            language
                .compiler(mpi)
                .args(["-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
                // how examples know that they have MPI
                .arg("-DUSE_MPI")
                .arg("-I")
                .arg(repository().join("include"))
                .arg(source)
                .arg(library)
                .args(["-lm", "-Wl,-rpath,$ORIGIN", "-o"])
                .arg(&program),
        );
    });
    program
}

/// `libmetatensor_mpi.so`, which makes communicators of addresses for programs that have no compiler of MPI.
pub(crate) fn by_address(mpi: Mpi) -> PathBuf {
    let library = built().join(format!("libmetatensor_mpi.{}.so", mpi.name()));
    once(&library, || {
        output(
            Command::new(mpi.tool("mpicc"))
                .args(["-std=c11", "-shared", "-fPIC", "-O1"])
                .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
                .arg("-I")
                .arg(repository().join("include"))
                .arg("-fvisibility=hidden")
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library.c"))
                .arg(self::library())
                .args(["-Wl,-rpath,$ORIGIN", "-o"])
                .arg(&library),
        );
    });
    library
}

/// The program in Rust, linked to this MPI.
pub(crate) fn rust_program(mpi: Mpi) -> PathBuf {
    let program = built().join(format!("programs.{}", mpi.name()));
    once(&program, || {
        output(
            Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--package", "metatensor-mpi-programs"])
                .arg("--target-dir")
                .arg(target())
                .env("MPICC", mpi.tool("mpicc"))
                .current_dir(env!("CARGO_MANIFEST_DIR")),
        );
        replace(&target().join("debug/metatensor-mpi-programs"), &program);
    });
    program
}

/// Does this for the first of all tests that need `what`, one after the other.
pub(super) fn once(what: &Path, build: impl FnOnce()) {
    static DONE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    // If one fails, the others say what is wrong as well.
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if !done.iter().any(|done| done == what) {
        build();
        done.push(what.to_owned());
    }
}

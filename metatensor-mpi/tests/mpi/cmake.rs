//! Projects that find the library with CMake, and MPI with it.

use std::path::Path;
use std::process::Command;

use crate::harness::{Mpi, has_tool, library_target, output, repository, succeed};

fn define(name: &str, value: impl AsRef<Path>) -> String {
    format!("-D{name}={}", value.as_ref().display())
}

/// CMake with the compilers of this MPI. What cargo builds is what other tests use.
fn cmake(mpi: Mpi) -> Command {
    let mut command = Command::new("cmake");
    command
        .env("CARGO_TARGET_DIR", library_target())
        .env("MPI_C_COMPILER", mpi.tool("mpicc"));
    command
}

fn configure(mpi: Mpi, source: &Path, build: &Path, options: &[String]) {
    output(
        cmake(mpi)
            .arg("-S")
            .arg(source)
            .arg("-B")
            .arg(build)
            .arg(define("CMAKE_BUILD_TYPE", "Release"))
            .arg(define("MPI_C_COMPILER", mpi.tool("mpicc")))
            .args(options),
    );
    output(cmake(mpi).arg("--build").arg(build));
}

#[test]
fn projects_find_the_library_with_mpi() {
    if !has_tool("cmake") {
        return;
    }
    let consumer = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/cmake");
    for mpi in Mpi::all() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name| directory.path().join(name);
        let prefix = path("prefix");
        let options = [
            define("METATENSOR_MPI", "ON"),
            define("CMAKE_INSTALL_LIBDIR", "lib"),
            define("CMAKE_INSTALL_PREFIX", &prefix),
        ];
        configure(mpi, &repository(), &path("library"), &options);
        output(cmake(mpi).arg("--install").arg(path("library")));

        let found = [define("CMAKE_PREFIX_PATH", &prefix)];
        configure(mpi, &consumer, &path("found"), &found);
        let by_address = std::fs::read_to_string(path("found/library")).unwrap();
        assert_eq!(
            Path::new(&by_address),
            prefix.join("lib/libmetatensor_mpi.so")
        );
        for language in ["c", "cpp"] {
            let program = path("found").join(format!("program-{language}"));
            succeed(mpi, 2, &program, &["groups"]);
        }
        succeed(mpi, 2, &path("found/program-c"), &["address", &by_address]);

        let built = [define("METATENSOR_SOURCE", repository())];
        configure(mpi, &consumer, &path("built"), &built);
        succeed(mpi, 2, &path("built/program-cpp"), &["groups"]);
    }
}

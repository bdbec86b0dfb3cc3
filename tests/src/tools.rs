//! Programs of the system that tests need.

use std::error::Error;
use std::process::Command;

use metatensor_tools::programs::program_of;

/// The program `name`, which is installed first if it is missing: it is in the package of the same name of Debian and the
/// systems that are made of it.
///
/// # Errors
///
/// If it is missing and can not be installed.
pub fn tool(name: &str) -> Result<Command, Box<dyn Error>> {
    program_of(name, &[name])
}

/// clang++, with its sanitizers.
///
/// # Errors
///
/// As for `tool`.
pub fn clang() -> Result<Command, Box<dyn Error>> {
    program_of("clang++", &["clang", "libclang-rt-14-dev"])
}

/// Valgrind, to be followed by a program: any error that it finds makes it fail.
///
/// # Errors
///
/// If it is missing and can not be installed.
pub fn valgrind() -> Result<Command, Box<dyn Error>> {
    let mut command = tool("valgrind")?;
    command.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]);
    command.args([
        "--show-leak-kinds=definite,indirect",
        "--errors-for-leak-kinds=definite,indirect",
    ]);
    Ok(command)
}

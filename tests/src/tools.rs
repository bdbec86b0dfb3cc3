//! Programs of the system that tests need.

use std::error::Error;
use std::process::Command;

use metatensor_tools::programs::{install_unless, program_of};
use metatensor_tools::run::output;

/// The program `name`, which is installed first if it is missing: it is in the package of the same name of Debian and the
/// systems that are made of it.
///
/// # Errors
///
/// If it is missing and can not be installed.
pub fn tool(name: &str) -> Result<Command, Box<dyn Error>> {
    program_of(name, &[name])
}

/// clang++, with its sanitizers, which are in a package of their own: a machine that has the compiler may lack them.
///
/// # Errors
///
/// As for `tool`.
pub fn clang() -> Result<Command, Box<dyn Error>> {
    let answer = |question: &str| output(program_of("clang++", &["clang"])?.arg(question));
    let version = answer("-dumpversion")?;
    let major = version.split('.').next().unwrap_or_default();
    let sanitizer = format!("libclang_rt.asan-{}.a", std::env::consts::ARCH);
    let is_there = || {
        // a file that clang does not find is named without a folder
        answer(&format!("-print-file-name={sanitizer}")).is_ok_and(|place| place.contains('/'))
    };
    install_unless(is_there, &sanitizer, &[&format!("libclang-rt-{major}-dev")])?;
    Ok(Command::new("clang++"))
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

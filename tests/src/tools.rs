//! Programs of the system that tests need.

use std::error::Error;
use std::fs::File;
use std::process::Command;

use crate::library::target_directory;
use metatensor_tools::run::output;

/// The program `name`, which is installed first if it is missing: it is in the package of the same name of Debian and the
/// systems that are made of it.
///
/// # Errors
///
/// If it is missing and can not be installed.
pub fn tool(name: &str) -> Result<Command, Box<dyn Error>> {
    tool_of(name, &[name])
}

/// clang++, with its sanitizers.
///
/// # Errors
///
/// As for `tool`.
pub fn clang() -> Result<Command, Box<dyn Error>> {
    tool_of("clang++", &["clang", "libclang-rt-14-dev"])
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

/// The program `name` of these packages.
fn tool_of(name: &str, packages: &[&str]) -> Result<Command, Box<dyn Error>> {
    let is_there = || Command::new(name).arg("--version").output().is_ok();
    if !is_there() {
        // Other tests, in this process and in others, want it at the same time.
        let lock = File::create(target_directory()?.join(format!("test-{name}.lock")))?;
        lock.lock()?;
        if !is_there() {
            install(packages).map_err(|error| format!("these tests need {name}: {error}"))?;
        }
    }
    Ok(Command::new(name))
}

fn install(packages: &[&str]) -> Result<String, Box<dyn Error>> {
    let install = || {
        output(
            Command::new("apt-get")
                .args(["install", "--yes", "--no-install-recommends"])
                .args(packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    // lists of packages are missing or old on many machines
    install().or_else(|_| {
        output(Command::new("apt-get").arg("update"))?;
        install()
    })
}

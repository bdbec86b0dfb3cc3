//! Programs of the system, which are installed if they are missing.

use std::error::Error;
use std::fs::{self, File};
use std::process::Command;

use crate::run::output;
use crate::target;

/// The program `name`, which is installed first if it is missing, from these packages of Debian and the systems that are
/// made of it.
///
/// # Errors
///
/// If it is missing and can not be installed.
pub fn program_of(name: &str, packages: &[&str]) -> Result<Command, Box<dyn Error>> {
    let is_there = || Command::new(name).arg("--version").output().is_ok();
    install_unless(is_there, name, packages)?;
    Ok(Command::new(name))
}

/// Install these packages of Debian if `what` they bring is not there: once, also if several processes want it at the same
/// time.
///
/// # Errors
///
/// If they can not be installed.
pub fn install_unless(
    is_there: impl Fn() -> bool,
    what: &str,
    packages: &[&str],
) -> Result<(), Box<dyn Error>> {
    if is_there() {
        return Ok(());
    }
    fs::create_dir_all(target())?;
    let lock = File::create(target().join("test-install.lock"))?;
    lock.lock()?;
    if !is_there() {
        install(packages).map_err(|error| format!("this needs {what}: {error}"))?;
    }
    Ok(())
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

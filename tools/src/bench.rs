//! Our library beside the official one: `cargo xtask bench`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tools::library::shipped;
use metatensor_tools::run::{output, run};
use metatensor_tools::{repository, target};

/// What is installed to compare with, and to run the comparison.
const PACKAGES: [&str; 3] = [
    "metatensor-core==0.2.6",
    "metatensor-operations==0.5.0",
    "numpy==2.4.6",
];

/// Runs `benches/abi/abi.c` or `benches/operations.py` with our library as it is shipped, the official one, and what
/// `arguments` has after the name of the benchmark.
pub(crate) fn bench(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let Some((name, options)) = arguments.split_first() else {
        return Err("which one? 'abi' is the C interface, 'operations' those of Python".into());
    };
    let library = shipped(&target())?;
    let venv = venv()?;
    let mut program = match name.as_str() {
        "abi" => {
            let official = output(Command::new(venv.join("bin/python")).args([
                "-c",
                "import metatensor, os; print(os.path.dirname(metatensor.__file__))",
            ]))?;
            let mut program = Command::new(abi()?);
            program.arg(Path::new(official.trim()).join("lib/libmetatensor.so"));
            program
        }
        "operations" => {
            let mut program = Command::new(venv.join("bin/python"));
            program.arg("benches/operations.py");
            program
        }
        other => return Err(format!("no benchmark is named '{other}'").into()),
    };
    run(program.arg(library).args(options))
}

fn venv() -> Result<PathBuf, Box<dyn Error>> {
    let venv = target().join("bench-venv");
    if !venv.join("bin/python").exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    run(Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    Ok(venv)
}

/// The program that runs the functions of two libraries in turn.
fn abi() -> Result<PathBuf, Box<dyn Error>> {
    let directory = target().join("bench");
    fs::create_dir_all(&directory)?;
    let program = directory.join("abi");
    run(Command::new("cc")
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-I"])
        .arg(repository().join("include"))
        .arg(repository().join("benches/abi/abi.c"))
        .arg("-o")
        .arg(&program)
        .arg("-ldl"))?;
    Ok(program)
}

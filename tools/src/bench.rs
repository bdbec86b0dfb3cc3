//! Our library beside the official one: `cargo xtask bench`.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tools::library::shipped;
use metatensor_tools::run::{output, run};
use metatensor_tools::{repository, target};

/// What is installed to compare with, and to run the comparison.
const PACKAGES: [&str; 6] = [
    "featomic==0.6.7",
    "h5py==3.16.0",
    "metatensor-core==0.2.6",
    "metatensor-operations==0.5.0",
    "numpy==2.4.6",
    "safetensors==0.8.0",
];

/// Runs `benches/abi/abi.c`, `benches/operations.py` `benches/command_line.py`, or those in `benches/files/` and `benches/products/` with our library as it
/// is shipped, the official one, and what `arguments` has after the name of the benchmark.
pub(crate) fn bench(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let Some((name, options)) = arguments.split_first() else {
        return Err("which one? 'abi' is the C interface, 'operations' those of Python, 'python' the same as its users \
             call them, 'files' saves and loads, \
             'collections' loads batches of very many maps, 'products' makes descriptors with featomic, \
             'cli' is the command line".into());
    };
    if name == "cli" {
        let mut program = Command::new(venv()?.join("bin/python"));
        program.arg("benches/command_line.py").arg(command_line()?);
        return run(program.args(options));
    }
    let library = shipped(&target())?;
    let venv = venv()?;
    let mut program = match name.as_str() {
        "files" | "collections" | "products" => {
            let mut program = Command::new(env!("CARGO"));
            program
                .args([
                    "bench",
                    "--quiet",
                    "--package",
                    "metatensor-tests",
                    "--bench",
                    name,
                    "--profile",
                    "release",
                    "--",
                ])
                .arg("--python")
                .arg(venv.join("bin/python"));
            if name == "files" {
                program.arg("--c").arg(files(&library)?);
            }
            return run(program.args(options));
        }
        "abi" => {
            let official = output(Command::new(venv.join("bin/python")).args([
                "-c",
                "import metatensor, os; print(os.path.dirname(metatensor.__file__))",
            ]))?;
            let mut program = Command::new(abi()?);
            program.arg(Path::new(official.trim()).join("lib/libmetatensor.so"));
            program
        }
        "python" => {
            run(Command::new(venv.join("bin/pip"))
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--force-reinstall", "./python"])
                .env("METATENSOR_NATIVE_LIBRARY", &library))?;
            let mut program = Command::new(venv.join("bin/python"));
            return run(program.arg("benches/python.py").args(options));
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

/// The program for the command line, as it is shipped.
fn command_line() -> Result<PathBuf, Box<dyn Error>> {
    let target = target();
    run(Command::new(env!("CARGO"))
        .args([
            "build",
            "--release",
            "--quiet",
            "--package",
            "metatensor-cli",
        ])
        .arg("--target-dir")
        .arg(&target))?;
    Ok(target.join("release/mts"))
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
    compiled("abi", "benches/abi/abi.c", &["-ldl".into()])
}

/// The program that saves and loads with this library.
fn files(library: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let directory = library.parent().ok_or("files are in a folder")?;
    let mut path = OsString::from("-Wl,-rpath,");
    path.push(directory);
    let arguments = [
        "-D_POSIX_C_SOURCE=200809L".into(),
        path,
        library.as_os_str().to_owned(),
    ];
    compiled("files", "benches/files/files.c", &arguments)
}

fn compiled(name: &str, source: &str, arguments: &[OsString]) -> Result<PathBuf, Box<dyn Error>> {
    let directory = target().join("bench");
    fs::create_dir_all(&directory)?;
    let program = directory.join(name);
    run(Command::new("cc")
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-I"])
        .arg(repository().join("include"))
        .arg(repository().join(source))
        .arg("-o")
        .arg(&program)
        .args(arguments))?;
    Ok(program)
}

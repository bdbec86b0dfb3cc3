//! A Python environment with the official packages, for the tests of our library against them.

use std::error::Error;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use crate::library::target_directory;
use metatensor_tools::repository;
use metatensor_tools::run::output;

/// What is installed in the environment.
const PACKAGES: &[&str] = &[
    "ase==3.29.0",
    "cmake==4.4.4",
    "featomic==0.6.7",
    "metatensor-core==0.2.6",
    "metatensor-operations==0.5.0",
    "ninja==1.13.0",
    "numpy==2.4.6",
    "setuptools==84.2.1",
];

/// What torch is used with. It is installed alone: what it depends on is here as well, but for its libraries of CUDA.
const TORCH: &[&str] = &[
    "ctypes-dlpack==0.1.1",
    "filelock==4.3.1",
    "fsspec==2026.9.0",
    "jinja2==3.1.6",
    "markupsafe==3.0.4",
    "metatensor-core==0.2.6",
    "metatensor-operations==0.5.0",
    "metatensor-torch==0.10.8",
    "mpmath==1.3.0",
    "networkx==3.6.1",
    "numpy==2.4.6",
    "packaging==26.4",
    "setuptools==84.2.1",
    "sympy==1.14.0",
    "torch==2.14.1",
    "typing-extensions==4.16.0",
];

/// A virtual environment of Python, shared by all tests: do not change what is installed there.
#[derive(Debug)]
pub struct Venv {
    root: PathBuf,
}

impl Venv {
    /// Gets the environment, which is made by the first test that needs it.
    ///
    /// # Errors
    ///
    /// If there is no Python, or the packages can not be installed.
    pub fn get() -> Result<Venv, Box<dyn Error>> {
        Venv::installed("test-venv", PACKAGES, |_| Ok(()))
    }

    /// Gets another environment, with torch, which is made by the first test that needs it: this takes half a gigabyte.
    ///
    /// # Errors
    ///
    /// If there is no Python, or the packages can not be installed.
    pub fn with_torch() -> Result<Venv, Box<dyn Error>> {
        Venv::installed("test-venv-torch", TORCH, |venv| {
            let without_cuda = repository().join("tests/python/package/without_cuda.py");
            let mut command = venv.program("python");
            output(command.arg(without_cuda).arg(venv.site_packages()?))?;
            Ok(())
        })
    }

    /// An environment with these packages and no others, on which `prepare` is called once.
    fn installed(
        name: &str,
        packages: &[&str],
        prepare: impl FnOnce(&Venv) -> Result<(), Box<dyn Error>>,
    ) -> Result<Venv, Box<dyn Error>> {
        let target = target_directory()?;
        let root = target.join(name);
        // Released at the end of this function, also for tests in other processes.
        let lock = File::create(target.join(format!("{name}.lock")))?;
        lock.lock()?;

        let wanted = packages.join("\n");
        let installed = root.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(Venv { root });
        }
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        output(Command::new("python3").args(["-m", "venv"]).arg(&root))?;
        let venv = Venv { root };
        let mut pip = venv.program("pip");
        pip.args(["install", "--quiet", "--disable-pip-version-check"]);
        if packages == TORCH {
            pip.arg("--no-deps");
        }
        output(pip.args(packages))?;
        prepare(&venv)?;
        fs::write(installed, wanted)?;
        Ok(venv)
    }

    /// A program of this environment, for example `python` or `cmake`.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.root.join("bin").join(name));
        // no other packages than those of the environment, whose programs may call each other
        command.env_remove("PYTHONPATH").env_remove("PYTHONHOME");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut directories = vec![self.root.join("bin")];
        directories.extend(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(directories) {
            command.env("PATH", path);
        }
        command
    }

    /// Where Python packages are installed.
    ///
    /// # Errors
    ///
    /// If Python can not tell.
    pub fn site_packages(&self) -> Result<PathBuf, Box<dyn Error>> {
        let code = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let path = output(self.program("python").args(["-c", code]))?;
        Ok(PathBuf::from(path.trim_end()))
    }
}

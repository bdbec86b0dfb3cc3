//! Programs under the launchers of both MPIs.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod programs;
mod python;

pub(crate) use programs::{
    Language, by_address, c_program, cpp_program, example, library, library_target, output,
    rust_program,
};
pub(crate) use python::{official_python, python_program};

/// A program that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// A kind of MPI, with the names of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mpi {
    Open,
    Mpich,
}

impl Mpi {
    /// Those that are installed.
    pub(crate) fn all() -> Vec<Mpi> {
        let all = [Mpi::Open, Mpi::Mpich];
        all.into_iter().filter(|mpi| mpi.is_there()).collect()
    }

    fn is_there(self) -> bool {
        has_tool(&self.tool("mpicc"))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Mpi::Open => "openmpi",
            Mpi::Mpich => "mpich",
        }
    }

    /// `mpicc`, `mpicxx` or `mpirun` of this one.
    pub(crate) fn tool(self, tool: &str) -> String {
        format!("{tool}.{}", self.name())
    }

    /// Numbers of ranks. MPICH spins where there are more than cores.
    pub(crate) fn sizes(self) -> &'static [usize] {
        match self {
            Mpi::Open => &[1, 2, 3, 4, 5, 8],
            Mpi::Mpich => &[1, 2, 3],
        }
    }
}

/// Whether this program is installed. It is an error of the continuous integration if it is not.
pub(crate) fn has_tool(name: &str) -> bool {
    let is_there = Command::new(name).arg("--version").output().is_ok();
    if !is_there {
        let in_ci = std::env::var("CI").as_deref() == Ok("true");
        assert!(!in_ci, "'{name}' is missing");
        // Not by a macro, whose text is only shown if the test fails.
        let said = writeln!(std::io::stderr(), "SKIPPED: '{name}' is missing");
        said.unwrap();
    }
    is_there
}

/// All numbers of ranks with all kinds of MPI.
pub(crate) fn all_worlds() -> Vec<(Mpi, usize)> {
    let worlds = |mpi: Mpi| mpi.sizes().iter().map(move |&size| (mpi, size));
    Mpi::all().into_iter().flat_map(worlds).collect()
}

/// Some of these, for what is the same code as elsewhere, in another language.
pub(crate) fn few_worlds() -> Vec<(Mpi, usize)> {
    let worlds = all_worlds().into_iter();
    let is_one = |(mpi, size): &(Mpi, usize)| match mpi {
        Mpi::Open => matches!(size, 1 | 3 | 8),
        Mpi::Mpich => *size == 2,
    };
    worlds.filter(is_one).collect()
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Starts a program, which gets the number of ranks as its first argument, and waits for its end. Programs that fail say which
/// rank did.
///
/// # Panics
///
/// If it hangs.
pub(crate) fn launch<A: AsRef<OsStr>>(
    mpi: Mpi,
    size: usize,
    program: &Path,
    arguments: &[A],
    environment: &[(&str, &str)],
) -> Ended {
    let mut words = vec![program.as_os_str().to_owned(), size.to_string().into()];
    words.extend(arguments.iter().map(|argument| argument.into()));
    launch_words(mpi, size, &words, environment)
}

/// The same for any words that start with the path of a program.
fn launch_words(mpi: Mpi, size: usize, words: &[OsString], environment: &[(&str, &str)]) -> Ended {
    // Tests run side by side, and each of these programs wants all cores.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);

    let directory = tempfile::tempdir().unwrap();
    let file = |name| File::create(directory.path().join(name)).unwrap();
    let text = |name| {
        String::from_utf8_lossy(&fs::read(directory.path().join(name)).unwrap()).into_owned()
    };
    let mut command = Command::new(mpi.tool("mpirun"));
    command
        .args(["-n", &size.to_string()])
        .args(words)
        .current_dir(directory.path())
        .process_group(0)
        .stdin(std::process::Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        // The loader is told by cargo to look where an older library can be.
        .env_remove("LD_LIBRARY_PATH")
        .env("METATENSOR_NUM_THREADS", "1")
        .env("METATENSOR_SHARED_FOLDER", directory.path())
        .env("OMPI_ALLOW_RUN_AS_ROOT", "1")
        .env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1")
        .env("OMPI_MCA_rmaps_base_oversubscribe", "1")
        .env("OMPI_MCA_mpi_yield_when_idle", "1")
        .envs(environment.iter().copied());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("can not run {command:?}: {error}"));
    let status = wait(&mut child);
    let (stdout, stderr) = (text("stdout"), text("stderr"));
    let Some(success) = status else {
        panic!("{command:?} hangs: it did not end within {LIMIT:?}\n{stdout}\n{stderr}");
    };
    Ended {
        success,
        stdout,
        stderr,
    }
}

/// Whether it succeeded, or nothing if it had to be killed.
fn wait(child: &mut Child) -> Option<bool> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.success());
        }
        if start.elapsed() > LIMIT {
            break;
        }
        sleep(Duration::from_millis(10));
    }
    // Ranks can be in groups of their own, and the launcher may be what hangs.
    let mut processes = vec![child.id()];
    let mut next = 0;
    while let Some(&process) = processes.get(next) {
        processes.extend(children(process));
        next += 1;
    }
    for process in processes {
        let Ok(process) = libc::pid_t::try_from(process) else {
            continue;
        };
        // SAFETY: this only sends a signal, to what was started here.
        unsafe { libc::kill(process, libc::SIGKILL) };
    }
    child.wait().unwrap();
    None
}

/// The processes that this one has started.
fn children(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}

/// Starts a program that succeeds, and gives what it prints.
pub(crate) fn succeed<A: AsRef<OsStr>>(
    mpi: Mpi,
    size: usize,
    program: &Path,
    arguments: &[A],
) -> String {
    succeed_with(mpi, size, program, arguments, &[])
}

/// The same with environment variables.
pub(crate) fn succeed_with<A: AsRef<OsStr>>(
    mpi: Mpi,
    size: usize,
    program: &Path,
    arguments: &[A],
    environment: &[(&str, &str)],
) -> String {
    let ended = launch(mpi, size, program, arguments, environment);
    let arguments: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
    assert!(
        ended.success,
        "{} {arguments:?} fails with {size} ranks of {mpi:?}:\n{}\n{}",
        program.display(),
        ended.stdout,
        ended.stderr
    );
    ended.stdout
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

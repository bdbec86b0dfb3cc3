//! Work that needs a process of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::appends::{Growing, append_until_killed};
use crate::collections::Collections;
use crate::growing::Maps;

const WORK: &str = "METATENSOR_TEST_WORK";
const PATH: &str = "METATENSOR_TEST_PATH";

/// What a process can be started for: it gets a path.
type Work = fn(&Path);

const ALL: &[(&str, Work)] = &[
    ("save and be killed", crate::kills::save_until_killed),
    (Maps::WORK, append_until_killed::<Maps>),
    ("merge and be killed", crate::growing::merge_until_killed),
    (
        "append beside a child",
        crate::growing::append_beside_a_child,
    ),
    ("append and count", crate::growing::append_and_count),
    (Collections::WORK, append_until_killed::<Collections>),
    (
        "write a collection beyond a limit",
        crate::collections::write_beyond_a_limit,
    ),
    ("write beyond a limit", crate::full::write_beyond_a_limit),
    ("fill a disk", crate::full::fill_a_disk),
    (
        "write in a folder of others",
        crate::full::write_in_a_folder_of_others,
    ),
    ("append without locks", crate::full::append_without_locks),
    ("save to standard output", crate::streams::save_to_stdout),
    ("load from standard input", crate::streams::load_from_stdin),
    ("load with a limit", crate::streams::load_with_a_limit),
    ("save with a mask", crate::access::save_with_a_mask),
    (
        "save in a folder of others",
        crate::in_place::save_in_a_folder_of_others,
    ),
    (
        "save what is mounted",
        crate::in_place::save_what_is_mounted,
    ),
    (
        "fail to save what is mounted",
        crate::in_place::fail_halfway,
    ),
    ("find no space", crate::in_place::find_no_space),
    ("save until a signal", crate::leftovers::save_until_a_signal),
    (
        "save beside a signal",
        crate::leftovers::save_beside_a_signal,
    ),
    ("save beside forks", crate::leftovers::save_beside_forks),
    ("save without locks", crate::leftovers::save_without_locks),
    ("save in threads", crate::leftovers::save_in_threads),
    ("save without links", crate::leftovers::save_without_links),
];

/// A process that does this work with `path`: this program once more.
pub(crate) fn command(work: &str, path: &Path) -> Command {
    assert!(ALL.iter().any(|(name, _)| *name == work), "{work}");
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "child::does_the_work_it_was_started_for",
            "--nocapture",
        ])
        .env(WORK, work)
        .env(PATH, path);
    command
}

/// Runs a process to its end, and gives what it printed.
///
/// # Panics
/// If it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// A process that is killed with this value.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test of its own: whatever a process was started for by one of the others.
#[test]
fn does_the_work_it_was_started_for() {
    let Ok(work) = env::var(WORK) else { return };
    let (_, work) = ALL.iter().find(|(name, _)| *name == work).unwrap();
    work(&PathBuf::from(env::var_os(PATH).unwrap()));
}

//! Running the program.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]
#![allow(dead_code, reason = "not every file of tests uses all of this")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use metatensor_core::TensorMap;

/// What a command ends with, and what it prints.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
    pub(crate) errors: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// A command that runs.
pub(crate) fn started(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_mts"))
        .args(arguments)
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn mts(arguments: &[&str], input: Option<&[u8]>) -> Ran {
    let mut child = started(arguments);
    // A command that does not read it may have ended.
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(input.unwrap_or_default());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub(crate) const DATA: &str = "tests/data/radial-spectrum.mts";

/// Compares what is printed with a file, or writes this file if asked to.
pub(crate) fn assert_snapshot(name: &str, ran: &Ran) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/snapshots")
        .join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &ran.text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        ran.text, expected,
        "{name}: UPDATE_SNAPSHOTS=1 writes what is printed now"
    );
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""), "{name}");
}

/// A folder for new files.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn load(&self, name: &str) -> TensorMap {
        TensorMap::load(self.path(name)).unwrap()
    }

    /// The names of all files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub(crate) fn data() -> TensorMap {
    TensorMap::load(repository().join(DATA)).unwrap()
}

pub(crate) fn assert_good(ran: &Ran) {
    assert_eq!((ran.code, &*ran.text, &*ran.errors), (Some(0), "", ""));
}

pub(crate) fn assert_error(ran: &Ran, expected: &str) {
    assert_eq!((ran.code, &*ran.text), (Some(2), ""));
    assert!(ran.errors.contains(expected), "{}", ran.errors);
}

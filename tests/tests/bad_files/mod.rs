//! The table of files with something wrong.

mod archives;
mod arrays;
mod build;
mod maps;
mod members;
#[path = "../../../fuzz/src/targets/zip.rs"]
#[allow(dead_code, reason = "only a part of it is needed")]
mod zip;

/// What notices that something is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Whoever opens it: the directory or the keys are wrong.
    Opening,
    /// Whoever loads it. Opening it does not read what is wrong.
    Loading,
    /// Only who reads values, and not who maps them: this is documented.
    Values,
}

/// A file with something wrong.
#[derive(Debug)]
pub(crate) struct BadFile {
    /// What is wrong, which is the name of the file.
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) seen: Seen,
    /// What all errors say, whoever gives them.
    pub(crate) error: &'static str,
}

fn bad(name: &'static str, seen: Seen, error: &'static str, bytes: Vec<u8>) -> BadFile {
    BadFile {
        name,
        bytes,
        seen,
        error,
    }
}

/// All of them.
pub(crate) fn bad_files() -> Vec<BadFile> {
    let mut all = archives::bad_files();
    all.extend(members::bad_files());
    all.extend(arrays::bad_files());
    all.extend(maps::bad_files());
    all
}

/// A file with nothing wrong.
pub(crate) fn good_file() -> Vec<u8> {
    build::archive(&build::good_parts())
}

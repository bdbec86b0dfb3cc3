//! Files with something wrong, each with its own error: the same one from all functions of Rust and C that read files.
//!
//! The table is in `bad_files/`. What is allowed to accept a file is said by `Seen`, and why.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

#[path = "bad_files/mod.rs"]
mod table;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;

use metatensor_core::{Limit, Limits, MapFile, Mapping, TensorMap, validate, validate_buffer};
use metatensor_tests::compiler::{Checker, Language, Program};
use table::{BadFile, Seen, bad_files, good_file};

/// What compressed members may give in these tests.
const INFLATED_BYTES: u64 = 16 << 20;

/// What each way to read a file says. `None` if nothing is wrong.
fn messages(file: &BadFile, path: &Path) -> Vec<(&'static str, Option<String>)> {
    let text = |error: metatensor_core::Error| error.to_string();
    let problems = |problems: Vec<metatensor_core::Problem>| {
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    };
    let bytes = &file.bytes;
    let in_memory = MapFile::from_bytes(bytes.clone(), Limits::default());
    vec![
        ("load", TensorMap::load(path).err().map(text)),
        ("load_buffer", TensorMap::load_buffer(bytes).err().map(text)),
        (
            "MapFile::load",
            MapFile::open(path)
                .and_then(|file| file.load())
                .err()
                .map(text),
        ),
        (
            "MapFile::load of a buffer",
            in_memory.and_then(|file| file.load()).err().map(text),
        ),
        (
            "load_mapped",
            TensorMap::load_mapped(path, Mapping::ReadOnly)
                .err()
                .map(text),
        ),
        (
            "load_buffer_mapped",
            TensorMap::load_buffer_mapped(bytes.clone()).err().map(text),
        ),
        ("validate", problems(validate(path).unwrap())),
        (
            "validate_buffer",
            problems(validate_buffer(bytes, Limits::default())),
        ),
        ("MapFile::open", MapFile::open(path).err().map(text)),
    ]
}

#[test]
fn all_functions_give_the_error_of_a_bad_file() {
    Limit::InflatedBytes.set(INFLATED_BYTES);
    let folder = tempfile::tempdir().unwrap();
    let files = bad_files();
    let mut wrong = Vec::new();
    for file in &files {
        let path = folder.path().join(file.name);
        fs::write(&path, &file.bytes).unwrap();
        for (function, message) in messages(file, &path) {
            let accepts = match function {
                "MapFile::open" => file.seen != Seen::Opening,
                "load_mapped" | "load_buffer_mapped" => file.seen == Seen::Values,
                _ => false,
            };
            let is_expected = match &message {
                None => accepts,
                Some(message) => !accepts && message.contains(file.error),
            };
            if !is_expected {
                wrong.push(format!("{}: {function}: {message:?}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(TensorMap::load_buffer(&good_file()).is_ok());
    let errors: HashSet<_> = files.iter().map(|file| file.error).collect();
    assert_eq!(errors.len(), files.len(), "two files have the same error");
    assert!(files.len() >= 60, "{}", files.len());
}

/// The same files, the same errors.
#[test]
fn all_functions_of_c_give_the_error_of_a_bad_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::new();
    let files = bad_files();
    for file in &files {
        fs::write(folder.path().join(file.name), &file.bytes).unwrap();
        table += &format!("{}\t{:?}\t{}\n", file.name, file.seen, file.error);
    }
    fs::write(folder.path().join("good"), good_file()).unwrap();
    fs::write(folder.path().join("table"), table).unwrap();
    for checker in [Checker::None, Checker::AddressSanitizer] {
        let program = Program::compile("bad_files.c", Language::C11, checker).unwrap();
        let output = program.run_with(&[folder.path()]).unwrap();
        assert_eq!(output.trim(), format!("{} files", files.len()));
    }
}

/// A file that has no bytes of its own.
#[test]
fn what_is_no_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let from_pipe = |bytes: &'static [u8], read: &dyn Fn(&Path) -> String| {
        thread::scope(|scope| {
            // it waits for somebody who reads
            scope.spawn(|| {
                let mut writer = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
                // nobody may want all of it
                let _ = writer.write_all(bytes);
            });
            read(&pipe)
        })
    };
    let read: [&dyn Fn(&Path) -> String; 4] = [
        &|path| TensorMap::load(path).unwrap_err().to_string(),
        &|path| MapFile::open(path).unwrap_err().to_string(),
        &|path| {
            TensorMap::load_mapped(path, Mapping::ReadOnly)
                .unwrap_err()
                .to_string()
        },
        &|path| match validate(path) {
            Ok(problems) => problems[0].to_string(),
            Err(error) => error.to_string(),
        },
    ];
    for read in read {
        let message = read(&folder.path().join("missing"));
        assert!(message.contains("missing'"), "{message}");
        assert!(message.contains("No such file"), "{message}");
        let message = read(folder.path());
        assert!(
            message.contains("not a regular file, a pipe or a socket"),
            "{message}"
        );
        let message = from_pipe(b"PK\x03\x04 and nothing else", read);
        assert!(
            message.contains("which is the start of an archive"),
            "{message}"
        );
    }
    let message = from_pipe(b"", read[0]);
    assert!(
        message.contains("nobody wrote anything to this named pipe"),
        "{message}"
    );
}

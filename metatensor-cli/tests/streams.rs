//! What goes in and out: standard input, pipes, terminals and full disks.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::fs::{self, File};
use std::io::{Write, pipe};
use std::process::{Command, Output, Stdio};

use common::{DATA, Folder, assert_good, data, mts, repository, started};
use metatensor_core::{CollectionForm, CollectionWriter, Labels, TensorBlock, TensorMap};
use metatensor_operations::equal;
use ndarray::Array2;

/// Runs a command, with what it prints as bytes.
fn bytes_of(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = started(arguments);
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Whatever is in a pipe, it is read once.
#[test]
fn pipes_with_names_are_files_as_well() {
    let folder = Folder::new();
    let map = data();
    let file = |name: &str| folder.path(name);
    map.save(file("map.mts")).unwrap();
    map.block_by_id(0).unwrap().save(file("block.mts")).unwrap();
    map.keys().save(file("labels.mts")).unwrap();
    let all = file("all.zip");
    let mut writer = CollectionWriter::create(&all, CollectionForm::Bare).unwrap();
    writer.add(0, "x", &map).unwrap();
    writer.finish().unwrap();
    for name in ["map.mts", "block.mts", "labels.mts", "all.zip"] {
        let bytes = fs::read(file(name)).unwrap();
        for command in ["info", "ls", "show", "stat", "validate", "export"] {
            let mut expected = mts(&[command, &file(name)], None);
            for text in [&mut expected.text, &mut expected.errors] {
                *text = text.replace(&file(name), "/dev/stdin");
            }
            assert_eq!(mts(&[command, "/dev/stdin"], Some(&bytes)), expected);
        }
    }
    let bytes = fs::read(file("map.mts")).unwrap();
    for arguments in [&["convert", "--compress"][..], &["slice"], &["merge"]] {
        for input in ["-", "/dev/stdin"] {
            let output = file("out.mts");
            let arguments = [arguments, &[input, "-o", &output, "--force"]].concat();
            assert_good(&mts(&arguments, Some(&bytes)));
            assert!(equal(&folder.load("out.mts"), &map).unwrap());
        }
    }
    for arguments in [
        &["diff", "-", "-"][..],
        &["validate", DATA, "-", "-"],
        &["merge", "-", "-", "-o", "x"],
        &["apply", "equal", "-", "-"],
    ] {
        let ran = mts(arguments, Some(&bytes));
        assert_eq!(ran.code, Some(2));
        assert!(ran.errors.contains("- is given twice"), "{}", ran.errors);
    }
}

/// Files can go from one command to the next one.
#[test]
fn new_files_go_to_standard_output() {
    let folder = Folder::new();
    let output = folder.path("out");
    for arguments in [
        &["slice", DATA][..],
        &["convert", DATA, "--byte-order", "big", "--compress"],
        &["merge", DATA],
        &["pack", DATA, "--name", "x"],
        &["apply", "abs", DATA],
    ] {
        let ran = bytes_of(&[arguments, &["-o", "-"]].concat(), b"");
        let to_file = mts(&[arguments, &["-o", &output, "--force"]].concat(), None);
        assert_eq!((ran.status.code(), to_file.code), (Some(0), Some(0)));
        assert_eq!(ran.stdout, fs::read(&output).unwrap(), "{arguments:?}");
        let valid = mts(&["validate", "-"], Some(&ran.stdout));
        assert_eq!(valid.code, Some(0), "{arguments:?}");
    }
    assert!(!repository().join("-").exists());
    let sliced = bytes_of(&["slice", DATA, "-o", "-"], b"");
    let sliced = TensorMap::load_buffer(&sliced.stdout).unwrap();
    assert!(equal(&sliced, &data()).unwrap());
}

/// Nobody reads what is wrong, or what is found: commands end with what they found out.
#[test]
fn nobody_listens() {
    let closed = || {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let run = |arguments: &[&str], stdout: Stdio, stderr: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mts"));
        command.args(arguments).current_dir(repository());
        command.stdout(stdout).stderr(stderr);
        command.status().unwrap().code()
    };
    let expansion = "tests/data/spherical-expansion.mts";
    let damaged = "README.md";
    for (arguments, code) in [
        (&["info", "nobody.mts"][..], 2),
        (&["info"], 2),
        (&["info", DATA], 0),
        (&["--help"], 0),
        (&["diff", DATA, expansion], 1),
        (&["diff", DATA, expansion, "--json"], 1),
        (&["validate", damaged, DATA], 1),
        (&["validate", damaged, "--json"], 1),
        (&["apply", "equal", DATA, expansion], 1),
        (&["apply", "equal", DATA, DATA], 0),
    ] {
        assert_eq!(
            run(arguments, closed(), closed()),
            Some(code),
            "{arguments:?}"
        );
        #[cfg(target_os = "linux")]
        assert_eq!(run(arguments, full(), full()), Some(2), "{arguments:?}");
    }
}

/// Texts in files do nothing to a terminal, and tables stay tables.
#[test]
fn texts_of_others() {
    let folder = Folder::new();
    let path = folder.path("map.mts");
    let mut map = data();
    map.info_mut()
        .insert("\u{65e5}\u{672c}".into(), "first\nsecond\u{1b}[31m".into());
    map.save(&path).unwrap();
    let info = mts(&["info", &path], None).text;
    let last: Vec<&str> = info.lines().rev().take(3).collect();
    assert_eq!(
        last,
        [
            "                      second\\u{1b}[31m",
            "info '\u{65e5}\u{672c}'           first",
            "can be mapped         0 of 10 arrays",
        ]
    );
    let all = folder.path("all.zip");
    mts(
        &["pack", DATA, "--name", "\u{65e5}\u{672c}", "-o", &all],
        None,
    );
    mts(
        &["pack", DATA, "--name", "abc", "--append", "-o", &all],
        None,
    );
    assert_eq!(
        mts(&["ls", &all], None).text,
        "name  maps  first  last\n\u{65e5}\u{672c}     1      0     0\nabc      1      0     0\n"
    );
}

/// Of files, blocks of this size are copied from where they are.
#[test]
fn large_blocks_of_pipes_are_read_once_and_checked() {
    let folder = Folder::new();
    let [large, output] = ["large.mts", "out.mts"].map(|name| folder.path(name));
    let [samples, properties] = [("s", 8320), ("p", 1024)].map(|(name, count)| {
        let labels = Labels::range(name, count);
        labels.unwrap()
    });
    let values = Array2::<f64>::zeros((samples.count(), properties.count()));
    let block = TensorBlock::new(values, samples, [], properties).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    map.save(&large).unwrap();
    let mut bytes = fs::read(&large).unwrap();
    assert_good(&mts(&["slice", "/dev/stdin", "-o", &output], Some(&bytes)));
    assert!(equal(&map, &TensorMap::load(&output).unwrap()).unwrap());

    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for input in ["-", "/dev/stdin"] {
        let ran = mts(&["slice", input, "-o", &output, "--force"], Some(&bytes));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.errors.contains("checksum"), "{ran:?}");
    }
}

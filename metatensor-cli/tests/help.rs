//! What help texts promise.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Folder, data, mts};
use metatensor_core::{CollectionForm, CollectionWriter, Labels};
use metatensor_operations::{add_scalar, drop_blocks, filter_blocks};

const COMMANDS: [&str; 17] = [
    "info",
    "ls",
    "show",
    "stat",
    "validate",
    "diff",
    "slice",
    "split",
    "convert",
    "pack",
    "merge",
    "apply",
    "export",
    "plot",
    "report",
    "completions",
    "man",
];

/// A folder with the files of the examples.
fn files() -> Folder {
    let folder = Folder::new();
    let map = data();
    let some = Labels::new(["center_type"], [[6]]).unwrap();
    for (name, map) in [
        ("map.mts", &map),
        ("other.mts", &add_scalar(&map, 0.5).unwrap()),
        ("first.mts", &filter_blocks(&map, &some).unwrap()),
        ("second.mts", &drop_blocks(&map, &some).unwrap()),
    ] {
        map.save(folder.path(name)).unwrap();
    }
    some.save(folder.path("labels.mts")).unwrap();
    let all = folder.path("dataset.zip");
    let mut writer = CollectionWriter::create(all, CollectionForm::Bare).unwrap();
    writer.add(7, "energy", &map).unwrap();
    writer.finish().unwrap();
    folder
}

#[test]
fn examples_work() {
    let folder = files();
    let programs = Path::new(env!("CARGO_BIN_EXE_mts")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs.display());
    for command in COMMANDS {
        let help = mts(&[command, "--help"], None).text;
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        assert!(!examples.is_empty(), "{command}");
        for example in examples.lines() {
            let example = example.trim();
            assert!(
                example.starts_with(&format!("mts {command}")),
                "{command}: {example}"
            );
            let mut shell = Command::new("bash");
            shell.args(["-o", "pipefail", "-c", example]);
            shell.env("PATH", &path).current_dir(folder.path(""));
            let output = shell.output().unwrap();
            assert!(output.stderr.is_empty(), "{example}: {output:?}");
            let differs = example.contains("other.mts") && !example.contains("pack");
            let code = i32::from(differs && !example.contains("--metadata-only"));
            assert_eq!(output.status.code(), Some(code), "{example}");
        }
    }
    assert_eq!(
        folder.load("both.mts").len(),
        data().len(),
        "all new files are there: {:?}",
        folder.names()
    );
}

#[test]
fn all_commands_are_explained() {
    let listed = mts(&["--help"], None).text;
    let manual = mts(&["man"], None).text;
    let (_, listed) = listed.split_once("Commands:\n").unwrap();
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let listed = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> = listed
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|&name| name != "help")
        .collect();
    let mut expected = COMMANDS;
    let mut names = names;
    expected.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(manual.matches("Examples:").count(), COMMANDS.len());
    assert!(manual.contains("\n  mts stat map.mts \\-\\-keys center_type=8\n"));
}

//! The command line beside the official package.

use std::process::Command;

use metatensor_tests::command_line::mts;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

#[test]
fn differences_are_those_of_the_official_package() {
    let mts = mts().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut python = Venv::get().unwrap().program("python");
    let script = repository().join("tests/python/command_line/diff_matrix.py");
    let cases = output(python.arg(script).arg(folder.path())).unwrap();
    let mut counts = [0; 2];
    for case in cases.lines() {
        let words: Vec<&str> = case.split(' ').collect();
        let [first, second, options, expected] = words[..] else {
            panic!("{case}");
        };
        let run = |more: &[&str]| {
            let mut command = Command::new(&mts);
            command.arg("diff").current_dir(&folder);
            command.args([first, second].map(|name| format!("{name}.mts")));
            command.args(options.split(',').filter(|option| !option.is_empty()));
            let ran = command.args(more).output().unwrap();
            assert!(ran.stderr.is_empty(), "{case}: {ran:?}");
            ran.status.code()
        };
        let is_close = expected == "close";
        counts[usize::from(is_close)] += 1;
        let code = |is_close: bool| Some(i32::from(!is_close));
        match second {
            // the official package finds blocks by their keys, but not rows by their labels
            "keys-reversed" => {
                assert_eq!(run(&[]), code(is_close), "{case}");
                assert_eq!(run(&["--ordered"]), Some(1), "{case}");
            }
            "samples-reversed" => {
                assert_eq!(run(&["--ordered"]), Some(1), "{case}");
                assert!(!is_close, "{case}");
                let sorted = cases
                    .lines()
                    .find(|line| *line == format!("{first} plain {options} close"));
                assert_eq!(run(&[]), code(sorted.is_some()), "{case}");
            }
            // numpy compares numbers of any types
            "single" => assert_eq!(run(&[]), Some(1), "{case}"),
            _ => {
                assert_eq!(run(&["--ordered"]), code(is_close), "{case}");
                assert_eq!(run(&["--ordered", "--quiet"]), code(is_close), "{case}");
            }
        }
    }
    assert!(counts.iter().all(|&count| count > 30), "{counts:?}");
}

#[test]
fn the_official_package_reads_all_orders_of_bytes() {
    let mts = mts().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = repository().join("tests/data/spherical-expansion.mts");
    for order in ["little", "big"] {
        let mut convert = Command::new(&mts);
        convert.args(["convert", "--byte-order", order, "-o"]);
        output(convert.arg(folder.path().join(order)).arg(&data)).unwrap();
        let mut python = Venv::get().unwrap().program("python");
        let script = repository().join("tests/python/command_line/byte_orders.py");
        let compared = output(python.arg(script).arg(&data).arg(folder.path().join(order)));
        assert_eq!(compared.unwrap().trim_end(), "the same", "{order}");
    }
}

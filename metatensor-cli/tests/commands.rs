//! The commands as they are run from a shell.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{DATA, assert_snapshot, mts, repository};
use metatensor_core::{Complex, Labels, Mapping, TensorBlock, TensorMap};
use metatensor_operations::{AllcloseOptions, Axis, Direction, add_scalar, allclose, equal, sort};
use ndarray::{Array2, arr2};

#[test]
fn text_and_json_of_a_real_file() {
    let commands: [(&str, &[&str]); 7] = [
        ("info", &["info", DATA]),
        ("ls", &["ls", DATA, "--keys", "center_type=7..8"]),
        (
            "show",
            &[
                "show",
                DATA,
                "--block",
                "center_type=8,neighbor_type=8",
                "--head",
                "2",
            ],
        ),
        (
            "show_gradient",
            &[
                "show",
                DATA,
                "--block",
                "center_type=7",
                "--gradient",
                "positions",
                "--samples",
                "sample=1",
            ],
        ),
        ("stat", &["stat", DATA]),
        ("validate", &["validate", DATA]),
        ("apply_list", &["apply", "--list"]),
    ];
    for (name, arguments) in commands {
        assert_snapshot(&format!("{name}.txt"), &mts(arguments, None));
        let json = mts(&[arguments, &["--json"]].concat(), None);
        serde_json::from_str::<serde_json::Value>(&json.text).unwrap();
        assert_snapshot(&format!("{name}.json"), &json);
    }
}

#[test]
fn standard_input_is_a_file_as_well() {
    let bytes = fs::read(repository().join(DATA)).unwrap();
    for command in ["info", "ls", "show", "stat"] {
        let expected = mts(&[command, DATA], None);
        assert_eq!(mts(&[command, "-"], Some(&bytes)), expected, "{command}");
    }
    let valid = mts(&["validate", "-"], Some(&bytes));
    assert_eq!((valid.code, &*valid.text), (Some(0), "-: valid\n"));
    let same = mts(&["diff", DATA, "-"], Some(&bytes));
    assert_eq!((same.code, &*same.text), (Some(0), ""));
}

#[test]
fn whoever_closes_a_pipe_has_seen_enough() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mts"))
        .args(["show", DATA, "--json", "--head", "1000"])
        .current_dir(repository())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn errors_name_what_is_wrong() {
    for (arguments, error) in [
        (
            &["info", "nobody.mts"][..],
            "mts: io error: could not open 'nobody.mts': No such file or directory (os error 2)\n",
        ),
        (
            &["ls", "README.md"],
            "mts: serialization format error: expected a tensor map in 'README.md', which is text, and starts with '# metatensor",
        ),
        (
            &["ls", DATA, "--keys", "x=1"],
            "mts: there is no 'x' in the names of the keys, ['center_type', 'neighbor_type']\n",
        ),
        (
            &["show", DATA, "--gradient", "cell"],
            "mts: invalid parameter: block (center_type=6, neighbor_type=6): ",
        ),
    ] {
        let ran = mts(arguments, None);
        assert_eq!((ran.code, &*ran.text), (Some(2), ""), "{arguments:?}");
        assert!(
            ran.errors.starts_with(error) || ran.errors == error,
            "{arguments:?}: {}",
            ran.errors
        );
    }
    let ran = mts(&["ls", DATA, "--keys", "x"], None);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.errors.contains("'x' is not like name=value"),
        "{}",
        ran.errors
    );
}

/// Everything that was ever found to be wrong with a file, through every command.
#[test]
fn no_file_makes_a_command_panic() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for target in [
        "load", "labels", "archive", "c_api", "mapped", "readers", "journal", "npy",
    ] {
        let Ok(inputs) = fs::read_dir(repository().join("fuzz/inputs").join(target)) else {
            continue;
        };
        for input in inputs {
            every_command(&fs::read(input.unwrap().path()).unwrap(), folder.path());
            count += 1;
        }
    }
    assert!(count > 3, "there are inputs");
    // A real file that is cut, or has other bytes.
    let bytes = fs::read(repository().join(DATA)).unwrap();
    for i in 0..12 {
        let at = i * bytes.len() / 12;
        every_command(&bytes[..at], folder.path());
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        every_command(&changed, folder.path());
    }
}

fn every_command(bytes: &[u8], folder: &Path) {
    let path = folder.join("file.mts");
    fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap();
    let output = folder.join("out").to_str().unwrap().to_owned();
    let new = ["-o", &output, "--force"];
    let pattern = folder.join("{block}.mts").to_str().unwrap().to_owned();
    let parts = ["-o", &pattern, "--force"];
    for arguments in [
        &["info", path][..],
        &["ls", path],
        &["show", path],
        &["show", path, "energy", "1"],
        &["stat", path],
        &["validate", path],
        &["diff", path, DATA],
        &["plot", path, "-o", "-"],
        &["plot", path, "--kind", "mapping", "-o", "-"],
        &["plot", path, "--kind", "sparsity", "-o", "-"],
        &["plot", path, "--kind", "histogram", "-o", "-"],
        &["report", path, "-o", "-"],
        &["export", path],
        &["export", path, "--format", "json"],
        &[&["export", path, "--format", "npy"], &new[..]].concat(),
        &[&["convert", path, "--byte-order", "big"], &new[..]].concat(),
        &[&["slice", path, "--samples", "atom=0..1"], &new[..]].concat(),
        &[&["split", path, "--blocks"], &parts[..]].concat(),
        &[&["merge", path], &new[..]].concat(),
        &[&["convert", path, "--dtype", "float32"], &new[..]].concat(),
        &[&["convert", path, "--compress"], &new[..]].concat(),
        &[&["pack", path, "--name", "x"], &new[..]].concat(),
        &[&["apply", "abs", path], &new[..]].concat(),
    ] {
        let ran = mts(arguments, None);
        assert!(matches!(ran.code, Some(0..=2)), "{arguments:?}: {ran:?}");
        assert!(
            !ran.errors.contains("panicked"),
            "{arguments:?}: {}",
            ran.errors
        );
        assert_eq!(
            ran.code == Some(2),
            !ran.errors.is_empty(),
            "{arguments:?}: {ran:?}"
        );
    }
}

#[test]
fn other_kinds_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let labels = Labels::new(["a", "b"], [[1, 2], [-3, 4]]).unwrap();
    labels.save(path("labels.mts")).unwrap();
    let shown = mts(&["show", &path("labels.mts")], None);
    assert_eq!(shown.text, "a   b\n1   2\n-3  4\n");
    let info = mts(&["info", &path("labels.mts")], None);
    assert!(info.text.contains("dimensions  a, b\n"), "{}", info.text);

    let values = Array2::from_elem([2, 1], Complex::new(1.5, f64::INFINITY));
    let block = TensorBlock::new(values, &labels, [], Labels::single()).unwrap();
    block.save(path("block.mts")).unwrap();
    assert!(TensorBlock::load_mapped(path("block.mts"), Mapping::ReadOnly).is_ok());
    let shown = mts(&["show", &path("block.mts")], None);
    assert_eq!(
        shown.text,
        "block (_=0)\ncolumns: _\na b          0\n1 2   1.5+infi\n-3 4  1.5+infi\n"
    );
    let json = mts(&["show", "--json", &path("block.mts")], None);
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!(
        json[0]["rows"][0]["values"][0],
        serde_json::json!([1.5, "inf"])
    );
    let stat = mts(&["stat", "--json", &path("block.mts")], None);
    let stat: serde_json::Value = serde_json::from_str(&stat.text).unwrap();
    assert_eq!(stat[0]["max"], "inf");
}

#[test]
fn parts_are_new_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let all = TensorMap::load(repository().join(DATA)).unwrap();
    let (part, rest, merged) = (path("part.mts"), path("rest.mts"), path("merged.mts"));
    let slice = |output: &str, more: &[&str]| {
        mts(&[&["slice", DATA, "-o", output][..], more].concat(), None)
    };
    let keys = ["--keys", "center_type=6/7"];
    assert_eq!(slice(&part, &keys).code, Some(0));
    assert_eq!(slice(&rest, &["--keys", "center_type=8"]).code, Some(0));
    // What is there is only replaced if that is asked for.
    let again = slice(&part, &keys);
    assert_eq!(
        again.errors,
        format!("mts: '{part}' is there: --force replaces it\n")
    );
    assert_eq!(
        slice(&part, &[&keys[..], &["--force"]].concat()).code,
        Some(0)
    );

    assert_eq!(
        mts(&["merge", &part, &rest, "-o", &merged], None).code,
        Some(0)
    );
    assert!(equal(&TensorMap::load(&merged).unwrap(), &all).unwrap());

    let selection = ["--samples", "atom=2..8", "--properties", "n=1", "--force"];
    assert_eq!(slice(&part, &selection).code, Some(0));
    let samples = Labels::new(["atom"], [[2], [3], [4], [5], [6], [7], [8]]).unwrap();
    let expected = metatensor_operations::slice(&all, Axis::Samples, &samples).unwrap();
    let properties = Labels::new(["n"], [[1]]).unwrap();
    let expected = metatensor_operations::slice(&expected, Axis::Properties, &properties).unwrap();
    assert!(equal(&TensorMap::load(&part).unwrap(), &expected).unwrap());

    let wrong = slice(&part, &["--samples", "x=1", "--force"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong
            .errors
            .starts_with("mts: block (center_type=6, neighbor_type=6): there is no 'x'"),
        "{}",
        wrong.errors
    );
    assert!(
        equal(&TensorMap::load(&part).unwrap(), &expected).unwrap(),
        "it is what it was"
    );
}

#[test]
fn values_for_other_programs() {
    let key = "center_type=7";
    let csv = mts(
        &["export", DATA, "--block", key, "--gradient", "positions"],
        None,
    );
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(
        lines[0],
        "center_type,neighbor_type,sample,system,atom,xyz=0 n=0,xyz=0 n=1,xyz=0 n=2,xyz=1 n=0,\
         xyz=1 n=1,xyz=1 n=2,xyz=2 n=0,xyz=2 n=1,xyz=2 n=2"
    );
    assert_eq!(lines.len(), 5);
    assert!(
        lines[3].starts_with("7,7,1,0,4,0.17209336034055425,"),
        "{}",
        lines[3]
    );
    let triplets = mts(
        &[
            "export",
            DATA,
            "--block",
            key,
            "--gradient",
            "positions",
            "--format",
            "triplets",
        ],
        None,
    );
    let lines: Vec<&str> = triplets.text.lines().collect();
    assert_eq!(
        lines[0],
        "center_type,neighbor_type,sample,system,atom,xyz,n,value"
    );
    assert_eq!(lines.len(), 1 + 4 * 3);
    assert!(
        lines.contains(&"7,7,1,0,4,0,0,0.17209336034055425"),
        "{}",
        triplets.text
    );
}

#[test]
fn shells_and_manuals_know_all_commands() {
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["man"],
    ] {
        let ran = mts(arguments, None);
        assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
        for command in ["info", "show", "diff", "slice", "export"] {
            let is_there = ran.text.to_lowercase().contains(command);
            assert!(is_there, "{arguments:?}: {command}");
        }
    }
}

/// A map with a gradient, whose second value is `x`.
fn map(x: f64) -> TensorMap {
    let samples = Labels::new(["system"], [[0], [5]]).unwrap();
    let properties = Labels::range("n", 2).unwrap();
    let mut block =
        TensorBlock::new(arr2(&[[1.0, x], [3.0, 4.0]]), samples, [], &properties).unwrap();
    let rows = Labels::new(["sample", "atom"], [[1, 0], [0, 2]]).unwrap();
    let gradient =
        TensorBlock::new(arr2(&[[0.5, 0.25], [2.0, f64::NAN]]), rows, [], &properties).unwrap();
    block.add_gradient("positions", gradient).unwrap();
    TensorMap::new(Labels::new(["key"], [[3]]).unwrap(), vec![block]).unwrap()
}

#[test]
fn differences_are_found_by_labels() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, map: &TensorMap| {
        let path = folder.path().join(name).to_str().unwrap().to_owned();
        map.save(&path).unwrap();
        path
    };
    let (a, b) = (map(2.0), map(2.5));
    let (first, second) = (save("a.mts", &a), save("b.mts", &b));
    let ran = mts(&["diff", &first, &second, "--equal-nan"], None);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.text,
        "block (key=3): 1 of 4 values are different\n\
         block (key=3): at (system=0) (n=1): 2.0 and 2.5, 4.000e11 times what is allowed\n"
    );
    // NaN is not equal to itself, unless it is said so.
    let ran = mts(&["diff", &first, &first], None);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.text
            .contains("gradient 'positions': at (sample=0, atom=2) (n=1): NaN and NaN"),
        "{}",
        ran.text
    );
    assert_eq!(
        mts(&["diff", "--equal-nan", &first, &first], None).code,
        Some(0)
    );
    assert_eq!(
        mts(&["diff", "--metadata-only", &first, &second], None).code,
        Some(0)
    );
    let quiet = mts(&["diff", "-q", &first, &second], None);
    assert_eq!((quiet.code, &*quiet.text), (Some(1), ""));

    // Another order of samples, which gradients follow.
    let sorted = save(
        "sorted.mts",
        &sort(&a, &[Axis::Samples], Direction::Descending).unwrap(),
    );
    let ran = mts(&["diff", "--equal-nan", &first, &sorted], None);
    assert_eq!(ran.code, Some(0), "{}", ran.text);
    assert!(
        ran.text
            .starts_with("block (key=3), samples: the order is different\n"),
        "{}",
        ran.text
    );
    assert_eq!(
        mts(&["diff", "--equal-nan", "--ordered", &first, &sorted], None).code,
        Some(1)
    );

    let other = Labels::new(["key"], [[4]]).unwrap();
    let other = save(
        "other.mts",
        &TensorMap::new(other, a.blocks().to_vec()).unwrap(),
    );
    let ran = mts(&["diff", &first, &other], None);
    assert_eq!(
        ran.text,
        "keys: 1 entry only in the first file, as (key=3)\nkeys: 1 entry only in the second file, as (key=4)\n"
    );
}

/// Ends with 0 if and only if `allclose` says so.
#[test]
fn differences_are_those_of_allclose() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let samples = Labels::range("s", 2).unwrap();
    let block = TensorBlock::new(arr2(&[[1.0], [-1e6]]), samples, [], Labels::single()).unwrap();
    let a = TensorMap::new(Labels::single(), vec![block]).unwrap();
    a.save(path("a.mts")).unwrap();
    let mut results = [0; 2];
    for change in [0.0, 1e-14, 1e-9, 1e-3, f64::INFINITY, f64::NAN] {
        let b = add_scalar(&a, change).unwrap();
        b.save(path("b.mts")).unwrap();
        for (rtol, atol) in [
            (0.0, 0.0),
            (1e-13, 1e-12),
            (0.0, 1e-8),
            (1e-8, 0.0),
            (1.0, 1.0),
        ] {
            for equal_nan in [false, true] {
                let options = AllcloseOptions {
                    rtol,
                    atol,
                    equal_nan,
                };
                let expected = allclose(&a, &b, options).unwrap();
                let (rtol, atol) = (rtol.to_string(), atol.to_string());
                let (a, b) = (path("a.mts"), path("b.mts"));
                let mut arguments = vec!["diff", "--rtol", &rtol, "--atol", &atol, &a, &b];
                arguments.extend(equal_nan.then_some("--equal-nan"));
                let ran = mts(&arguments, None);
                assert_eq!(
                    ran.code,
                    Some(i32::from(!expected)),
                    "{change}: {arguments:?}: {}",
                    ran.text
                );
                results[usize::from(expected)] += 1;
            }
        }
    }
    assert!(results.iter().all(|&count| count > 10), "{results:?}");
}

/// Runs the program on a terminal, and gives what is shown.
fn on_a_terminal(arguments: &[&str], no_color: &str) -> String {
    let script = "import pty, sys; pty.spawn(sys.argv[1:])";
    let output = Command::new("python3")
        .args(["-c", script, env!("CARGO_BIN_EXE_mts")])
        .args(arguments)
        .env("NO_COLOR", no_color)
        .current_dir(repository())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn colours_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.mts");
    map(1.0).save(&other).unwrap();
    let other = other.to_str().unwrap();
    for arguments in [
        &["ls", DATA][..],
        &["validate", DATA],
        &["diff", DATA, other],
    ] {
        let plain = mts(arguments, None).text;
        assert!(!plain.contains('\x1b'), "{plain}");
        let shown = on_a_terminal(arguments, "");
        assert!(shown.contains("\x1b["), "{shown}");
        let without = shown.replace("\x1b[1m", "").replace("\x1b[31m", "");
        let without = without.replace("\x1b[32m", "").replace("\x1b[0m", "");
        assert_eq!(without.replace("\r\n", "\n"), plain);
        assert_eq!(on_a_terminal(arguments, "1").replace("\r\n", "\n"), plain);
    }
    let json = on_a_terminal(&["ls", DATA, "--json"], "");
    assert!(!json.contains('\x1b'), "{json}");
}

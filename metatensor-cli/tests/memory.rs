//! Commands that read values need memory for a block or two, however large a file is.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::process::Command;

use common::Folder;
use metatensor_core::{
    CollectionForm, CollectionWriter, Complex, Labels, MapWriter, TensorBlock, TensorMap,
};
use ndarray::Array2;

const BLOCKS: i32 = 24;
/// A block has 2 MB of values.
const SHAPE: [usize; 2] = [4096, 32];
/// What commands may have, in kB: two thirds of the file, and much more than they should need, since allocators keep some.
const LIMIT: usize = 32 << 10;

fn write(path: &str, value: f64) {
    let mut writer = MapWriter::create(path, &["k"]).unwrap();
    let (samples, properties) = (
        Labels::range("s", SHAPE[0]).unwrap(),
        Labels::range("p", SHAPE[1]).unwrap(),
    );
    for k in 0..BLOCKS {
        let values = Array2::from_elem(SHAPE, Complex::new(value, f64::from(k)));
        let block = TensorBlock::new(values, &samples, [], &properties).unwrap();
        writer.add(&[k], &block).unwrap();
    }
    writer.finish().unwrap();
}

/// Runs the program with the memory that is left to it, which does not count what is mapped.
fn limited(arguments: &[&str]) -> (Option<i32>, String) {
    let limit = format!("ulimit -d {LIMIT}; exec \"$0\" \"$@\"");
    let ran = Command::new("sh")
        .args(["-c", &limit, env!("CARGO_BIN_EXE_mts")])
        .args(arguments)
        // others have stacks, which count, and memory of their own: what is left of it would be a matter of luck
        .env("METATENSOR_NUM_THREADS", "1")
        .output()
        .unwrap();
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn values_are_read_block_by_block() {
    let folder = Folder::new();
    let (a, b) = (folder.path("a.mts"), folder.path("b.mts"));
    write(&a, 0.5);
    write(&b, 0.75);
    let (code, text) = limited(&["stat", &a]);
    assert_eq!((code, text.lines().count()), (Some(0), 1 + BLOCKS as usize));
    // all values are different, and are not all remembered
    let (code, text) = limited(&["diff", &a, &b, "-n", "1"]);
    assert_eq!(
        (code, text.lines().count()),
        (Some(1), 2 * BLOCKS as usize),
        "{text}"
    );
    assert!(
        text.contains("131072 of 131072 values are different"),
        "{text}"
    );
    // of a map in a collection as well, only what is needed is read
    let all = folder.path("all.zip");
    let mut writer = CollectionWriter::create(&all, CollectionForm::Bare).unwrap();
    writer.add(3, "x", &TensorMap::load(&a).unwrap()).unwrap();
    writer.finish().unwrap();
    for (command, lines) in [("ls", 1 + BLOCKS as usize), ("stat", 1 + BLOCKS as usize)] {
        let (code, text) = limited(&[command, &all, "x", "3"]);
        assert_eq!((code, text.lines().count()), (Some(0), lines), "{text}");
    }
    let (out, arrays) = (folder.path("out.mts"), folder.path("arrays"));
    let (code, _) = limited(&["convert", &a, "--byte-order", "big", "-o", &out]);
    assert_eq!(code, Some(0));
    std::fs::remove_file(&out).unwrap();
    let (code, _) = limited(&["export", &a, "--format", "npy", "-o", &arrays]);
    assert_eq!(code, Some(0));
    let (code, _) = limited(&["apply", "abs", &a, "-o", &out]);
    assert!(
        !matches!(code, Some(0 | 1)),
        "the limit is one for who loads a whole file: {code:?}"
    );
}

//! Files that are written block by block, appended to and merged, read by the official Python package and by others: also
//! those of processes that were killed.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::env;
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use metatensor_core::{
    DType, FileAlignment, Labels, MapWriter, Result, TensorBlock, TensorMap, merge_files,
    recover_file,
};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;
use ndarray::{Array2, Array3};

fn script(action: &str, directory: &Path) -> Result<String, Box<dyn Error>> {
    let mut python = Venv::get()?.program("python");
    python.arg(repository().join("tests/python/writers.py"));
    output(python.arg(action).arg(directory))
}

struct Parts {
    values: Array2<f64>,
    samples: Labels,
    properties: Labels,
    gradient: Array3<f64>,
    gradient_samples: Labels,
    xyz: Labels,
}

/// What the block with this number is made of: `writers.py` has the same one.
fn parts(number: i32) -> Result<Parts> {
    // some are large enough to be aligned
    let rows = if number % 4 >= 2 {
        1500
    } else {
        1 + number % 7
    };
    Ok(Parts {
        values: Array2::from_elem((rows as usize, 8), f64::from(number)),
        samples: Labels::range("sample", rows as usize)?,
        properties: Labels::range("property", 8)?,
        gradient: Array3::from_elem((1, 3, 8), -f64::from(number)),
        gradient_samples: Labels::new(["sample"], [[rows - 1]])?,
        xyz: Labels::range("xyz", 3)?,
    })
}

fn block(number: i32) -> Result<TensorBlock> {
    let parts = parts(number)?;
    let mut block = TensorBlock::new(parts.values, parts.samples, [], &parts.properties)?;
    let gradient = TensorBlock::new(
        parts.gradient,
        parts.gradient_samples,
        [parts.xyz],
        parts.properties,
    )?;
    block.add_gradient("positions", gradient)?;
    Ok(block)
}

/// Adds the next block, as a whole or in pieces.
fn add_next(writer: &mut MapWriter) -> Result<()> {
    let number = writer.len() as i32;
    if number % 2 == 0 {
        return writer.add(&[number], &block(number)?);
    }
    let parts = parts(number)?;
    writer.begin_block(&[number], DType::F64, &[], &parts.properties)?;
    for row in parts.values.rows() {
        writer.push_rows(row.to_owned().insert_axis(ndarray::Axis(0)))?;
    }
    writer.end_rows(&parts.samples)?;
    writer.begin_gradient(&["positions"], &[parts.xyz])?;
    writer.push_rows(parts.gradient)?;
    writer.end_rows(&parts.gradient_samples)?;
    writer.end_block()
}

fn create(path: &Path, count: usize) -> Result<()> {
    let mut writer = MapWriter::create(path, &["number"])?;
    for _ in 0..count {
        add_next(&mut writer)?;
    }
    writer.finish()
}

const WORK: &str = "METATENSOR_TEST_APPEND_TO";

/// Not a test of its own: appends to a file until it is killed.
#[test]
fn append_until_killed() {
    let Some(path) = env::var_os(WORK) else {
        return;
    };
    std::io::stderr().write_all(b"!").unwrap();
    loop {
        let mut writer = MapWriter::append(&path).unwrap();
        add_next(&mut writer).unwrap();
        writer.finish().unwrap();
    }
}

/// Files whose writers were killed, some of which had a journal.
fn killed(directory: &Path, count: usize) -> usize {
    let path = directory.join("killed.mts");
    create(&path, 2).unwrap();
    let mut random = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let mut journals = 0;
    for i in 0..count {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "append_until_killed", "--nocapture"]);
        process.env(WORK, &path);
        process.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = process.spawn().unwrap();
        let errors = process.stderr.as_mut().unwrap();
        errors.read_exact(&mut [0]).unwrap();
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        thread::sleep(Duration::from_micros(random >> 50));
        process.kill().unwrap();
        process.wait().unwrap();
        let before = TensorMap::load(&path).unwrap();
        journals += usize::from(recover_file(&path).unwrap());
        assert_eq!(TensorMap::load(&path).unwrap().keys(), before.keys());
        fs::copy(&path, directory.join(format!("killed-{i}.mts"))).unwrap();
    }
    journals
}

#[test]
fn files_of_all_writers_are_files_for_everybody() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let path = |name: &str| -> PathBuf { directory.join(name) };
    script("make", directory).unwrap();

    create(&path("created.mts"), 12).unwrap();
    fs::copy(path("official.mts"), path("appended.mts")).unwrap();
    for _ in 0..5 {
        let mut writer = MapWriter::append(path("appended.mts")).unwrap();
        add_next(&mut writer).unwrap();
        writer.finish().unwrap();
    }
    let mut writer = MapWriter::append(path("created.mts")).unwrap();
    add_next(&mut writer).unwrap();
    drop(writer);

    // parts with other keys
    for (name, numbers) in [("first", 0..4), ("second", 4..9)] {
        let mut writer = MapWriter::create(path(name), &["number"]).unwrap();
        for number in numbers {
            writer.add(&[number], &block(number).unwrap()).unwrap();
        }
        writer.finish().unwrap();
    }
    let all = [path("first"), path("second")];
    merge_files(&all, path("merged.mts"), FileAlignment::Aligned).unwrap();
    merge_files(&all, path("packed.mts"), FileAlignment::Packed).unwrap();
    let official = [path("official.mts")];
    merge_files(&official, path("aligned.mts"), FileAlignment::Aligned).unwrap();
    let merged = TensorMap::load(path("merged.mts")).unwrap();
    merged.save(path("saved.mts")).unwrap();
    merged.save(path("saved-grown.mts")).unwrap();
    for _ in 0..2 {
        let mut writer = MapWriter::append(path("saved-grown.mts")).unwrap();
        add_next(&mut writer).unwrap();
        writer.finish().unwrap();
    }
    fs::copy(path("merged.mts"), path("info.mts")).unwrap();
    let mut writer = MapWriter::append(path("info.mts")).unwrap();
    writer.info_mut().insert("author".into(), "me".into());
    writer.finish().unwrap();

    // 20 take some seconds, most of which are those of Python
    let kills = env::var("METATENSOR_TEST_KILLS").map_or(20, |kills| kills.parse().unwrap());
    let journals = killed(directory, kills);
    println!("{journals} of {kills} processes that were killed left a journal");
    let checked = script("check", directory).unwrap();
    assert_eq!(checked.trim_end(), format!("checked {} files", kills + 10));

    if Command::new("unzip").arg("-v").output().is_err() {
        println!("there is no unzip");
        return;
    }
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "mts") {
            output(Command::new("unzip").arg("-tqq").arg(path)).unwrap();
        }
    }
}

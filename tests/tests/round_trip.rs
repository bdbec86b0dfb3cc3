//! Files that go from the official Python package to this library and back.

use std::error::Error;
use std::fs;
use std::path::Path;

use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

fn script(arguments: &[&str], directory: &Path) -> Result<String, Box<dyn Error>> {
    let mut python = Venv::get()?.program("python");
    python.arg(repository().join("tests/python/round_trip.py"));
    output(python.args(arguments).arg(directory))
}

/// Saves what is in the file at `path` again, once to a file and once through memory.
fn save_again(path: &Path, name: &str, ours: &Path) -> metatensor_core::Result<()> {
    let content = fs::read(path).map_err(|e| metatensor_core::Error::io("read", path, e))?;
    let file = ours.join(format!("file-{name}.mts"));
    let buffer = match name.split('-').next() {
        Some("map") => {
            TensorMap::load(path)?.save(file)?;
            TensorMap::load_buffer(&content)?.save_buffer()?
        }
        Some("block") => {
            TensorBlock::load(path)?.save(file)?;
            TensorBlock::load_buffer(&content)?.save_buffer()?
        }
        _ => {
            Labels::load(path)?.save(file)?;
            Labels::load_buffer(&content)?.save_buffer()?
        }
    };
    let target = ours.join(format!("buffer-{name}.mts"));
    fs::write(&target, buffer).map_err(|e| metatensor_core::Error::io("write", &target, e))
}

#[test]
fn what_we_save_is_what_the_official_package_saved() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("files");
    fs::create_dir(&directory).unwrap();
    script(&["make"], &directory).unwrap();

    let mut files = 0;
    for entry in fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        if let Err(error) = save_again(&path, name, &directory.join("ours")) {
            panic!("{name}: {error}");
        }
        files += 1;
    }
    assert!(files > 100, "there are only {files} files");

    let checked = script(&["check"], &directory).unwrap();
    assert_eq!(checked.trim_end(), format!("checked {files} files"));
}

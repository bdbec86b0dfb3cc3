//! Commands that write files: what is in these, and what happens if they can not be written.

mod common;

use std::fs;
use std::path::Path;

use common::{DATA, Folder, assert_error, assert_good, data, mts, repository};
use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, DType, Labels, TensorBlock, TensorMap,
};
use metatensor_operations::{AllcloseOptions, Axis, Selection, allclose, equal, slice};
use ndarray::{Array2, ArrayD, arr2};

#[test]
fn files_for_keys() {
    let folder = Folder::new();
    let pattern = folder.path("out-{center_type}.mts");
    assert_good(&mts(
        &["split", DATA, "--keys", "center_type", "-o", &pattern],
        None,
    ));
    assert_eq!(folder.names(), ["out-6.mts", "out-7.mts", "out-8.mts"]);
    for value in [6, 7, 8] {
        let keys = Labels::new(["center_type"], [[value]]).unwrap();
        let expected = metatensor_operations::filter_blocks(&data(), &keys).unwrap();
        let file = format!("out-{value}.mts");
        assert!(equal(&folder.load(&file), &expected).unwrap(), "{file}");
    }
    let again = mts(
        &["split", DATA, "--keys", "center_type", "-o", &pattern],
        None,
    );
    assert_error(&again, "out-6.mts' is there: --force replaces it");

    let merged = folder.path("merged.mts");
    let files = [6, 7, 8].map(|value| folder.path(&format!("out-{value}.mts")));
    assert_good(&mts(
        &["merge", &files[0], &files[1], &files[2], "-o", &merged],
        None,
    ));
    assert_eq!(mts(&["diff", DATA, &merged], None).code, Some(0));
}

#[test]
fn files_for_blocks() {
    let folder = Folder::new();
    let pattern = folder.path("{block}-{neighbor_type}.mts");
    assert_good(&mts(&["split", DATA, "--blocks", "-o", &pattern], None));
    assert_eq!(
        folder.names(),
        ["0-6.mts", "1-8.mts", "2-7.mts", "3-6.mts", "4-8.mts"]
    );
    let block = folder.load("3-6.mts");
    assert_eq!(block.keys().rows().row(0), [8, 6]);
    assert_eq!(block.len(), 1);
}

#[test]
fn files_for_samples() {
    let folder = Folder::new();
    let bytes = fs::read(repository().join(DATA)).unwrap();
    let pattern = folder.path("{atom}.mts");
    let input = ["split", "-", "--samples", "atom", "-o", &pattern];
    assert_good(&mts(&input, Some(&bytes)));
    let samples = metatensor_operations::unique_metadata(&data(), Axis::Samples, &["atom"], None);
    let samples = samples.unwrap();
    assert_eq!(folder.names().len(), samples.count());
    for sample in samples.iter() {
        let labels = Labels::new(["atom"], [[sample[0]]]).unwrap();
        let expected = slice(&data(), Axis::Samples, Selection::Labels(&labels)).unwrap();
        let file = format!("{}.mts", sample[0]);
        assert!(equal(&folder.load(&file), &expected).unwrap(), "{file}");
    }
}

/// More files than are open at once.
#[test]
fn files_for_very_many_samples() {
    let folder = Folder::new();
    let samples = Labels::range("system", 300).unwrap();
    let values = Array2::from_shape_fn([300, 1], |(i, _)| i as f64);
    let block = TensorBlock::new(values, samples, [], Labels::single()).unwrap();
    let mut map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    map.info_mut().insert("author".into(), "me".into());
    map.save(folder.path("all.mts")).unwrap();
    let pattern = folder.path("s{system}.mts");
    assert_good(&mts(
        &[
            "split",
            &folder.path("all.mts"),
            "--samples",
            "system",
            "-o",
            &pattern,
        ],
        None,
    ));
    assert_eq!(folder.names().len(), 301);
    for i in 0..300 {
        let part = folder.load(&format!("s{i}.mts"));
        let values = part.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
        assert_eq!(values, arr2(&[[i as f64]]).into_dyn());
        assert_eq!(part.info()["author"], "me");
    }
}

#[test]
fn splits_that_make_no_sense() {
    let folder = Folder::new();
    let output = |name: &str| folder.path(name);
    for (arguments, error) in [
        (
            &["--keys", "x", "-o", &output("{x}.mts")][..],
            "there is no 'x' in the names of the keys, ['center_type', 'neighbor_type']",
        ),
        (
            &["--samples", "x", "-o", &output("{x}.mts")],
            "block (center_type=6, neighbor_type=6): there is no 'x' in the names of the samples",
        ),
        (
            &[
                "--keys",
                "center_type",
                "-o",
                &output("{neighbor_type}.mts"),
            ],
            "is none of {center_type}",
        ),
        (
            &["--blocks", "-o", &output("{center_type}.mts")],
            "several files would be called",
        ),
        (&["-o", &output("x.mts")], "required arguments"),
        (
            &["--blocks", "--keys", "center_type", "-o", &output("x.mts")],
            "cannot be used with",
        ),
    ] {
        let ran = mts(&[&["split", DATA][..], arguments].concat(), None);
        assert_error(&ran, error);
    }
    assert_eq!(folder.names(), [""; 0]);
    let none = TensorMap::new(Labels::empty(&["k"]).unwrap(), vec![]).unwrap();
    let empty = folder.path("empty.mts");
    none.save(&empty).unwrap();
    for by in [&["--blocks"][..], &["--keys", "k"], &["--samples", "s"]] {
        let ran = mts(&[&["split", &empty, "-o", "x{k}"], by].concat(), None);
        assert_eq!(ran.code, Some(2));
    }
    let ran = mts(&["split", &empty, "--blocks", "-o", "x{k}"], None);
    assert_error(&ran, "empty.mts' has nothing to split");
    let block = folder.path("block.mts");
    data().block_by_id(0).unwrap().save(&block).unwrap();
    for arguments in [
        &["apply", "abs", &block, "-o", "x"][..],
        &["merge", &block, "-o", "x"],
        &["pack", &block, "--name", "x", "-o", "x"],
    ] {
        let expected = "block.mts', which holds a tensor block\n";
        assert_error(&mts(arguments, None), expected);
    }
}

#[test]
fn other_data_types_are_the_same_numbers() {
    let folder = Folder::new();
    let (single, double) = (folder.path("single.mts"), folder.path("double.mts"));
    assert_good(&mts(
        &["convert", DATA, "--dtype", "float32", "-o", &single],
        None,
    ));
    assert_good(&mts(
        &["convert", &single, "--dtype", "float64", "-o", &double],
        None,
    ));
    let expected = data();
    assert_eq!(folder.load("single.mts").dtype(), Some(DType::F32));
    let close = AllcloseOptions {
        rtol: 1e-7,
        atol: 0.0,
        equal_nan: false,
    };
    let converted = folder.load("double.mts");
    assert!(allclose(&converted, &expected, close).unwrap());
    assert!(!equal(&converted, &expected).unwrap(), "digits were lost");
    assert!(equal(&converted, &folder.load("single.mts")).unwrap());
    let ran = mts(
        &[
            "convert", DATA, "--dtype", "int32", "-o", &single, "--force",
        ],
        None,
    );
    assert_error(&ran, "block (center_type=6, neighbor_type=6): ");
    assert_error(&ran, "but not in int32");
    let ran = mts(&["convert", DATA, "--dtype", "float", "-o", &single], None);
    assert_error(&ran, "there are bool, int8,");
}

/// Every type to every other one: what fits is the same number, and all else is an error.
#[test]
fn numbers_that_a_type_does_not_have() {
    let folder = Folder::new();
    let save = |values: ArrayD<f64>, dtype: &str| {
        let samples = Labels::range("s", values.shape()[0]).unwrap();
        let block = TensorBlock::new(values, samples, [], Labels::single()).unwrap();
        let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
        map.save(folder.path("double.mts")).unwrap();
        let (input, output) = (folder.path("double.mts"), folder.path("converted.mts"));
        mts(
            &[
                "convert", &input, "--dtype", dtype, "-o", &output, "--force",
            ],
            None,
        )
    };
    for (value, dtype, fits) in [
        (1.0, "bool", true),
        (2.0, "bool", false),
        (127.0, "int8", true),
        (128.0, "int8", false),
        (-1.0, "uint64", false),
        (9_007_199_254_740_993_000.0, "int64", true),
        (1e19, "int64", false),
        (1e19, "uint64", true),
        (0.5, "int32", false),
        (f64::NAN, "int32", false),
        (f64::NAN, "float16", true),
        // which files can not hold
        (1.0, "bfloat16", false),
        (65504.0, "float16", true),
        (1e5, "float16", false),
        (1e39, "float32", false),
        (1e300, "complex64", false),
        (1e300, "complex128", true),
    ] {
        let ran = save(arr2(&[[value]]).into_dyn(), dtype);
        assert_eq!(
            ran.code,
            Some(if fits { 0 } else { 2 }),
            "{value} {dtype}: {ran:?}"
        );
        if fits {
            let back = folder.path("back.mts");
            assert_good(&mts(
                &[
                    "convert",
                    &folder.path("converted.mts"),
                    "--dtype",
                    "float64",
                    "-o",
                    &back,
                    "--force",
                ],
                None,
            ));
            let (a, b) = (folder.load("double.mts"), folder.load("back.mts"));
            let same = AllcloseOptions {
                rtol: 0.0,
                atol: 0.0,
                equal_nan: true,
            };
            assert!(allclose(&a, &b, same).unwrap(), "{value} {dtype}");
        }
    }
    // just above the middle of two numbers of 24 bits, and in the middle once it is rounded to 53 bits
    let large = (1_i64 << 60) + (1 << 36) + 1;
    let block = TensorBlock::new(arr2(&[[large]]), Labels::single(), [], Labels::single()).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    let (input, output) = (folder.path("large.mts"), folder.path("single.mts"));
    map.save(&input).unwrap();
    let dtype = ["--dtype", "float32"];
    assert_good(&mts(
        &[&["convert", &input, "-o", &output], &dtype[..]].concat(),
        None,
    ));
    let single = folder.load("single.mts");
    let single = single.block_by_id(0).unwrap().to_ndarray::<f32>().unwrap();
    assert_eq!(single[[0, 0]], large as f32);
    assert_ne!(single[[0, 0]], large as f64 as f32);
    let ran = save(arr2(&[[1e300]]).into_dyn(), "float32");
    assert_error(&ran, "1e300 is in float64, but not in float32");
}

#[test]
fn other_forms_of_the_same_map() {
    let folder = Folder::new();
    let samples = Labels::range("s", 2000).unwrap();
    let block = TensorBlock::new(
        Array2::from_elem([2000, 5], 1.5),
        samples,
        [],
        Labels::range("p", 5).unwrap(),
    );
    let mut map = TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap();
    map.info_mut().insert("author".into(), "me".into());
    map.save(folder.path("aligned.mts")).unwrap();
    let convert = |input: &str, output: &str, options: &[&str]| {
        let (input, output) = (folder.path(input), folder.path(output));
        let arguments = ["convert", &input, "-o", &output];
        assert_good(&mts(&[&arguments[..], options].concat(), None));
        fs::metadata(output).unwrap().len()
    };
    let size = fs::metadata(folder.path("aligned.mts")).unwrap().len();
    assert!(convert("aligned.mts", "small.npz", &["--compress"]) < size / 10);
    assert!(convert("small.npz", "packed.mts", &["--packed"]) < size);
    assert_eq!(
        convert("packed.mts", "again.mts", &[]),
        convert("aligned.mts", "again.mts", &["--force"])
    );
    let check = "import sys, zipfile; assert zipfile.ZipFile(sys.argv[1]).testzip() is None";
    let mut python = std::process::Command::new("python3");
    let status = python
        .args(["-c", check, &folder.path("small.npz")])
        .status();
    assert!(
        status.unwrap().success(),
        "another reader of archives agrees"
    );
    for name in ["small.npz", "packed.mts", "again.mts"] {
        assert!(equal(&folder.load(name), &map).unwrap(), "{name}");
        assert_eq!(folder.load(name).info(), map.info(), "{name}");
        let valid = mts(&["validate", &folder.path(name)], None);
        assert_eq!(valid.code, Some(0), "{}", valid.text);
    }
    assert!(
        TensorMap::load_mapped(folder.path("again.mts"), metatensor_core::Mapping::ReadOnly)
            .unwrap()
            .block_by_id(0)
            .unwrap()
            .is_mapped()
    );
    assert_eq!(
        folder.names().len(),
        4,
        "nothing else stays: {:?}",
        folder.names()
    );
}

/// Nothing that is damaged becomes part of another file, where nobody could tell any more.
#[test]
fn damage_is_not_copied() {
    let folder = Folder::new();
    let mut bytes = fs::read(repository().join(DATA)).unwrap();
    let values = data().block_by_id(2).unwrap().to_ndarray::<f64>().unwrap();
    let wanted = values[[0, 0]].to_le_bytes();
    let at = bytes
        .windows(8)
        .position(|window| window == wanted)
        .unwrap();
    bytes[at] ^= 1;
    let path = folder.path("damaged.mts");
    fs::write(&path, bytes).unwrap();
    let output = folder.path("out.mts");
    for arguments in [
        &["convert", &path, "-o", &output][..],
        &["split", &path, "--samples", "system", "-o", &output],
        &["split", &path, "--blocks", "-o", &output],
        &["pack", &path, "--name", "x", "-o", &output],
        &["merge", DATA, &path, "-o", &output],
    ] {
        let ran = mts(arguments, None);
        assert_error(&ran, "checksum");
        assert!(!Path::new(&output).exists());
    }
}

#[test]
fn collections_of_maps() {
    let folder = Folder::new();
    let all = folder.path("all.zip");
    let pack = |arguments: &[&str]| mts(&[&["pack"][..], arguments, &["-o", &all]].concat(), None);
    let files = folder.path("{center_type}.mts");
    assert_good(&mts(
        &["split", DATA, "--keys", "center_type", "-o", &files],
        None,
    ));
    let files = [6, 7, 8].map(|number| folder.path(&format!("{number}.mts")));
    assert_error(&pack(&[&files[0]]), "is not like NUMBER/NAME.mts");
    assert_good(&pack(&[
        &files[0], &files[1], "--name", "spectrum", "--first", "4",
    ]));
    assert_error(
        &pack(&[&files[0], "--name", "spectrum"]),
        "--force replaces it",
    );
    assert_error(
        &pack(&[&files[0], "--name", "spectrum", "--first", "5", "--append"]),
        "two archive members would have the name '5/spectrum.mts'",
    );
    fs::create_dir(folder.path("12")).unwrap();
    fs::copy(&files[2], folder.path("12/energy.mts")).unwrap();
    assert_good(&pack(&[
        &folder.path("12/energy.mts"),
        "--append",
        "--numpy",
    ]));

    let collection = Collection::open(&all).unwrap();
    assert_eq!(collection.numbers("spectrum"), [4, 5]);
    assert_eq!(collection.numbers("energy"), [12]);
    assert!(
        equal(
            &collection.load(5, "spectrum").unwrap(),
            &folder.load("7.mts")
        )
        .unwrap()
    );
    let bytes = fs::read(&all).unwrap();
    for command in ["ls", "show", "stat", "export"] {
        for (name, number, file) in [("spectrum", "4", &files[0]), ("energy", "12", &files[2])] {
            let mut expected = mts(&[command, file], None);
            assert_eq!(mts(&[command, &all, name, number], None), expected);
            assert_eq!(mts(&[command, "-", name, number], Some(&bytes)), expected);
            expected = mts(&[command, file, name, number], None);
            assert_error(&expected, "a name and a number are for collections, but");
        }
    }
    assert_error(&mts(&["ls", &all, "energy"], None), "NUMBER");
    assert_error(
        &mts(&["ls", &all, "energy", "3"], None),
        "the only map 'energy' has the number 12",
    );
    assert_eq!(
        mts(&["ls", &all], None).text,
        "name      maps  first  last\nspectrum     2      4     5\nenergy       1     12    12\n"
    );
    let info = mts(&["info", &all, "energy", "12"], None).text;
    assert!(
        info.starts_with("kind                  tensor map\n"),
        "{info}"
    );
    assert_eq!(mts(&["validate", &all], None).code, Some(0));
}

#[test]
fn empty_collections_are_no_maps() {
    let folder = Folder::new();
    let path = folder.path("empty.zip");
    CollectionWriter::create(&path, CollectionForm::Bare)
        .unwrap()
        .finish()
        .unwrap();
    assert_error(
        &mts(&["split", &path, "--blocks", "-o", "x"], None),
        "expected a tensor map",
    );
}

/// A file is larger than the memory that commands have, and so is one of its blocks.
#[test]
fn large_files_need_little_memory() {
    const MEGABYTES: usize = 192;
    let folder = Folder::new();
    let samples: Vec<i32> = (0..MEGABYTES as i32 * 1024)
        .flat_map(|row| [row / 8192, row])
        .collect();
    let samples = Labels::from_values(&["system", "atom"], samples).unwrap();
    let values = Array2::from_elem([MEGABYTES * 1024, 128], 0.5);
    let properties = Labels::range("n", 128).unwrap();
    let block = TensorBlock::new(values, samples, [], properties).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    map.save(folder.path("large.mts")).unwrap();
    let output = folder.path("out.mts");
    let pattern = folder.path("{system}.mts");
    for arguments in [
        &["convert", "large.mts", "--dtype", "float32", "-o", &output][..],
        &["convert", "large.mts", "--packed", "-o", &output],
        &["merge", "large.mts", "-o", &output],
        &["slice", "large.mts", "-o", &output],
        &["split", "large.mts", "--blocks", "-o", &output],
        &["split", "large.mts", "--samples", "system", "-o", &pattern],
        &["validate", "large.mts"],
        &["info", "large.mts"],
    ] {
        // what is mapped is the file itself, and not limited by this
        let ran = std::process::Command::new("sh")
            .args(["-c", "ulimit -d 131072; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_mts"))
            .args(arguments)
            .current_dir(Path::new(&output).parent().unwrap())
            .output()
            .unwrap();
        let errors = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(
            (ran.status.code(), &*errors),
            (Some(0), ""),
            "{arguments:?}"
        );
        let _ = fs::remove_file(&output);
    }
    assert_eq!(
        folder.load("23.mts").block_by_id(0).unwrap().shape(),
        [8192, 128]
    );
    let stat = std::process::Command::new("sh")
        .args(["-c", "ulimit -d 131072; exec \"$0\" stat large.mts"])
        .arg(env!("CARGO_BIN_EXE_mts"))
        .current_dir(Path::new(&output).parent().unwrap())
        .output()
        .unwrap();
    assert_ne!(
        stat.status.code(),
        Some(0),
        "the limit is one for what needs the values at once"
    );
}

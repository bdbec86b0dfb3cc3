//! How files store what they hold: what is said of it, and what can be changed.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::fs;

use common::{DATA, Folder, assert_error, assert_good, data, mts};
use metatensor_core::{Labels, Mapping, TensorBlock, TensorMap};
use ndarray::{Array2, Array3, ArrayD};
use serde_json::{Value, json};

/// A map with a block of large values, which are aligned in a file, and a gradient of small ones, which are not.
fn large_and_small() -> TensorMap {
    let samples = Labels::range("s", 2000).unwrap();
    let properties = Labels::range("p", 5).unwrap();
    let mut block =
        TensorBlock::new(Array2::from_elem([2000, 5], 1.5), samples, [], properties).unwrap();
    let xyz = [Labels::range("xyz", 3).unwrap()];
    let rows = Labels::new(["sample"], [[7]]).unwrap();
    let gradient = Array3::from_elem([1, 3, 5], -0.5);
    let gradient = TensorBlock::new(gradient, rows, xyz, block.properties().clone()).unwrap();
    block.add_gradient("positions", gradient).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

fn info(path: &str) -> Value {
    mts(&["info", "--json", path], None).json()
}

/// How many arrays the library maps, which `info` only knows from headers.
fn mapped(path: &str) -> usize {
    let map = TensorMap::load_mapped(path, Mapping::ReadOnly).unwrap();
    let blocks = map.blocks().iter();
    let count = |block: &TensorBlock| {
        let gradients = block.gradients();
        let gradients = gradients.filter(|(_, gradient)| gradient.is_mapped());
        usize::from(block.is_mapped()) + gradients.count()
    };
    blocks.map(count).sum()
}

#[test]
fn what_is_stored_and_what_can_be_mapped() {
    let folder = Folder::new();
    let saved = folder.path("saved.mts");
    large_and_small().save(&saved).unwrap();
    let make = |command: &str, name: &str, more: &[&str]| {
        let path = folder.path(name);
        let arguments = [&[command, &saved, "-o", &path], more].concat();
        assert_good(&mts(&arguments, None));
        path
    };
    let aligned = make("merge", "aligned.mts", &[]);
    let packed = make("merge", "packed.mts", &["--packed"]);
    let compressed = make("convert", "compressed.mts", &["--compress"]);
    for (path, stored, deflated) in [
        (&saved, 7, 0),
        (&aligned, 7, 0),
        (&packed, 7, 0),
        (&compressed, 0, 7),
    ] {
        let info = info(path);
        assert_eq!(
            info["members"],
            json!({"stored": stored, "deflated": deflated}),
            "{path}"
        );
        assert_eq!(
            info["can_be_mapped"],
            json!({"arrays": mapped(path), "of": 2}),
            "{path}"
        );
        assert_eq!(info["byte_order"], json!(["little"]));
    }
    assert_eq!(mapped(&aligned), 2);
    assert_eq!(mapped(&saved), 1);
    assert_eq!(info(&aligned)["alignment"], 64);
    assert!(info(&packed)["alignment"].as_u64().unwrap() < 8);
    assert_eq!(info(&compressed)["alignment"], Value::Null);

    let text = mts(&["info", &aligned], None).text;
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.splitn(2, "  ").map(str::trim).collect())
        .collect();
    assert_eq!(
        lines[lines.len() - 4..],
        [
            ["members", "7 stored"],
            ["alignment", "64 bytes"],
            ["byte order", "little"],
            ["can be mapped", "2 of 2 arrays"],
        ]
    );
    let text = mts(&["info", &compressed], None).text;
    assert!(text.contains("7 deflated\n"), "{text}");
}

/// From standard input, of a block that is alone, and of a map in a collection, it is the same.
#[test]
fn other_places_of_arrays() {
    let folder = Folder::new();
    let block = large_and_small().block_by_id(0).unwrap().clone();
    let path = folder.path("block.mts");
    block.save(&path).unwrap();
    let of_block = info(&path);
    assert_eq!(of_block["members"], json!({"stored": 6, "deflated": 0}));
    assert_eq!(of_block["can_be_mapped"], json!({"arrays": 1, "of": 2}));
    let bytes = fs::read(&path).unwrap();
    assert_eq!(mts(&["info", "--json", "-"], Some(&bytes)).json(), of_block);

    let (compressed, all) = (folder.path("compressed.mts"), folder.path("all.zip"));
    assert_good(&mts(
        &["convert", DATA, "--compress", "-o", &compressed],
        None,
    ));
    let pack = ["pack", DATA, &compressed, "--name", "x", "-o", &all];
    assert_good(&mts(&pack, None));
    assert_eq!(
        info(&all)["members"],
        json!({"stored": 2, "deflated": 0}),
        "they are written once more"
    );
    let member = mts(&["info", "--json", &all, "x", "1"], None).json();
    assert_eq!(member["members"], info(DATA)["members"]);
    assert_eq!(mts(&["ls", &all, "x", "1"], None), mts(&["ls", DATA], None));

    // arrays without elements are nowhere, and booleans have to be looked at
    let samples = Labels::empty(&["s"]).unwrap();
    let none = TensorBlock::new(Array2::<f64>::zeros([0, 1]), samples, [], Labels::single());
    none.unwrap().save(&path).unwrap();
    let info_of_none = info(&path);
    assert_eq!(info_of_none["alignment"], Value::Null);
    assert_eq!(info_of_none["can_be_mapped"], json!({"arrays": 0, "of": 1}));
    let samples = Labels::range("s", 100_000).unwrap();
    let values = Array2::from_elem([100_000, 1], true);
    let flags = TensorBlock::new(values, samples, [], Labels::single());
    flags.unwrap().save(&path).unwrap();
    let info_of_flags = info(&path);
    assert_eq!(info_of_flags["alignment"], 64);
    assert_eq!(info_of_flags["byte_order"], json!([]));
    assert_eq!(
        info_of_flags["can_be_mapped"],
        json!({"arrays": 0, "of": 1})
    );
}

/// The same numbers in the other order: for our readers, and back again to the same bytes.
#[test]
fn orders_of_bytes() {
    let folder = Folder::new();
    let saved = folder.path("saved.mts");
    large_and_small().save(&saved).unwrap();
    let convert = |input: &str, name: &str, more: &[&str]| {
        let path = folder.path(name);
        assert_good(&mts(
            &[&["convert", input, "-o", &path], more].concat(),
            None,
        ));
        path
    };
    let same = convert(&saved, "same.mts", &[]);
    for native in ["native", "little"] {
        let path = convert(&saved, &format!("{native}.mts"), &["--byte-order", native]);
        assert_eq!(fs::read(path).unwrap(), fs::read(&same).unwrap());
    }
    let big = convert(&saved, "big.mts", &["--byte-order", "big"]);
    let packed = convert(&saved, "packed.mts", &["--byte-order", "big", "--packed"]);
    let compressed = convert(
        &saved,
        "compressed.mts",
        &["--byte-order", "big", "--compress", "--dtype", "float32"],
    );
    for path in [&big, &packed, &compressed] {
        let info = info(path);
        assert_eq!(info["byte_order"], json!(["big"]));
        assert_eq!(info["can_be_mapped"], json!({"arrays": 0, "of": 2}));
        assert_eq!(mapped(path), 0);
        assert_eq!(mts(&["validate", path], None).code, Some(0));
        let loaded = TensorMap::load(path).unwrap();
        assert!(metatensor_operations::equal(&loaded, &large_and_small()).unwrap());
    }
    assert_eq!(info(&big)["members"], info(&saved)["members"]);
    assert_eq!(info(&compressed)["members"]["deflated"], 7);
    assert_eq!(info(&compressed)["data_type"], json!(["float32"]));
    let sizes = [&saved, &big, &packed].map(|path| fs::metadata(path).unwrap().len());
    assert!(sizes[2] < sizes[1], "{sizes:?}");
    for path in [&big, &packed] {
        let same = mts(&["diff", "--ordered", &saved, path], None);
        assert_eq!((same.code, &*same.text), (Some(0), ""));
    }
    let back = convert(&big, "back.mts", &[]);
    assert_eq!(fs::read(back).unwrap(), fs::read(&same).unwrap());
    let real = convert(DATA, "real.mts", &["--byte-order", "big"]);
    assert!(metatensor_operations::equal(&TensorMap::load(real).unwrap(), &data()).unwrap());
    let wrong = [
        "convert",
        DATA,
        "--byte-order",
        "middle",
        "-o",
        &saved,
        "--force",
    ];
    assert_error(&mts(&wrong, None), "[possible values: little, big, native]");
    assert_eq!(
        folder
            .names()
            .iter()
            .filter(|name| name.starts_with('.'))
            .count(),
        0,
        "nothing else stays"
    );
}

/// The same with some bytes in place of others, wherever these are.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut changed = bytes.to_vec();
    for start in 0..=bytes.len() - old.len() {
        if bytes[start..].starts_with(old) {
            changed[start..][..new.len()].copy_from_slice(new);
        }
    }
    assert_ne!(changed, bytes);
    changed
}

/// Where there are no values, headers can claim any number of rows.
#[test]
fn counts_that_are_larger_than_any_memory() {
    const COUNT: usize = 10;
    const ROWS: u64 = 1 << 61;
    let folder = Folder::new();
    let block = |rows: usize| {
        let values = ArrayD::<u8>::zeros(vec![rows, 0]);
        let samples = Labels::range("s", rows).unwrap();
        TensorBlock::new(values, samples, [], Labels::range("n", 0).unwrap()).unwrap()
    };
    // the labels of the first block are read
    let blocks = (0..COUNT).map(|i| block(if i == 0 { 3 } else { 2 }));
    let keys = Labels::range("k", COUNT).unwrap();
    let map = TensorMap::new(keys, blocks.collect()).unwrap();
    let bytes = map.save_buffer().unwrap();
    let from = b"(2, 0, ) }";
    let place = bytes.windows(from.len()).position(|part| part == from);
    let end = bytes[place.unwrap()..]
        .iter()
        .position(|&byte| byte == b'\n');
    let old = &bytes[..=place.unwrap() + end.unwrap()];
    let start = old.windows(6).rposition(|part| part == b"\x93NUMPY");
    let old = old[start.unwrap()..].to_vec();
    let text = String::from_utf8_lossy(from).into_owned();
    let longer = format!("({ROWS}, 0, ) }}");
    let padded = format!("{text:width$}", width = longer.len());
    let new = replaced(&old, padded.as_bytes(), longer.as_bytes());
    let checksum = |bytes: &[u8]| crc32fast::hash(bytes).to_le_bytes();
    let bytes = replaced(&bytes, &checksum(&old), &checksum(&new));
    let bytes = replaced(&bytes, &old, &new);
    let path = folder.path("map.mts");
    fs::write(&path, bytes).unwrap();
    let info = info(&path);
    assert_eq!(info["samples"], u64::MAX);
    assert_eq!(info["values"], 0);
}

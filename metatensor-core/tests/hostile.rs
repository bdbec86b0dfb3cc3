//! Files that are damaged, or made to do damage: an error that names the member, and nothing worse.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};

use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};
use ndarray::{Array2, Array3};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

type Members = Vec<(String, Vec<u8>)>;

/// Two blocks with components and gradients.
fn good() -> TensorMap {
    let properties = Labels::range("n", 2).unwrap();
    let block = |samples: i32| {
        let rows = (0..samples).map(|i| [i, 7]);
        let samples = Labels::from_rows(&["system", "atom"], rows).unwrap();
        let component = Labels::range("m", 3).unwrap();
        let values = Array3::from_elem((samples.count(), 3, 2), 0.5);
        let mut block = TensorBlock::new(
            values,
            &samples,
            std::slice::from_ref(&component),
            &properties,
        )
        .unwrap();
        let gradient = TensorBlock::new(
            Array3::from_elem((2, 3, 2), 0.25),
            &Labels::new(["sample", "atom"], &[[0, 0], [1, 0]]).unwrap(),
            &[component],
            &properties,
        );
        block.add_gradient("positions", gradient.unwrap()).unwrap();
        block
    };
    let keys = Labels::new(["type"], &[[1], [8]]).unwrap();
    let mut map = TensorMap::new(keys, vec![block(2), block(3)]).unwrap();
    map.info_mut().insert("unit".into(), "Å".into());
    map
}

fn members(archive: &[u8]) -> Members {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut member = archive.by_index(i).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn archive(members: &Members) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A member with this header and data.
fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn numbers(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The error of loading the good map with the member `name` replaced.
fn error_with(name: &str, member: Vec<u8>) -> String {
    let mut members = members(&good().save_buffer().unwrap());
    match members.iter_mut().find(|(other, _)| other == name) {
        Some((_, bytes)) => *bytes = member,
        None => members.push((name.to_owned(), member)),
    }
    let error = TensorMap::load_buffer(&archive(&members)).unwrap_err();
    assert!(matches!(error, Error::Serialization(_)), "{error:?}");
    error.to_string()
}

fn assert_contains(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            message.contains(part),
            "'{message}' should contain '{part}'"
        );
    }
}

#[test]
fn members_that_are_missing_are_named() {
    let all = members(&good().save_buffer().unwrap());
    assert_eq!(all.len(), 16);
    for i in 0..all.len() {
        let mut some = all.clone();
        let (name, _) = some.remove(i);
        let result = TensorMap::load_buffer(&archive(&some));
        if name == "info.json" {
            assert!(result.unwrap().info().is_empty());
        } else {
            assert_contains(&result.unwrap_err().to_string(), &[&name]);
        }
    }
    let block = members(&good().blocks()[0].save_buffer().unwrap());
    for i in 0..block.len() {
        let mut some = block.clone();
        let (name, _) = some.remove(i);
        let error = TensorBlock::load_buffer(&archive(&some)).unwrap_err();
        assert_contains(&error.to_string(), &[&name]);
    }
}

#[test]
fn arrays_that_do_not_fit_are_named() {
    let f8 = |shape: &str, count: usize| npy("'<f8'", shape, &vec![0; 8 * count]);
    for (name, member, parts) in [
        (
            "blocks/1/values.npy",
            f8("(3, 3, 3)", 27),
            &["'blocks/1'", "axis 2"][..],
        ),
        (
            "blocks/1/values.npy",
            f8("()", 1),
            &["'blocks/1'", "shape []"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 1, 2)", 18),
            &["blocks/1/components/1.npy"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 2)", 17),
            &["'blocks/1/values.npy'", "needs 144 bytes, got 136"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 2)", 19),
            &["'blocks/1/values.npy'", "needs 144 bytes, got 152"],
        ),
        (
            "blocks/1/values.npy",
            f8("(9223372036854775807, 4, 4)", 1),
            &["'blocks/1/values.npy'", "larger than any memory"],
        ),
        (
            "blocks/1/values.npy",
            f8("(0, 9223372036854775807, 3)", 0),
            &["'blocks/1/values.npy'", "larger than any memory"],
        ),
        (
            "blocks/1/values.npy",
            f8("(1000000000, 3, 2)", 18),
            &["'blocks/1/values.npy'", "needs 48000000000 bytes"],
        ),
        (
            "blocks/1/values.npy",
            f8("(1000000000, 0, 2)", 0),
            &["'blocks/1'", "axis 0"],
        ),
        (
            "blocks/1/values.npy",
            npy("'<f4'", "(3, 3, 2)", &[0; 72]),
            &["'blocks/1'", "float32, not float64"],
        ),
        (
            "blocks/1/values.npy",
            npy("'|O'", "(3, 3, 2)", &[0; 72]),
            &["'blocks/1/values.npy'", "'|O'"],
        ),
        (
            "blocks/1/values.npy",
            npy("[('a', '<f8')]", "(3, 3, 2)", &[0; 144]),
            &["'blocks/1/values.npy'", "named fields"],
        ),
        (
            "blocks/1/values.npy",
            npy("'|b1'", "(3, 3, 2)", &[3; 18]),
            &["'blocks/1/values.npy'", "the byte 3"],
        ),
        (
            "blocks/1/values.npy",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            &["'blocks/1/values.npy'", "4294967295 bytes long"],
        ),
        (
            "blocks/1/values.npy",
            b"\x93NUMPY\x01\x00\xff\xff{".to_vec(),
            &["'blocks/1/values.npy'", "65545 bytes long"],
        ),
        (
            "blocks/1/values.npy",
            Vec::new(),
            &["'blocks/1/values.npy'", "NUMPY"],
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            f8("(1, 3, 2)", 6),
            &["'blocks/0/gradients/positions'", "axis 0"],
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            npy("'<i8'", "(2, 3, 2)", &[0; 96]),
            &["'blocks/0'", "'positions'", "float64", "int64"],
        ),
    ] {
        assert_contains(&error_with(name, member), parts);
    }
}

#[test]
fn labels_that_are_not_valid_are_named() {
    let one = |name: &str, values: &[i32]| {
        npy(
            &format!("[('{name}', '<i4')]"),
            &format!("({},)", values.len()),
            &numbers(values),
        )
    };
    let two = |names: [&str; 2], values: &[i32]| {
        let descr = format!("[('{}', '<i4'), ('{}', '<i4')]", names[0], names[1]);
        npy(
            &descr,
            &format!("({},)", values.len() / 2),
            &numbers(values),
        )
    };
    let pair = ["sample", "atom"];
    for (name, member, parts) in [
        (
            "keys.npy",
            one("type", &[1, 1]),
            &["'keys.npy'", "rows 0 and 1", "(type=1)"][..],
        ),
        (
            "keys.npy",
            one("type", &[1, 2, 3]),
            &["'blocks/2/values.npy'"],
        ),
        (
            "keys.npy",
            one("a type", &[1, 2]),
            &["'keys.npy'", "'a type'"],
        ),
        ("keys.npy", one("", &[1, 2]), &["'keys.npy'", "''"]),
        (
            "keys.npy",
            two(["a", "a"], &[1, 2, 3, 4]),
            &["'keys.npy'", "got 'a' twice"],
        ),
        (
            "keys.npy",
            npy("'<i4'", "(2,)", &[0; 8]),
            &["'keys.npy'", "plain numbers"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i8')]", "(2,)", &[0; 16]),
            &["'keys.npy'", "expected labels of int32, got int64 for 'a'"],
        ),
        (
            "keys.npy",
            npy("[('a', '<u4')]", "(2,)", &[0; 8]),
            &["'keys.npy'", "got uint32 for 'a'"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4'), ('b', '>i4')]", "(2,)", &[0; 16]),
            &["'keys.npy'", "byte order"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4')]", "(1, 2)", &[0; 8]),
            &["'keys.npy'", "shape [1, 2]"],
        ),
        (
            "keys.npy",
            npy("[]", "(1000000000,)", &[]),
            &["'keys.npy'", "without dimensions"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4')]", "(1000000000,)", &[]),
            &["'keys.npy'", "needs 4000000000 bytes"],
        ),
        (
            "blocks/0/samples.npy",
            two(["system", "atom"], &[5, 5, 5, 5]),
            &["'blocks/0/samples.npy'", "rows 0 and 1"],
        ),
        (
            "blocks/0/samples.npy",
            two(["atom", "system"], &[1, 2, 3, 4]),
            &["(type=8)", "sample names"],
        ),
        (
            "blocks/0/samples.npy",
            two(["system", "atom"], &[1, 2]),
            &["'blocks/0'", "axis 0"],
        ),
        (
            "blocks/0/components/0.npy",
            one("m", &[]),
            &["'blocks/0'", "component 0, 'm'"],
        ),
        (
            "blocks/0/components/0.npy",
            two(["m", "n"], &[0; 6]),
            &["'blocks/0/components/0.npy'", "rows 0 and 1"],
        ),
        (
            "blocks/0/components/0.npy",
            two(["m", "n"], &[0, 1, 2, 3, 4, 5]),
            &["'blocks/0'", "one dimension"],
        ),
        (
            "blocks/0/components/0.npy",
            one("x", &[0, 1, 2]),
            &["'blocks/0'", "'positions'", "components of the values"],
        ),
        (
            "blocks/0/properties.npy",
            one("p", &[0, 1]),
            &["(type=8)", "property names"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(pair, &[0, 0, 2, 0]),
            &["'blocks/0'", "'positions'", "2"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(pair, &[0, 0, -1, 0]),
            &["'blocks/0'", "'positions'", "-1"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(["atom", "sample"], &[0, 0, 1, 0]),
            &["'blocks/0'", "'positions'", "sample"],
        ),
        (
            "blocks/0/gradients/cell/samples.npy",
            two(pair, &[0, 0, 1, 0]),
            &["'blocks/0/gradients/cell/values.npy'"],
        ),
    ] {
        assert_contains(&error_with(name, member), parts);
    }
}

#[test]
fn info_that_is_not_text_by_name_is_an_error() {
    for text in [
        "",
        "[]",
        "1",
        "{\"a\": 1}",
        "{\"a\": {}}",
        "{\"a\": \"b\"",
        "{\"a\": \"\\u0000\"}",
        "{\"\\u0000\": \"a\"}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"b\"} c",
    ] {
        assert_contains(&error_with("info.json", text.into()), &["'info.json'"]);
    }
    let deep = "[".repeat(1_000_000);
    assert_contains(&error_with("info.json", deep.into()), &["'info.json'"]);
    assert_contains(&error_with("info.json", vec![0xff; 20]), &["'info.json'"]);
}

#[test]
fn info_that_says_two_things_is_an_error() {
    let text = "{\"a\": \"1\", \"b\\u001b\": \"2\", \"b\\u001b\": \"2\"}";
    assert_contains(
        &error_with("info.json", text.into()),
        &["'info.json'", "'b\\u{1b}' comes twice"],
    );
}

/// Python refuses them as well.
#[test]
fn numbers_that_start_with_zero_are_no_shapes() {
    let i32s = "[('n', '<i4')]";
    let (values, row) = (vec![0; 12 * 8], numbers(&[0, 1]));
    for (name, valid, bad, member) in [
        (
            "blocks/0/values.npy",
            "(2, 3, 2)",
            ["(00002, 3, 2)", "(2, 03, 2)", "(2, 3, 02)"],
            ("'<f8'", &values),
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            "(2, 3, 2)",
            ["(002, 3, 2)", "(2, 03, 2,)", "(2, 3, 0002)"],
            ("'<f8'", &values),
        ),
        (
            "blocks/0/properties.npy",
            "(2,)",
            ["(02,)", "( 00002 ,)", "(00,)"],
            (i32s, &row),
        ),
    ] {
        let (descr, data) = member;
        let load = |shape| {
            let mut members = members(&good().save_buffer().unwrap());
            for (other, bytes) in &mut members {
                if other == name {
                    *bytes = npy(descr, shape, data);
                }
            }
            TensorMap::load_buffer(&archive(&members))
        };
        let result = load(valid);
        assert!(result.is_ok(), "{name}: {result:?}");
        for shape in bad {
            let error = load(shape).unwrap_err().to_string();
            assert_contains(&error, &[name, "starts with a zero"]);
        }
    }
}

#[test]
fn members_elsewhere_are_ignored() {
    let map = good();
    let buffer = map.save_buffer().unwrap();
    let mut members = members(&buffer);
    for name in [
        "values.txt",
        "other.npy",
        "values.npy",
        "gradients/cell/values.npy",
        "blocks.npy",
        "Blocks/7/values.npy",
        "__MACOSX/blocks/7/values.npy",
        "__MACOSX/blocks/0/._values.npy",
        "blocks/",
        "blocks/7/",
        "blocks/0/.DS_Store",
        "blocks/0/gradients/cell",
        "blocks/0/gradients/",
        "blocks/0/gradients//",
        "blocks/0/gradients/../",
    ] {
        members.insert(0, (name.to_owned(), b"anything".to_vec()));
    }
    let loaded = TensorMap::load_buffer(&archive(&members)).unwrap();
    assert!(loaded.save_buffer().unwrap() == buffer);
}

/// The error of loading the good map, or its first block, with one more array of this name.
fn error_with_array<T: std::fmt::Debug>(
    saved: Vec<u8>,
    load: impl Fn(&[u8]) -> Result<T>,
    name: &str,
) -> String {
    let mut members = members(&saved);
    assert!(load(&archive(&members)).is_ok());
    members.insert(0, (name.to_owned(), npy("'|i1'", "(1, 1)", &[0])));
    let error = load(&archive(&members)).unwrap_err();
    assert!(matches!(error, Error::Serialization(_)), "{error:?}");
    error.to_string()
}

#[test]
fn arrays_that_belong_to_nothing_are_refused() {
    let in_block = [
        "components/1.npy",
        "components/00.npy",
        "components/0.npy.npy",
        "components/x/0.npy",
        "gradients/values.npy",
        "gradients/positions/properties.npy",
        "gradients/positions/components/01.npy",
        "gradients/positions/gradients/samples.npy",
        "gradients/cell/other.npy",
        "gradients/cell/components/0.npy",
        "gradients/a/gradients/b/values.npy",
        "gradients/positions/x/values.npy",
        "gradients/gradients/gradients/values.npy",
    ];
    for name in in_block {
        let saved = good().blocks()[0].save_buffer().unwrap();
        let message = error_with_array(saved, TensorBlock::load_buffer, name);
        assert_contains(
            &message,
            &[name, "does not belong to any block or gradient"],
        );
    }
    let in_map = [
        "blocks/values.npy",
        "blocks/00/values.npy",
        "blocks/+0/values.npy",
        "blocks/ 1/values.npy",
        "blocks/-1/values.npy",
        "blocks/x/values.npy",
        "blocks/0/other.npy",
        "blocks/0/blocks/0/values.npy",
        "blocks/0.npy",
    ];
    let in_map = in_map.iter().map(|&name| name.to_owned());
    for name in in_map.chain(in_block.map(|name| format!("blocks/1/{name}"))) {
        let saved = good().save_buffer().unwrap();
        let message = error_with_array(saved, TensorMap::load_buffer, &name);
        let name = name.as_str();
        assert_contains(
            &message,
            &[name, "does not belong to any block or gradient"],
        );
    }
}

#[test]
fn a_block_without_a_key_is_refused() {
    for name in ["blocks/2/values.npy", "blocks/17/gradients/g/samples.npy"] {
        let saved = good().save_buffer().unwrap();
        let message = error_with_array(saved, TensorMap::load_buffer, name);
        assert_contains(
            &message,
            &[name, "there is no key for block", "only 2 keys"],
        );
    }
    // a whole block is left when a key is
    let members_of = |archive: Vec<u8>| members(&archive).into_iter();
    let keys = Labels::new(["type"], &[[1]]).unwrap();
    let fewer = TensorMap::new(keys, good().blocks()[..1].to_vec()).unwrap();
    let keys = members_of(fewer.save_buffer().unwrap()).take(1);
    let others = members_of(good().save_buffer().unwrap()).skip(1);
    let message = TensorMap::load_buffer(&archive(&keys.chain(others).collect()));
    let message = message.unwrap_err().to_string();
    assert_contains(&message, &["'blocks/1/", "only 1 keys"]);
}

#[test]
fn gradients_with_names_that_can_not_be_are_refused() {
    for (name, shown) in [
        ("", "gradients//values.npy"),
        (".", "gradients/./values.npy"),
        ("..", "gradients/../values.npy"),
        ("a\u{1b}[31m", "gradients/a\\u{1b}[31m/values.npy"),
        ("\u{85}", "gradients/\\u{85}/values.npy"),
    ] {
        let renamed = |saved: Vec<u8>| {
            let mut members = members(&saved);
            for (member, _) in &mut members {
                *member = member.replace("gradients/positions/", &format!("gradients/{name}/"));
            }
            archive(&members)
        };
        let block = renamed(good().blocks()[0].save_buffer().unwrap());
        let error = TensorBlock::load_buffer(&block).unwrap_err();
        assert!(matches!(error, Error::Serialization(_)), "{error:?}");
        assert_contains(
            &error.to_string(),
            &[&format!("'{shown}'"), "name of a gradient"],
        );
        let map = renamed(good().save_buffer().unwrap());
        let error = TensorMap::load_buffer(&map).unwrap_err();
        assert!(matches!(error, Error::Serialization(_)), "{error:?}");
        assert_contains(&error.to_string(), &[&format!("'blocks/0/{shown}'")]);
        assert!(!error.to_string().contains(char::is_control));
    }
}

#[test]
fn gradients_nested_without_end_are_an_error() {
    let block = TensorBlock::new(
        Array2::<f32>::zeros((1, 1)),
        &Labels::new(["sample"], &[[0]]).unwrap(),
        &[],
        &Labels::single(),
    )
    .unwrap();
    let model = members(&block.save_buffer().unwrap());
    let nested = |depth: usize| {
        let mut all = model.clone();
        let mut prefix = String::new();
        for _ in 0..depth {
            prefix += "gradients/g/";
            for (name, bytes) in &model[..2] {
                all.push((format!("{prefix}{name}"), bytes.clone()));
            }
        }
        TensorBlock::load_buffer(&archive(&all))
    };
    let mut deepest = nested(64).unwrap();
    assert!(deepest.save_buffer().is_ok());
    let error = nested(1_000).unwrap_err().to_string();
    assert_contains(
        &error,
        &["gradients/g/gradients/g", "more than the limit of 64"],
    );

    let mut more = block;
    more.add_gradient("g", deepest).unwrap();
    deepest = more;
    assert_contains(&deepest.save_buffer().unwrap_err().to_string(), &["nested"]);
}

#[test]
fn truncated_files_are_errors() {
    let map = good();
    let buffer = map.save_buffer().unwrap();
    let block = map.blocks()[0].save_buffer().unwrap();
    let labels = map.keys().save_buffer().unwrap();
    for length in 0..buffer.len() {
        assert!(
            TensorMap::load_buffer(&buffer[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..block.len() {
        assert!(
            TensorBlock::load_buffer(&block[..length]).is_err(),
            "{length}"
        );
    }
    for length in 0..labels.len() {
        assert!(Labels::load_buffer(&labels[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_flipped_bit_in_an_archive_is_an_error_or_changes_nothing() {
    let good = good().save_buffer().unwrap();
    for position in 0..good.len() {
        let mut bytes = good.clone();
        bytes[position] ^= 1 << (position % 8);
        if let Ok(map) = TensorMap::load_buffer(&bytes) {
            // a date or an attribute
            assert!(
                map.save_buffer().unwrap() == good,
                "{position}: {:?}",
                good[position - 12..position + 12]
                    .escape_ascii()
                    .to_string()
            );
        }
    }
}

/// Nothing protects bare labels, or members that were written with a wrong checksum on purpose.
#[test]
fn a_flipped_bit_in_any_member_is_an_error_that_names_it_or_other_valid_data() {
    let good = members(&good().save_buffer().unwrap());
    let mut errors = 0;
    for (i, (name, member)) in good.iter().enumerate() {
        for position in 0..member.len() {
            let mut members = good.clone();
            members[i].1[position] ^= 1 << (position % 8);
            match TensorMap::load_buffer(&archive(&members)) {
                Ok(map) => assert!(map.save_buffer().is_ok()),
                Err(error) => {
                    errors += 1;
                    let message = error.to_string();
                    let block = name.split('/').take(2).collect::<Vec<_>>().join("/");
                    assert!(
                        message.contains(&block)
                            || message.contains("structure of the first block")
                            || name == "keys.npy",
                        "{name}: {message}"
                    );
                }
            }
        }
    }
    assert!(errors > 1_000);
}

#[test]
fn arbitrary_bytes_are_errors() {
    let load = |bytes: &[u8]| -> [Option<Error>; 3] {
        fn error<T>(result: Result<T>) -> Option<Error> {
            result.err()
        }
        [
            error(TensorMap::load_buffer(bytes)),
            error(TensorBlock::load_buffer(bytes)),
            error(Labels::load_buffer(bytes)),
        ]
    };
    for bytes in [
        &b""[..],
        b"P",
        b"PK",
        b"PK\x05\x06",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x10\x00{",
        b"{\"a\": 1}",
    ] {
        for error in load(bytes) {
            let error = error.expect("this is nothing we know");
            assert!(matches!(error, Error::Serialization(_)), "{error}");
        }
    }
}

#[test]
fn time_is_linear_in_the_number_of_blocks() {
    let block = TensorBlock::new(
        Array2::<f32>::zeros((1, 1)),
        &Labels::single(),
        &[],
        &Labels::single(),
    )
    .unwrap();
    let load = |count: usize| {
        let keys = Labels::range("key", count).unwrap();
        let map = TensorMap::new(keys, vec![block.clone(); count]).unwrap();
        let buffer = map.save_buffer().unwrap();
        let time = || {
            let start = Instant::now();
            assert_eq!(TensorMap::load_buffer(&buffer).unwrap().len(), count);
            start.elapsed()
        };
        (0..3).map(|_| time()).min().unwrap_or(Duration::MAX)
    };
    let (few, many) = (load(1_000), load(30_000));
    // 900 times as much if it was quadratic; memory that was never used before is slower
    assert!(many < 300 * few, "{few:?} {many:?}");
}

//! Everything that is wrong with a file.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/archives.rs"]
mod archives;
#[path = "io/make.rs"]
mod make;

use std::fs;
use std::path::Path;

use archives::{Members, archive, members};
use make::{Recipe, assert_same_block, assert_same_map, map};
use metatensor_core::{
    DType, Labels, Limit, Limits, Problem, TensorBlock, TensorMap, validate, validate_buffer,
};
use ndarray::Array2;
use zip::CompressionMethod;

fn stored(members: &Members) -> Vec<u8> {
    archive(members, CompressionMethod::Stored)
}

fn problems(bytes: &[u8]) -> Vec<Problem> {
    validate_buffer(bytes, Limits::default())
}

/// Three blocks with gradients.
fn good() -> TensorMap {
    let block = |rows: usize, property: &str| {
        let samples = Labels::range("atom", rows).unwrap();
        let properties = Labels::range(property, 2).unwrap();
        let values = Array2::from_elem((rows, 2), 0.5);
        let mut block = TensorBlock::new(values, &samples, [], &properties).unwrap();
        let rows = Labels::new(["sample", "xyz"], [[0, 0], [0, 1], [1, 0]]).unwrap();
        let gradient = TensorBlock::new(Array2::from_elem((3, 2), 0.25), rows, [], &properties);
        block.add_gradient("positions", gradient.unwrap()).unwrap();
        block
    };
    let keys = Labels::range("key", 3).unwrap();
    TensorMap::new(keys, vec![block(2, "n"), block(3, "n"), block(4, "n")]).unwrap()
}

#[test]
fn nothing_is_wrong_with_what_can_be_loaded() {
    for seed in 0..30 {
        let map = map(&Recipe {
            dtype: [DType::F64, DType::BOOL8, DType::C64][seed as usize % 3],
            components: seed as usize % 3,
            gradients: seed as usize % 4,
            depth: seed as usize % 3,
            blocks: 3,
            seed,
        });
        let bytes = map.save_buffer().unwrap();
        assert_eq!(problems(&bytes), []);
        assert_same_map(&TensorMap::load_buffer(&bytes).unwrap(), &map);
        let compressed = archive(&members(&bytes), CompressionMethod::Deflated);
        assert_eq!(problems(&compressed), []);
        for block in map.blocks() {
            let bytes = block.save_buffer().unwrap();
            assert_eq!(problems(&bytes), []);
            assert_same_block(&TensorBlock::load_buffer(&bytes).unwrap(), block);
        }
        assert_eq!(problems(&map.keys().save_buffer().unwrap()), []);
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/golden");
    let mut count = 0;
    for entry in fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "mts") {
            assert_eq!(validate(&path).unwrap(), [], "{}", path.display());
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

/// Whether all of `bytes` can be loaded is told in two ways.
fn assert_agree(bytes: &[u8], what: &dyn std::fmt::Debug) {
    let problems = problems(bytes);
    match TensorMap::load_buffer(bytes) {
        Ok(_) => assert_eq!(problems, [], "{what:?}: could be loaded"),
        Err(error) => assert!(!problems.is_empty(), "{what:?}: {error}"),
    }
}

#[test]
fn whatever_can_not_be_loaded_has_a_problem_and_nothing_else_has() {
    let stored = good().save_buffer().unwrap();
    let compressed = archive(&members(&stored), CompressionMethod::Deflated);
    for bytes in [stored, compressed] {
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << (at % 8);
            assert_agree(&damaged, &at);
        }
        for end in (0..bytes.len()).step_by(7) {
            assert_agree(&bytes[..end], &end);
        }
        let all = members(&bytes);
        for i in 0..all.len() {
            let mut fewer = all.clone();
            let (name, content) = fewer.remove(i);
            assert_agree(&self::stored(&fewer), &name);
            // in another place, where it may fit or not
            for (j, (name, _)) in all.iter().enumerate() {
                let mut other = all.clone();
                other[j].1.clone_from(&content);
                assert_agree(&self::stored(&other), &(i, name));
            }
        }
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let mut all = members(&good().save_buffer().unwrap());
    let position = |all: &Members, name: &str| all.iter().position(|m| m.0 == name).unwrap();
    // a block without samples, one with samples that come twice, a gradient of a sample that is not there
    all.remove(position(&all, "blocks/0/samples.npy"));
    let twice = position(&all, "blocks/1/samples.npy");
    let length = all[twice].1.len();
    all[twice].1.copy_within(length - 8..length - 4, length - 4);
    let outside = position(&all, "blocks/2/gradients/positions/samples.npy");
    let length = all[outside].1.len();
    all[outside].1[length - 8] = 77;
    // what belongs to nothing
    let keys = all[position(&all, "keys.npy")].1.clone();
    all.push(("blocks/9/values.npy".into(), keys.clone()));
    all.push(("blocks/1/other.npy".into(), keys));
    all.push(("info.json".into(), b"[1, 2]".to_vec()));
    let mut bytes = stored(&all);
    // a member that is damaged
    let name = b"blocks/2/values.npy";
    let header = memchr::memmem::find(&bytes, name).unwrap() - 30;
    bytes[header + 30 + name.len() + 140] ^= 1;

    let found = problems(&bytes);
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    for (member, message) in [
        ("blocks/0/samples.npy", "there is no 'blocks/0/samples.npy'"),
        ("blocks/1/samples.npy", "labels must have distinct rows"),
        (
            "blocks/2/values.npy",
            "'blocks/2/values.npy' is damaged: its checksum is",
        ),
        ("info.json", "expected an object with strings"),
        (
            "blocks/9/values.npy",
            "there is no key for block 9, only 3 keys",
        ),
        (
            "blocks/1/other.npy",
            "does not belong to any block or gradient",
        ),
    ] {
        let mut of_member = found.iter().filter(|p| p.member.as_deref() == Some(member));
        let problem = of_member.next();
        assert!(
            problem.is_some_and(|p| p.message.contains(message)),
            "{member}: {texts:#?}"
        );
        assert!(of_member.next().is_none(), "{member}: {texts:#?}");
    }
    let damaged = found
        .iter()
        .find(|p| p.member.as_deref() == Some("blocks/2/values.npy"));
    assert_eq!(damaged.unwrap().byte, Some(header as u64));
    assert_eq!(found.len(), 6, "{texts:#?}");

    // once the values are right, the gradient can be compared with them
    bytes[header + 30 + name.len() + 140] ^= 1;
    let found = problems(&bytes);
    let gradient = found
        .iter()
        .find(|p| p.member.as_deref() == Some("blocks/2/gradients/positions"));
    assert!(
        gradient
            .unwrap()
            .message
            .contains("can not add the gradient 'positions'"),
        "{found:#?}"
    );
}

#[test]
fn blocks_that_do_not_go_together_are_all_named() {
    let mut all = members(&good().save_buffer().unwrap());
    let other = TensorBlock::new(
        Array2::from_elem((4, 2), 0.5),
        Labels::range("other", 4).unwrap(),
        [],
        Labels::range("n", 2).unwrap(),
    );
    let other = members(&other.unwrap().save_buffer().unwrap());
    for block in [1, 2] {
        all.retain(|m| !m.0.starts_with(&format!("blocks/{block}/")));
        let renamed = other.iter().cloned();
        all.extend(renamed.map(|(name, bytes)| (format!("blocks/{block}/{name}"), bytes)));
    }
    let found = problems(&stored(&all));
    let places: Vec<_> = found.iter().map(|p| p.member.as_deref()).collect();
    assert_eq!(places, [Some("blocks/1"), Some("blocks/2")], "{found:#?}");
}

/// Large members are read by several threads, in pieces.
#[test]
fn one_byte_is_found_in_large_members() {
    let samples = Labels::range("atom", 40_000).unwrap();
    let properties = Labels::range("n", 99).unwrap();
    let values = Array2::from_elem((40_000, 99), true);
    let block = TensorBlock::new(values, samples, [], properties).unwrap();
    let bytes = block.save_buffer().unwrap();
    assert_eq!(problems(&bytes), []);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("block.mts");

    // 3.96 MB of true, after the header: the first byte, one in the middle, and the last one
    let start = memchr::memmem::find(&bytes, &[1; 99]).unwrap();
    for (place, byte) in [
        (0, 0),
        (0, 2),
        (2_222_222, 0),
        (2_222_222, 2),
        (3_959_999, 0),
    ] {
        let mut damaged = bytes.clone();
        damaged[start + place] = byte;
        fs::write(&path, &damaged).unwrap();
        let found = validate(&path).unwrap();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].member.as_deref(), Some("values.npy"));
        let reason = match byte {
            2 => "the byte 2 is not a boolean",
            _ => "its checksum is",
        };
        assert!(found[0].message.contains(reason), "{found:#?}");
        assert_eq!(found, problems(&damaged));
    }
}

#[test]
fn damaged_records_do_not_hide_each_other_and_count_once() {
    let bytes = good().save_buffer().unwrap();
    let records: Vec<_> = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").collect();
    let all: Vec<String> = members(&bytes).into_iter().map(|(name, _)| name).collect();
    // methods of compression that nobody knows
    let mut methods = bytes.clone();
    methods[records[1] + 10] = 99;
    methods[records[3] + 10] = 98;
    let found = problems(&methods);
    for (i, method) in [(1, 99), (3, 98)] {
        let message = format!("compression method {method} is not supported");
        let mut at = found
            .iter()
            .filter(|p| p.byte == Some(records[i] as u64) && p.member.as_ref() == Some(&all[i]));
        assert!(at.any(|p| p.message.contains(&message)), "{found:#?}");
    }
    assert_eq!(found.len(), 2, "{found:#?}");

    for (i, record) in records.iter().enumerate() {
        // a size and a position that can not be, and a method that nobody knows
        for (at, byte) in [(20 + 3, 0x7f), (42 + 3, 0x7f), (10, 77)] {
            let mut damaged = bytes.clone();
            damaged[record + at] = byte;
            if at == 20 + 3 {
                damaged[record + 24 + 3] = byte;
            }
            let found = problems(&damaged);
            let member = found[0].member.as_ref();
            assert_eq!(member, Some(&all[i]), "{found:#?}");
            assert_eq!(found.len(), 1, "{found:#?}");
        }
    }
}

/// What is wrong with a gradient is not wrong with its block, or with all other blocks, as well.
#[test]
fn bad_gradients_count_once() {
    let mut all = members(&good().save_buffer().unwrap());
    let at = |all: &Members, name: &str| all.iter().position(|m| m.0 == name).unwrap();
    let samples = at(&all, "blocks/0/gradients/positions/samples.npy");
    let length = all[samples].1.len();
    all[samples].1[length - 8] = 77;
    let found = problems(&stored(&all));
    assert_eq!(found.len(), 1, "{found:#?}");
    let folder = "blocks/0/gradients/positions";
    assert_eq!(found[0].member.as_deref(), Some(folder));

    let mut all = members(&good().save_buffer().unwrap());
    for (name, _) in &mut all {
        *name = name.replace("blocks/1/gradients/positions/", "blocks/1/gradients/../");
    }
    let found = problems(&stored(&all));
    assert_eq!(found.len(), 1, "{found:#?}");
    let message = &found[0].message;
    assert!(
        message.contains("'..' can not be the name of a gradient"),
        "{message}"
    );
}

#[test]
fn files_that_are_something_else_are_one_problem() {
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"PK\x03\x04 and nothing else", "is the start of an archive"),
        (b"\x93NUMPY\x01", "is the start of an array"),
    ] {
        let found = problems(bytes);
        assert_eq!(found.len(), 1, "{found:?}");
        let message = &found[0].message;
        assert!(
            message.starts_with("expected a map, a block or labels in the buffer, which"),
            "{message}"
        );
        assert!(message.contains(part), "{message}");
    }
    let other = stored(&vec![
        ("a.txt".into(), b"text".to_vec()),
        ("b.npy".into(), vec![1]),
    ]);
    let found = problems(&other);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].message.contains("is an archive of something else"),
        "{}",
        found[0]
    );
    assert!(validate("/does/not/exist.mts").is_err());
}

#[test]
fn limits_are_problems() {
    let bytes = good().save_buffer().unwrap();
    let limits = Limits::default().with(Limit::Members, 3);
    let found = validate_buffer(&bytes, limits);
    assert!(
        found[0].message.contains("are more than the limit of 3"),
        "{}",
        found[0]
    );
    let limits = Limits::default().with(Limit::Depth, 0);
    let found = validate_buffer(&bytes, limits);
    let of_depth = found.iter().filter(|p| p.message.contains("Limit::Depth"));
    assert_eq!(of_depth.count(), 3, "{found:#?}");
}

#[test]
fn all_maps_of_a_collection_are_checked() {
    let map = good().save_buffer().unwrap();
    let wrapped = {
        let header = format!(
            "{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}",
            map.len()
        );
        let mut bytes = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        bytes.extend(format!("{header:<117}\n").into_bytes());
        bytes.extend(&map);
        bytes
    };
    let block = good().blocks()[0].save_buffer().unwrap();
    let member = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let whole = vec![
        member("0/x.mts", &map),
        member("1/x.mts", &wrapped),
        member("README", b"what this is"),
    ];
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        assert_eq!(problems(&archive(&whole, method)), []);
    }

    let mut damaged = map.clone();
    let names = [&b"blocks/1/values.npy"[..], b"blocks/2/samples.npy"];
    for name in names {
        let at = damaged.windows(name.len()).position(|part| part == name);
        damaged[at.unwrap() + name.len() + 150] ^= 1;
    }
    let inner = stored(&whole);
    let all = [
        &whole[..],
        &[
            member("2/x.mts", &damaged),
            member("3/x.mts", &block),
            member("4/x.mts", b"text"),
            member("5/x.mts", &inner),
        ],
    ];
    let mut bytes = stored(&all.concat());
    let readme = bytes.windows(12).position(|part| part == b"what this is");
    bytes[readme.unwrap()] ^= 1;
    let found = problems(&bytes);
    let found: Vec<_> = found
        .iter()
        .map(|problem| (problem.member.as_deref().unwrap(), problem.message.as_str()))
        .collect();
    let expected = [
        ("2/x.mts", "'2/x.mts': 'blocks/1/values.npy'"),
        ("2/x.mts", "'2/x.mts': 'blocks/2/samples.npy'"),
        (
            "3/x.mts",
            "expected a tensor map in '3/x.mts' of the buffer, which holds a tensor block",
        ),
        (
            "4/x.mts",
            "expected a map, a block or labels in '4/x.mts' of the buffer, which is text",
        ),
        (
            "5/x.mts",
            "in '5/x.mts' of the buffer, which is a collection of files",
        ),
        ("README", "'README' is damaged"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!(found.1.contains(expected.1), "{found:?}");
    }
}

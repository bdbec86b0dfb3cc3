//! Archives and labels that are not the whole file.

use std::io::Write;

use metatensor_core::{DType, DenseArray, Error, Labels, Result, TensorBlock, TensorMap};
use zip::CompressionMethod;

use crate::archives::{archive, members};
use crate::make::{Recipe, assert_same_block, assert_same_map, map};

fn some_map() -> TensorMap {
    let mut map = map(&Recipe {
        dtype: DType::F64,
        components: 1,
        gradients: 2,
        depth: 1,
        blocks: 3,
        seed: 5,
    });
    map.info_mut().insert("author".into(), "me".into());
    map
}

/// A file with these bytes, which disappears with the value.
pub(crate) fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// The array of these bytes, as numpy saves it.
fn npy(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}");
    text += &" ".repeat(117 - text.len());
    let mut file = b"\x93NUMPY\x01\x00v\x00".to_vec();
    file.extend(text.as_bytes());
    file.push(b'\n');
    assert_eq!(file.len(), 128);
    file.extend(bytes);
    file
}

/// The ways in which numpy saves bytes.
fn saved_by_numpy(bytes: &[u8]) -> Vec<Vec<u8>> {
    let length = bytes.len();
    vec![
        npy("'|u1'", &format!("({length},)"), bytes),
        npy("'|i1'", &format!("({length},)"), bytes),
        npy(&format!("'|S{length}'"), "()", bytes),
        npy(&format!("'|V{length}'"), "()", bytes),
        npy("'|V1'", &format!("({length},)"), bytes),
    ]
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    archive(&members(bytes), CompressionMethod::Deflated)
}

/// An archive of these members, which are not compressed.
fn collection(members: &[(&str, &[u8])]) -> Vec<u8> {
    archive(members, CompressionMethod::Stored)
}

fn get32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The same archive with the 64-bit numbers at its end which large ones have.
fn with_64_bits(archive: &[u8]) -> Vec<u8> {
    let (before, end) = archive.split_at(archive.len() - 22);
    let count = u64::from(u16::from_le_bytes([end[10], end[11]]));
    let mut bytes = before.to_vec();
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 3, 45, 0]);
    bytes.extend([0; 8]);
    for number in [
        count,
        count,
        u64::from(get32(end, 12)),
        u64::from(get32(end, 16)),
    ] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend((before.len() as u64).to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([0xff; 12]);
    bytes.extend([0, 0]);
    bytes
}

fn with_comment(archive: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut bytes = archive[..archive.len() - 2].to_vec();
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    bytes
}

/// The archive after these bytes, with positions that count from the start of the file.
fn after(prefix: &[u8], archive: &[u8]) -> Vec<u8> {
    let mut archive = archive.to_vec();
    let end = archive.len() - 22;
    let mut at = get32(&archive, end + 16) as usize;
    let shift = |bytes: &mut [u8], at: usize| {
        let moved = get32(bytes, at) + prefix.len() as u32;
        bytes[at..at + 4].copy_from_slice(&moved.to_le_bytes());
    };
    shift(&mut archive, end + 16);
    while archive[at..].starts_with(b"PK\x01\x02") {
        shift(&mut archive, at + 42);
        let length = |i| usize::from(u16::from_le_bytes([archive[at + i], archive[at + i + 1]]));
        at += 46 + length(28) + length(30) + length(32);
    }
    [prefix, &archive].concat()
}

fn create(shape: &[usize], dtype: DType) -> Result<Box<dyn metatensor_core::Array>> {
    Ok(Box::new(DenseArray::zeros(dtype, shape)?))
}

fn check_map(bytes: &[u8], expected: &TensorMap) {
    let file = file(bytes);
    for loaded in [
        TensorMap::load_buffer(bytes),
        TensorMap::load_buffer_with(bytes, create),
        TensorMap::load(file.path()),
        TensorMap::load_with(file.path(), create),
    ] {
        assert_same_map(&loaded.unwrap(), expected);
    }
    let message = "expected labels in the buffer, which holds a tensor map";
    let error = Labels::load_buffer(bytes).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

fn check_block(bytes: &[u8], expected: &TensorBlock) {
    let file = file(bytes);
    for loaded in [
        TensorBlock::load_buffer(bytes),
        TensorBlock::load_buffer_with(bytes, create),
        TensorBlock::load(file.path()),
        TensorBlock::load_with(file.path(), create),
    ] {
        assert_same_block(&loaded.unwrap(), expected);
    }
}

/// The archive with all that may be before and after it.
fn layouts(archive: &[u8]) -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (0..3_000_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut all = saved_by_numpy(archive);
    for prefix in [&b"#"[..], b"#!/usr/bin/env python3\n", &noise, &[0; 512]] {
        all.push([prefix, archive].concat());
    }
    let blank = [b' ', b'\t', b'\r', b'\n', 0].repeat(100_000);
    for suffix in [&b"\n"[..], b"\r\n", b"\0", &blank, &[0; 22], &[0; 65_600]] {
        all.push([archive, suffix].concat());
    }
    let long = vec![b'c'; 65_535];
    let end = b"PK\x05\x06 looks like an end PK\x05\x06";
    for comment in [&b"c"[..], b"blank \n\0", &[0; 300], end, &long] {
        all.push(with_comment(archive, comment));
        all.push([&with_comment(archive, comment)[..], &blank].concat());
        let numpy = &saved_by_numpy(&with_comment(archive, comment))[0];
        all.push([numpy, &blank[..]].concat());
    }
    all
}

#[test]
fn maps_and_blocks_are_found_wherever_they_are_in_a_file() {
    let map = some_map();
    let bytes = map.save_buffer().unwrap();
    for archive in [&bytes, &compressed(&bytes)] {
        for archive in [archive, &with_64_bits(archive)] {
            check_map(archive, &map);
            for layout in layouts(archive) {
                check_map(&layout, &map);
            }
        }
        check_map(&after(b"#!/usr/bin/env python3\n", archive), &map);
    }
    let block = &map.blocks()[0];
    let archive = block.save_buffer().unwrap();
    for archive in [&archive, &with_64_bits(&archive)] {
        for layout in layouts(archive) {
            check_block(&layout, block);
        }
    }
}

#[test]
fn labels_are_told_by_what_they_are() {
    let labels = Labels::new(["system", "atom"], &[[0, 4], [1, 2]]).unwrap();
    let bytes = labels.save_buffer().unwrap();
    let mut layouts = saved_by_numpy(&bytes);
    for suffix in [&b""[..], b"\n", &[0; 100_000]] {
        layouts.push([&bytes, suffix].concat());
    }
    for layout in layouts {
        let file = file(&layout);
        assert_eq!(Labels::load_buffer(&layout).unwrap(), labels);
        assert_eq!(Labels::load(file.path()).unwrap(), labels);
        let error = TensorMap::load_buffer(&layout).unwrap_err().to_string();
        assert!(error.contains("which holds labels"), "{error}");
        let error = TensorBlock::load(file.path()).unwrap_err().to_string();
        assert!(error.contains("which holds labels"), "{error}");
    }

    let error = |bytes: &[u8]| Labels::load_buffer(bytes).unwrap_err().to_string();
    let message = error(&[&bytes[..], b"\n\nmore"].concat());
    let expected = format!(
        "labels that ends at byte {}, has 'more' at byte {}",
        bytes.len(),
        bytes.len() + 2
    );
    assert!(message.contains(&expected), "{message}");
    let message = error(&bytes[..bytes.len() - 1]);
    assert!(message.contains("was it cut off?"), "{message}");
    let numbers = npy("'<i4'", "(2,)", &[0; 8]);
    let message = error(&numbers);
    assert!(
        message.contains("an array of numbers without names"),
        "{message}"
    );
}

fn check_refused(bytes: &[u8], parts: &[&str]) {
    let file = file(bytes);
    for error in [
        TensorMap::load_buffer(bytes).unwrap_err(),
        TensorMap::load(file.path()).unwrap_err(),
        TensorBlock::load_buffer(bytes).unwrap_err(),
        TensorBlock::load(file.path()).unwrap_err(),
        Labels::load_buffer(bytes).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Serialization(_)), "{error}");
        let message = error.to_string();
        for part in parts {
            assert!(
                message.contains(part),
                "'{message}' should contain '{part}'"
            );
        }
    }
}

#[test]
fn what_follows_an_archive_is_refused_with_its_place() {
    let archive = some_map().save_buffer().unwrap();
    let length = archive.len();
    for archive in [archive.clone(), with_64_bits(&archive)] {
        let length = archive.len();
        for (between, after) in [(0, "x"), (3, "words"), (100_000, "\u{1}"), (5_000_000, "x")] {
            let bytes = [&archive, &vec![0; between][..], after.as_bytes()].concat();
            let place = format!("at byte {}: only whitespace", length + between);
            check_refused(&bytes, &[&format!("ends at byte {length}, has '"), &place]);
        }
    }
    // more than a comment can have
    let bytes = [&archive[..], &b"x".repeat(200_000)].concat();
    check_refused(&bytes, &[&format!("ends at byte {length}, has 'xxx")]);
    // a comment that is longer, or shorter, than it says
    let mut bytes = with_comment(&archive, b"a comment");
    bytes.push(b'!');
    check_refused(&bytes, &["has '!' at byte"]);
    bytes.truncate(bytes.len() - 2);
    check_refused(&bytes, &["without its end"]);
}

#[test]
fn parts_of_larger_archives_are_refused_with_the_probable_cause() {
    let map = some_map().save_buffer().unwrap();
    let block = some_map().blocks()[0].save_buffer().unwrap();

    // two archives in a row, with positions from the start of each or from the start of the file
    let first = "after another archive, which has 'values.npy' at byte 0";
    check_refused(&[&block[..], &map].concat(), &[first, "several files"]);
    check_refused(&after(&block, &map), &[first, "several files"]);
    check_refused(
        &[&compressed(&block), &b"\n"[..], &map].concat(),
        &[first, "several files"],
    );
    // the same some way into the file, where it is searched in pieces
    for length in [(1 << 20) - 10, (1 << 20) + 3, 3 << 20] {
        let bytes = [&vec![1; length], &block[..], &map].concat();
        let place = format!("'values.npy' at byte {length}");
        check_refused(&bytes, &[&place, "several files"]);
    }

    // a collection, cut off after one of its members
    let large = vec![7; 100_000];
    let all = collection(&[("large", &large), ("map.mts", &map), ("more", &large)]);
    let start = all
        .windows(map.len())
        .position(|bytes| bytes == map)
        .unwrap();
    let cut = &all[..start + map.len()];
    check_refused(cut, &["'large' before it, at byte 0", "cut off"]);
    let alone = collection(&[("map.mts", &map), ("more", &large)]);
    let cut = &alone[..37 + map.len()];
    check_refused(
        cut,
        &[
            "starts at byte 37",
            "'map.mts' before it, at byte 0",
            "cut off",
        ],
    );
    check_refused(&[cut, &[0; 1000]].concat(), &["cut off"]);
    // a whole collection is none of this
    check_refused(&alone, &["a collection of files", "'map.mts'"]);

    // the first bytes are missing
    check_refused(&map[100..], &["were the first bytes cut off?"]);
    check_refused(&with_64_bits(&map)[1..], &["contradict each other"]);
}

#[test]
fn ends_that_leave_a_choice_are_refused() {
    let map = some_map().save_buffer().unwrap();
    let block = some_map().blocks()[0].save_buffer().unwrap();
    for other in [&map, &block, &with_64_bits(&block), &b"PK\x05\x06".to_vec()] {
        let mut other = other.clone();
        if other.len() < 22 {
            other.resize(22, 0);
        }
        let bytes = with_comment(&map, &other);
        check_refused(&bytes, &["two ends"]);
        check_refused(&[&bytes[..], b"\n"].concat(), &["two ends"]);
    }

    // a copy of the directory after the directory: from the start of the file, or from the end of it
    for archive in [&map, &compressed(&map)] {
        let (before, end) = archive.split_at(archive.len() - 22);
        let directory = &before[get32(end, 16) as usize..];
        check_refused(&[before, directory, end].concat(), &["two directories"]);
    }

    // numbers of 64 bits that differ from those of 32 bits
    let good = with_64_bits(&map);
    let end = good.len() - 22;
    for (at, value) in [(10, &[1, 0][..]), (12, &[1, 0, 0, 0]), (16, &[1, 0, 0, 0])] {
        let mut bytes = good.clone();
        bytes[end + at..][..value.len()].copy_from_slice(value);
        check_refused(&bytes, &["contradict each other"]);
    }
    let mut bytes = good.clone();
    bytes[end - 20 + 8] ^= 1;
    check_refused(&bytes, &["contradict each other"]);
    let mut bytes = good.clone();
    bytes[end - 20 - 56] ^= 1;
    check_refused(&bytes, &["64-bit end of its directory is not where"]);
}

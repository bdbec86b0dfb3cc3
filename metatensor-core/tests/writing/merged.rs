//! Files that are made of several ones.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use metatensor_core::{FileAlignment, Labels, Mapping, TensorBlock, TensorMap, merge_files};
use ndarray::arr2;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::make::assert_same_map;
use crate::parts::{block, maps, members, names, write};

/// Saves parts of `map` to files of their own.
fn split(map: &TensorMap, folder: &Path, sizes: &[usize]) -> Vec<PathBuf> {
    let mut start = 0;
    let mut paths = Vec::new();
    for (i, size) in sizes.iter().enumerate() {
        let end = (start + size).min(map.len());
        let rows = (start..end).map(|row| map.keys()[row].to_vec());
        let names: Vec<_> = map.keys().names().iter().collect();
        let keys = Labels::from_rows(&names, rows).unwrap();
        let mut part = TensorMap::new(keys, map.blocks()[start..end].to_vec()).unwrap();
        part.info_mut().clone_from(map.info());
        let path = folder.join(format!("part-{i}.mts"));
        match i % 2 {
            0 => part.save(&path).unwrap(),
            _ => write(&part, &path).unwrap(),
        }
        paths.push(path);
        start = end;
    }
    paths
}

#[test]
fn merged_parts_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for map in maps() {
        for sizes in [&[5][..], &[0, 2, 3], &[1, 1, 1, 1, 1]] {
            let parts = split(&map, folder.path(), sizes);
            let output = folder.path().join("merged.mts");
            for alignment in [FileAlignment::Aligned, FileAlignment::Packed] {
                merge_files(&parts, &output, alignment).unwrap();
                assert_same_map(&TensorMap::load(&output).unwrap(), &map);
            }
            // what was written block by block: these arrays are small
            merge_files(&parts, &output, FileAlignment::Packed).unwrap();
            let whole = folder.path().join("whole.mts");
            write(&map, &whole).unwrap();
            assert!(fs::read(&output).unwrap() == fs::read(&whole).unwrap());
        }
    }
}

fn save(path: &Path, keys: &[i32], blocks: Vec<TensorBlock>) -> TensorMap {
    let keys = Labels::from_rows(&["a"], keys.iter().map(|&key| [key])).unwrap();
    let map = TensorMap::new(keys, blocks).unwrap();
    map.save(path).unwrap();
    map
}

#[test]
fn files_that_do_not_fit_are_not_merged() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, output] =
        ["first.mts", "second.mts", "output.mts"].map(|n| folder.path().join(n));
    save(&first, &[1, 2], vec![block(1, 3), block(2, 3)]);
    fs::write(&output, "what was there before").unwrap();
    let refuse = |expected: &str| {
        let result = merge_files(&[&first, &second], &output, FileAlignment::Aligned);
        let error = result.unwrap_err().to_string();
        let start = format!("'{}': ", second.display());
        let rest = error.split_once(&start).map(|(_, rest)| rest);
        assert_eq!(rest, Some(expected), "{error}");
        assert_eq!(fs::read(&output).unwrap(), b"what was there before");
    };
    save(&second, &[3, 2], vec![block(1, 3), block(2, 3)]);
    refuse("there is a block with the key (a=2) already, at position 1");

    let other = |property: &str| {
        let property = Labels::range(property, 1).unwrap();
        TensorBlock::new(
            arr2(&[[1.0]]),
            Labels::range("sample", 1).unwrap(),
            [],
            property,
        )
        .unwrap()
    };
    save(&second, &[3], vec![other("n")]);
    refuse(
        "block (a=3) does not have the structure of the first block: expected the property names ['property'], got ['n']",
    );

    let keys = Labels::new(["b"], [[3]]).unwrap();
    TensorMap::new(keys, vec![block(1, 3)])
        .unwrap()
        .save(&second)
        .unwrap();
    refuse("expected keys with the dimensions ['a'], got ['b']");

    let mut map = save(&first, &[1], vec![block(1, 3)]);
    map.info_mut().insert("author".into(), "me".into());
    map.save(&first).unwrap();
    let mut map = save(&second, &[2], vec![block(1, 3)]);
    map.info_mut().insert("author".into(), "you".into());
    map.save(&second).unwrap();
    refuse(
        "the info 'author' is 'you', but 'me' in the files before: nothing tells which of them is meant",
    );

    block(1, 3).save(&second).unwrap();
    let error = merge_files(&[&first, &second], &output, FileAlignment::Aligned).unwrap_err();
    assert!(error.to_string().contains("second.mts"), "{error}");
    let error = merge_files::<&Path>(&[], &output, FileAlignment::Aligned).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid parameter: there are no files to merge"
    );
    assert_eq!(
        names(folder.path()),
        ["first.mts", "output.mts", "second.mts"]
    );
}

/// Makes a file of other members with the `zip` crate.
fn repack(path: &Path, method: CompressionMethod, more: &[(&str, &str)]) {
    let mut old = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut new = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for i in 0..old.len() {
        let mut member = old.by_index(i).unwrap();
        let name = member.name().unwrap().into_owned();
        new.start_file(name, options).unwrap();
        std::io::copy(&mut member, &mut new).unwrap();
    }
    for (name, text) in more {
        new.start_file(*name, options).unwrap();
        new.write_all(text.as_bytes()).unwrap();
    }
    fs::write(path, new.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn members_are_copied_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.mts");
    let map = save(&path, &[1, 2], vec![block(1, 3000), block(2, 3)]);
    let large = fs::metadata(&path).unwrap().len();
    repack(
        &path,
        CompressionMethod::Deflated,
        &[("notes/today.txt", "it rained")],
    );
    let compressed = fs::metadata(&path).unwrap().len();
    assert!(compressed * 10 < large);
    let output = folder.path().join("new.mts");
    merge_files(&[&path], &output, FileAlignment::Aligned).unwrap();
    // compressed as before, and nothing was lost
    assert!(fs::metadata(&output).unwrap().len() < compressed + 2000);
    assert_same_map(&TensorMap::load(&output).unwrap(), &map);
    let mut archive = ZipArchive::new(File::open(&output).unwrap()).unwrap();
    let notes = std::io::read_to_string(archive.by_name("notes/today.txt").unwrap());
    assert_eq!(notes.unwrap(), "it rained");

    let other = folder.path().join("other.mts");
    save(&other, &[3], vec![block(1, 3)]);
    repack(
        &other,
        CompressionMethod::Stored,
        &[("notes/today.txt", "it did not")],
    );
    let error = merge_files(&[&path, &other], &output, FileAlignment::Aligned);
    assert_eq!(
        error.unwrap_err().to_string(),
        "invalid parameter: two archive members would have the name 'notes/today.txt'"
    );
}

#[test]
fn small_values_are_aligned_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    for rows in 1..20 {
        let map = save(&path, &[1, 2], vec![block(1, rows), block(2, rows)]);
        merge_files(&[&path], &path, FileAlignment::Aligned).unwrap();
        for (name, start, _) in members(&path) {
            assert!(start % 64 == 0 || !name.ends_with("values.npy"), "{name}");
        }
        let mapped = TensorMap::load_mapped(&path, Mapping::ReadOnly).unwrap();
        assert!(mapped.blocks().iter().all(TensorBlock::is_mapped));
        assert_same_map(&mapped, &map);
    }
}

#[test]
fn a_merge_of_one_file_aligns_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let map = save(&path, &[1, 2], vec![block(1, 3000), block(2, 4000)]);
    repack(&path, CompressionMethod::Stored, &[]);
    let misaligned = |path: &Path| {
        let members = members(path);
        members
            .iter()
            .filter(|member| member.2 > 100_000 && member.1 % 64 != 0)
            .count()
    };
    assert_eq!(misaligned(&path), 2);
    // the output may be the input
    merge_files(&[&path], &path, FileAlignment::Aligned).unwrap();
    assert_eq!(misaligned(&path), 0);
    assert_same_map(&TensorMap::load(&path).unwrap(), &map);
    merge_files(&[&path], &path, FileAlignment::Packed).unwrap();
    assert_eq!(misaligned(&path), 2);
}

#[test]
fn what_is_damaged_stays_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    save(&path, &[1, 2], vec![block(1, 3000), block(2, 4000)]);
    let (name, start, size) = members(&path)
        .into_iter()
        .find(|member| member.2 > 200_000)
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[(start + size - 9) as usize] ^= 1;
    fs::write(&path, bytes).unwrap();
    merge_files(&[&path], &path, FileAlignment::Aligned).unwrap();
    let error = TensorMap::load(&path).unwrap_err().to_string();
    assert!(
        error.contains(&format!("'{name}' is damaged: its checksum")),
        "{error}"
    );
}

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use metatensor_core::{Complex, DenseArray, Element, Error, Labels, Result, TensorMap};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::load_parts;
use crate::communicator::Call;
use crate::testing::files::{large_map, random_maps, same_error};
use crate::{Communicator, Partition, run_local};

/// With blocks of this size read in parts.
fn load(
    communicator: &Communicator,
    path: &Path,
    partition: &Partition<'_>,
    small: u64,
) -> Result<TensorMap> {
    communicator.collective(Call::new("test"), |session| {
        load_parts(session, path, partition, None, small)
    })
}

/// How many partitions there are of any map.
const PARTITIONS: usize = 8;

/// Lets `run` see one of the partitions of this map.
fn with_partition<T>(
    number: usize,
    map: &TensorMap,
    ranks: usize,
    run: impl FnOnce(&Partition<'_>) -> T,
) -> T {
    let by_key = |key: &[i32]| Ok(key.iter().sum::<i32>().rem_euclid(ranks as i32));
    let by_row = |block: usize, row: &[i32]| Ok((block as i32 + row[0]).rem_euclid(ranks as i32));
    let blocks = map.blocks().iter();
    let lists: Vec<Vec<i32>> = blocks
        .map(|block| {
            let rows = 0..block.samples().count();
            rows.map(|i| (i * i % ranks) as i32).collect()
        })
        .collect();
    let lists: Vec<&[i32]> = lists.iter().map(Vec::as_slice).collect();
    let names: Vec<&str> = map.blocks()[0].samples().names().to_vec();
    run(&match number {
        0 => Partition::Rows,
        1 => Partition::Blocks,
        2 => Partition::Keys(&by_key),
        3 => Partition::By(&by_row),
        4 => Partition::Ranks(&lists),
        5 => Partition::Strided(&names[..1]),
        6 => Partition::Contiguous(&names),
        _ => Partition::Hashed(&names),
    })
}

/// Whether each rank gets what scattering the loaded map would give it.
fn check(path: &Path, ranks: usize, small: u64, what: &str) {
    let map = TensorMap::load(path).unwrap();
    for number in 0..PARTITIONS {
        let results = run_local(ranks, |communicator| {
            with_partition(number, &map, ranks, |partition| {
                let loaded = load(&communicator, path, partition, small);
                let root = (communicator.rank() == 0).then_some(&map);
                let scattered = communicator.scatter(0, root, partition);
                (loaded, scattered.unwrap())
            })
        });
        for (rank, (loaded, scattered)) in results.into_iter().enumerate() {
            let what = format!("{what}, rank {rank} of {ranks}, partition {number}, small {small}");
            let loaded = loaded.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(loaded.info(), scattered.info(), "{what}");
            assert_eq!(loaded.keys(), scattered.keys(), "{what}");
            let same = loaded.save_buffer().unwrap() == scattered.save_buffer().unwrap();
            assert!(same, "{what}: other bytes");
        }
    }
}

fn check_random<T: Element>(seed: u64, make: fn(u32) -> T) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let map = random_maps(seed, 1, make).remove(0);
    if map.is_empty() {
        return;
    }
    map.save(&path).unwrap();
    for ranks in [1, 2, 3, 5] {
        for small in [0, 200, u64::MAX] {
            check(&path, ranks, small, &format!("seed {seed}"));
        }
    }
}

#[test]
fn ranks_get_what_scatter_gives() {
    for seed in 0..4 {
        check_random(4 * seed, f64::from);
        check_random(4 * seed + 1, |i| i as i16);
        check_random(4 * seed + 2, |i| i % 3 == 0);
        check_random(4 * seed + 3, |i| Complex::new(i as f32, -1.0));
    }
}

#[test]
fn large_files_are_read_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    large_map(0, 1, 1500).save(&path).unwrap();
    for ranks in [2, 3] {
        check(&path, ranks, super::labels::SMALL, "large");
    }
}

#[test]
fn maps_without_blocks_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut map = TensorMap::new(Labels::empty(&["k"]).unwrap(), vec![]).unwrap();
    map.info_mut().insert("a".into(), "b".into());
    map.save(&path).unwrap();
    for ranks in [1, 2, 3] {
        let results = run_local(ranks, |communicator| {
            communicator.load(&path, &Partition::Rows)
        });
        for result in results {
            let loaded = result.unwrap();
            assert_eq!((loaded.keys(), loaded.info()), (map.keys(), map.info()));
        }
    }
}

/// The same archive with members changed by `change`, which gives the name, bytes and method.
fn rewritten(
    content: &[u8],
    change: impl Fn(&str, Vec<u8>) -> (Vec<u8>, CompressionMethod),
) -> Vec<u8> {
    let mut archive = ZipArchive::new(std::io::Cursor::new(content)).unwrap();
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        let (bytes, method) = change(&name, bytes);
        let options = SimpleFileOptions::default().compression_method(method);
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn what_can_not_be_read_in_parts_is_read_by_one_rank() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let content = large_map(0, 1, 40).save_buffer().unwrap();
    let compressed = rewritten(&content, |name, bytes| match name {
        "blocks/0/gradients/positions/values.npy" => (bytes, CompressionMethod::Deflated),
        _ => (bytes, CompressionMethod::Stored),
    });
    fs::write(&path, compressed).unwrap();
    check(&path, 3, 0, "compressed");

    let transposed = rewritten(&content, |name, mut bytes| {
        if name == "blocks/1/values.npy" {
            let header = bytes.windows(5).position(|text| text == b"False").unwrap();
            bytes[header..][..5].copy_from_slice(b"True ");
        }
        (bytes, CompressionMethod::Stored)
    });
    fs::write(&path, transposed).unwrap();
    check(&path, 2, 0, "transposed");
}

/// The error that all ranks get for this file.
fn refused(path: &Path, ranks: usize, number: usize) -> String {
    let map = large_map(0, 1, 3);
    same_error(run_local(ranks, |communicator| {
        let result = with_partition(number, &map, ranks, |partition| {
            load(&communicator, path, partition, 0)
        });
        communicator.agree(Ok(())).unwrap();
        result
    }))
}

#[test]
fn damaged_members_are_named_on_all_ranks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let content = large_map(0, 1, 1000).save_buffer().unwrap();
    let directory = content
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    for name in [
        "blocks/0/values.npy",
        "blocks/0/samples.npy",
        "blocks/0/gradients/positions/values.npy",
        "blocks/0/gradients/positions/samples.npy",
        "blocks/1/values.npy",
        "keys.npy",
    ] {
        // somewhere in the data, which starts after a header of numpy
        let header = memory_of(&content[..directory], name.as_bytes());
        let data = header + memory_of(&content[header..], b"\x93NUMPY");
        for position in [data + 140, data + 300] {
            let mut damaged = content.clone();
            if name.ends_with("values.npy") {
                damaged[position] ^= 1;
            } else {
                damaged[data + 131] ^= 0x40;
            }
            fs::write(&path, damaged).unwrap();
            // rows in ranges, of which checksums are known
            for (ranks, number) in [(2, 0), (3, 0), (3, 1)] {
                let error = refused(&path, ranks, number);
                assert!(error.contains(name), "{name}: {error}");
                assert!(
                    error.contains(&format!("'{}'", path.display())),
                    "{name}: {error}"
                );
                assert!(
                    error.starts_with("serialization format error: rank "),
                    "{error}"
                );
            }
        }
    }
}

/// Where `text` is in `bytes`.
fn memory_of(bytes: &[u8], text: &[u8]) -> usize {
    let mut windows = bytes.windows(text.len());
    windows.position(|window| window == text).unwrap()
}

#[test]
fn files_that_are_no_maps_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let error = refused(&path, 3, 0);
    assert!(error.contains("rank 0: could not open"), "{error}");

    large_map(0, 1, 3)
        .block_by_id(0)
        .unwrap()
        .save(&path)
        .unwrap();
    let error = refused(&path, 3, 0);
    assert!(error.contains("block"), "{error}");

    // arrays that belong to nothing
    let content = large_map(0, 1, 3).save_buffer().unwrap();
    for lost in ["blocks/1/lost.npy", "blocks/2/values.npy"] {
        let mut archive = ZipWriter::new_append(std::io::Cursor::new(content.clone())).unwrap();
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(lost, options).unwrap();
        archive.write_all(b"?").unwrap();
        fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
        let expected = TensorMap::load(&path).unwrap_err().to_string();
        let expected = expected.split_once(": ").unwrap().1;
        let error = refused(&path, 3, 0);
        assert!(error.ends_with(expected), "{error}, expected {expected}");
    }
}

#[test]
fn arrays_are_those_of_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    large_map(0, 1, 500).save(&path).unwrap();
    for ranks in [1, 2, 3] {
        let counts = run_local(ranks, |communicator| {
            let mut count = 0;
            let map = communicator.load_with(&path, &Partition::Rows, |shape, dtype| {
                count += 1;
                Ok(Box::new(DenseArray::zeros(dtype, shape)?))
            });
            let plain = communicator.load(&path, &Partition::Rows).unwrap();
            assert!(map.unwrap().save_buffer().unwrap() == plain.save_buffer().unwrap());
            count
        });
        assert_eq!(counts, vec![4; ranks]);
    }
    let results = run_local(3, |communicator| {
        communicator.load_with(&path, &Partition::Rows, |shape, dtype| {
            if communicator.rank() == 1 {
                return Err(Error::invalid("no array for you"));
            }
            Ok(Box::new(DenseArray::zeros(dtype, shape)?))
        })
    });
    let expected = format!(
        "invalid parameter: rank 1: '{}': no array for you",
        path.display()
    );
    assert_eq!(same_error(results), expected);
}

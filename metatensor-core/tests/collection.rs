//! Archives of many maps.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "collection/hostile.rs"]
mod hostile;
#[path = "collection/index.rs"]
mod index;
#[path = "io/make.rs"]
mod make;
#[path = "collection/writer.rs"]
mod writer;

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::thread;

use make::{Random, Recipe, assert_same_map, map};
use metatensor_core::{
    Collection, DType, Error, Labels, Limit, Limits, ReadAt, Result, TensorBlock, TensorMap,
};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// What `numpy.save` makes of an array of these bytes.
fn wrapped(bytes: &[u8]) -> Vec<u8> {
    let shape = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': ({},), }}",
        bytes.len()
    );
    let length = (10 + shape.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend((length as u16).to_le_bytes());
    file.extend(format!("{shape:<0$}\n", length - 1).as_bytes());
    file.extend(bytes);
    file
}

fn archive(members: &[(String, Vec<u8>, CompressionMethod)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, method) in members {
        let options = SimpleFileOptions::default().compression_method(*method);
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    let members = members.iter().map(|(name, bytes)| {
        let method = CompressionMethod::Stored;
        ((*name).to_owned(), bytes.to_vec(), method)
    });
    archive(&members.collect::<Vec<_>>())
}

fn in_memory(bytes: Vec<u8>) -> Result<Collection> {
    Collection::from_bytes(bytes, Limits::default())
}

fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.to_string(),
    }
}

/// A map that is different for different numbers.
fn numbered(number: u64) -> TensorMap {
    let recipe = Recipe {
        dtype: DType::F64,
        components: (number % 3) as usize,
        gradients: (number % 2) as usize,
        depth: 1,
        blocks: 1 + (number % 4) as usize,
        seed: number,
    };
    let mut map = map(&recipe);
    map.info_mut().insert("number".into(), number.to_string());
    map
}

/// Maps in all forms that there are, in no order, with some numbers missing, and a few other members.
fn mixed(count: usize) -> (Vec<u8>, Vec<(i32, &'static str, TensorMap)>) {
    let mut random = Random(count as u64);
    let mut maps = Vec::new();
    for number in 0..count as i32 {
        for name in ["energy", "a name of ∂"] {
            if random.below(5) > 0 {
                maps.push((3 * number, name, numbered(random.below(1000) as u64)));
            }
        }
    }
    for i in (1..maps.len()).rev() {
        maps.swap(i, random.below(i + 1));
    }
    let mut members = vec![(
        "README".to_owned(),
        b"text".to_vec(),
        CompressionMethod::Stored,
    )];
    for (number, name, map) in &maps {
        let mut bytes = map.save_buffer().unwrap();
        if random.below(2) == 0 {
            bytes = wrapped(&bytes);
        }
        let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
        members.push((
            format!("{number}/{name}.mts"),
            bytes,
            methods[random.below(2)],
        ));
    }
    (archive(&members), maps)
}

/// Bytes that remember where they were read.
#[derive(Clone)]
struct Counting {
    bytes: Arc<Vec<u8>>,
    reads: Arc<Mutex<Vec<(u64, usize)>>>,
}

impl ReadAt for Counting {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.reads.lock().unwrap().push((offset, bytes.len()));
        if offset == 13 {
            return Err(Error::Callback("unlucky".into()));
        }
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }
}

#[test]
fn maps_are_found_and_loaded_from_anywhere() {
    let (bytes, maps) = mixed(40);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    std::fs::write(&path, &bytes).unwrap();
    let counting = Counting {
        bytes: Arc::new(bytes.clone()),
        reads: Arc::default(),
    };
    for collection in [
        Collection::open(&path).unwrap(),
        Collection::from_reader("store", counting, Limits::default()).unwrap(),
        in_memory(bytes).unwrap(),
    ] {
        assert_eq!(collection.len(), maps.len());
        assert!(!collection.is_empty());
        let mut names: Vec<_> = collection.names().collect();
        names.sort_unstable();
        assert_eq!(names, ["a name of ∂", "energy"]);
        for name in names {
            let of_name = maps.iter().filter(|map| map.1 == name);
            let mut numbers: Vec<_> = of_name.map(|map| map.0).collect();
            numbers.sort_unstable();
            assert_eq!(collection.numbers(name), numbers);
            for number in -1..=121 {
                assert_eq!(collection.contains(number, name), numbers.contains(&number));
            }
            let mut asked = numbers.clone();
            asked.reverse();
            asked.extend([numbers[3], numbers[3]]);
            let loaded = collection.load_all(name, &asked).unwrap();
            assert_eq!(loaded.len(), asked.len());
            for (number, loaded) in asked.iter().zip(&loaded) {
                let expected = maps.iter().find(|map| map.0 == *number && map.1 == name);
                assert_same_map(loaded, &expected.unwrap().2);
            }
        }
        for (number, name, map) in &maps {
            assert_same_map(&collection.load(*number, name).unwrap(), map);
        }
        assert_eq!(collection.bytes("README").unwrap(), b"text");
    }
}

#[test]
fn any_number_of_threads_loads_at_once() {
    let (bytes, maps) = mixed(30);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dataset.zip");
    std::fs::write(&path, &bytes).unwrap();
    let collection = Collection::open(&path).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (collection, maps) = (&collection, &maps);
            scope.spawn(move || {
                for i in 0..maps.len() {
                    let (number, name, map) = &maps[(i + 7 * thread) % maps.len()];
                    assert_same_map(&collection.load(*number, name).unwrap(), map);
                }
            });
        }
    });
}

#[test]
fn a_member_is_one_read() {
    let (bytes, maps) = mixed(10);
    let counting = Counting {
        bytes: Arc::new(bytes),
        reads: Arc::default(),
    };
    let reads = Arc::clone(&counting.reads);
    let size = counting.size();
    let collection = Collection::from_reader("store", counting, Limits::default()).unwrap();
    let mut total = 0;
    for (number, name, _) in &maps {
        reads.lock().unwrap().clear();
        collection.load(*number, name).unwrap();
        let reads = reads.lock().unwrap();
        assert_eq!(reads.len(), 1, "{reads:?}");
        total += reads[0].1 as u64;
    }
    assert!(total < size, "nothing but members is read");
    reads.lock().unwrap().clear();
    collection.bytes("README").unwrap();
    assert_eq!(reads.lock().unwrap().len(), 1);
}

#[test]
fn extra_fields_of_any_length_come_before_the_data() {
    let map = numbered(5);
    let bytes = map.save_buffer().unwrap();
    for alignment in [1, 64, 4096, 32768] {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..3 {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .with_alignment(alignment);
            let options = options.large_file(number == 1);
            writer
                .start_file(format!("{number}/x.mts"), options)
                .unwrap();
            writer.write_all(&bytes).unwrap();
        }
        let collection = in_memory(writer.finish().unwrap().into_inner()).unwrap();
        for number in 0..3 {
            assert_same_map(&collection.load(number, "x").unwrap(), &map);
        }
    }
}

#[test]
fn other_names_are_no_maps() {
    let bytes = numbered(1).save_buffer().unwrap();
    let others = [
        "007/a.mts",
        "+1/a.mts",
        "-1/a.mts",
        "/a.mts",
        "00/a.mts",
        "2147483648/a.mts",
        "1 /a.mts",
        "١/a.mts",
        "1/b/a.mts",
        "1/.mts",
        "1/a.npz",
        "a",
        "a.mts",
        "-1",
    ];
    let mut members: Vec<_> = others.iter().map(|name| (*name, name.as_bytes())).collect();
    members.extend([("0/a.mts", &bytes[..]), ("2147483647/a.mts", &bytes[..])]);
    let collection = in_memory(stored(&members)).unwrap();
    assert_eq!(collection.len(), 2);
    assert_eq!(collection.names().collect::<Vec<_>>(), ["a"]);
    assert_eq!(collection.numbers("a"), [0, i32::MAX]);
    assert!(collection.numbers("a.mts").is_empty());
    for (name, expected) in &members {
        assert_eq!(&collection.bytes(name).unwrap(), expected);
    }
    for name in ["b/a", "", "."] {
        assert!(!collection.contains(1, name));
    }
    assert!(!collection.contains(-1, "a"));
    assert_eq!(
        message(collection.load(-1, "a")),
        "invalid parameter: there is no '-1/a.mts' in the buffer: maps 'a' have numbers from 0 to 2147483647"
    );
    assert_eq!(
        message(collection.load_all("b", &[0])),
        "invalid parameter: there is no '0/b.mts' in the buffer: the first names of its maps are 'a'"
    );
    assert_eq!(
        message(collection.bytes("0/a")),
        "invalid parameter: there is no '0/a' in the buffer"
    );
}

#[test]
fn an_archive_without_maps_is_a_collection_of_none() {
    let collection = in_memory(stored(&[("README", b"text")])).unwrap();
    assert!(collection.is_empty());
    assert_eq!(collection.names().count(), 0);
    assert_eq!(collection.bytes("README").unwrap(), b"text");
    assert_eq!(collection.load_all("x", &[]).unwrap().len(), 0);
    assert_eq!(
        message(collection.load(0, "x")),
        "invalid parameter: there is no '0/x.mts' in the buffer: it has no maps"
    );
}

//! The memory that loading takes is bounded by the size of the file, whatever the file claims.
#![expect(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[cfg(unix)]
#[path = "hostile_memory/readers.rs"]
mod readers;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use metatensor_core::{Labels, TensorBlock, TensorMap, memory_use, reset_peak_memory};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The system allocator, the size of the largest piece it was asked for, how much memory is in use, and how
/// much was at most.
struct Largest;

static LARGEST: AtomicUsize = AtomicUsize::new(0);
static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

impl Largest {
    fn count(size: usize) {
        LARGEST.fetch_max(size, Relaxed);
        let used = USED.fetch_add(size, Relaxed) + size;
        PEAK.fetch_max(used, Relaxed);
    }
}

/// What `load` gives, and how much memory it needed in addition to what was in use: of the allocator, and of the system for
/// large arrays.
fn with_peak<T>(load: impl FnOnce() -> T) -> (T, usize) {
    let before = USED.load(Relaxed);
    PEAK.store(before, Relaxed);
    reset_peak_memory();
    let arrays_before = memory_use().peak;
    let loaded = load();
    let arrays = memory_use().peak - arrays_before;
    (loaded, PEAK.load(Relaxed) - before + arrays)
}

// SAFETY: all of the work is done by the system allocator.
unsafe impl GlobalAlloc for Largest {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Largest::count(layout.size());
        // SAFETY: as for the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Largest::count(layout.size());
        // SAFETY: as for the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // both pieces may exist while one is copied
        Largest::count(size);
        USED.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Largest = Largest;

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

fn archive(members: &[(&str, Vec<u8>)], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// All tests look at what the whole process does.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn claims_do_not_take_memory() {
    let _alone = ALONE.lock();
    let keys = npy("[('a', '<i4')]", "(1,)", &[0; 4]);
    let claims = [
        ("'<f8'", "(100000000, 100, 100)"),
        ("'<f8'", "(500000000,)"),
        ("'<c16'", "(1, 1, 1, 1, 1000000000)"),
        ("[('a', '<i4')]", "(1000000000,)"),
        ("'<f8'", "(0, 1000000000)"),
    ];
    for (descr, shape) in claims {
        let member = npy(descr, shape, &[0; 64]);
        for method in [
            zip::CompressionMethod::Stored,
            zip::CompressionMethod::Deflated,
        ] {
            let map = [
                ("keys.npy", keys.clone()),
                ("blocks/0/values.npy", member.clone()),
            ];
            let map = archive(&map, method);
            let block = archive(&[("values.npy", member.clone())], method);
            let keys_only = archive(&[("keys.npy", member.clone())], method);
            let ((), peak) = with_peak(|| {
                assert!(TensorMap::load_buffer(&map).is_err());
                assert!(TensorBlock::load_buffer(&block).is_err());
                assert!(TensorMap::load_buffer(&keys_only).is_err());
                assert!(Labels::load_buffer(&member).is_err());
            });
            assert!(peak < 1 << 20, "{peak} bytes for {descr} {shape}");
        }
    }

    // many keys that have no blocks
    let count = 1_000_000_i32;
    let values: Vec<u8> = (0..count).flat_map(i32::to_le_bytes).collect();
    let keys = npy("[('a', '<i4')]", &format!("({count},)"), &values);
    let map = archive(&[("keys.npy", keys)], zip::CompressionMethod::Stored);
    LARGEST.store(0, Relaxed);
    let error = TensorMap::load_buffer(&map).unwrap_err().to_string();
    assert!(error.contains("'blocks/0/values.npy'"), "{error}");
    let largest = LARGEST.load(Relaxed);
    assert!(largest < 2 * map.len(), "{largest} bytes");
}

/// A map with one block, in an archive of compressed members, of which those that are given are other ones.
fn compressed_map(others: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let one = npy("[('a', '<i4')]", "(1,)", &[0; 4]);
    let mut members = vec![
        ("keys.npy", one.clone()),
        ("blocks/0/values.npy", npy("'<f8'", "(1, 1)", &[0; 8])),
        ("blocks/0/samples.npy", one.clone()),
        ("blocks/0/properties.npy", one),
    ];
    for (name, bytes) in others {
        members.retain(|(other, _)| other != name);
        members.push((name, bytes.clone()));
    }
    archive(&members, zip::CompressionMethod::Deflated)
}

#[test]
fn compressed_members_are_not_in_memory_twice() {
    let _alone = ALONE.lock();
    const SIZE: usize = 16 << 20;
    assert!(TensorMap::load_buffer(&compressed_map(&[])).is_ok());

    // what is wrong with the first bytes is found before there are more
    for (name, first) in [
        ("keys.npy", npy("[('a', '<i4')]", "(3,)", &[])),
        ("blocks/0/values.npy", npy("'<f8'", "(3,)", &[])),
        ("blocks/0/samples.npy", b"no header at all".to_vec()),
        ("info.json", b"{\"a\": 1}".to_vec()),
        ("info.json", Vec::new()),
    ] {
        let mut member = first;
        member.resize(SIZE, b' ');
        let map = compressed_map(&[(name, member)]);
        let (result, peak) = with_peak(|| TensorMap::load_buffer(&map));
        let error = result.unwrap_err().to_string();
        assert!(error.contains(&format!("'{name}'")), "{error}");
        assert!(peak < 1 << 20, "{peak} bytes for {error}");
    }

    // what is right is read where it stays
    let rows: Vec<u8> = (0..SIZE as i32 / 4).flat_map(i32::to_le_bytes).collect();
    let shape = format!("({}, 1)", rows.len() / 4);
    let values = npy("'<i4'", &shape, &vec![0; rows.len()]);
    let samples = npy("[('a', '<i4')]", &format!("({},)", rows.len() / 4), &rows);
    let map = compressed_map(&[
        ("blocks/0/values.npy", values),
        ("blocks/0/samples.npy", samples),
    ]);
    let (map, peak) = with_peak(|| TensorMap::load_buffer(&map).unwrap());
    assert_eq!(map.blocks()[0].samples().count(), SIZE / 4);
    assert!(peak < 2 * SIZE + SIZE / 2, "{peak} bytes");

    let mut info = b"{\"a\": \"b\"".to_vec();
    info.resize(SIZE, b' ');
    info.push(b'}');
    let map = compressed_map(&[("info.json", info)]);
    let (map, peak) = with_peak(|| TensorMap::load_buffer(&map).unwrap());
    assert_eq!(map.info()["a"], "b");
    assert!(peak < 1 << 20, "{peak} bytes");
}

//! The memory that loading takes is bounded by the size of the file, whatever the file claims.
#![expect(unsafe_code, reason = "an allocator that counts")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use metatensor_core::{Labels, TensorBlock, TensorMap};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The system allocator, and the size of the largest piece it was asked for.
struct Largest;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all of the work is done by the system allocator.
unsafe impl GlobalAlloc for Largest {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as for the caller.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Relaxed);
        // SAFETY: as for the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Relaxed);
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

#[test]
fn claims_do_not_take_memory() {
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
            LARGEST.store(0, Relaxed);
            assert!(TensorMap::load_buffer(&map).is_err());
            assert!(TensorBlock::load_buffer(&block).is_err());
            assert!(TensorMap::load_buffer(&keys_only).is_err());
            assert!(Labels::load_buffer(&member).is_err());
            let largest = LARGEST.load(Relaxed);
            assert!(largest < 1 << 20, "{largest} bytes for {descr} {shape}");
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

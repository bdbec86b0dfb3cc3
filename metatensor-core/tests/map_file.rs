//! Maps in files that stay open.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/archives.rs"]
mod archives;
#[path = "io/make.rs"]
mod make;
#[path = "map_file/mapped.rs"]
mod mapped;
#[path = "map_file/partial.rs"]
mod partial;
#[path = "map_file/reading.rs"]
mod reading;

use std::sync::{Arc, Mutex};

use archives::{archive, members};
use metatensor_core::{Labels, Limits, MapFile, ReadAt, Result, TensorBlock, TensorMap};
use ndarray::Array2;
use zip::CompressionMethod;

/// Bytes that remember where they were read.
#[derive(Clone)]
struct Counting {
    bytes: Arc<Vec<u8>>,
    reads: Arc<Mutex<Vec<(u64, usize)>>>,
}

impl Counting {
    fn new(bytes: Vec<u8>) -> Counting {
        Counting {
            bytes: Arc::new(bytes),
            reads: Arc::default(),
        }
    }

    fn open(&self) -> MapFile {
        MapFile::from_reader("the store", self.clone(), Limits::default()).unwrap()
    }

    /// Where was read since the last time that this was called, and how much.
    fn reads(&self) -> Vec<(u64, usize)> {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }

    fn bytes_read(&self) -> usize {
        self.reads().iter().map(|read| read.1).sum()
    }
}

impl ReadAt for Counting {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.reads.lock().unwrap().push((offset, bytes.len()));
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }
}

/// Two blocks with rows of 4 kB, whose values are all different.
fn large(rows: usize) -> TensorMap {
    let samples = Labels::range("atom", rows).unwrap();
    let properties = Labels::range("n", 500).unwrap();
    let block = |start: usize| {
        let values = Array2::from_shape_fn((rows, 500), |(i, j)| (start + 500 * i + j) as f64);
        TensorBlock::new(values, &samples, [], &properties).unwrap()
    };
    let keys = Labels::range("key", 2).unwrap();
    TensorMap::new(keys, vec![block(0), block(500 * rows)]).unwrap()
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    archive(&members(bytes), CompressionMethod::Deflated)
}

fn in_memory(bytes: Vec<u8>) -> Result<MapFile> {
    MapFile::from_bytes(bytes, Limits::default())
}

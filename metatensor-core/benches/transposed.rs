//! How much longer it takes to save a transposed array than a contiguous one: 100 MB, to a buffer and to a file in
//! memory, for elements of all sizes. Medians.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use metatensor_core::{Array, DType, DenseArray, Labels, Result, TensorBlock};

const BYTES: usize = 100_000_000;
const ROUNDS: usize = 11;

/// A block with an array of this shape, which is the transposed one of what is in memory.
fn block(dtype: DType, shape: [usize; 2], is_transposed: bool) -> Result<TensorBlock> {
    let mut in_memory = shape;
    if is_transposed {
        in_memory.reverse();
    }
    let mut values = DenseArray::zeros(dtype, &in_memory)?;
    if let Some(bytes) = values.view_mut()?.as_bytes_mut() {
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = i as u8;
        }
    }
    if is_transposed {
        values.swap_axes(0, 1)?;
    }
    let [samples, properties] = shape;
    let (samples, properties) = (
        Labels::range("sample", samples)?,
        Labels::range("property", properties)?,
    );
    TensorBlock::new(values, &samples, &[], &properties)
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Times both blocks in turn, and prints the medians.
fn compare(name: &str, blocks: &[TensorBlock; 2], save: impl Fn(&TensorBlock)) {
    let mut times = [vec![], vec![]];
    for _ in 0..ROUNDS {
        for (times, block) in times.iter_mut().zip(blocks) {
            times.push(time(|| save(block)));
        }
    }
    let [contiguous, transposed] = times.map(median);
    let ratio = transposed / contiguous;
    println!(
        "{name:40} contiguous {contiguous:6.1} ms, transposed {transposed:6.1} ms: {ratio:.2}"
    );
}

fn run() -> Result<()> {
    let folder = match Path::new("/dev/shm") {
        shared if shared.is_dir() => tempfile::tempdir_in(shared),
        _ => tempfile::tempdir(),
    };
    let folder = folder.expect("temporary folders can be made");
    let path = folder.path().join("file.mts");
    for dtype in [DType::U8, DType::I16, DType::F32, DType::F64, DType::C128] {
        let size = dtype.size();
        let side = ((BYTES / size) as f64).sqrt() as usize;
        // square, few long rows, and many short ones
        for rows in [side, 100, BYTES / size / 100] {
            let shape = [rows, BYTES / size / rows];
            let blocks = [block(dtype, shape, false)?, block(dtype, shape, true)?];
            let name = format!("{size} bytes, {} x {}", shape[0], shape[1]);
            compare(&format!("{name}, buffer"), &blocks, |block| {
                black_box(block.save_buffer().expect("it can be saved"));
            });
            compare(&format!("{name}, file"), &blocks, |block| {
                block.save(&path).expect("it can be saved");
            });
        }
    }
    Ok(())
}

fn main() {
    // tests of benches only have to start
    if std::env::args().any(|argument| argument == "--bench") {
        run().expect("blocks can be made");
    }
}

//! Calls of the system that move the same bytes as the others, with the same syncs, and to memory that is as new.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::Instant;

use metatensor_core::{Array, DType, DenseArray, num_threads, set_kept_memory_bound};

use crate::side::{Work, random_rows};
use crate::{ROW, Result};

#[derive(Default)]
pub(crate) struct Raw {
    bytes: Vec<u8>,
}

impl Work for Raw {
    fn work(&mut self, verb: &str, path: &str, others: &[&str]) -> Result<Vec<f64>> {
        let count = others.first().and_then(|count| count.parse::<usize>().ok());
        match verb {
            "start" => set_kept_memory_bound(0),
            "prepare" => self.bytes = fs::read(path)?,
            "forget" => self.bytes = Vec::new(),
            "make" => fs::write(path, vec![1_u8; count.unwrap_or_default() * ROW])?,
            "save" => {
                let start = Instant::now();
                replace(path, |file| file.write_all(&self.bytes))?;
                return Ok(vec![start.elapsed().as_secs_f64()]);
            }
            "save-unsynced" => {
                let start = Instant::now();
                fs::write(path, &self.bytes)?;
                return Ok(vec![start.elapsed().as_secs_f64()]);
            }
            "load" => {
                let start = Instant::now();
                let file = File::open(path)?;
                let size = file.metadata()?.len() as usize;
                let array = read(&file, 0, size)?;
                let time = start.elapsed().as_secs_f64();
                drop(array);
                return Ok(vec![time]);
            }
            "rows" => {
                let rows = random_rows(count.ok_or("how many are there?")?);
                let start = Instant::now();
                let file = File::open(path)?;
                let mut array = DenseArray::zeros(DType::U8, &[rows.len(), ROW])?;
                let mut view = array.view_mut()?;
                let bytes = view.as_bytes_mut().ok_or("it is contiguous")?;
                for (row, bytes) in rows.into_iter().zip(bytes.chunks_mut(ROW)) {
                    file.read_exact_at(bytes, (row * ROW) as u64)?;
                }
                return Ok(vec![start.elapsed().as_secs_f64()]);
            }
            // as many bytes as the block has, from somewhere
            "key" => {
                let start = Instant::now();
                let file = File::open(path)?;
                let array = read(&file, file.metadata()?.len() / 2, 10 * ROW)?;
                let time = start.elapsed().as_secs_f64();
                drop(array);
                return Ok(vec![time]);
            }
            "append" => {
                let bytes = vec![1_u8; 10 * ROW];
                let start = Instant::now();
                let mut file = File::options().append(true).open(path)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                return Ok(vec![start.elapsed().as_secs_f64()]);
            }
            "merge" => {
                let start = Instant::now();
                replace(path, |output| {
                    for other in others {
                        // in the system
                        std::io::copy(&mut File::open(other)?, output)?;
                    }
                    Ok(())
                })?;
                return Ok(vec![start.elapsed().as_secs_f64()]);
            }
            _ => return Err("there is no such work".into()),
        }
        Ok(vec![0.0])
    }
}

/// Lets `write` write a new file for this path, and puts it there when it is on the disk.
fn replace(path: &str, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<()> {
    let temporary = format!("{path}.new");
    let mut file = File::create(&temporary)?;
    write(&mut file)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    let folder = Path::new(path).parent().ok_or("files are in a folder")?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Bytes of a file, read by all threads.
fn read(file: &File, offset: u64, size: usize) -> Result<DenseArray> {
    let mut array = DenseArray::zeros(DType::U8, &[size])?;
    let mut view = array.view_mut()?;
    let bytes = view.as_bytes_mut().ok_or("it is contiguous")?;
    let piece = size.div_ceil(num_threads()).max(1 << 20);
    thread::scope(|scope| {
        let pieces = bytes.chunks_mut(piece).enumerate();
        let threads: Vec<_> = pieces
            .map(|(i, bytes)| {
                scope.spawn(move || file.read_exact_at(bytes, offset + (i * piece) as u64))
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(read) => read,
                Err(_) => Err(std::io::Error::other("a thread panicked")),
            })
    })?;
    drop(view);
    Ok(array)
}

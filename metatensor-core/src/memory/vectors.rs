//! Vectors in memory that is cheap to write to for the first time.

use super::will_be_written;
use crate::{Error, Result};

/// Empty vector with space for `size` bytes, in memory that is cheap to write to for the first time.
pub(crate) fn vector_for(size: usize) -> Result<Vec<u8>> {
    let mut vector: Vec<u8> = Vec::new();
    vector
        .try_reserve_exact(size)
        .map_err(|_| Error::invalid(format!("can not allocate {size} bytes")))?;
    prepare(&mut vector);
    Ok(vector)
}

/// The same for `count` elements of any type, of which there surely is enough memory.
pub(crate) fn vector_with_capacity<T>(count: usize) -> Vec<T> {
    let mut vector = Vec::with_capacity(count);
    prepare(&mut vector);
    vector
}

/// `count` times 0, in memory that is cheap to write to for the first time.
pub(crate) fn zeros(count: usize) -> Vec<u32> {
    let mut vector = vec![0; count];
    will_be_written(&mut vector[..]);
    vector
}

fn prepare<T>(vector: &mut Vec<T>) {
    will_be_written(vector.spare_capacity_mut());
}

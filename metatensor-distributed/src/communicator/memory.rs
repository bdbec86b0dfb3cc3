//! Memory whose size other ranks tell: a lack of it is an error, where allocating ends the program.

use metatensor_core::{Error, Result};

/// Empty vector with memory for so many entries.
pub(crate) fn reserved<T>(count: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    reserve(&mut vector, count)?;
    Ok(vector)
}

/// Makes sure that there is memory for so many entries more, and for no others.
pub(crate) fn reserve<T>(vector: &mut Vec<T>, more: usize) -> Result<()> {
    let reserved = vector.try_reserve_exact(more);
    reserved.map_err(|_| {
        Error::unsupported(format!(
            "there is no memory for {more} entries of {} bytes",
            size_of::<T>()
        ))
    })
}

/// So many bytes, all 0.
pub(crate) fn zeros(size: u64) -> Result<Vec<u8>> {
    // More than a `usize` can count is more than there is.
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = reserved(size)?;
    bytes.resize(size, 0);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_memory_is_an_error() {
        let error = zeros(u64::MAX).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unsupported: there is no memory for 18446744073709551615 entries of 1 bytes"
        );
        assert!(reserved::<u64>(usize::MAX / 2).is_err());
        assert_eq!(zeros(3).unwrap(), [0; 3]);
    }
}

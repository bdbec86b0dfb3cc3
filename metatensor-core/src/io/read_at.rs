//! Where the bytes of a file can come from.

use crate::Result;

/// Something with a known number of bytes, of which any can be read: what [`MapFile::from_reader`](crate::MapFile::from_reader)
/// reads from, so that files can be where no path leads to.
///
/// It is only called on threads that call a function of the library, and never on those that the library made. If several of
/// them use the same file, several calls come at once.
///
/// ```
/// # use metatensor_core::{ReadAt, Result};
/// struct Bytes(Vec<u8>);
///
/// impl ReadAt for Bytes {
///     fn size(&self) -> u64 {
///         self.0.len() as u64
///     }
///
///     fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
///         bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
///         Ok(())
///     }
/// }
/// # let mut part = [0; 2];
/// # Bytes(vec![1, 2, 3]).read_at(1, &mut part)?;
/// # assert_eq!(part, [2, 3]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub trait ReadAt: Send + Sync {
    /// Number of bytes, which does not change. It is asked for once.
    fn size(&self) -> u64;

    /// Fills `bytes` with those that start at `offset`. No more are asked for than there are.
    ///
    /// # Errors
    ///
    /// If they can not be read. An [`Error::Callback`](crate::Error::Callback) comes back as it is; all others get the name
    /// of what is read in front.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()>;
}

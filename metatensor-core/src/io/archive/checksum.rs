//! Checksums of members.

use crc32fast::Hasher;

use crate::Result;
use crate::threads::for_each;

/// Checksums are computed for pieces of this size, several at once.
const PIECE: usize = 4 << 20;

/// The checksum of what `checksum` has seen, and of `parts` one after the other.
///
/// # Errors
/// None, in fact.
pub(crate) fn checksum(mut checksum: Hasher, parts: &[&[u8]]) -> Result<u32> {
    for part in parts {
        if part.len() <= PIECE {
            checksum.update(part);
            continue;
        }
        let mut pieces = vec![Hasher::new(); part.len().div_ceil(PIECE)];
        let tasks = part.chunks(PIECE).zip(&mut pieces);
        for_each(part.len(), tasks, |(bytes, piece)| {
            piece.update(bytes);
            Ok(())
        })?;
        for piece in &pieces {
            checksum.combine(piece);
        }
    }
    Ok(checksum.finalize())
}

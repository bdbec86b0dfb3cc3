//! Members that are compressed while they are written.

use std::fs::File;
use std::io::Write;

use crc32fast::Hasher;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::format::DEFLATED;
use super::writer::{Content, could_not_write};
use super::{Alignment, ArchiveWriter, Member};
use crate::Result;

/// Members are compressed through memory of this size.
const PIECE: u64 = 1 << 20;

impl ArchiveWriter<File> {
    /// Append all that `member` has, compressed (DEFLATE), under the same name.
    ///
    /// # Errors
    /// If it can not be read or is damaged, if the file can not be written, or if there is such a member already.
    pub(crate) fn compress(&mut self, mut member: Member<'_, '_>) -> Result<()> {
        let name = member.name();
        let failed = |cause| could_not_write(name, cause);
        let start = self.offset;
        let mut content = Content {
            method: DEFLATED,
            crc: 0,
            stored_size: 0,
            size: member.remaining(),
        };
        self.put_header(name, &content, Alignment::Packed)?;
        self.flush_buffer().map_err(failed)?;
        let data = self.offset;
        let mut sum = Hasher::new();
        let mut encoder = DeflateEncoder::new(&mut self.sink, Compression::default());
        let mut piece = vec![0; content.size.min(PIECE) as usize];
        while member.remaining() > 0 {
            let piece = &mut piece[..member.remaining().min(PIECE) as usize];
            member.read_exact_into(piece)?;
            sum.update(piece);
            encoder.write_all(piece).map_err(failed)?;
        }
        encoder.try_finish().map_err(failed)?;
        content.stored_size = encoder.total_out();
        drop(encoder);
        content.crc = sum.finalize();
        self.offset = data + content.stored_size;
        self.finish_written(name, &content, start)
    }
}

//! Bytes go from the ranks that have them to those that write them.

use std::ops::Range;

use metatensor_core::internal::files::FilePart;
use metatensor_core::{Error, Result};

use super::pieces::Pieces;
use super::regions::Region;
use crate::communicator::{Agreed, Session, reserved, zeros};
use crate::transport::{Incoming, Outgoing};

/// Pieces of at least this many bytes are written from where they are.
const LARGE: usize = 64 << 10;
/// Smaller ones are collected until there are about this many bytes.
const BUFFER: usize = 1 << 20;

/// Writes these parts of the file, of which a rank has one at most.
pub(super) fn round(
    session: &Session<'_>,
    pieces: &Pieces<'_>,
    windows: &[Region],
    file: Option<&FilePart>,
) -> Result<(), Agreed> {
    let (rank, size) = (session.rank(), session.size());
    let own = windows.iter().find(|window| window.owner == rank);
    let (sends, mut received) = session.step(|| {
        let mut sends = vec![Vec::new(); size];
        for window in windows.iter().filter(|window| window.owner != rank) {
            sends[window.owner] = message(pieces, &window.range)?;
        }
        let received = match own {
            Some(window) => incoming(pieces, &window.range, rank, size)?,
            None => vec![Vec::new(); size],
        };
        Ok((sends, received))
    })?;

    let outgoing = sends.iter().enumerate();
    let outgoing = outgoing.map(|(peer, data)| Outgoing { peer, data });
    let incoming = received.iter_mut().enumerate();
    let incoming = incoming.map(|(peer, data)| Incoming { peer, data });
    session.transfer(outgoing.collect(), incoming.collect())?;
    drop(sends);

    session.step(|| match (own, file) {
        (Some(window), Some(file)) => write(pieces, &window.range, &received, rank, file),
        _ => Ok(()),
    })
}

/// All that this rank has of a part of the file.
fn message(pieces: &Pieces<'_>, range: &Range<u64>) -> Result<Vec<u8>> {
    let mut size = 0;
    pieces.visit(range, true, |piece| {
        size += piece.range.end - piece.range.start;
        Ok(())
    })?;
    let mut message = reserved(usize::try_from(size).unwrap_or(usize::MAX))?;
    pieces.visit(range, true, |piece| {
        message.extend_from_slice(pieces.bytes(&piece));
        Ok(())
    })?;
    Ok(message)
}

/// Memory for what others have of a part of the file.
fn incoming(
    pieces: &Pieces<'_>,
    range: &Range<u64>,
    rank: usize,
    ranks: usize,
) -> Result<Vec<Vec<u8>>> {
    let mut sizes = vec![0; ranks];
    pieces.visit(range, false, |piece| {
        sizes[piece.rank] += piece.range.end - piece.range.start;
        Ok(())
    })?;
    sizes[rank] = 0;
    sizes.into_iter().map(zeros).collect()
}

/// Writes a part of the file, of which others have sent what they have.
fn write(
    pieces: &Pieces<'_>,
    range: &Range<u64>,
    received: &[Vec<u8>],
    rank: usize,
    file: &FilePart,
) -> Result<()> {
    let mut rest: Vec<&[u8]> = received.iter().map(Vec::as_slice).collect();
    let mut writer = Collected {
        file,
        start: range.start,
        bytes: Vec::new(),
    };
    pieces.visit(range, false, |piece| {
        if piece.rank == rank {
            return writer.put(pieces.bytes(&piece));
        }
        let rest = &mut rest[piece.rank];
        let size = (piece.range.end - piece.range.start) as usize;
        let Some((bytes, after)) = rest.split_at_checked(size) else {
            let problem = format!("rank {} has sent too little", piece.rank);
            return Err(Error::Communication(problem));
        };
        *rest = after;
        writer.put(bytes)
    })?;
    writer.flush()
}

/// Writes bytes that follow each other, small ones together.
struct Collected<'f> {
    file: &'f FilePart,
    /// Where the bytes go that were not written yet.
    start: u64,
    bytes: Vec<u8>,
}

impl Collected<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() >= LARGE {
            self.flush()?;
            self.file.write_at(bytes, self.start)?;
            self.start += bytes.len() as u64;
            return Ok(());
        }
        self.bytes.extend_from_slice(bytes);
        match self.bytes.len() >= BUFFER {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.file.write_at(&self.bytes, self.start)?;
        self.start += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }
}

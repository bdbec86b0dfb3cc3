//! The elements of arrays as one range, of which each rank adds a part: what is sent of it, and from where.

use std::ops::Range;

use metatensor_core::{Array, DType, DenseArray, Result, TypedViewMut, ViewMut};

use crate::communicator::{Agreed, Session};
use crate::movement::{bytes, bytes_mut, for_message, writable};
use crate::transport::{Incoming, Outgoing};

/// What is smaller than this on average is copied to one message; else, all arrays have messages of their own.
const SMALL: usize = 64 << 10;

/// Which bytes of an array are in a part.
pub(super) struct Piece {
    pub(super) array: usize,
    pub(super) bytes: Range<usize>,
}

/// Which bytes of which arrays one rank adds.
#[derive(Default)]
pub(super) struct Part {
    pub(super) pieces: Vec<Piece>,
    pub(super) size: usize,
}

impl Part {
    /// Equal parts of all elements, one for each of so many ranks.
    pub(super) fn equal(arrays: &[DenseArray], dtype: DType, ranks: usize) -> Vec<Part> {
        let sizes: Vec<_> = arrays.iter().map(size).collect();
        let count = sizes.iter().sum::<usize>() / dtype.size();
        let end = |rank: usize| (count as u128 * (rank + 1) as u128 / ranks as u128) as usize;
        let mut parts = Vec::with_capacity(ranks);
        let (mut array, mut start, mut done) = (0, 0, 0);
        for rank in 0..ranks {
            let mut part = Part::default();
            let size = end(rank) * dtype.size() - done;
            while part.size < size && array < sizes.len() {
                let length = (sizes[array] - start).min(size - part.size);
                let bytes = start..start + length;
                part.size += length;
                start = bytes.end;
                if !bytes.is_empty() {
                    part.pieces.push(Piece { array, bytes });
                }
                if start == sizes[array] {
                    (array, start) = (array + 1, 0);
                }
            }
            done += part.size;
            parts.push(part);
        }
        parts
    }

    /// Whether it is sent from where it is, and received where it belongs.
    fn is_in_place(&self) -> bool {
        self.pieces.len() < 2 || self.size >= SMALL * self.pieces.len()
    }

    /// The lengths of messages.
    fn messages(&self) -> Vec<usize> {
        match self.is_in_place() {
            true => self.pieces.iter().map(|piece| piece.bytes.len()).collect(),
            false => vec![self.size],
        }
    }

    /// A message, if it is not sent from where it is.
    pub(super) fn pack(&self, arrays: &[DenseArray]) -> Result<Option<DenseArray>> {
        if self.is_in_place() {
            return Ok(None);
        }
        let packed = DenseArray::write::<u8>(&[self.size], |output| {
            for piece in &self.pieces {
                let view = arrays[piece.array].view();
                output.copy(&bytes(&view)[piece.bytes.clone()]);
            }
            Ok(())
        });
        packed.map(Some)
    }

    /// Memory for a message, if it is not received where it belongs.
    pub(super) fn memory(&self) -> Result<Option<DenseArray>> {
        match self.is_in_place() {
            true => Ok(None),
            false => for_message(self.size as u64),
        }
    }
}

fn size(array: &DenseArray) -> usize {
    array.dtype().size() * array.shape().iter().product::<usize>()
}

/// All other ranks.
pub(super) fn others(session: &Session<'_>) -> impl Iterator<Item = usize> {
    let own = session.rank();
    (0..session.size()).filter(move |&rank| rank != own)
}

/// The messages that there are, by rank, to be written.
fn writable_of_all<'a>(
    session: &Session<'_>,
    messages: &'a mut [Option<DenseArray>],
) -> Result<Vec<(usize, TypedViewMut<'a, u8>)>, Agreed> {
    let messages = messages.iter_mut().enumerate();
    let views = messages.filter_map(|(peer, message)| {
        let view = writable(message.as_mut()?);
        Some(view.map(|view| (peer, view)))
    });
    // These are arrays of our own, of which nobody else knows.
    session.sent(views.collect())
}

/// Sends each part to its rank, and receives the own part of all others. What is packed is in `packed`, by rank.
pub(super) fn exchange_parts(
    session: &Session<'_>,
    arrays: &[DenseArray],
    parts: &[&Part],
    packed: &[Option<DenseArray>],
    received: &mut [Option<DenseArray>],
) -> Result<(), Agreed> {
    let views: Vec<_> = arrays.iter().map(DenseArray::view).collect();
    let messages: Vec<_> = packed
        .iter()
        .map(|packed| packed.as_ref().map(DenseArray::view))
        .collect();
    let mut sends = Vec::new();
    for peer in others(session) {
        match &messages[peer] {
            Some(message) => sends.push(Outgoing {
                peer,
                data: bytes(message),
            }),
            None => sends.extend(parts[peer].pieces.iter().map(|piece| Outgoing {
                peer,
                data: &bytes(&views[piece.array])[piece.bytes.clone()],
            })),
        }
    }
    let lengths = parts[session.rank()].messages();
    let mut writable = writable_of_all(session, received)?;
    let mut receives = Vec::new();
    for (peer, view) in &mut writable {
        let mut rest = bytes_mut(view);
        for &length in &lengths {
            let (data, after) = rest.split_at_mut(length.min(rest.len()));
            receives.push(Incoming { peer: *peer, data });
            rest = after;
        }
    }
    session.transfer(sends, receives)
}

/// Sends the own part to all others, and receives theirs. The own one may be in `packed`; those of others come to `memory`, by
/// rank, if not where they belong.
pub(super) fn share_parts(
    session: &Session<'_>,
    arrays: &mut [DenseArray],
    parts: &[Part],
    packed: Option<&DenseArray>,
    memory: &mut [Option<DenseArray>],
) -> Result<(), Agreed> {
    let rank = session.rank();
    // These are arrays of our own, of which nobody else knows.
    let views = arrays.iter_mut().map(DenseArray::view_mut);
    let mut views = session.sent(views.collect::<Result<Vec<_>>>())?;
    let mut places = split(&mut views, parts);
    let own = std::mem::take(&mut places[rank]);
    let mut writable = writable_of_all(session, memory)?;
    let mut receives = Vec::new();
    for (peer, places) in places.iter_mut().enumerate() {
        if peer != rank && parts[peer].is_in_place() {
            let places = places.iter_mut();
            receives.extend(places.map(|data| Incoming { peer, data }));
        }
    }
    receives.extend(writable.iter_mut().map(|(peer, view)| Incoming {
        peer: *peer,
        data: bytes_mut(view),
    }));
    let packed = packed.map(DenseArray::view);
    let mut sends = Vec::new();
    for peer in others(session) {
        match &packed {
            Some(packed) => sends.push(Outgoing {
                peer,
                data: bytes(packed),
            }),
            None => sends.extend(own.iter().map(|data| Outgoing { peer, data })),
        }
    }
    session.transfer(sends, receives)?;
    for (peer, view) in &mut writable {
        let mut rest = &*bytes_mut(view);
        for place in &mut places[*peer] {
            let (data, after) = rest.split_at(place.len());
            place.copy_from_slice(data);
            rest = after;
        }
    }
    Ok(())
}

/// The memory of the pieces of each part, which follow each other.
fn split<'a>(views: &'a mut [ViewMut<'_>], parts: &[Part]) -> Vec<Vec<&'a mut [u8]>> {
    let mut arrays = views.iter_mut().map(|view| view.as_bytes_mut());
    let mut rest: &mut [u8] = &mut [];
    let parts = parts.iter().map(|part| {
        let pieces = part.pieces.iter().map(|piece| {
            while rest.is_empty()
                && let Some(array) = arrays.next()
            {
                rest = array.unwrap_or_default();
            }
            let length = piece.bytes.len().min(rest.len());
            let (bytes, after) = std::mem::take(&mut rest).split_at_mut(length);
            rest = after;
            bytes
        });
        pieces.collect()
    });
    parts.collect()
}

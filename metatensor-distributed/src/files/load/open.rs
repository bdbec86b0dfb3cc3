//! One rank reads the directory of a file, for all.

use std::path::Path;

use indexmap::IndexMap;
use metatensor_core::internal::files::{MapParts, Tail};
use metatensor_core::{Error, Labels, Result};

use crate::communicator::{Agreed, Session};

/// The file, opened on this rank.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) map: MapParts,
    pub(super) keys: Labels,
    /// On rank 0.
    pub(super) info: IndexMap<String, String>,
}

pub(super) fn open(session: &Session<'_>, path: &Path) -> Result<Opened, Agreed> {
    let (first, message) = session.step(|| {
        if session.rank() != 0 {
            return Ok((None, Vec::new()));
        }
        let (map, tail) = MapParts::open(path)?;
        let keys = map.keys()?;
        let info = map.info()?;
        let message = encode(&keys, &tail)?;
        Ok((Some(Opened { map, keys, info }), message))
    })?;
    let message = session.broadcast(0, message)?;
    session.step(|| match first {
        Some(opened) => Ok(opened),
        None => {
            let (keys, tail) = decode(&message)?;
            Ok(Opened {
                map: MapParts::open_with_tail(path, tail)?,
                keys,
                info: IndexMap::new(),
            })
        }
    })
}

/// Where the tail starts, the number of bytes of the keys, these, and the tail.
fn encode(keys: &Labels, tail: &Tail) -> Result<Vec<u8>> {
    let keys = keys.save_buffer()?;
    let mut message = tail.start.to_ne_bytes().to_vec();
    message.extend((keys.len() as u64).to_ne_bytes());
    message.extend(keys);
    message.extend(&tail.bytes);
    Ok(message)
}

fn decode(message: &[u8]) -> Result<(Labels, Tail)> {
    let parts = || {
        let (start, rest) = message.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let size = usize::try_from(u64::from_ne_bytes(*size)).ok()?;
        Some((u64::from_ne_bytes(*start), rest.split_at_checked(size)?))
    };
    let Some((start, (keys, tail))) = parts() else {
        let problem = "the directory of a file that rank 0 has sent is damaged";
        return Err(Error::Communication(problem.to_owned()));
    };
    let tail = Tail {
        start,
        bytes: tail.to_vec(),
    };
    Ok((Labels::load_buffer(keys)?, tail))
}

//! What is checked of collections: each map, as if it was a file, and all bytes.

use super::super::archive::{LoadError, Name, Source};
use super::checker::Checker;
use super::{Inside, Problem, message_of, validate_source};
use crate::Result;
use crate::error::Contents;

/// Members are read in pieces of this size, so that there is memory for what is there only.
const PIECE: u64 = 1 << 20;

impl Checker<'_, '_> {
    /// Whether there are maps with numbers.
    pub(super) fn is_collection(&self) -> bool {
        self.archive
            .names()
            .any(|name| Name::new(name).is_numbered())
    }

    /// Check all maps with numbers.
    pub(super) fn collection(&mut self) -> Result<()> {
        let names = self.archive.names();
        let names = names.filter(|name| Name::new(name).is_numbered());
        let names: Vec<String> = names.map(str::to_owned).collect();
        for name in names {
            let bytes = self.read(&name, |checker| {
                let mut member = checker.archive.open_member(&name)?;
                let mut bytes = Vec::new();
                while member.remaining() > 0 {
                    let start = bytes.len();
                    bytes.resize(start + member.remaining().min(PIECE) as usize, 0);
                    member.read_exact_into(&mut bytes[start..])?;
                }
                Ok::<_, LoadError>(bytes)
            })?;
            if let Some(bytes) = bytes {
                self.map_of_collection(&name, &bytes)?;
            }
        }
        Ok(())
    }

    fn map_of_collection(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let outer = self.archive.source();
        let limits = *outer.limits();
        let place = format!("'{name}' of {}", outer.name());
        let source = || Source::from_bytes_of(place.clone(), bytes, limits);
        let found = validate_source(source(), Inside::Collection)?;
        let mut messages: Vec<String> = found.into_iter().map(|found| found.message).collect();
        if messages.is_empty()
            && let Err(error) = Contents::Map.open_archive(source())
        {
            messages.push(message_of(&error));
        }
        let byte = self.archive.position(name);
        self.problems
            .extend(messages.into_iter().map(|message| Problem {
                member: Some(name.to_owned()),
                byte,
                message: match message.contains(&place) {
                    true => message,
                    false => format!("'{name}': {message}"),
                },
            }));
        Ok(())
    }
}

//! Blocks that come from other files, as they are.

use indexmap::IndexMap;

use super::form::Forms;
use super::{MapWriter, other_form};
use crate::io::archive::{Alignment, Archive, LoadError};
use crate::io::array;
use crate::io::member_names::{block_number, parameters};
use crate::io::npy::Headers;
use crate::io::opened::{LAST, Opened};
use crate::{Error, Labels, Result};

/// How the data of members is placed that are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAlignment {
    /// The values of blocks and gradients start at multiples of 64 bytes, so that they can be used where they are in a mapped
    /// file. Saving does this for larger ones.
    Aligned,
    /// Members follow each other without gaps.
    Packed,
}

impl MapWriter {
    /// Adds all blocks and the info of the map in `archive`, and whatever else is in it, placed like this or else as when they
    /// are saved.
    ///
    /// # Errors
    /// If it is no map, or does not fit to what is there.
    pub(in crate::io) fn copy_all(
        &mut self,
        opened: Opened,
        alignment: Option<FileAlignment>,
    ) -> Result<()> {
        let Opened {
            mut archive,
            keys,
            info,
        } = opened;
        let name = archive.source().name().to_owned();
        let in_source = |error: Error| error.context(&name);
        self.keys.check_names(&keys).map_err(in_source)?;
        self.check_info(&info).map_err(in_source)?;
        let first = self.keys.count();
        let had_form = self.form.is_some();
        let copied = self.change(|writer| {
            for key in keys.iter() {
                writer.keys.check(key).map_err(in_source)?;
                writer.keys.push(key);
            }
            writer.check_forms(&mut archive, &keys)?;
            writer.copy_members(&mut archive, first, keys.count(), alignment)
        });
        if copied.is_err() {
            self.keys.truncate(first);
            self.form.take_if(|_| !had_form);
        }
        copied?;
        self.info.extend(info);
        Ok(())
    }

    fn check_info(&self, info: &IndexMap<String, String>) -> Result<()> {
        match info
            .iter()
            .find(|&(name, value)| self.info.get(name).is_some_and(|other| other != value))
        {
            Some((name, value)) => Err(Error::invalid(format!(
                "the info '{name}' is '{value}', but '{}' in the files before: nothing tells which of them is meant",
                self.info[name]
            ))),
            None => Ok(()),
        }
    }

    /// Checks that all blocks with these keys have the form of those that are there.
    fn check_forms(&mut self, archive: &mut Archive<'_>, keys: &Labels) -> Result<()> {
        let mut forms = Forms {
            parameters: parameters(archive),
            headers: Headers::default(),
        };
        let mut check = |writer: &mut Self, i: usize| -> Result<(), LoadError> {
            let form = forms.read(archive, &format!("blocks/{i}/"), None, 0)?;
            let checked = writer.check_form(&form);
            Ok(checked.map_err(|error| other_form(keys.describe(i), error))?)
        };
        let checked = (0..keys.count()).try_for_each(|i| check(self, i));
        checked.map_err(|error| error.in_source(archive.source().name()))
    }

    fn copy_members(
        &mut self,
        archive: &mut Archive<'_>,
        first: usize,
        count: usize,
        alignment: Option<FileAlignment>,
    ) -> Result<()> {
        let names: Vec<String> = archive.names().map(str::to_owned).collect();
        for name in names.iter().filter(|name| !LAST.contains(&name.as_str())) {
            let rest = name.strip_prefix("blocks/");
            let new_name = match rest.and_then(|rest| Some((block_number(rest)?, rest))) {
                Some((number, _)) if number >= count => {
                    return Err(Error::serialization(format!(
                        "there is no key for '{name}', only {count} keys"
                    ))
                    .context(archive.source().name()));
                }
                Some((number, rest)) => {
                    let (_, rest) = rest.split_once('/').unwrap_or_default();
                    format!("blocks/{}/{rest}", first + number)
                }
                None => name.clone(),
            };
            let stored = archive
                .stored(name)
                .map_err(|error| error.in_source(archive.source().name()))?;
            let is_usable = name.ends_with("/values.npy") && stored.stored_size == stored.size;
            let alignment = match alignment {
                Some(FileAlignment::Packed) => Alignment::Packed,
                Some(FileAlignment::Aligned) if is_usable => Alignment::Bytes64,
                _ => array::alignment(stored.stored_size as usize),
            };
            let source = archive.source();
            let target = &mut self.file.archive;
            target.copy(&new_name, source, &stored, alignment)?;
        }
        Ok(())
    }
}

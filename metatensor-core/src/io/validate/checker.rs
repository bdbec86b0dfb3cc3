//! What is checked of maps and blocks, member by member.

use std::collections::{HashMap, HashSet};

use super::super::archive::{Archive, LoadError};
use super::super::member_names::{
    KEYS, Parameters, block_number, block_prefix, check_is_no_array, gradient_prefix, parameters,
};
use super::super::{Scratch, array, in_file, info, labels};
use super::{Problem, message_of};
use crate::block::gradient_names;
use crate::names::printable;
use crate::tensor::check_blocks;
use crate::{Error, Labels, Limit, Result, TensorBlock};

/// Reads all members of an archive, and notes what is wrong.
pub(super) struct Checker<'s, 'p> {
    pub(super) archive: Archive<'s>,
    pub(super) problems: &'p mut Vec<Problem>,
    /// Members with something wrong in the directory, and what that is.
    bad_records: HashMap<String, String>,
    parameters: Parameters,
    /// What can not belong to anything, and why not.
    belongs: Belongs,
    scratch: Scratch,
}

/// What members that nobody asked for could have belonged to.
#[derive(Clone, Copy)]
enum Belongs {
    Anything,
    Block,
    /// A map with so many keys, if they could be read.
    Map(Option<usize>),
}

impl<'s, 'p> Checker<'s, 'p> {
    /// Will note more problems than there are, which are those of the directory.
    pub(super) fn new(archive: Archive<'s>, problems: &'p mut Vec<Problem>) -> Self {
        let of_record =
            |problem: &Problem| Some((problem.member.clone()?, problem.message.clone()));
        Checker {
            parameters: parameters(&archive),
            archive: archive.with_all_members(),
            bad_records: problems.iter().filter_map(of_record).collect(),
            problems,
            belongs: Belongs::Anything,
            scratch: Scratch::default(),
        }
    }

    /// Whether something is wrong in the directory with the member of this name.
    pub(super) fn has_bad_record(&self, name: &str) -> bool {
        self.bad_records.contains_key(name)
    }

    /// Notes a problem of the whole file.
    pub(super) fn add(&mut self, error: Error) {
        self.problems.push(Problem {
            member: None,
            byte: None,
            message: message_of(&error),
        });
    }

    /// Notes a problem of a member, or of a block with members in this folder.
    fn add_at(&mut self, place: &str, error: Error) {
        let place = place.trim_end_matches('/');
        self.problems.push(Problem {
            member: (!place.is_empty()).then(|| place.to_owned()),
            byte: self.archive.position(place),
            message: message_of(&error),
        });
    }

    /// What `read` makes of a member, or nothing if it is damaged. An error if the file can not be read at all.
    pub(super) fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<T, LoadError>,
    ) -> Result<Option<T>> {
        match read(self) {
            Ok(value) => Ok(Some(value)),
            Err(LoadError::Whole(error @ Error::Io { .. })) => Err(error),
            Err(LoadError::Whole(error) | LoadError::Inside(error)) => {
                // the same, or what follows from it: that there is no such member
                let is_known = match self.bad_records.get(name) {
                    Some(known) => !self.archive.contains(name) || *known == message_of(&error),
                    None => false,
                };
                if !is_known {
                    self.add_at(name, error);
                }
                Ok(None)
            }
        }
    }

    fn labels(&mut self, name: &str) -> Result<Option<Labels>> {
        self.read(name, |checker| {
            let mut member = checker.archive.open_member(name)?;
            Ok(labels::read(&mut member, &mut checker.scratch)?)
        })
    }

    pub(super) fn only_block(&mut self) -> Result<()> {
        self.belongs = Belongs::Block;
        self.block(String::new(), None, 0)?;
        Ok(())
    }

    pub(super) fn map(&mut self) -> Result<()> {
        let keys = self.labels(KEYS)?;
        self.belongs = Belongs::Map(keys.as_ref().map(Labels::count));
        let count = match &keys {
            Some(keys) => keys.count(),
            None => self.blocks_in_names(),
        };
        let mut blocks = Vec::new();
        for i in 0..count {
            blocks.push(self.block(block_prefix(i), None, 0)?);
        }
        if self.archive.contains(info::NAME) {
            self.read(info::NAME, |checker| {
                Ok(info::read(&mut checker.archive.open_member(info::NAME)?)?)
            })?;
        }
        let blocks: Option<Vec<TensorBlock>> = blocks.into_iter().collect();
        if let (Some(keys), Some(blocks)) = (keys, blocks) {
            self.compare_blocks(&keys, &blocks);
        }
        Ok(())
    }

    /// How many blocks there are in the file, one after the other.
    fn blocks_in_names(&self) -> usize {
        let numbers = self.archive.names().filter_map(|name| {
            let rest = name.strip_prefix("blocks/")?;
            block_number(rest)
        });
        let numbers: HashSet<usize> = numbers.collect();
        (0..).take_while(|number| numbers.contains(number)).count()
    }

    /// Compare blocks with each other.
    fn compare_blocks(&mut self, keys: &Labels, blocks: &[TensorBlock]) {
        let Err(error) = check_blocks(keys, blocks) else {
            return;
        };
        let before = self.problems.len();
        // each with the first one, which has to be as all others are
        for i in 1..blocks.len() {
            let pair = keys.with_rows(keys.rows().gather(&[0, i as u32]));
            let both = [blocks[0].clone(), blocks[i].clone()];
            if let Err(error) = check_blocks(&pair, &both) {
                let prefix = block_prefix(i);
                self.add_at(&prefix, in_file(error, &prefix));
            }
        }
        if self.problems.len() == before {
            self.add(error);
        }
    }

    /// Check a block, or a gradient if there are properties: those of the values, if they could be read. Gives the block
    /// if all of it can be read.
    fn block(
        &mut self,
        prefix: String,
        properties: Option<Option<&Labels>>,
        depth: u64,
    ) -> Result<Option<TensorBlock>> {
        let limits = *self.archive.source().limits();
        let place = format!("'{}'", printable(&prefix));
        if let Err(error) = limits.check(Limit::Depth, depth, &place) {
            self.add_at(&prefix, error);
            return Ok(None);
        }
        let name = [&prefix, "values.npy"].concat();
        let values = self.read(&name, |checker| {
            let mut member = checker.archive.open_member(&name)?;
            let (dtype, shape) = array::check(&mut member, &mut checker.scratch)?;
            let axes = shape.len();
            Ok((array::unread(dtype, shape), axes))
        })?;
        let samples = self.labels(&[&prefix, "samples.npy"].concat())?;
        let axes = values.as_ref().map(|&(_, axes)| axes);
        let components = self.components(&prefix, axes)?;
        let properties = match properties {
            Some(properties) => properties.cloned(),
            None => self.labels(&[&prefix, "properties.npy"].concat())?,
        };
        let mut block = None;
        if let (Some((values, _)), Some(samples), Some(components), Some(properties)) =
            (values, samples, components, &properties)
        {
            match TensorBlock::new(values, samples, components, properties) {
                Ok(checked) => block = Some(checked),
                Err(error) => self.add_at(&prefix, in_file(error, &prefix)),
            }
        }
        let parameters = self.parameters.remove(&prefix).unwrap_or_default();
        if let Err(error) = limits.check(Limit::Names, parameters.len() as u64, &place) {
            self.add_at(&prefix, error);
            return Ok(None);
        }
        for parameter in parameters {
            let folder = gradient_prefix(&prefix, &parameter);
            let has_name = match gradient_names::check(&parameter) {
                Ok(()) => true,
                Err(error) => {
                    let error = in_file(error, &printable(&[&folder, "values.npy"].concat()));
                    self.add_at(&folder, error);
                    false
                }
            };
            let gradient = self.block(folder.clone(), Some(properties.as_ref()), depth + 1)?;
            block = match (block, gradient) {
                (Some(mut block), Some(gradient)) if has_name => {
                    match block.add_gradient(&parameter, gradient) {
                        Ok(()) => Some(block),
                        Err(error) => {
                            self.add_at(&folder, in_file(error, &prefix));
                            None
                        }
                    }
                }
                _ => None,
            };
        }
        Ok(block)
    }

    /// The labels of all components, if they can be read. If nobody knows how many there are, those that are there are.
    fn components(&mut self, prefix: &str, axes: Option<usize>) -> Result<Option<Vec<Labels>>> {
        let count = axes.map(|axes| axes.saturating_sub(2));
        let mut components = Vec::new();
        for i in 0.. {
            let name = format!("{prefix}components/{i}.npy");
            let is_expected = match count {
                Some(count) => i < count,
                None => self.archive.contains(&name),
            };
            if !is_expected {
                break;
            }
            components.push(self.labels(&name)?);
        }
        Ok(components.into_iter().collect())
    }

    /// Check the members that nobody asked for.
    pub(super) fn others(&mut self) -> Result<()> {
        let names: Vec<String> = self.archive.unopened().map(str::to_owned).collect();
        for name in names {
            let checked = self.read(&name, |checker| {
                let mut member = checker.archive.open_member(&name)?;
                if name.ends_with(".npy") && !matches!(checker.belongs, Belongs::Anything) {
                    member.read_npy_header(&mut checker.scratch.headers)?;
                }
                Ok(member.check_rest(&mut checker.scratch.bytes, |_| Ok(()))?)
            })?;
            if checked.is_some()
                && let Err(error) = self.check_belongs(&name)
            {
                self.add_at(&name, error);
            }
        }
        Ok(())
    }

    fn check_belongs(&self, name: &str) -> Result<()> {
        match self.belongs {
            Belongs::Anything => Ok(()),
            Belongs::Block => match name.split_once('/') {
                Some(("components" | "gradients", _)) => check_is_no_array(name),
                _ => Ok(()),
            },
            Belongs::Map(count) => {
                let Some(rest) = name.strip_prefix("blocks/") else {
                    return Ok(());
                };
                check_is_no_array(name).map_err(|error| match (block_number(rest), count) {
                    (Some(block), Some(count)) if block >= count => error.context(format!(
                        "there is no key for block {block}, only {count} keys"
                    )),
                    _ => error,
                })
            }
        }
    }
}

//! Reading what is in an archive: maps and blocks, as a whole or in part.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::archive::{Archive, LoadError, Member, PartSum, Source};
use super::array::{self, Arrays, Create};
use super::member_names::{
    KEYS, Parameters, block_number, block_prefix, check_is_no_array, gradient_prefix, parameters,
};
use super::part::{Part, Picked};
use super::placement::Placement;
use super::{Scratch, in_file, info, labels};
use crate::block::{check_samples, gradient_names};
use crate::error::Contents;
use crate::names::printable;
use crate::{ArrayRef, DType, Error, Labels, Limit, Result, TensorBlock, TensorMap};

/// Members of at most this many bytes are compared with those before.
const SHARED: u64 = 4 << 10;
/// As many of them are remembered from one archive to the next, and no more.
const REMEMBERED: usize = 64;
/// So much memory is kept from one archive to the next.
const SCRATCH: usize = 64 << 10;

/// Which samples and properties of blocks are loaded: those that match one of these entries, in some or all of the
/// dimensions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Selected<'a> {
    pub(super) samples: Option<&'a Labels>,
    pub(super) properties: Option<&'a Labels>,
}

/// Reads the members of an archive.
pub(super) struct Loader<'s, 'c> {
    archive: Archive<'s>,
    arrays: Arrays<'c>,
    selected: Option<Selected<'c>>,
    parameters: Arc<Parameters>,
    /// Small labels by the bytes of their members.
    shared: HashMap<Vec<u8>, Labels>,
    scratch: Scratch,
}

/// What members had that were read before: others have the same, as a rule.
#[derive(Debug, Default)]
pub(super) struct Known {
    shared: HashMap<Vec<u8>, Labels>,
    scratch: Scratch,
}

/// What a gradient has from the block that it belongs to.
struct Parent<'p> {
    properties: &'p Labels,
    /// The samples of the values before some were selected.
    count: usize,
    part: &'p Part,
}

/// The labels of a block after some entries were selected, and which ones.
struct Axes {
    samples: Labels,
    properties: Labels,
    part: Part,
}

impl<'s, 'c> Loader<'s, 'c> {
    pub(super) fn new(source: Source<'s>, expected: Contents, arrays: Arrays<'c>) -> Result<Self> {
        let archive = expected.open_archive(source)?.with_all_members();
        let parameters = Arc::new(parameters(&archive));
        Ok(Self::for_archive(archive, parameters, arrays))
    }

    /// A loader for an archive with these gradients.
    pub(super) fn for_archive(
        archive: Archive<'s>,
        parameters: Arc<Parameters>,
        arrays: Arrays<'c>,
    ) -> Self {
        Loader {
            archive,
            arrays,
            selected: None,
            parameters,
            shared: HashMap::new(),
            scratch: Scratch::default(),
        }
    }

    /// Let `load` load what is in the archive, with what is known from other archives, and remember what is in this one.
    pub(super) fn knowing<T>(
        &mut self,
        known: &mut Known,
        load: impl FnOnce(&mut Self) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        let mut swap = |loader: &mut Self| {
            std::mem::swap(&mut loader.shared, &mut known.shared);
            std::mem::swap(&mut loader.scratch, &mut known.scratch);
        };
        swap(self);
        let loaded = load(self);
        if self.shared.len() > REMEMBERED {
            self.shared.clear();
        }
        if self.scratch.bytes.capacity() > SCRATCH {
            self.scratch.bytes = Vec::new();
        }
        swap(self);
        loaded
    }

    /// Only load these samples and properties.
    pub(super) fn select(mut self, selected: Selected<'c>) -> Self {
        let is_everything = selected.samples.is_none() && selected.properties.is_none();
        self.selected = (!is_everything).then_some(selected);
        self
    }

    /// Let `load` load what is in the archive, and name the file in its errors.
    pub(super) fn load<T>(
        mut self,
        load: impl FnOnce(&mut Self) -> Result<T, LoadError>,
    ) -> Result<T> {
        load(&mut self).map_err(|error| error.in_source(self.archive.source().name()))
    }

    pub(super) fn only_block(&mut self) -> Result<TensorBlock, LoadError> {
        let block = self.block(String::new())?;
        let check = |name: &str| {
            if name.starts_with("components/") || name.starts_with("gradients/") {
                return check_is_no_array(name);
            }
            Ok(())
        };
        self.archive.check_others(|_| true, check)?;
        Ok(block)
    }

    pub(super) fn map(&mut self) -> Result<TensorMap, LoadError> {
        let keys = self.repeated_labels(KEYS)?;
        let mut blocks = Vec::with_capacity(keys.count().min(self.archive.names().len()));
        for i in 0..keys.count() {
            blocks.push(self.block(block_prefix(i))?);
        }
        let info = self.info()?;
        self.check_others_of_map(keys.count(), |_| true)?;
        with_info(keys, blocks, info)
    }

    /// Check the members that were not opened, of a map with so many keys, and that are for this reader, who gets the number
    /// of the block that a member would belong to.
    pub(super) fn check_others_of_map(
        &mut self,
        keys: usize,
        is_mine: impl Fn(Option<usize>) -> bool,
    ) -> Result<(), LoadError> {
        let block_of = |name: &str| block_number(name.strip_prefix("blocks/")?);
        let check = |name: &str| {
            if !name.starts_with("blocks/") {
                return Ok(());
            }
            check_is_no_array(name).map_err(|error| match block_of(name) {
                Some(block) if block >= keys => error.context(format!(
                    "there is no key for block {block}, only {keys} keys"
                )),
                _ => error,
            })
        };
        self.archive
            .check_others(|name| is_mine(block_of(name)), check)?;
        Ok(())
    }

    /// The map with these keys, whose blocks have these numbers. What else is in the archive is not looked at.
    pub(super) fn part_of_map(
        &mut self,
        keys: Labels,
        numbers: &[u32],
    ) -> Result<TensorMap, LoadError> {
        let mut blocks = Vec::with_capacity(numbers.len());
        for &number in numbers {
            blocks.push(self.block(block_prefix(number as usize))?);
        }
        let info = self.info()?;
        with_info(keys, blocks, info)
    }

    pub(super) fn info(&mut self) -> Result<IndexMap<String, String>, LoadError> {
        info::of_archive(&mut self.archive)
    }

    /// The block with members that start with `prefix`.
    pub(super) fn block(&mut self, prefix: String) -> Result<TensorBlock, LoadError> {
        self.block_of(prefix, None, 0)
    }

    /// The same without elements in its arrays, of which only the headers are read. Also says whether there are arrays of
    /// which no rows can be read without all that is before them.
    pub(super) fn block_without_values(
        &mut self,
        prefix: String,
    ) -> Result<(TensorBlock, bool), LoadError> {
        let unread = Arrays::Unread { is_whole: false };
        let arrays = std::mem::replace(&mut self.arrays, unread);
        let block = self.block(prefix);
        let unread = std::mem::replace(&mut self.arrays, arrays);
        let is_whole = matches!(unread, Arrays::Unread { is_whole: true });
        Ok((block?, is_whole))
    }

    /// These rows of the array with this name, in an array made by `create` if there is one, and the checksum of what was read, if
    /// it is not all of it.
    pub(super) fn rows(
        &mut self,
        name: &str,
        rows: Vec<u32>,
        create: Option<&mut Create<'_>>,
    ) -> Result<(ArrayRef, Option<PartSum>), LoadError> {
        let mut member = self.archive.open_member(name)?;
        let mut arrays = match create {
            Some(create) => Arrays::Made(create),
            None => Arrays::Native,
        };
        let array = array::read_rows(&mut member, &mut arrays, rows, &mut self.scratch)?;
        Ok((array, member.part_sum()))
    }

    /// The block with members that start with `prefix`, or a gradient if there is a parent. Gradients get the properties of the values.
    fn block_of(
        &mut self,
        prefix: String,
        parent: Option<&Parent<'_>>,
        depth: usize,
    ) -> Result<TensorBlock, LoadError> {
        self.check_limit(Limit::Depth, depth, &prefix)?;
        // what is selected is known from labels, which come after the values in the file
        let axes = match self.selected {
            Some(selected) => Some(self.axes(&prefix, selected, parent)?),
            None => None,
        };
        let part = axes.as_ref().map(|axes| &axes.part);
        let (values, values_axes) = self.values(&[&prefix, "values.npy"].concat(), part)?;
        let samples = match &axes {
            Some(axes) => axes.samples.clone(),
            None => self.labels(&[&prefix, "samples.npy"].concat())?,
        };
        let components = self.components(&prefix, values_axes.saturating_sub(2))?;
        let properties = match (&axes, parent) {
            (Some(axes), _) => axes.properties.clone(),
            (None, Some(parent)) => parent.properties.clone(),
            (None, None) => self.repeated_labels(&[&prefix, "properties.npy"].concat())?,
        };
        let mut block = TensorBlock::new(values, &samples, &components, &properties)
            .map_err(|error| in_file(error, &prefix))?;
        let everything = Part::default();
        let part = part.unwrap_or(&everything);
        let here = Parent {
            properties: &properties,
            count: part
                .rows
                .as_ref()
                .map_or(samples.count(), |rows| rows.count),
            part,
        };
        let parameters = Arc::clone(&self.parameters);
        let parameters = parameters.get(&prefix).map_or(&[][..], Vec::as_slice);
        self.check_limit(Limit::Names, parameters.len(), &prefix)?;
        for parameter in parameters {
            let gradient = gradient_prefix(&prefix, parameter);
            gradient_names::check(parameter)
                .map_err(|error| in_file(error, &printable(&[&gradient, "values.npy"].concat())))?;
            let gradient = self.block_of(gradient, Some(&here), depth + 1)?;
            block
                .add_gradient(parameter, gradient)
                .map_err(|error| in_file(error, &prefix))?;
        }
        Ok(block)
    }

    fn check_limit(&self, limit: Limit, needed: usize, prefix: &str) -> Result<()> {
        let limits = self.archive.source().limits();
        limits.check(limit, needed as u64, format_args!("'{prefix}'"))
    }

    /// Which samples and properties of a block are selected. Gradients have the rows of the selected samples of the
    /// values, with their new numbers.
    fn axes(
        &mut self,
        prefix: &str,
        selected: Selected<'_>,
        parent: Option<&Parent<'_>>,
    ) -> Result<Axes, LoadError> {
        let samples = self.labels(&[prefix, "samples.npy"].concat())?;
        let in_block = |error: Error| error.context(format!("'{}'", prefix.trim_end_matches('/')));
        if let Some(parent) = parent {
            let (samples, rows) =
                rows_of_samples(samples, parent).map_err(|error| in_file(error, prefix))?;
            return Ok(Axes {
                samples,
                properties: parent.properties.clone(),
                part: Part {
                    rows,
                    columns: parent.part.columns.clone(),
                },
            });
        }
        let properties = self.repeated_labels(&[prefix, "properties.npy"].concat())?;
        let rows = picked("sample", &samples, selected.samples).map_err(in_block)?;
        let columns = picked("property", &properties, selected.properties).map_err(in_block)?;
        let columns = columns.map(Picked::sorted);
        let taken = |labels: Labels, picked: &Option<Picked>| match picked {
            Some(picked) => labels.with_rows(labels.rows().gather(&picked.entries)),
            None => labels,
        };
        Ok(Axes {
            samples: taken(samples, &rows),
            properties: taken(properties, &columns),
            part: Part {
                rows,
                columns: columns.map(Arc::new),
            },
        })
    }

    /// The array with this name, or a part of it, and its number of axes.
    fn values(&mut self, name: &str, part: Option<&Part>) -> Result<(ArrayRef, usize), LoadError> {
        let mut member = self.archive.open_member(name)?;
        Ok(array::read(
            &mut member,
            &mut self.arrays,
            part,
            &mut self.scratch,
        )?)
    }

    /// Data type and shape of the values of a block, and how they are in the file.
    pub(super) fn values_header(
        &mut self,
        prefix: &str,
    ) -> Result<(DType, Vec<usize>, Placement), LoadError> {
        let mut member = self.archive.open_member(&[prefix, "values.npy"].concat())?;
        Ok(array::read_header(&mut member, &mut self.scratch)?)
    }

    /// The labels of this many components of a block.
    pub(super) fn components(
        &mut self,
        prefix: &str,
        count: usize,
    ) -> Result<Vec<Labels>, LoadError> {
        (0..count)
            .map(|i| self.repeated_labels(&format!("{prefix}components/{i}.npy")))
            .collect()
    }

    pub(super) fn labels(&mut self, name: &str) -> Result<Labels, LoadError> {
        let mut member = self.archive.open_member(name)?;
        Ok(labels::read(&mut member, &mut self.scratch)?)
    }

    /// Labels that other blocks may have as well. Shared labels are read once, are searched with one index,
    /// and are equal at first sight.
    pub(super) fn repeated_labels(&mut self, name: &str) -> Result<Labels, LoadError> {
        let mut member = self.archive.open_member(name)?;
        if member.remaining() > SHARED {
            return Ok(labels::read(&mut member, &mut self.scratch)?);
        }
        let bytes = &mut self.scratch.bytes;
        bytes.resize(member.remaining() as usize, 0);
        member.read_exact_into(bytes)?;
        if let Some(labels) = self.shared.get(bytes) {
            return Ok(labels.clone());
        }
        let bytes = bytes.clone();
        let mut source = Source::from_bytes(&bytes);
        let range = 0..source.size();
        let mut member = Member::in_source(member.name(), &mut source, range);
        let labels = labels::read(&mut member, &mut self.scratch)?;
        self.shared.insert(bytes, labels.clone());
        Ok(labels)
    }
}

fn with_info(
    keys: Labels,
    blocks: Vec<TensorBlock>,
    info: IndexMap<String, String>,
) -> Result<TensorMap, LoadError> {
    let mut map = TensorMap::new(keys, blocks).map_err(|error| in_file(error, ""))?;
    *map.info_mut() = info;
    Ok(map)
}

/// The entries of an axis that match `selection`, or `None` for all of them in order.
fn picked(axis: &str, labels: &Labels, selection: Option<&Labels>) -> Result<Option<Picked>> {
    let Some(selection) = selection else {
        return Ok(None);
    };
    let mut names = selection.names().iter();
    if let Some(name) = names.find(|name| !labels.names().contains(name)) {
        return Err(Error::invalid(format!(
            "invalid {axis} name '{name}' which is not part of the file, with the dimensions {}",
            labels.names()
        )));
    }
    Ok(Picked::new(labels.select(selection)?, labels.count()))
}

/// The samples of a gradient that are left after samples of the values were selected, and which ones these were.
fn rows_of_samples(samples: Labels, parent: &Parent<'_>) -> Result<(Labels, Option<Picked>)> {
    check_samples(&samples, parent.count)?;
    let Some(kept) = &parent.part.rows else {
        return Ok((samples, None));
    };
    let mut new_numbers = vec![None; kept.count];
    for (new, &old) in (0..).zip(&kept.entries) {
        new_numbers[old as usize] = Some(new);
    }
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for (number, row) in (0..).zip(&samples) {
        if let Some(new) = new_numbers[row[0] as usize] {
            rows.push(number);
            values.push(new);
            values.extend_from_slice(&row[1..]);
        }
    }
    let picked = Picked::new(rows, samples.count());
    Ok((samples.with_rows(values), picked))
}

//! The rows of a map that are on this rank, and how many others have.

use std::borrow::Cow;
use std::ops::Range;

use metatensor_core::internal::files::{BlockForm, Layout, bytes_in_file};
use metatensor_core::internal::rows::Rows;
use metatensor_core::{Error, Result, TensorBlock, TensorMap, View};

use crate::communicator::reserved;
use crate::schema::{BlockSchema, Schema};

/// A row set of this rank: the rows of values, or of a gradient.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowSet<'a> {
    /// Not if no block of this rank has this key.
    pub(super) block: Option<&'a TensorBlock>,
    /// The row set that "sample" is a row of.
    pub(super) parent: Option<usize>,
}

impl<'a> RowSet<'a> {
    pub(super) fn count(&self) -> usize {
        self.block.map_or(0, |block| block.samples().count())
    }

    pub(super) fn view(&self) -> Result<Option<View<'a>>> {
        self.block.map(TensorBlock::view).transpose()
    }
}

/// All row sets of this rank, in the order of the file: gradients sorted by parameter.
pub(super) fn find<'a>(schema: &Schema, tensor: &'a TensorMap) -> Result<Vec<RowSet<'a>>> {
    let mut sets = Vec::new();
    for (key, block) in schema.keys.iter().zip(&schema.blocks) {
        let position = tensor.keys().position(key);
        let local = position
            .map(|position| tensor.block_by_id(position))
            .transpose()?;
        add(&mut sets, block, local, None)?;
    }
    Ok(sets)
}

fn add<'a>(
    sets: &mut Vec<RowSet<'a>>,
    schema: &BlockSchema,
    block: Option<&'a TensorBlock>,
    parent: Option<usize>,
) -> Result<()> {
    let this = sets.len();
    sets.push(RowSet { block, parent });
    for (parameter, gradient) in sorted_gradients(schema) {
        let local = block.map(|block| block.gradient(parameter)).transpose()?;
        add(sets, gradient, local, Some(this))?;
    }
    Ok(())
}

fn sorted_gradients(schema: &BlockSchema) -> Vec<(&str, &BlockSchema)> {
    let gradients = schema.gradients.iter();
    let mut gradients: Vec<_> = gradients
        .map(|(name, gradient)| (&**name, gradient))
        .collect();
    gradients.sort_unstable_by_key(|&(name, _)| name);
    gradients
}

/// How many rows each row set has here, for other ranks.
pub(super) fn row_counts(sets: &[RowSet<'_>]) -> Vec<u8> {
    let counts = sets.iter().map(|set| (set.count() as u64).to_ne_bytes());
    counts.flatten().collect()
}

/// How many rows each row set has on each rank.
#[derive(Debug)]
pub(super) struct Counts {
    /// Per row set: which rows of the file are those of each rank, as the ends of the ranges.
    ends: Vec<u64>,
    ranks: usize,
}

impl Counts {
    /// The counts that all ranks gave.
    pub(super) fn new(schema: &Schema, messages: &[Vec<u8>]) -> Result<Counts> {
        let sets: usize = schema.blocks.iter().map(BlockSchema::row_sets).sum();
        let ranks = messages.len();
        let mut ends = vec![0; sets * ranks];
        let mut totals = vec![0; sets];
        for (rank, message) in messages.iter().enumerate() {
            let (counts, []) = message.as_chunks() else {
                return Err(damaged(rank));
            };
            if counts.len() != sets {
                return Err(damaged(rank));
            }
            for (set, &count) in counts.iter().enumerate() {
                let count = u64::from_ne_bytes(count).min(u64::from(u32::MAX));
                totals[set] += count;
                ends[set * ranks + rank] = totals[set];
            }
        }
        Ok(Counts { ends, ranks })
    }

    /// Which rows of a row set in the file are those of this rank.
    pub(super) fn rows(&self, set: usize, rank: usize) -> Range<u64> {
        let ends = &self.ends[set * self.ranks..][..self.ranks];
        let start = if rank == 0 { 0 } else { ends[rank - 1] };
        start..ends[rank]
    }

    /// The same for all ranks that have rows of a range, with what they have of it.
    pub(super) fn ranks(&self, set: usize) -> impl Iterator<Item = (usize, Range<u64>)> {
        let rows = (0..self.ranks).map(move |rank| (rank, self.rows(set, rank)));
        rows.filter(|(_, rows)| !rows.is_empty())
    }

    pub(super) fn total(&self, set: usize) -> u64 {
        self.rows(set, self.ranks - 1).end
    }

    /// Where everything is in the file.
    pub(super) fn layout(&self, schema: &Schema) -> Result<Layout> {
        let mut next = 0;
        let mut forms = Vec::with_capacity(schema.blocks.len());
        for (i, block) in schema.blocks.iter().enumerate() {
            let form = self.form(schema, block, &mut next);
            let in_block =
                |error: Error| error.context(format!("block {}", schema.keys.describe(i)));
            forms.push(form.map_err(in_block)?);
        }
        let info = schema.info.iter().cloned().collect();
        Layout::new(&schema.keys, &forms, &info)
    }

    fn form<'s>(
        &self,
        schema: &Schema,
        block: &'s BlockSchema,
        next: &mut usize,
    ) -> Result<BlockForm<'s>> {
        let count = self.total(*next);
        *next += 1;
        // those of gradients have to be numbers in their "sample"
        let most = match block.gradients.is_empty() {
            true => Rows::MAX_COUNT as u64,
            false => i32::MAX as u64,
        };
        if count > most {
            return Err(Error::invalid(format!(
                "there would be {count} samples, but labels can only have {most}"
            )));
        }
        let gradients = sorted_gradients(block)
            .into_iter()
            .map(|(parameter, gradient)| {
                let form = self.form(schema, gradient, next);
                let form = form.map_err(|error| error.in_gradient(parameter))?;
                Ok((parameter, form))
            });
        let gradients = gradients.collect::<Result<_>>()?;
        Ok(BlockForm {
            dtype: schema
                .dtype
                .ok_or_else(|| Error::Internal("blocks without a type".to_owned()))?,
            count: count as usize,
            samples: block.samples.names().iter().collect(),
            components: &block.components,
            properties: &block.properties,
            gradients,
        })
    }
}

#[cold]
fn damaged(rank: usize) -> Error {
    Error::Communication(format!("the numbers of rows of rank {rank} are damaged"))
}

/// The bytes of this rank, as they will be in the file: for each row set those of the values, then those of the samples.
#[derive(Debug)]
pub(super) struct LocalRows<'a> {
    pub(super) tables: Vec<Cow<'a, [u8]>>,
}

impl<'a> LocalRows<'a> {
    pub(super) fn new(
        sets: &[RowSet<'a>],
        views: &'a [Option<View<'a>>],
        counts: &Counts,
        layout: &Layout,
        rank: usize,
    ) -> Result<LocalRows<'a>> {
        let mut tables = Vec::with_capacity(2 * sets.len());
        for (i, (set, view)) in sets.iter().zip(views).enumerate() {
            let name = layout.table(2 * i).name;
            let values = match view {
                Some(view) => {
                    bytes_in_file(view).map_err(|error| error.context(format!("'{name}'")))?
                }
                None => Cow::Borrowed(&[][..]),
            };
            tables.push(values);
            let first = set
                .parent
                .map_or(0, |parent| counts.rows(parent, rank).start);
            tables.push(samples_in_file(set.block, first as i32)?);
        }
        Ok(LocalRows { tables })
    }
}

/// The samples of a block as they are in a file, where its first row is number `first`: "sample" counts from the start of the file.
fn samples_in_file(block: Option<&TensorBlock>, first: i32) -> Result<Cow<'_, [u8]>> {
    let Some(block) = block else {
        return Ok(Cow::Borrowed(&[]));
    };
    let rows = block.samples().rows();
    let mut bytes = reserved(size_of_val(rows.values()))?;
    for row in rows.iter() {
        let mut row = row.iter();
        // 0 for the samples of values
        let sample = row.next().map(|sample| sample + first);
        let numbers = sample.into_iter().chain(row.copied());
        bytes.extend(numbers.flat_map(i32::to_ne_bytes));
    }
    Ok(Cow::Owned(bytes))
}

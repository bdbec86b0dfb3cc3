//! Blocks made of some of the rows and columns of another block, in any order: what slices, splits and
//! sorted blocks are.

use metatensor_core::internal::rows::{Direction, Rows, argsort};
use metatensor_core::{Labels, Result, TensorBlock};

use super::{Repeated, with_rows};
use crate::kernels::{self, Picked, PickedAxes};

/// Some of the entries of an axis of a block.
pub(crate) struct Part {
    /// `None` for all entries, in order.
    picked: Option<Picked>,
    labels: Labels,
}

impl Part {
    pub(crate) fn all(labels: &Labels) -> Part {
        Part {
            picked: None,
            labels: labels.clone(),
        }
    }

    /// These entries of `labels`.
    pub(crate) fn new(labels: &Labels, entries: Vec<u32>) -> Result<Part> {
        let Some(picked) = Picked::new(entries, labels.count()) else {
            return Ok(Part::all(labels));
        };
        labels.check_readable("a part")?;
        Ok(Part {
            labels: with_rows(labels, labels.rows().gather(picked.entries()))?,
            picked: Some(picked),
        })
    }

    /// All entries of `labels`, sorted if there is a direction.
    pub(crate) fn sorted(labels: &Labels, direction: Option<Direction>) -> Result<Part> {
        match direction {
            None => Ok(Part::all(labels)),
            Some(direction) => Part::new(labels, sorted(labels, direction)?),
        }
    }
}

/// Parts of the samples of a block.
pub(crate) struct Parts {
    list: Vec<Part>,
    /// The rows of gradients that go with them.
    of_gradients: Repeated<Parts>,
}

impl Parts {
    pub(crate) fn new(list: Vec<Part>) -> Parts {
        Parts {
            list,
            of_gradients: Repeated::new(),
        }
    }

    pub(crate) fn list(&self) -> &[Part] {
        &self.list
    }
}

/// What is sorted, besides what is asked for with [`Part`].
#[derive(Clone, Copy, Default)]
pub(crate) struct Sorting {
    /// The rows of gradients, after they were renumbered.
    pub(crate) gradient_rows: Option<Direction>,
    /// Each axis of components.
    pub(crate) components: Option<Direction>,
}

/// The numbers of all entries, sorted.
pub(crate) fn sorted(labels: &Labels, direction: Direction) -> Result<Vec<u32>> {
    labels.check_readable("the order")?;
    Ok(argsort(labels.rows(), direction))
}

/// One block for each pair of samples and properties of `block`.
///
/// Gradients have the rows whose sample was taken, with the new number of this sample. They keep
/// their order if they are not to be sorted.
pub(crate) fn take(
    block: &TensorBlock,
    samples: &Parts,
    properties: &[&Part],
    sorting: Sorting,
) -> Result<Vec<TensorBlock>> {
    let components = block.components().iter();
    let components = components.map(|labels| Part::sorted(labels, sorting.components));
    let components = components.collect::<Result<Vec<_>>>()?;
    let component_labels: Vec<_> = components.iter().map(|part| part.labels.clone()).collect();
    let pairs = samples.list.iter().zip(properties);
    let axes = pairs.clone().map(|(samples, properties)| {
        let axes = [samples].into_iter().chain(&components);
        let axes = axes.chain([*properties]);
        axes.map(|part| part.picked.as_ref()).collect()
    });
    let axes: Vec<PickedAxes<'_>> = axes.collect();
    let is_whole = |axes: &PickedAxes<'_>| axes.iter().all(Option::is_none);
    let parts: Vec<_> = axes
        .iter()
        .filter(|axes| !is_whole(axes))
        .cloned()
        .collect();
    let mut values = match parts.is_empty() {
        true => Vec::new(),
        false => kernels::pick(&block.view()?, &parts)?,
    }
    .into_iter()
    .peekable();
    let blocks = pairs.zip(&axes).map(|((samples, properties), axes)| {
        let (samples, properties) = (&samples.labels, &properties.labels);
        match values.next_if(|_| !is_whole(axes)) {
            Some(values) => block.with_new_values(values, samples, &component_labels, properties),
            None => block.relabeled(samples, &component_labels, properties),
        }
    });
    let mut results: Vec<TensorBlock> = blocks.collect::<Result<_>>()?;
    for (parameter, gradient) in block.gradients() {
        let rows = samples.of_gradients.get(gradient.samples(), || {
            let count = block.samples().count();
            let parts = gradient_parts(gradient.samples(), &samples.list, count, sorting)?;
            Ok(Parts::new(parts))
        });
        let parts = rows.and_then(|rows| take(gradient, &rows, properties, sorting));
        let parts = parts.map_err(|error| error.in_gradient(parameter))?;
        for (result, part) in results.iter_mut().zip(parts) {
            result.add_gradient(parameter, part)?;
        }
    }
    Ok(results)
}

/// The rows of a gradient that go to each of the new blocks, found in one pass over them.
fn gradient_parts(
    labels: &Labels,
    samples: &[Part],
    sample_count: usize,
    sorting: Sorting,
) -> Result<Vec<Part>> {
    let moves = Moves::new(samples, sample_count);
    let mut kept = vec![Vec::new(); samples.len()];
    let mut values = vec![Vec::new(); samples.len()];
    if !moves.is_empty() {
        labels.check_readable("a part")?;
        for (number, row) in (0..).zip(labels) {
            for &(part, sample) in moves.of(row[0] as usize) {
                kept[part as usize].push(number);
                let values = &mut values[part as usize];
                values.push(sample as i32);
                values.extend_from_slice(&row[1..]);
            }
        }
    }
    let parts = samples.iter().zip(kept.into_iter().zip(values));
    let parts = parts.map(|(samples, (mut kept, mut values))| {
        if samples.picked.is_none() {
            return Part::sorted(labels, sorting.gradient_rows);
        }
        if let Some(direction) = sorting.gradient_rows {
            let rows = Rows::try_new(&values, kept.len(), labels.size())?;
            let order = argsort(rows, direction);
            values = rows.gather(&order);
            kept = order.iter().map(|&i| kept[i as usize]).collect();
        }
        Ok(Part {
            picked: Picked::new(kept, labels.count()),
            labels: with_rows(labels, values)?,
        })
    });
    parts.collect()
}

/// For each sample, the new blocks it goes to and its number there.
struct Moves {
    /// Start of the moves of each sample. Nothing if no sample moves.
    offsets: Vec<usize>,
    moves: Vec<(u32, u32)>,
}

impl Moves {
    fn new(parts: &[Part], sample_count: usize) -> Moves {
        let moving = (0_u32..).zip(parts);
        let moving = moving.filter_map(|(part, samples)| Some((part, samples.picked.as_ref()?)));
        if moving.clone().next().is_none() {
            return Moves {
                offsets: Vec::new(),
                moves: Vec::new(),
            };
        }
        let mut offsets = vec![0_usize; sample_count + 1];
        for (_, picked) in moving.clone() {
            for &sample in picked.entries() {
                offsets[sample as usize + 1] += 1;
            }
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        let mut next = offsets.clone();
        let mut moves = vec![(0, 0); sum];
        for (part, picked) in moving {
            for (number, &sample) in (0..).zip(picked.entries()) {
                let position = &mut next[sample as usize];
                moves[*position] = (part, number);
                *position += 1;
            }
        }
        Moves { offsets, moves }
    }

    fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    fn of(&self, sample: usize) -> &[(u32, u32)] {
        &self.moves[self.offsets[sample]..self.offsets[sample + 1]]
    }
}

//! Blocks made of some of the rows and columns of another block, in any order: what slices, splits and
//! sorted blocks are.

use metatensor_core::internal::rows::{Direction, Rows, argsort};
use metatensor_core::internal::stored_like;
use metatensor_core::{Labels, Result, TensorBlock};

use super::with_rows;
use crate::kernels::{self, Picked};

/// Some of the properties of a block.
pub(crate) struct PropertyPart {
    pub(crate) picked: Option<Picked>,
    pub(crate) labels: Labels,
}

/// The rows of one of the new blocks.
pub(crate) struct SamplePart {
    /// `None` for all rows, in order.
    pub(crate) picked: Option<Picked>,
    pub(crate) labels: Labels,
}

impl SamplePart {
    pub(crate) fn all(samples: &Labels) -> SamplePart {
        SamplePart {
            picked: None,
            labels: samples.clone(),
        }
    }

    /// These rows of `samples`.
    pub(crate) fn new(samples: &Labels, rows: Vec<u32>) -> Result<SamplePart> {
        let (picked, labels) = pick_labels(samples, rows)?;
        Ok(SamplePart { picked, labels })
    }
}

impl PropertyPart {
    pub(crate) fn all(properties: &Labels) -> PropertyPart {
        PropertyPart {
            picked: None,
            labels: properties.clone(),
        }
    }

    /// These properties.
    pub(crate) fn new(properties: &Labels, entries: Vec<u32>) -> Result<PropertyPart> {
        let (picked, labels) = pick_labels(properties, entries)?;
        Ok(PropertyPart { picked, labels })
    }
}

fn pick_labels(labels: &Labels, entries: Vec<u32>) -> Result<(Option<Picked>, Labels)> {
    let picked = Picked::new(entries, labels.count());
    let labels = match &picked {
        None => labels.clone(),
        Some(picked) => {
            labels.check_readable("a part")?;
            with_rows(labels, labels.rows().gather(picked.entries()))?
        }
    };
    Ok((picked, labels))
}

/// What is sorted, besides what is asked for with [`SamplePart`] and [`PropertyPart`].
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
    samples: &[SamplePart],
    properties: &[&PropertyPart],
    sorting: Sorting,
) -> Result<Vec<TensorBlock>> {
    let components = block.components().iter().map(|labels| {
        let Some(direction) = sorting.components else {
            return Ok((None, labels.clone()));
        };
        pick_labels(labels, sorted(labels, direction)?)
    });
    let (picked_components, components): (Vec<_>, Vec<_>) =
        components.collect::<Result<Vec<_>>>()?.into_iter().unzip();

    let mut axes: Vec<Option<&Picked>> = vec![None; components.len() + 2];
    let last = axes.len() - 1;
    for (axis, picked) in axes[1..last].iter_mut().zip(&picked_components) {
        *axis = picked.as_ref();
    }
    let mut results = Vec::with_capacity(samples.len());
    for (samples, properties) in samples.iter().zip(properties) {
        axes[0] = samples.picked.as_ref();
        axes[last] = properties.picked.as_ref();
        let values = if axes.iter().all(Option::is_none) {
            block.values().clone()
        } else {
            stored_like(&**block.values(), kernels::pick(&block.view()?, &axes)?)?
        };
        results.push(TensorBlock::new(
            values,
            &samples.labels,
            &components,
            &properties.labels,
        )?);
    }
    for (parameter, gradient) in block.gradients() {
        let rows = gradient_parts(gradient, samples, block.samples().count(), sorting);
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
    gradient: &TensorBlock,
    samples: &[SamplePart],
    sample_count: usize,
    sorting: Sorting,
) -> Result<Vec<SamplePart>> {
    let labels = gradient.samples();
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
            return match sorting.gradient_rows {
                None => Ok(SamplePart::all(labels)),
                Some(direction) => SamplePart::new(labels, sorted(labels, direction)?),
            };
        }
        if let Some(direction) = sorting.gradient_rows {
            let rows = Rows::try_new(&values, kept.len(), labels.size())?;
            let order = argsort(rows, direction);
            values = rows.gather(&order);
            kept = order.iter().map(|&i| kept[i as usize]).collect();
        }
        Ok(SamplePart {
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
    fn new(parts: &[SamplePart], sample_count: usize) -> Moves {
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

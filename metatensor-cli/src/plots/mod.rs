//! Pictures of maps: what blocks look like, which gradient rows belong to which samples, where gradients are, and which values there are.

mod cells;
mod histogram;
mod mapping;
mod overview;
mod page;
mod section;
mod sparsity;
mod structure;

use std::cmp::Reverse;

use metatensor_core::Result;

pub(crate) use histogram::{histogram_of_block, histograms};
pub(crate) use mapping::{mapping, mapping_of_gradient};
pub(crate) use sparsity::{sparsity, sparsity_of_gradient};
pub(crate) use structure::{structure, structure_in_parts, structure_of_block};

use crate::input::Blocks;
use crate::outline::Outline;
use crate::picture::{Ink, Style};

const TITLE: Style = Style::new(14.0, Ink::Text);
const LABEL: Style = Style::new(12.0, Ink::Text);
const SMALL: Style = Style::new(10.5, Ink::Muted);

/// Some blocks of a map, or all of them, in the order of the file.
pub(crate) struct Selected<'a> {
    blocks: &'a Blocks,
    /// The number of each, and what is known of it without its values.
    outlines: Vec<(usize, Outline)>,
}

impl<'a> Selected<'a> {
    pub(crate) fn new(blocks: &'a Blocks, numbers: &[usize]) -> Result<Self> {
        let outlines = blocks.outlines(numbers)?;
        Ok(Selected {
            blocks,
            outlines: numbers.iter().copied().zip(outlines).collect(),
        })
    }

    /// Bytes of all their values and gradients.
    pub(crate) fn bytes(&self) -> u64 {
        self.outlines
            .iter()
            .map(|(_, outline)| outline.bytes())
            .sum()
    }

    /// Those that have gradients.
    fn with_gradients(&self) -> Selected<'a> {
        let outlines = self.outlines.iter();
        let outlines = outlines.filter(|(_, outline)| !outline.gradients.is_empty());
        Selected {
            blocks: self.blocks,
            outlines: outlines.cloned().collect(),
        }
    }

    /// The largest ones, if there are more than so many.
    fn largest(&self, count: usize) -> Vec<&(usize, Outline)> {
        let mut largest: Vec<_> = self.outlines.iter().collect();
        largest.sort_by_key(|(number, outline)| (Reverse(outline.bytes()), *number));
        largest.truncate(count);
        largest.sort_unstable_by_key(|(number, _)| *number);
        largest
    }

    /// `5 blocks`, or `1000 blocks, the 12 largest drawn`.
    fn count_of(&self, shown: usize) -> String {
        match self.outlines.len() {
            1 => "1 block".to_owned(),
            all if all == shown => format!("{all} blocks"),
            all => format!("{all} blocks, the {shown} largest drawn"),
        }
    }
}

/// `3 × 5`.
fn shape(lengths: &[usize]) -> String {
    let lengths: Vec<String> = lengths.iter().map(usize::to_string).collect();
    lengths.join(" × ")
}

/// `values`, or what the gradient at the end of this path is called.
pub(crate) fn array_name(path: &str) -> String {
    match path {
        "" => "values".to_owned(),
        path => format!("gradient: {path}"),
    }
}

/// How wide the name of an array may be.
const NAME: f32 = 175.0;

/// A number with four digits, as people write it.
fn short(value: f64) -> String {
    let size = value.abs();
    let text = if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).max(0) as usize;
        let text = format!("{value:.digits$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    } else {
        format!("{value:.2e}")
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-0.5, "−0.5"),
            (12345.6, "12346"),
            (99999.9, "100000"),
            (2.71999, "2.72"),
            (0.0012349, "0.001235"),
            (1.5e-7, "1.50e−7"),
            (-2e22, "−2.00e22"),
        ] {
            assert_eq!(short(value), text);
        }
    }
}

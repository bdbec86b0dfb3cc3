//! Pictures of maps: what blocks look like, which gradient rows belong to which samples, where gradients are, and which values there are.

mod cells;
mod histogram;
mod mapping;
mod overview;
mod page;
mod sparsity;
mod structure;

use metatensor_core::Result;

pub(crate) use histogram::{histogram_of_block, histograms};
pub(crate) use mapping::{mapping, mapping_of_gradient};
pub(crate) use sparsity::{sparsity, sparsity_of_gradient};
pub(crate) use structure::{structure, structure_in_parts, structure_of_block};

use crate::input::Blocks;
use crate::picture::{Ink, Style};

const TITLE: Style = Style::new(14.0, Ink::Text);
const LABEL: Style = Style::new(12.0, Ink::Text);
const SMALL: Style = Style::new(10.5, Ink::Muted);

/// Some blocks of a map, or all of them.
pub(crate) struct Selected<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) numbers: &'a [usize],
}

impl Selected<'_> {
    /// Those that have gradients.
    fn with_gradients(&self) -> Result<Vec<usize>> {
        let outlines = self.blocks.outlines(self.numbers)?;
        let numbers = self.numbers.iter().zip(outlines);
        let numbers = numbers.filter(|(_, outline)| !outline.gradients.is_empty());
        Ok(numbers.map(|(&number, _)| number).collect())
    }

    /// The largest ones, if there are more than so many, in the order of the file.
    fn largest(&self, count: usize) -> Result<Vec<usize>> {
        if self.numbers.len() <= count {
            return Ok(self.numbers.to_vec());
        }
        let outlines = self.blocks.outlines(self.numbers)?;
        let sizes = outlines.iter().zip(self.numbers).map(|(outline, &number)| {
            let size = outline.value_bytes() + outline.gradient_bytes();
            (size, number)
        });
        let mut sizes: Vec<(u64, usize)> = sizes.collect();
        sizes.sort_by_key(|&(size, number)| (std::cmp::Reverse(size), number));
        let mut largest: Vec<usize> = sizes[..count].iter().map(|&(_, number)| number).collect();
        largest.sort_unstable();
        Ok(largest)
    }

    /// `5 blocks`, or `1000 blocks, the 12 largest drawn`.
    fn count_of(&self, shown: usize) -> String {
        match self.numbers.len() {
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

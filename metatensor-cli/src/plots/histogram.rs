//! How many values there are of each size.

use metatensor_core::{Result, TensorBlock};

use super::page::{Page, beside, captions, card};
use super::{SMALL, Selected, array_name, short};
use crate::commands::{describe, joined};
use crate::elements::each_real;
use crate::picture::{Anchor, Family, Ink, LINE, Picture, Style, shortened};

const MOST_CARDS: usize = 12;
/// Arrays of one block that are drawn.
const MOST_ARRAYS: usize = 4;
const BINS: usize = 32;
const SIZE: [f32; 2] = [160.0, 64.0];

pub(crate) fn histograms(selected: &Selected<'_>) -> Result<Picture> {
    let shown = selected.largest(MOST_CARDS);
    let mut page = Page::new(&format!("Values: {}", selected.count_of(shown.len())));
    page.note(
        "Zeros are counted, but not drawn. Of complex numbers, these are the absolute values.",
    );
    let keys = selected.blocks.keys();
    let mut cards = Vec::new();
    for &&(number, _) in &shown {
        let block = selected.blocks.mapped(number)?;
        cards.push(card(&describe(keys, number), histogram_of_block(&block)?));
    }
    page.cards(cards);
    Ok(page.finish())
}

/// One for the values, and one for each gradient.
pub(crate) fn histogram_of_block(block: &TensorBlock) -> Result<Picture> {
    let mut arrays = Vec::new();
    add_arrays(&mut arrays, block, String::new());
    let more = arrays.len().saturating_sub(MOST_ARRAYS);
    arrays.truncate(MOST_ARRAYS);
    let pictures = arrays.into_iter().map(|(path, array)| {
        Ok(Histogram::of(array)?.draw(&array_name(&path), Family::of_path(&path)))
    });
    let mut picture = beside(pictures.collect::<Result<_>>()?, 28.0);
    if more > 0 {
        captions(
            &mut picture,
            &[(format!("{more} more are left out"), SMALL)],
        );
    }
    Ok(picture)
}

fn add_arrays<'a>(
    arrays: &mut Vec<(String, &'a TensorBlock)>,
    block: &'a TensorBlock,
    path: String,
) {
    arrays.push((path.clone(), block));
    for (parameter, gradient) in block.gradients() {
        add_arrays(arrays, gradient, joined(&path, parameter));
    }
}

struct Histogram {
    counts: [usize; BINS],
    /// Of what is finite and not zero.
    min: f64,
    max: f64,
    all: usize,
    zeros: usize,
    not_finite: usize,
}

impl Histogram {
    fn of(block: &TensorBlock) -> Result<Histogram> {
        let mut histogram = Histogram {
            counts: [0; BINS],
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            all: 0,
            zeros: 0,
            not_finite: 0,
        };
        each_real(block, |value| {
            histogram.all += 1;
            if value == 0.0 {
                histogram.zeros += 1;
            } else if value.is_finite() {
                histogram.min = histogram.min.min(value);
                histogram.max = histogram.max.max(value);
            } else {
                histogram.not_finite += 1;
            }
        })?;
        let (min, max) = (histogram.min, histogram.max);
        each_real(block, |value| {
            if value == 0.0 || !value.is_finite() {
                return;
            }
            // Halves, since the difference of two finite numbers may not be finite.
            let part = (value / 2.0 - min / 2.0) / (max / 2.0 - min / 2.0);
            let bin = if part.is_nan() {
                BINS / 2
            } else {
                (part * BINS as f64) as usize
            };
            histogram.counts[bin.min(BINS - 1)] += 1;
        })?;
        Ok(histogram)
    }

    fn draw(&self, name: &str, family: Family) -> Picture {
        let mut picture = Picture::new("");
        let style = Style {
            ink: family.edge(),
            ..SMALL
        };
        picture.text(
            [0.0, SMALL.size],
            shortened(name, SMALL.size, SIZE[0]),
            style,
        );
        let top = SMALL.size * LINE + 6.0;
        let most = self.counts.iter().copied().max().unwrap_or(0);
        let width = SIZE[0] / BINS as f32;
        let mut bars = Vec::new();
        for (bin, &count) in self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
        {
            // One value in a million is still there.
            let height = (SIZE[1] * count as f32 / most as f32).max(1.0);
            bars.push([
                bin as f32 * width,
                top + SIZE[1] - height,
                width - 1.0,
                height,
            ]);
        }
        picture.cells(bars, Ink::Level(family, 3));
        let base = top + SIZE[1] + 0.5;
        picture.lines(vec![[[0.0, base], [SIZE[0], base]]], Ink::Muted, 1.0);
        if self.min < 0.0 && self.max > 0.0 {
            let part = -self.min / 2.0 / (self.max / 2.0 - self.min / 2.0);
            let zero = SIZE[0] * part as f32;
            picture.lines(vec![[[zero, base], [zero, base + 4.0]]], Ink::Muted, 1.0);
            // Where there is place for it between the ends.
            if (0.38..0.62).contains(&part) {
                let at = [zero, base + 4.0 + SMALL.size];
                picture.text(at, "0", SMALL.anchored(Anchor::Middle));
            }
        }
        let below = base + 4.0 + SMALL.size;
        if self.min == self.max {
            picture.text(
                [SIZE[0] / 2.0, below],
                short(self.min),
                SMALL.anchored(Anchor::Middle),
            );
        } else if self.min < self.max {
            picture.text([0.0, below], short(self.min), SMALL);
            picture.text(
                [SIZE[0], below],
                short(self.max),
                SMALL.anchored(Anchor::End),
            );
        }
        picture.include([SIZE[0], below + 2.0]);
        let mut notes = vec![self.size(most)];
        if self.not_finite > 0 {
            notes.push(format!("{} not finite", self.not_finite));
        }
        let notes: Vec<(String, Style)> = notes.into_iter().map(|note| (note, SMALL)).collect();
        captions(&mut picture, &notes);
        picture
    }

    fn size(&self, most: usize) -> String {
        match (self.all, self.zeros) {
            (0, _) => "no values".to_owned(),
            (all, 0) => format!("{all} values, at most {most} a bar"),
            (all, zeros) => {
                let percent = 100.0 * zeros as f64 / all as f64;
                format!("{all} values, {percent:.1}% are zero")
            }
        }
    }
}

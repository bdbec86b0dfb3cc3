//! Very many blocks: their sizes as lanes of bars, in the order of the file.

use std::collections::BTreeMap;

use super::section::Section;
use super::{SMALL, Selected};
use crate::commands::describe;
use crate::picture::{Anchor, Family, Ink, LINE, Picture, Style, shortened};

/// Bars of one lane. More blocks share one.
const MOST_BARS: usize = 200;
const HEIGHT: f32 = 46.0;
/// Gradients that have a lane.
const MOST_GRADIENTS: usize = 4;

/// A lane for each of the numbers that shapes are made of.
pub(super) fn lanes(selected: &Selected<'_>, width: f32) -> Section {
    let count = selected.outlines.len();
    let mut samples = Vec::with_capacity(count);
    let mut columns = Vec::with_capacity(count);
    let mut gradients: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, (_, outline)) in selected.outlines.iter().enumerate() {
        samples.push(outline.shape[0]);
        let lengths = outline.shape[1..].iter();
        columns.push(lengths.fold(1_usize, |product, &length| product.saturating_mul(length)));
        for (path, gradient) in outline.all_gradients() {
            let rows = gradients.entry(path).or_insert_with(|| vec![0; count]);
            rows[position] = gradient.shape[0];
        }
    }
    let bars = count.min(MOST_BARS);
    let mut note = match bars == count {
        true => "a bar for each".to_owned(),
        false => format!("{bars} bars: the mean of neighbors is strong, the largest pale"),
    };
    let keys = selected.blocks.keys();
    if let [(first, _), .., (last, _)] = &selected.outlines[..] {
        let (first, last) = (describe(keys, *first), describe(keys, *last));
        note += &format!("; from ({first}) to ({last})");
    }
    let mut lanes = vec![
        lane("samples", &samples, Family::Values, width),
        lane("values in each sample", &columns, Family::Values, width),
    ];
    for (path, rows) in gradients.iter().take(MOST_GRADIENTS) {
        lanes.push(lane(
            &format!("rows of the gradient: {path}"),
            rows,
            Family::of_path(path),
            width,
        ));
    }
    if gradients.len() > MOST_GRADIENTS {
        let more = gradients.len() - MOST_GRADIENTS;
        note += &format!("; {more} gradients more have no lane");
    }
    let title = format!("All {count} blocks, in the order of the file");
    Section {
        title: Some((title, note)),
        pictures: lanes,
    }
}

fn lane(name: &str, numbers: &[usize], family: Family, whole: f32) -> Picture {
    let mut picture = Picture::new("");
    let largest = numbers.iter().copied().max().unwrap_or(0);
    let smallest = numbers.iter().copied().min().unwrap_or(0);
    let top = SMALL.size * LINE + 4.0;
    let style = Style {
        ink: family.edge(),
        ..SMALL
    };
    picture.text(
        [0.0, SMALL.size],
        shortened(name, SMALL.size, 0.6 * whole),
        style,
    );
    let range = format!("{smallest} to {largest}");
    picture.text([whole, SMALL.size], range, SMALL.anchored(Anchor::End));

    let bars = numbers.len().min(MOST_BARS);
    let width = whole / bars as f32;
    let gap = if width >= 4.0 { 1.0 } else { 0.0 };
    let height = |number: f32| HEIGHT * number / largest.max(1) as f32;
    let (mut pale, mut strong) = (Vec::new(), Vec::new());
    for bar in 0..bars {
        let part = &numbers[bar * numbers.len() / bars..(bar + 1) * numbers.len() / bars];
        let most = part.iter().copied().max().unwrap_or(0) as f32;
        let mean = part.iter().map(|&number| number as f32).sum::<f32>() / part.len() as f32;
        let x = bar as f32 * width;
        let push = |cells: &mut Vec<_>, number: f32| {
            let height = height(number);
            if height > 0.0 {
                cells.push([x, top + HEIGHT - height, width - gap, height]);
            }
        };
        if most > mean {
            push(&mut pale, most);
        }
        push(&mut strong, mean);
    }
    picture.cells(pale, Ink::Level(family, 2));
    picture.cells(strong, Ink::Level(family, 3));
    let base = top + HEIGHT;
    picture.lines(vec![[[0.0, base], [whole, base]]], Ink::Faint, 1.0);
    picture.include([whole, base + 2.0]);
    picture
}

//! Blocks to scale, under their keys, with their gradients beside them.

use metatensor_core::Result;

use super::page::{Page, WIDTH, beside, captions, card};
use super::section::Section;
use super::{LABEL, NAME, SMALL, Selected, array_name, overview, shape};
use crate::commands::{describe, names, plural};
use crate::outline::Outline;
use crate::picture::{Family, Ink, Picture, Style, shortened};

/// How many blocks are drawn one by one: if there are more, then only some, and all of them together.
const MOST_CARDS: usize = 12;
const SOME_CARDS: usize = 6;
/// Gradients of one block, and sheets of one array, that are drawn.
const MOST_GRADIENTS: usize = 4;
const MOST_SHEETS: usize = 7;
/// How large the largest array is, and how large a row or a column may be.
const LARGEST: [f32; 2] = [84.0, 130.0];
const LARGEST_CELL: f32 = 13.0;
/// Where lines between rows and columns can be told apart.
const SMALLEST_CELL: f32 = 5.0;
/// How far a sheet is from the next one.
const SHEET: f32 = 3.0;

/// The picture as one.
pub(crate) fn structure(selected: &Selected<'_>) -> Result<Picture> {
    let drawn = structure_in_parts(selected, WIDTH)?;
    let mut page = Page::new(&drawn.title);
    page.note(&drawn.note);
    for section in drawn.sections {
        if let Some((title, note)) = section.title {
            page.paragraph("", LABEL);
            page.paragraph(&title, LABEL);
            page.note(&note);
        }
        page.cards(section.pictures);
    }
    Ok(page.finish())
}

/// What a picture of a whole map is made of.
pub(crate) struct Parts {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) sections: Vec<Section>,
}

/// The parts of the picture, which are not wider than this where that is possible.
pub(crate) fn structure_in_parts(selected: &Selected<'_>, width: f32) -> Result<Parts> {
    let all = selected.outlines.len();
    let most = if all > MOST_CARDS {
        SOME_CARDS
    } else {
        MOST_CARDS
    };
    let shown = selected.largest(most);
    let keys = selected.blocks.keys();
    let title = format!("{}, keys: {}", selected.count_of(shown.len()), names(keys));
    let mut note = String::new();
    if let Some(&&(first, _)) = shown.first() {
        let (samples, components, properties) = selected.blocks.labels(first)?;
        let mut axes = format!("down: samples ({})", names(&samples));
        axes += &format!(" · right: properties ({})", names(&properties));
        if !components.is_empty() {
            let components: Vec<String> = components.iter().map(names).collect();
            axes += &format!(" · sheets: components ({})", components.join(", "));
        } else if shown
            .iter()
            .any(|(_, outline)| !outline.gradients.is_empty())
        {
            axes += " · sheets: components of gradients";
        }
        note = axes;
    }
    let scale = Scale::of(shown.iter().map(|(_, outline)| outline));
    let cards = shown.iter().map(|(number, outline)| {
        let arrays = arrays(outline, &scale);
        card(&describe(keys, *number), arrays)
    });
    let cards: Vec<Picture> = cards.collect();
    let mut sections = Vec::new();
    let mut title_of_cards = None;
    if shown.len() < all {
        sections.push(overview::lanes(selected, width));
        let title = format!("The {} largest blocks", shown.len());
        title_of_cards = Some((title, "by the bytes of values and gradients".to_owned()));
    }
    sections.push(Section {
        title: title_of_cards,
        pictures: cards,
    });
    Ok(Parts {
        title,
        note,
        sections,
    })
}

/// One block, as large as it can be.
pub(crate) fn structure_of_block(outline: &Outline) -> Picture {
    arrays(outline, &Scale::of([outline]))
}

/// How wide a column and how high a row is, the same for all arrays.
struct Scale {
    cell: [f32; 2],
}

impl Scale {
    fn of<'o>(outlines: impl IntoIterator<Item = &'o Outline>) -> Scale {
        let (mut rows, mut columns) = (1, 1);
        for outline in outlines {
            let gradients = outline.all_gradients();
            let drawn = gradients
                .iter()
                .take(MOST_GRADIENTS)
                .map(|(_, array)| *array);
            for array in drawn.chain([outline]) {
                rows = rows.max(array.shape[0]);
                columns = columns.max(array.shape[array.shape.len() - 1]);
            }
        }
        Scale {
            cell: [
                (LARGEST[0] / columns as f32).min(LARGEST_CELL),
                (LARGEST[1] / rows as f32).min(LARGEST_CELL),
            ],
        }
    }
}

/// The values and the gradients of a block.
fn arrays(outline: &Outline, scale: &Scale) -> Picture {
    let gradients = outline.all_gradients();
    let drawn = gradients.iter().take(MOST_GRADIENTS);
    let all: Vec<(&str, &Outline)> = [("", outline)]
        .into_iter()
        .chain(drawn.map(|(path, array)| (path.as_str(), *array)))
        .collect();
    let top = all.iter().map(|(_, array)| sheets(array)).max();
    let top = (top.unwrap_or(1) - 1) as f32 * SHEET;
    let parts = all.into_iter().map(|(path, array)| {
        let family = Family::of_path(path);
        let mut part = array_to_scale(array, family, scale, top);
        let name = shortened(&array_name(path), SMALL.size, NAME);
        let name_style = Style {
            ink: family.edge(),
            ..SMALL
        };
        captions(
            &mut part,
            &[(name, name_style), (shape(&array.shape), SMALL)],
        );
        part
    });
    let mut picture = beside(parts.collect(), 22.0);
    if let Some(more) = gradients
        .len()
        .checked_sub(MOST_GRADIENTS)
        .filter(|&more| more > 0)
    {
        let note = format!("and {}", plural(more, "more gradient"));
        captions(&mut picture, &[(note, SMALL)]);
    }
    picture
}

/// How many sheets are drawn: one for each component, up to some.
fn sheets(array: &Outline) -> usize {
    let components = &array.shape[1..array.shape.len() - 1];
    let count = components
        .iter()
        .fold(1_usize, |count, &length| count.saturating_mul(length));
    count.clamp(1, MOST_SHEETS)
}

fn array_to_scale(array: &Outline, family: Family, scale: &Scale, top: f32) -> Picture {
    let (rows, columns) = (array.shape[0], array.shape[array.shape.len() - 1]);
    let [cell_width, cell_height] = scale.cell;
    // What is too small to be seen is still there.
    let size = [
        (columns as f32 * cell_width).max(2.0),
        (rows as f32 * cell_height).max(2.0),
    ];
    let mut picture = Picture::new("");
    if array.value_bytes() == 0 {
        let edge = Some(Ink::Faint);
        picture.rectangle([0.5, top + 0.5], size, None, edge);
        return picture;
    }
    let count = sheets(array);
    for sheet in (0..count).rev() {
        let shift = sheet as f32 * SHEET;
        let corner = [0.5 + shift, top + 0.5 - shift];
        picture.rectangle(corner, size, Some(family.fill()), Some(family.edge()));
    }
    let (left, top) = (0.5, top + 0.5);
    let mut lines = Vec::new();
    if cell_width >= SMALLEST_CELL {
        for column in 1..columns {
            let x = left + column as f32 * cell_width;
            lines.push([[x, top], [x, top + size[1]]]);
        }
    }
    if cell_height >= SMALLEST_CELL {
        for row in 1..rows {
            let y = top + row as f32 * cell_height;
            lines.push([[left, y], [left + size[0], y]]);
        }
    }
    picture.lines(lines, Ink::Level(family, 2), 0.75);
    picture
}

//! Where titles, cards and notes are on a picture.

use super::{LABEL, SMALL, TITLE};
use crate::picture::{LINE, Picture, Style, shortened, text_width};

/// As wide as a page of a book, unless one card is wider.
pub(super) const WIDTH: f32 = 800.0;
const GAP: f32 = 30.0;
const MARGIN: f32 = 16.0;

/// A picture with a title, lines below it, cards and notes at the end.
pub(super) struct Page {
    picture: Picture,
    y: f32,
}

impl Page {
    pub(super) fn new(title: &str) -> Page {
        let title = shortened(title, TITLE.size, WIDTH);
        let mut page = Page {
            picture: Picture::new(title.clone()),
            y: 0.0,
        };
        page.paragraph(&title, TITLE);
        page
    }

    /// Text in as many lines as it needs.
    pub(super) fn paragraph(&mut self, text: &str, style: Style) {
        for line in wrapped(text, style.size, WIDTH, 4) {
            self.y += style.size * LINE;
            self.picture.text([0.0, self.y], line, style);
        }
    }

    pub(super) fn note(&mut self, text: &str) {
        self.paragraph(text, SMALL);
    }

    /// Pictures beside and below each other, in columns of one width.
    pub(super) fn cards(&mut self, cards: Vec<Picture>) {
        let width = cards.iter().map(|card| card.width).fold(0.0, f32::max);
        let columns = (((WIDTH + GAP) / (width + GAP)) as usize).max(1);
        // As many in each row, if possible.
        let rows = cards.len().div_ceil(columns).max(1);
        let columns = cards.len().div_ceil(rows).max(1);
        let mut rest = cards.into_iter().peekable();
        while rest.peek().is_some() {
            self.y += GAP * 0.8;
            let row: Vec<Picture> = rest.by_ref().take(columns).collect();
            let height = row.iter().map(|card| card.height).fold(0.0, f32::max);
            for (column, card) in row.into_iter().enumerate() {
                let x = column as f32 * (width + GAP);
                self.picture.put([x, self.y], card);
            }
            self.y += height;
        }
    }

    pub(super) fn finish(self) -> Picture {
        self.picture.with_margin(MARGIN)
    }
}

/// A card with a heading, which is as wide as what is below it or as a few words.
pub(super) fn card(heading: &str, content: Picture) -> Picture {
    let mut card = Picture::new(heading);
    let mut y = 0.0;
    for line in wrapped(heading, LABEL.size, content.width.max(170.0), 4) {
        y += LABEL.size * LINE;
        card.text([0.0, y], line, LABEL);
    }
    card.put([0.0, y + 10.0], content);
    card
}

/// Text in lines that are not wider than this, broken at spaces, and cut at the end of the last one.
pub(super) fn wrapped(text: &str, size: f32, width: f32, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = shortened(word, size, width);
        if let Some(line) = lines.last_mut() {
            if text_width(line, size) + text_width(&format!(" {word}"), size) <= width {
                line.push(' ');
                line.push_str(&word);
                continue;
            }
            if lines.len() == most {
                // There is no place for the rest.
                let last = lines.pop().unwrap_or_default();
                lines.push(shortened(&format!("{last} {word}"), size, width));
                break;
            }
        }
        lines.push(word);
    }
    lines
}

/// Pictures from left to right, each with a line of text or two below it.
pub(super) fn beside(parts: Vec<Picture>, gap: f32) -> Picture {
    let mut picture = Picture::new("");
    let mut x = 0.0;
    for part in parts {
        let width = part.width;
        picture.put([x, 0.0], part);
        x += width + gap;
    }
    picture
}

/// Lines of text below what there is.
pub(super) fn captions(picture: &mut Picture, lines: &[(String, Style)]) {
    let mut y = picture.height + 4.0;
    for (line, style) in lines {
        y += style.size * LINE;
        picture.text([0.0, y], line.clone(), *style);
    }
}

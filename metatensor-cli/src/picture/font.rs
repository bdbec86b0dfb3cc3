//! The font that text is measured and drawn with: DejaVu Sans, see `assets/README.md`.

use std::sync::OnceLock;

use tiny_skia::PathBuilder;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

static DATA: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

fn face() -> &'static Face<'static> {
    static FACE: OnceLock<Face<'static>> = OnceLock::new();
    FACE.get_or_init(|| {
        // It is the one of this repository, which the tests read.
        #[expect(clippy::expect_used, reason = "see above")]
        Face::parse(DATA, 0).expect("the font of this program")
    })
}

/// Shapes of characters, with question marks for what the font does not have: its box for these is empty.
fn glyph(character: char) -> GlyphId {
    let known = face().glyph_index(character);
    known
        .or_else(|| face().glyph_index('?'))
        .unwrap_or(GlyphId(0))
}

fn advance(glyph: GlyphId) -> f32 {
    f32::from(face().glyph_hor_advance(glyph).unwrap_or(0))
}

fn scale(size: f32) -> f32 {
    size / f32::from(face().units_per_em())
}

pub(super) fn width(text: &str, size: f32) -> f32 {
    let units: f32 = text
        .chars()
        .map(|character| advance(glyph(character)))
        .sum();
    units * scale(size)
}

/// Adds the outline of a text whose base line starts at a point.
pub(super) fn outline(text: &str, size: f32, at: [f32; 2], path: &mut PathBuilder) {
    let scale = scale(size);
    let mut pen = Pen { at, scale, path };
    for character in text.chars() {
        let glyph = glyph(character);
        // There is nothing of a space.
        let _ = face().outline_glyph(glyph, &mut pen);
        pen.at[0] += advance(glyph) * scale;
    }
}

struct Pen<'a> {
    at: [f32; 2],
    scale: f32,
    path: &'a mut PathBuilder,
}

impl Pen<'_> {
    fn point(&self, x: f32, y: f32) -> [f32; 2] {
        [self.at[0] + x * self.scale, self.at[1] - y * self.scale]
    }
}

impl OutlineBuilder for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.point(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let [x, y] = self.point(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ([x1, y1], [x, y]) = (self.point(x1, y1), self.point(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ([x1, y1], [x2, y2]) = (self.point(x1, y1), self.point(x2, y2));
        let [x, y] = self.point(x, y);
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_characters_are_seen() {
        let outline = |text: &str| {
            let mut path = PathBuilder::new();
            outline(text, 10.0, [0.0, 0.0], &mut path);
            path.finish()
        };
        assert!(outline(" ").is_none());
        for text in ["a", "\u{3bb}", "\u{65e5}"] {
            assert!(outline(text).is_some(), "{text}");
            assert!(width(text, 10.0) > 0.0);
        }
    }
}

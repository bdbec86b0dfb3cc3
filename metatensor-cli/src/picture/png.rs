//! Pictures as PNG.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tiny_skia::{FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::{Anchor, Colors, Ink, Picture, Shape, font};

/// Pixels for each unit, so that it is sharp on paper and on good screens.
const SCALE: f32 = 2.0;

pub(super) fn write(picture: &Picture, colors: Colors) -> Result<Vec<u8>, String> {
    let (width, height) = (picture.width * SCALE, picture.height * SCALE);
    let pixels = Pixmap::new(width.ceil() as u32, height.ceil() as u32);
    let too_large = || format!("a picture of {width} x {height} pixels is too large");
    let mut canvas = Canvas {
        pixels: pixels.ok_or_else(too_large)?,
        is_dark: colors == Colors::Dark,
    };
    let [red, green, blue] = Ink::Background.rgb(canvas.is_dark);
    canvas
        .pixels
        .fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
    for shape in &picture.shapes {
        canvas.draw(shape);
    }
    encoded(&canvas.pixels).map_err(|error| format!("could not compress the picture: {error}"))
}

struct Canvas {
    pixels: Pixmap,
    is_dark: bool,
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) {
        let mut path = PathBuilder::new();
        match shape {
            Shape::Rectangle {
                corner,
                size,
                fill,
                edge,
            } => {
                add_rectangle(&mut path, [corner[0], corner[1], size[0], size[1]]);
                let Some(path) = path.finish() else { return };
                if let Some(ink) = fill {
                    self.fill(&path, *ink);
                }
                if let Some(ink) = edge {
                    self.stroke(&path, *ink, 1.0);
                }
            }
            Shape::Cells { cells, fill } => {
                for &cell in cells {
                    add_rectangle(&mut path, cell);
                }
                let Some(path) = path.finish() else { return };
                self.fill(&path, *fill);
            }
            Shape::Lines { lines, ink, width } => {
                for [from, to] in lines {
                    path.move_to(from[0], from[1]);
                    path.line_to(to[0], to[1]);
                }
                let Some(path) = path.finish() else { return };
                self.stroke(&path, *ink, *width);
            }
            Shape::Curve { from, to, ink } => {
                let middle = (from[0] + to[0]) / 2.0;
                path.move_to(from[0], from[1]);
                path.cubic_to(middle, from[1], middle, to[1], to[0], to[1]);
                let Some(path) = path.finish() else { return };
                self.stroke(&path, *ink, 1.0);
            }
            Shape::Text { at, text, style } => {
                let width = font::width(text, style.size);
                let left = match style.anchor {
                    Anchor::Start => at[0],
                    Anchor::Middle => at[0] - width / 2.0,
                    Anchor::End => at[0] - width,
                };
                font::outline(text, style.size, [left, at[1]], &mut path);
                let Some(path) = path.finish() else { return };
                self.fill(&path, style.ink);
            }
        }
    }

    fn paint(&self, ink: Ink) -> Paint<'static> {
        let [red, green, blue] = ink.rgb(self.is_dark);
        let mut paint = Paint::default();
        paint.set_color_rgba8(red, green, blue, 255);
        paint
    }

    fn fill(&mut self, path: &Path, ink: Ink) {
        let paint = self.paint(ink);
        let scale = Transform::from_scale(SCALE, SCALE);
        self.pixels
            .fill_path(path, &paint, FillRule::Winding, scale, None);
    }

    fn stroke(&mut self, path: &Path, ink: Ink, width: f32) {
        let paint = self.paint(ink);
        let stroke = Stroke {
            width,
            ..Stroke::default()
        };
        let scale = Transform::from_scale(SCALE, SCALE);
        self.pixels.stroke_path(path, &paint, &stroke, scale, None);
    }
}

fn add_rectangle(path: &mut PathBuilder, [x, y, width, height]: [f32; 4]) {
    // One without a width or a height has nothing to be drawn.
    if let Some(rectangle) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rectangle);
    }
}

/// The parts of a PNG file: what it is like, rows of pixels, and its end.
fn encoded(pixels: &Pixmap) -> io::Result<Vec<u8>> {
    let (width, height) = (pixels.width(), pixels.height());
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Red, green and blue of 8 bits each, compressed, without filters, rows in their order.
    header.extend([8, 2, 0, 0, 0]);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::new(8));
    for row in pixels.pixels().chunks(width as usize) {
        let mut bytes = vec![0];
        // All of them are opaque.
        bytes.extend(
            row.iter()
                .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]),
        );
        rows.write_all(&bytes)?;
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    add_chunk(&mut png, b"IHDR", &header);
    add_chunk(&mut png, b"IDAT", &rows.finish()?);
    add_chunk(&mut png, b"IEND", &[]);
    Ok(png)
}

fn add_chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    // A picture is never as large as that: its pixels would not fit in memory.
    png.extend((data.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let sum = crc32fast::hash(&png[start..]);
    png.extend(sum.to_be_bytes());
}

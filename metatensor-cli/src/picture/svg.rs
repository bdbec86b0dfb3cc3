//! Pictures as SVG.

use std::fmt::{self, Write};

use super::inks::style;
use super::{Anchor, Colors, Picture, Shape};

/// What text is drawn with, if it is there: none of these is much wider than ours.
const FONTS: &str = "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif";

pub(super) fn write(picture: &Picture, colors: Colors) -> String {
    let mut svg = String::new();
    let (width, height) = (Number(picture.width), Number(picture.height));
    let title = Escaped(&picture.title);
    // Writing to a string does not fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mts\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\">\n<title>{title}</title>"
    );
    if colors != Colors::OfPage {
        let _ = writeln!(svg, "<style>{}</style>", style(colors));
        let _ = writeln!(
            svg,
            "<rect class=\"background\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
        );
    }
    for shape in &picture.shapes {
        let _ = writeln!(svg, "{}", Element(shape));
    }
    svg.push_str("</svg>\n");
    svg
}

struct Element<'a>(&'a Shape);

impl fmt::Display for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Shape::Rectangle {
                corner: [x, y],
                size: [width, height],
                fill,
                edge,
            } => {
                let (x, y, width, height) =
                    (Number(*x), Number(*y), Number(*width), Number(*height));
                let place = format!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
                if let Some(fill) = fill {
                    write!(f, "<rect class=\"{}\" {place}/>", fill.class())?;
                }
                if let Some(edge) = edge {
                    write!(f, "<rect class=\"{}-line\" {place}/>", edge.class())?;
                }
                Ok(())
            }
            Shape::Cells { cells, fill } => {
                write!(f, "<path class=\"{}\" d=\"", fill.class())?;
                for [x, y, width, height] in cells {
                    let (width, height) = (Number(*width), Number(*height));
                    let back = Number(-width.0);
                    write!(f, "M{} {}h{width}v{height}h{back}z", Number(*x), Number(*y))?;
                }
                f.write_str("\"/>")
            }
            Shape::Lines { lines, ink, width } => {
                write!(f, "<path class=\"{}-line\" d=\"", ink.class())?;
                for [[x1, y1], [x2, y2]] in lines {
                    let [x1, y1, x2, y2] = [*x1, *y1, *x2, *y2].map(Number);
                    write!(f, "M{x1} {y1}L{x2} {y2}")?;
                }
                write!(f, "\" stroke-width=\"{}\"/>", Number(*width))
            }
            Shape::Curve { from, to, ink } => {
                let middle = Number((from[0] + to[0]) / 2.0);
                let [[x1, y1], [x2, y2]] = [from.map(Number), to.map(Number)];
                write!(
                    f,
                    "<path class=\"{}-line\" d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\"/>",
                    ink.class()
                )
            }
            Shape::Text { at, text, style } => {
                let [x, y] = at.map(Number);
                let (class, size) = (style.ink.class(), Number(style.size));
                write!(
                    f,
                    "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\""
                )?;
                match style.anchor {
                    Anchor::Start => Ok(()),
                    Anchor::Middle => f.write_str(" text-anchor=\"middle\""),
                    Anchor::End => f.write_str(" text-anchor=\"end\""),
                }?;
                write!(f, ">{}</text>", Escaped(text))
            }
        }
    }
}

/// A length, with as many digits as one can see.
#[derive(Clone, Copy)]
struct Number(f32);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (f64::from(self.0) * 100.0).round() / 100.0;
        // There is no -0 in a picture.
        write!(f, "{}", rounded + 0.0)
    }
}

/// Text in XML.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML can not have these at all.
                character
                    if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') =>
                {
                    f.write_char('\u{fffd}')?;
                }
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

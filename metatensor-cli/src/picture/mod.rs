//! Pictures: shapes and text in colours with a meaning, which are written as SVG or PNG.

mod font;
mod inks;
mod png;
mod svg;

pub(crate) use inks::{Colors, Family, Ink, style};

/// Distance between the lines of a text, for its size.
pub(crate) const LINE: f32 = 1.35;

/// A picture of some size, in pixels of SVG.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// What it shows, for those who can not see it.
    pub(crate) title: String,
    pub(crate) width: f32,
    pub(crate) height: f32,
    shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
enum Shape {
    Rectangle {
        corner: [f32; 2],
        size: [f32; 2],
        fill: Option<Ink>,
        edge: Option<Ink>,
    },
    /// Many rectangles of one colour.
    Cells { cells: Vec<[f32; 4]>, fill: Ink },
    /// Straight lines of one colour: where each starts, and where it ends.
    Lines {
        lines: Vec<[[f32; 2]; 2]>,
        ink: Ink,
        width: f32,
    },
    /// A line that starts and ends horizontally.
    Curve {
        from: [f32; 2],
        to: [f32; 2],
        ink: Ink,
    },
    Text {
        /// On the base line.
        at: [f32; 2],
        text: String,
        style: Style,
    },
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) ink: Ink,
    pub(crate) anchor: Anchor,
}

/// Which point of a text is where it is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Style {
    pub(crate) const fn new(size: f32, ink: Ink) -> Style {
        Style {
            size,
            ink,
            anchor: Anchor::Start,
        }
    }

    pub(crate) const fn anchored(self, anchor: Anchor) -> Style {
        Style { anchor, ..self }
    }
}

impl Picture {
    pub(crate) fn new(title: impl Into<String>) -> Picture {
        Picture {
            title: title.into(),
            width: 0.0,
            height: 0.0,
            shapes: Vec::new(),
        }
    }

    pub(crate) fn rectangle(
        &mut self,
        corner: [f32; 2],
        size: [f32; 2],
        fill: Option<Ink>,
        edge: Option<Ink>,
    ) {
        self.include([corner[0] + size[0], corner[1] + size[1]]);
        self.shapes.push(Shape::Rectangle {
            corner,
            size,
            fill,
            edge,
        });
    }

    /// Rectangles: left, top, width, height.
    pub(crate) fn cells(&mut self, cells: Vec<[f32; 4]>, fill: Ink) {
        for [x, y, width, height] in &cells {
            self.include([x + width, y + height]);
        }
        if !cells.is_empty() {
            self.shapes.push(Shape::Cells { cells, fill });
        }
    }

    pub(crate) fn lines(&mut self, lines: Vec<[[f32; 2]; 2]>, ink: Ink, width: f32) {
        if !lines.is_empty() {
            self.shapes.push(Shape::Lines { lines, ink, width });
        }
    }

    pub(crate) fn curve(&mut self, from: [f32; 2], to: [f32; 2], ink: Ink) {
        self.shapes.push(Shape::Curve { from, to, ink });
    }

    /// Text whose base line starts, ends or has its middle here.
    pub(crate) fn text(&mut self, at: [f32; 2], text: impl Into<String>, style: Style) {
        let text = text.into();
        let width = text_width(&text, style.size);
        let right = match style.anchor {
            Anchor::Start => width,
            Anchor::Middle => width / 2.0,
            Anchor::End => 0.0,
        };
        self.include([at[0] + right, at[1] + 0.3 * style.size]);
        self.shapes.push(Shape::Text { at, text, style });
    }

    /// Another picture, as a part of this one.
    pub(crate) fn put(&mut self, at: [f32; 2], part: Picture) {
        self.include([at[0] + part.width, at[1] + part.height]);
        let moved = part.shapes.into_iter().map(|shape| shape.moved(at));
        self.shapes.extend(moved);
    }

    /// A picture with empty space around it.
    pub(crate) fn with_margin(self, margin: f32) -> Picture {
        let mut picture = Picture::new(self.title.clone());
        picture.put([margin, margin], self);
        picture.include([picture.width + margin, picture.height + margin]);
        picture.width = picture.width.ceil();
        picture.height = picture.height.ceil();
        picture
    }

    /// Makes it large enough for this point.
    pub(crate) fn include(&mut self, point: [f32; 2]) {
        self.width = self.width.max(point[0]);
        self.height = self.height.max(point[1]);
    }

    /// As a file of its own, or with `Colors::OfPage`, for a page that has the [`style`].
    pub(crate) fn to_svg(&self, colors: Colors) -> String {
        svg::write(self, colors)
    }

    /// As pixels, two for each unit.
    pub(crate) fn to_png(&self, colors: Colors) -> Result<Vec<u8>, String> {
        png::write(self, colors)
    }
}

impl Shape {
    fn moved(self, by: [f32; 2]) -> Shape {
        let point = |[x, y]: [f32; 2]| [x + by[0], y + by[1]];
        match self {
            Shape::Rectangle {
                corner,
                size,
                fill,
                edge,
            } => Shape::Rectangle {
                corner: point(corner),
                size,
                fill,
                edge,
            },
            Shape::Cells { mut cells, fill } => {
                for [x, y, ..] in &mut cells {
                    [*x, *y] = point([*x, *y]);
                }
                Shape::Cells { cells, fill }
            }
            Shape::Lines { lines, ink, width } => Shape::Lines {
                lines: lines.into_iter().map(|ends| ends.map(point)).collect(),
                ink,
                width,
            },
            Shape::Curve { from, to, ink } => Shape::Curve {
                from: point(from),
                to: point(to),
                ink,
            },
            Shape::Text { at, text, style } => Shape::Text {
                at: point(at),
                text,
                style,
            },
        }
    }
}

/// How long a text is. In most fonts it is shorter.
pub(crate) fn text_width(text: &str, size: f32) -> f32 {
    font::width(text, size)
}

/// The start of a text that is not longer than this, with an ellipsis if that is not all of it.
pub(crate) fn shortened(text: &str, size: f32, width: f32) -> String {
    // No character is so narrow that more of them would fit.
    let most = (width / size * 8.0) as usize;
    let is_short = text.len() <= most;
    if is_short && text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if text_width(&short, size) + size > width {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

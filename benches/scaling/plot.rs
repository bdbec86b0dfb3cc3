//! Plots with logarithmic axes.

use std::fmt::Write;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 80.0;
const BOTTOM: f64 = 60.0;
const TOP: f64 = 40.0;
const RIGHT: f64 = 20.0;

/// A logarithmic axis between two powers of ten.
struct Scale {
    /// exponents at both ends
    range: (i32, i32),
    /// where these are on the page
    place: (f64, f64),
}

impl Scale {
    fn around(values: impl Iterator<Item = f64> + Clone, place: (f64, f64)) -> Scale {
        let first = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let last = values.fold(0.0, f64::max).log10().ceil();
        Scale {
            range: (first as i32, last as i32),
            place,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let (first, last) = self.range;
        let fraction = (value.log10() - f64::from(first)) / f64::from(last - first);
        self.place.0 + fraction * (self.place.1 - self.place.0)
    }

    /// Each power of ten, and where it is.
    fn ticks(&self) -> impl Iterator<Item = (i32, f64)> {
        let (first, last) = self.range;
        (first..=last).map(|exponent| (exponent, self.at(10_f64.powi(exponent))))
    }
}

/// Picture of times in seconds for sizes, with a dashed line for the expected exponent through the last point.
pub(crate) fn svg(title: &str, unit: &str, points: &[(f64, f64)], expected: f64) -> String {
    let x = Scale::around(points.iter().map(|point| point.0), (LEFT, WIDTH - RIGHT));
    let y = Scale::around(points.iter().map(|point| point.1), (HEIGHT - BOTTOM, TOP));
    let mut marks = String::new();
    let mut mark = |text: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = writeln!(marks, "{text}");
    };
    for (exponent, place) in x.ticks() {
        let (top, bottom, below) = (TOP, HEIGHT - BOTTOM, HEIGHT - BOTTOM + 18.0);
        mark(format_args!(
            "<path stroke='#ddd' d='M{place:.1} {top}V{bottom}'/>"
        ));
        mark(format_args!(
            "<text x='{place:.1}' y='{below}' text-anchor='middle'>1e{exponent}</text>"
        ));
    }
    for (exponent, place) in y.ticks() {
        let (left, right, beside) = (LEFT, WIDTH - RIGHT, LEFT - 8.0);
        mark(format_args!(
            "<path stroke='#ddd' d='M{left} {place:.1}H{right}'/>"
        ));
        mark(format_args!(
            "<text x='{beside}' y='{:.1}' text-anchor='end'>1e{exponent} s</text>",
            place + 4.0
        ));
    }
    if let (Some(first), Some(last)) = (points.first(), points.last()) {
        let start = last.1 * (first.0 / last.0).powf(expected);
        mark(format_args!(
            "<path clip-path='url(#frame)' stroke='#999' stroke-dasharray='6' d='M{:.1} {:.1}L{:.1} {:.1}'/>",
            x.at(first.0),
            y.at(start),
            x.at(last.0),
            y.at(last.1)
        ));
    }
    let line = points
        .iter()
        .map(|&(size, time)| format!("{:.1},{:.1}", x.at(size), y.at(time)));
    let line = line.collect::<Vec<_>>().join(" ");
    mark(format_args!(
        "<polyline fill='none' stroke='#06c' stroke-width='2' points='{line}'/>"
    ));
    for &(size, time) in points {
        mark(format_args!(
            "<circle fill='#06c' r='3' cx='{:.1}' cy='{:.1}'/>",
            x.at(size),
            y.at(time)
        ));
    }
    let (center, below) = (WIDTH / 2.0, HEIGHT - 15.0);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' font-family='sans-serif' font-size='13'>\n\
         <rect width='{WIDTH}' height='{HEIGHT}' fill='white'/>\n\
         <clipPath id='frame'><rect x='{LEFT}' y='{TOP}' width='{}' height='{}'/></clipPath>\n\
         {marks}\
         <text x='{center}' y='24' text-anchor='middle' font-weight='bold'>{title}</text>\n\
         <text x='{center}' y='{below}' text-anchor='middle'>{unit}</text>\n\
         </svg>\n",
        WIDTH - LEFT - RIGHT,
        HEIGHT - TOP - BOTTOM,
    )
}

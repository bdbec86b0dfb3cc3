//! Cells that are the stronger, the more there is.

use crate::picture::{Family, Ink, Picture};

/// Cells by what they are drawn with, so that a picture has one shape for all of the same kind.
pub(super) struct Cells {
    family: Family,
    levels: [Vec<[f32; 4]>; 5],
    /// Those with something that is no number.
    odd: Vec<[f32; 4]>,
}

impl Cells {
    pub(super) fn new(family: Family) -> Cells {
        Cells {
            family,
            levels: Default::default(),
            odd: Vec::new(),
        }
    }

    /// A cell with a part of the most that there is: nothing of it is drawn as such.
    pub(super) fn push(&mut self, cell: [f32; 4], part: f64) {
        let cells = match part {
            part if part.is_nan() => &mut self.odd,
            part if part <= 0.0 => &mut self.levels[0],
            part => &mut self.levels[(part * 4.0).ceil().clamp(1.0, 4.0) as usize],
        };
        // Neighbors without a gap are one rectangle.
        if let Some([x, y, width, _]) = cells.last_mut()
            && *y == cell[1]
            && (*x + *width - cell[0]).abs() < 0.01
        {
            *width = cell[0] + cell[2] - *x;
            return;
        }
        cells.push(cell);
    }

    pub(super) fn draw(self, picture: &mut Picture) {
        for (level, cells) in self.levels.into_iter().enumerate() {
            picture.cells(cells, Ink::Level(self.family, level as u8));
        }
        picture.cells(self.odd, Ink::Muted);
    }
}

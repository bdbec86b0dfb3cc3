//! A periodic box of atoms, cut into slabs along x as engines do: each rank owns the atoms in its slab, and has ghosts of those
//! within the cutoff of it, periodic images of its own atoms included.

/// Edges of the box. The thinnest of eight slabs is wider than the cutoff.
pub(crate) const BOX: [f64; 3] = [20.0, 7.0, 6.0];
pub(crate) const CUTOFF: f64 = 2.2;
pub(crate) const ATOMS: usize = 500;

/// Positions of all atoms, the same ones each time. With a gap, there are none in the right half of the box, so that some slabs
/// are empty.
pub(crate) fn positions(gap: bool) -> Vec<[f64; 3]> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut number = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let width = if gap { 0.5 } else { 1.0 };
    (0..ATOMS)
        .map(|_| {
            let [x, y, z] = [number(), number(), number()];
            [x * width * BOX[0], y * BOX[1], z * BOX[2]]
        })
        .collect()
}

/// Atoms of one rank: those that it owns, and then its ghosts.
#[derive(Debug)]
pub(crate) struct Slab {
    /// Which atom each of them is.
    pub(crate) tags: Vec<i32>,
    /// Where they are; ghosts outside of the box.
    pub(crate) positions: Vec<[f64; 3]>,
    pub(crate) owned: usize,
}

impl Slab {
    pub(crate) fn new(all: &[[f64; 3]], rank: usize, size: usize) -> Slab {
        let width = BOX[0] / size as f64;
        let (low, high) = (rank as f64 * width, (rank + 1) as f64 * width);
        let is_owned = |x: f64| low <= x && x < high;
        let mut slab = Slab {
            tags: Vec::new(),
            positions: Vec::new(),
            owned: 0,
        };
        for (tag, position) in all.iter().enumerate() {
            if is_owned(position[0]) {
                slab.tags.push(tag as i32);
                slab.positions.push(*position);
            }
        }
        slab.owned = slab.tags.len();
        for (tag, position) in all.iter().enumerate() {
            for image in 0..27 {
                let shift = [image / 9 - 1, image / 3 % 3 - 1, image % 3 - 1];
                let at: [f64; 3] =
                    std::array::from_fn(|k| position[k] + f64::from(shift[k]) * BOX[k]);
                let is_owned = shift == [0, 0, 0] && is_owned(at[0]);
                let is_near = low - CUTOFF < at[0]
                    && at[0] < high + CUTOFF
                    && (1..3).all(|k| -CUTOFF < at[k] && at[k] < BOX[k] + CUTOFF);
                if is_near && !is_owned {
                    slab.tags.push(tag as i32);
                    slab.positions.push(at);
                }
            }
        }
        slab
    }

    /// Pairs of an owned atom and any other, and the vector to that.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for i in 0..self.owned {
            for j in 0..self.positions.len() {
                let to = std::array::from_fn(|k| self.positions[j][k] - self.positions[i][k]);
                if i != j && length(&to) < CUTOFF {
                    pairs.push((i, j, to));
                }
            }
        }
        pairs
    }
}

/// Two atoms within the cutoff, and the vector from the first to the second.
pub(crate) type Pair = (usize, usize, [f64; 3]);

/// All pairs of a box that is not cut: to the nearest image of each atom.
pub(crate) fn pairs_of_nearest_images(positions: &[[f64; 3]]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for i in 0..positions.len() {
        for j in 0..positions.len() {
            let to = std::array::from_fn(|k| {
                let x = positions[j][k] - positions[i][k];
                x - BOX[k] * (x / BOX[k]).round()
            });
            if i != j && length(&to) < CUTOFF {
                pairs.push((i, j, to));
            }
        }
    }
    pairs
}

pub(crate) fn length(vector: &[f64; 3]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Checks that two lists of numbers are equal but for rounding.
pub(crate) fn assert_close(actual: &[f64], expected: &[f64], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0_f64, |scale, x| scale.max(x.abs()));
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (a - e).abs() <= 1e-12 * scale,
            "{what}: entry {i} is {a} instead of {e}, of {scale}"
        );
    }
}

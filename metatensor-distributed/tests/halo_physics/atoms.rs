//! Atoms in a periodic box, the part of them that one rank has, and a model without any of this library.

use metatensor_core::{Labels, Result};
use metatensor_distributed::{Communicator, Halo};

pub(crate) const CUTOFF: f64 = 2.5;

/// How fast features of pairs decay, and their weights in the linear model.
pub(crate) const DECAYS: [f64; 3] = [0.2, 0.5, 1.0];
pub(crate) const WEIGHTS: [f64; 3] = [0.7, -1.3, 2.1];

#[derive(Clone, Debug)]
pub(crate) struct Atoms {
    pub(crate) length: f64,
    pub(crate) positions: Vec<[f64; 3]>,
    pub(crate) systems: Vec<i32>,
}

/// What a model gives.
pub(crate) struct Expected {
    pub(crate) energies: [f64; 2],
    pub(crate) of_atoms: Vec<f64>,
    pub(crate) forces: Vec<[f64; 3]>,
}

/// A function of the square of a distance, smooth at the cutoff, and its derivative.
pub(crate) fn radial(decay: f64, square: f64) -> (f64, f64) {
    let x = 1.0 - square / (CUTOFF * CUTOFF);
    let exponential = (-decay * square).exp();
    let derivative = -decay * x * x - 2.0 * x / (CUTOFF * CUTOFF);
    (exponential * x * x, exponential * derivative)
}

pub(crate) fn square(vector: [f64; 3]) -> f64 {
    vector.iter().map(|x| x * x).sum()
}

/// All displacements of a cell by at most one length in each direction.
pub(crate) fn shifts() -> impl Iterator<Item = [i32; 3]> {
    (0..27).map(|i| [i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1])
}

impl Atoms {
    /// Atoms of two systems, which do not see each other, in the first `part` of the box.
    pub(crate) fn random(count: usize, length: f64, part: f64) -> Atoms {
        let mut state = 0x1234_5678_9abc_def1_u64;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let positions = (0..count).map(|_| {
            let [x, y, z] = [uniform(), uniform(), uniform()];
            [x * part * length, y * length, z * length]
        });
        Atoms {
            length,
            positions: positions.collect(),
            systems: (0..count).map(|atom| i32::from(atom % 10 > 6)).collect(),
        }
    }

    fn shifted(&self, atom: usize, shift: [i32; 3]) -> [f64; 3] {
        let position = self.positions[atom];
        [0, 1, 2].map(|axis| position[axis] + f64::from(shift[axis]) * self.length)
    }

    /// Pairs of atoms of the same system, with the vector from the first one to the nearest image of the second one, if that is
    /// not further away than the cutoff: no other image is.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize, [f64; 3])> {
        assert!(2.0 * CUTOFF < self.length);
        let mut pairs = Vec::new();
        for (i, from) in self.positions.iter().enumerate() {
            for (j, to) in self.positions.iter().enumerate() {
                if i == j || self.systems[i] != self.systems[j] {
                    continue;
                }
                let vector = [0, 1, 2].map(|axis| {
                    let difference = to[axis] - from[axis];
                    difference - self.length * (difference / self.length).round()
                });
                if square(vector) < CUTOFF * CUTOFF {
                    pairs.push((i, j, vector));
                }
            }
        }
        pairs
    }

    /// Sums of weighted features of all pairs.
    pub(crate) fn linear_model(&self) -> Expected {
        let mut expected = Expected {
            energies: [0.0; 2],
            of_atoms: vec![0.0; self.positions.len()],
            forces: vec![[0.0; 3]; self.positions.len()],
        };
        for (i, j, vector) in self.pairs() {
            for (decay, weight) in DECAYS.into_iter().zip(WEIGHTS) {
                let (value, derivative) = radial(decay, square(vector));
                expected.energies[self.systems[i] as usize] += weight * value;
                expected.of_atoms[i] += weight * value;
                for (axis, x) in vector.into_iter().enumerate() {
                    let along = 2.0 * weight * derivative * x;
                    expected.forces[i][axis] += along;
                    expected.forces[j][axis] -= along;
                }
            }
        }
        expected
    }
}

/// What one rank has: atoms in a slab, and images of all atoms that are not further away from it than the cutoff.
pub(crate) struct Region {
    pub(crate) communicator: Communicator,
    pub(crate) owned: Vec<usize>,
    pub(crate) ghosts: Vec<usize>,
    /// Samples `system, atom, image`, where those that are owned have the image 0.
    pub(crate) owned_labels: Labels,
    pub(crate) ghost_labels: Labels,
    /// Of owned atoms and then ghosts, which came from their owners.
    pub(crate) positions: Vec<[f64; 3]>,
    pub(crate) systems: Vec<i32>,
}

impl Region {
    pub(crate) fn new(atoms: &Atoms, communicator: &Communicator) -> Result<Region> {
        let (rank, size) = (communicator.rank() as f64, communicator.size() as f64);
        let (start, end) = (
            rank / size * atoms.length,
            (rank + 1.0) / size * atoms.length,
        );
        let all = 0..atoms.positions.len();
        let owned: Vec<usize> = all
            .clone()
            .filter(|&atom| (start..end).contains(&atoms.positions[atom][0]))
            .collect();
        let (mut ghosts, mut images) = (Vec::new(), Vec::new());
        for shift in shifts() {
            for atom in all.clone() {
                let [x, y, z] = atoms.shifted(atom, shift);
                let is_near = |x: f64, start: f64, end: f64| start - CUTOFF < x && x < end + CUTOFF;
                let is_owned = shift == [0; 3] && (start..end).contains(&x);
                let yz = [y, z].iter().all(|&x| is_near(x, 0.0, atoms.length));
                if is_near(x, start, end) && yz && !is_owned {
                    ghosts.push(atom);
                    images.push(shift);
                }
            }
        }
        let label = |atom: usize, image: i32| [atoms.systems[atom], atom as i32, image];
        let names = ["system", "atom", "image"];
        let image = |shift: [i32; 3]| 14 + 9 * shift[0] + 3 * shift[1] + shift[2];
        let owned_rows = owned.iter().map(|&atom| label(atom, 0));
        let ghost_rows = ghosts.iter().zip(&images);
        let ghost_rows = ghost_rows.map(|(&atom, &shift)| label(atom, image(shift)));
        let systems = owned.iter().chain(&ghosts).map(|&atom| atoms.systems[atom]);
        let mut region = Region {
            communicator: communicator.clone(),
            owned_labels: Labels::from_rows(&names, owned_rows)?,
            ghost_labels: Labels::from_rows(&names, ghost_rows)?,
            positions: owned.iter().map(|&atom| atoms.positions[atom]).collect(),
            systems: systems.collect(),
            owned,
            ghosts,
        };
        let mine = region.positions.as_flattened().to_vec();
        let mut of_ghosts = vec![0.0; 3 * region.ghosts.len()];
        region.halo().forward(3, &mine, &mut of_ghosts)?;
        for (position, shift) in of_ghosts.as_chunks::<3>().0.iter().zip(&images) {
            let shifted =
                [0, 1, 2].map(|axis| position[axis] + f64::from(shift[axis]) * atoms.length);
            region.positions.push(shifted);
        }
        Ok(region)
    }

    pub(crate) fn halo(&self) -> Halo {
        let (owned, ghosts) = (&self.owned_labels, &self.ghost_labels);
        Halo::of_labels(&self.communicator, owned, ghosts, &["system", "atom"]).unwrap()
    }

    /// The atom that a row, owned or a ghost, is or is an image of.
    pub(crate) fn atom(&self, row: usize) -> usize {
        match row.checked_sub(self.owned.len()) {
            None => self.owned[row],
            Some(ghost) => self.ghosts[ghost],
        }
    }

    /// Pairs of owned atoms and others, by rows.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize, [f64; 3])> {
        let mut pairs = Vec::new();
        for i in 0..self.owned.len() {
            for j in 0..self.positions.len() {
                let vector =
                    [0, 1, 2].map(|axis| self.positions[j][axis] - self.positions[i][axis]);
                let is_pair = i != j && self.systems[i] == self.systems[j];
                if is_pair && square(vector) < CUTOFF * CUTOFF {
                    pairs.push((i, j, vector));
                }
            }
        }
        pairs
    }
}

//! A model with two layers of message passing, whose gradient is computed backwards by hand.

use metatensor_core::Result;
use metatensor_distributed::Combine;

use super::atoms::{Atoms, Region, radial, square};

/// Numbers of an atom in each layer.
const WIDTH: usize = 2;
const DECAYS: [f64; WIDTH] = [0.3, 0.9];
const MIXING: [[[f64; WIDTH]; WIDTH]; 2] =
    [[[0.3, -0.2], [0.1, 0.4]], [[-0.25, 0.15], [0.35, 0.2]]];
const READOUT: [f64; WIDTH] = [1.5, -0.8];

pub(crate) struct Expected {
    pub(crate) energy: f64,
    pub(crate) forces: Vec<[f64; 3]>,
}

/// How rows that are not owned get what they need.
trait Exchange {
    /// Appends rows of ghosts.
    fn forward(&mut self, rows: &mut Vec<[f64; WIDTH]>) -> Result<()>;
    /// Adds rows of ghosts to their owners, and removes them.
    fn reverse<const N: usize>(&mut self, rows: &mut Vec<[f64; N]>) -> Result<()>;
}

/// Energy of the first `owned` rows, and derivatives with respect to their positions.
///
/// Layer: `h'[i] = tanh(sum over neighbors j of g(r) * (M h[j]))`, element by element, from `h[i] = 1 + 0.1 (i mod 3)`, where `i` is
/// the number of the atom.
fn model(
    atoms: &[usize],
    pairs: &[(usize, usize, [f64; 3])],
    rows: usize,
    exchange: &mut impl Exchange,
) -> Result<(f64, Vec<[f64; 3]>)> {
    let owned = atoms.len();
    let first = atoms
        .iter()
        .map(|&atom| [1.0 + 0.1 * (atom % 3) as f64; WIDTH]);
    let mut layers: Vec<Vec<[f64; WIDTH]>> = vec![first.collect()];
    exchange.forward(&mut layers[0])?;
    for mixing in &MIXING {
        let input = layers.last().unwrap();
        let mut sums = vec![[0.0; WIDTH]; owned];
        for &(i, j, vector) in pairs {
            for p in 0..WIDTH {
                let mixed: f64 = (0..WIDTH).map(|q| mixing[p][q] * input[j][q]).sum();
                sums[i][p] += radial(DECAYS[p], square(vector)).0 * mixed;
            }
        }
        let mut output: Vec<_> = sums.into_iter().map(|sum| sum.map(f64::tanh)).collect();
        exchange.forward(&mut output)?;
        layers.push(output);
    }
    let products = layers[2][..owned]
        .iter()
        .map(|h| h[0] * READOUT[0] + h[1] * READOUT[1]);
    let energy = products.sum();

    let mut positions = vec![[0.0; 3]; rows];
    let mut of_output = vec![READOUT; owned];
    for (mixing, layer) in MIXING.iter().zip([0, 1]).rev() {
        let (input, output) = (&layers[layer], &layers[layer + 1]);
        let mut of_input = vec![[0.0; WIDTH]; rows];
        for &(i, j, vector) in pairs {
            for p in 0..WIDTH {
                let (value, derivative) = radial(DECAYS[p], square(vector));
                let of_sum = of_output[i][p] * (1.0 - output[i][p] * output[i][p]);
                let mixed: f64 = (0..WIDTH).map(|q| mixing[p][q] * input[j][q]).sum();
                for q in 0..WIDTH {
                    of_input[j][q] += of_sum * value * mixing[p][q];
                }
                for axis in 0..3 {
                    let along = of_sum * mixed * 2.0 * derivative * vector[axis];
                    positions[j][axis] += along;
                    positions[i][axis] -= along;
                }
            }
        }
        exchange.reverse(&mut of_input)?;
        of_output = of_input;
    }
    exchange.reverse(&mut positions)?;
    Ok((energy, positions))
}

struct Nothing;

impl Exchange for Nothing {
    fn forward(&mut self, _: &mut Vec<[f64; WIDTH]>) -> Result<()> {
        Ok(())
    }

    fn reverse<const N: usize>(&mut self, _: &mut Vec<[f64; N]>) -> Result<()> {
        Ok(())
    }
}

/// All atoms at once: neighbors are images of these.
pub(crate) fn serial(atoms: &Atoms) -> Expected {
    let all: Vec<_> = (0..atoms.positions.len()).collect();
    let (energy, gradient) = model(&all, &atoms.pairs(), all.len(), &mut Nothing).unwrap();
    let forces = gradient.into_iter().map(|gradient| gradient.map(|x| -x));
    Expected {
        energy,
        forces: forces.collect(),
    }
}

struct OfHalo(metatensor_distributed::Halo);

impl Exchange for OfHalo {
    fn forward(&mut self, rows: &mut Vec<[f64; WIDTH]>) -> Result<()> {
        let (owned, ghosts) = (self.0.owned_count(), self.0.ghost_count());
        rows.resize(owned + ghosts, [0.0; WIDTH]);
        let (owned, ghosts) = rows.split_at_mut(owned);
        self.0
            .forward(WIDTH, owned.as_flattened(), ghosts.as_flattened_mut())
    }

    fn reverse<const N: usize>(&mut self, rows: &mut Vec<[f64; N]>) -> Result<()> {
        let count = self.0.owned_count();
        let (owned, ghosts) = rows.split_at_mut(count);
        self.0.reverse(
            Combine::Add,
            N,
            ghosts.as_flattened(),
            owned.as_flattened_mut(),
        )?;
        rows.truncate(count);
        Ok(())
    }
}

/// Energy of the atoms that a rank owns, and the forces on these of all ranks.
pub(crate) fn on_ranks(region: &Region) -> Result<(f64, Vec<[f64; 3]>)> {
    let mut exchange = OfHalo(region.halo());
    let rows = region.positions.len();
    let (energy, gradient) = model(&region.owned, &region.pairs(), rows, &mut exchange)?;
    let forces = gradient.into_iter().map(|gradient| gradient.map(|x| -x));
    Ok((energy, forces.collect()))
}

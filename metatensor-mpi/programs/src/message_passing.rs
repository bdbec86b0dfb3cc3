//! A model with two layers of messages between neighbors, whose forces are computed by going backwards through both.

use metatensor_core::Result;
use metatensor_distributed::{Combine, Communicator, Halo};

use crate::atoms::{CUTOFF, Pair, Slab, assert_close, length, pairs_of_nearest_images, positions};

/// Features of an atom.
const WIDTH: usize = 3;
const LAYERS: usize = 2;

/// How much two atoms at this distance know of each other, and its derivative.
fn filter(distance: f64) -> (f64, f64) {
    let x = 1.0 - distance * distance / (CUTOFF * CUTOFF);
    (0.3 * x * x, -1.2 * x * distance / (CUTOFF * CUTOFF))
}

/// What atoms with these tags know before the first layer.
fn first_features(tags: &[i32]) -> Vec<f64> {
    let features = tags.iter().flat_map(|tag| {
        (0..WIDTH).map(move |f| 0.5 + 0.25 * f64::from((tag * 7 + f as i32 * 3) % 5))
    });
    features.collect()
}

/// Energies and forces of owned atoms, the first of all with these tags. Everything that is known of others, which are ghosts,
/// comes from their owners.
fn forces(
    mut halo: Option<&mut Halo>,
    (tags, owned): (&[i32], usize),
    pairs: &[Pair],
) -> Result<(Vec<f64>, Vec<f64>)> {
    let all = tags.len();
    let mut features = vec![first_features(&tags[..owned])];
    let mut messages = Vec::new();
    for layer in 0..LAYERS {
        features[layer].resize(all * WIDTH, f64::NAN);
        let (own, ghosts) = features[layer].split_at_mut(owned * WIDTH);
        if let Some(halo) = &mut halo {
            halo.forward(WIDTH, own, ghosts)?;
        }
        let mut sums = vec![0.0; owned * WIDTH];
        for (i, j, to) in pairs {
            let (g, _) = filter(length(to));
            for f in 0..WIDTH {
                sums[i * WIDTH + f] += g * features[layer][j * WIDTH + f];
            }
        }
        features.push(sums.iter().map(|m| m + 0.1 * m * m).collect());
        messages.push(sums);
    }
    let last = &features[LAYERS];
    let energies = last.chunks(WIDTH).map(|h| h.iter().map(|h| h * h).sum());
    let energies = energies.collect();

    let mut forces = vec![0.0; all * 3];
    let mut above: Vec<f64> = last.iter().map(|h| 2.0 * h).collect();
    for layer in (0..LAYERS).rev() {
        let mut below = vec![0.0; all * WIDTH];
        for (i, j, to) in pairs {
            let distance = length(to);
            let (g, slope) = filter(distance);
            let mut along = 0.0;
            for f in 0..WIDTH {
                let (i, j) = (i * WIDTH + f, j * WIDTH + f);
                let message = above[i] * (1.0 + 0.2 * messages[layer][i]);
                below[j] += g * message;
                along += slope * message * features[layer][j];
            }
            for k in 0..3 {
                let force = along * to[k] / distance;
                forces[i * 3 + k] += force;
                forces[j * 3 + k] -= force;
            }
        }
        let (own, ghosts) = below.split_at_mut(owned * WIDTH);
        if let Some(halo) = &mut halo {
            halo.reverse(Combine::Add, WIDTH, ghosts, own)?;
        }
        below.truncate(owned * WIDTH);
        above = below;
    }
    let (own, ghosts) = forces.split_at_mut(owned * 3);
    if let Some(halo) = &mut halo {
        halo.reverse(Combine::Add, 3, ghosts, own)?;
    }
    forces.truncate(owned * 3);
    Ok((energies, forces))
}

/// The same in one process, without ghosts.
fn serial(positions: &[[f64; 3]]) -> (Vec<f64>, Vec<f64>) {
    let tags: Vec<i32> = (0..positions.len() as i32).collect();
    let pairs = pairs_of_nearest_images(positions);
    forces(None, (&tags, tags.len()), &pairs).unwrap()
}

/// Forces of one process are derivatives of its energy, and sum up to nothing.
fn check_serial(positions: &[[f64; 3]], forces: &[f64]) {
    let size: f64 = forces.iter().map(|force| force.abs()).sum();
    for k in 0..3 {
        let total: f64 = forces.iter().skip(k).step_by(3).sum();
        assert!(
            total.abs() < 1e-12 * size,
            "sum of forces: {total} of {size}"
        );
    }
    let energy = |step: f64| {
        let mut moved = positions.to_vec();
        moved[17][1] += step;
        serial(&moved).0.iter().sum::<f64>()
    };
    let difference = (energy(-1e-5) - energy(1e-5)) / 2e-5;
    let force = forces[17 * 3 + 1];
    assert!(
        force.abs() > 0.1 && (difference - force).abs() < 1e-6 * force.abs().max(1.0),
        "the force is {force} and should be {difference}"
    );
}

/// Energies and forces of all ranks are those of one.
pub(crate) fn run(world: &Communicator) {
    for gap in [false, true] {
        let positions = positions(gap);
        let (energies, expected) = serial(&positions);
        check_serial(&positions, &expected);

        let slab = Slab::new(&positions, world.rank(), world.size());
        if gap && world.size() > 2 && world.rank() + 1 == world.size() {
            assert_eq!(slab.owned, 0, "this slab is empty");
        }
        let (owned, ghosts) = slab.tags.split_at(slab.owned);
        let mut halo = Halo::new(world, 1, owned, ghosts).unwrap();
        let pairs = slab.pairs();
        // nothing of a step is left in the next one
        for _ in 0..2 {
            let all = (&slab.tags[..], slab.owned);
            let (own_energies, own_forces) = forces(Some(&mut halo), all, &pairs).unwrap();
            let pick = |all: &[f64], width: usize| -> Vec<f64> {
                let rows = owned.iter().map(|&tag| tag as usize * width);
                rows.flat_map(|start| all[start..start + width].to_vec())
                    .collect()
            };
            assert_close(&own_energies, &pick(&energies, 1), "energies");
            assert_close(&own_forces, &pick(&expected, 3), "forces");
        }
    }
}

//! Atoms in slabs of a periodic box: energies and forces are those of one process that knows nothing of halos.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod halo_physics {
    pub(crate) mod atoms;
    pub(crate) mod message_passing;
    pub(crate) mod pair_features;
}

use halo_physics::atoms::{Atoms, Region};
use halo_physics::{message_passing, pair_features};
use metatensor_core::Result;
use metatensor_distributed::{Combine, Halo, run_local};

type Vectors = Vec<[f64; 3]>;

fn assert_close(found: f64, expected: f64, scale: f64, what: &str) {
    let difference = (found - expected).abs();
    assert!(
        difference <= 1e-12 * scale,
        "{what}: {found} is not {expected}"
    );
}

fn assert_vectors_close(found: &Vectors, expected: &Vectors, what: &str) {
    let scale = expected
        .iter()
        .flatten()
        .fold(1.0, |max: f64, x| max.max(x.abs()));
    assert_eq!(found.len(), expected.len());
    for (atom, (found, expected)) in found.iter().zip(expected).enumerate() {
        for axis in 0..3 {
            assert_close(
                found[axis],
                expected[axis],
                scale,
                &format!("{what}, atom {atom}"),
            );
        }
    }
    for axis in 0..3 {
        let sum: f64 = found.iter().map(|force| force[axis]).sum();
        assert_close(
            sum,
            0.0,
            scale * found.len() as f64,
            &format!("{what}, sum of forces"),
        );
    }
}

/// Boxes with atoms everywhere, and in a part of it only: some slabs of those have none. And how many slabs there are.
fn boxes() -> [(Atoms, &'static [usize]); 2] {
    [
        (Atoms::random(500, 10.0, 1.0), &[1, 2, 3, 5]),
        (Atoms::random(60, 10.0, 0.4), &[3, 5]),
    ]
}

/// Puts what ranks have for the atoms they own where it belongs.
fn collect(atoms: &Atoms, parts: Vec<(Vec<usize>, Vectors)>) -> Vectors {
    let mut all = vec![[f64::NAN; 3]; atoms.positions.len()];
    for (owned, values) in parts {
        for (atom, value) in owned.into_iter().zip(values) {
            all[atom] = value;
        }
    }
    all
}

/// Energies of systems, which rank `system % n` owns.
fn energies_of_systems(
    region: &Region,
    systems: &[i32],
    energies: &[f64],
) -> Result<Vec<(i32, f64)>> {
    let communicator = &region.communicator;
    let (rank, size) = (communicator.rank() as i32, communicator.size() as i32);
    let owned: Vec<i32> = (0..2).filter(|system| system % size == rank).collect();
    let mut halo = Halo::new(communicator, 1, &owned, systems)?;
    let mut sums = vec![0.0; owned.len()];
    halo.reverse(Combine::Add, 1, energies, &mut sums)?;
    Ok(owned.into_iter().zip(sums).collect())
}

#[test]
fn a_linear_model_of_pair_features_gives_serial_energies_and_forces() {
    for (atoms, slabs) in boxes() {
        let expected = atoms.linear_model();
        for &ranks in slabs {
            let results = run_local(ranks, |communicator| {
                let region = Region::new(&atoms, &communicator).unwrap();
                let mut halo = region.halo();
                let energy = pair_features::energy_of_systems(&region).unwrap();
                let systems = energy.samples().column("system").unwrap();
                let mine: Vec<f64> = energy.values_as().unwrap().iter().copied().collect();
                let energies = energies_of_systems(&region, &systems, &mine).unwrap();
                let sum = halo.sum_gradient_rows(&energy, "positions", &["system", "atom"]);
                let sum = sum.unwrap();
                let sum = sum.values_as::<f64>().unwrap();
                let forces =
                    (0..region.owned.len()).map(|i| [0, 1, 2].map(|axis| -sum[[i, axis, 0]]));
                (energies, (region.owned.clone(), forces.collect()))
            });
            let (energies, forces): (Vec<_>, Vec<_>) = results.into_iter().unzip();
            let what = format!("{ranks} ranks");
            let mut energies: Vec<_> = energies.into_iter().flatten().collect();
            energies.sort_by_key(|energy| energy.0);
            assert_eq!(energies.len(), 2);
            for (system, energy) in energies {
                let expected = expected.energies[system as usize];
                assert_close(energy, expected, expected.abs(), &what);
            }
            assert_vectors_close(&collect(&atoms, forces), &expected.forces, &what);
        }
    }
}

/// Each pair gives a part of its energy to its second atom, which may be a ghost.
#[test]
fn energies_of_ghosts_and_their_gradients_go_to_owners() {
    for (atoms, slabs) in boxes() {
        let expected = atoms.linear_model();
        for &ranks in slabs {
            let results = run_local(ranks, |communicator| {
                let region = Region::new(&atoms, &communicator).unwrap();
                let energy = pair_features::energy_of_atoms(&region).unwrap();
                let energies: Vec<f64> = energy.values_as().unwrap().iter().copied().collect();
                assert!(energy.samples().is_same(&region.owned_labels));
                let mut halo = region.halo();
                let sum = halo.sum_gradient_rows(&energy, "positions", &["system", "atom"]);
                let sum = sum.unwrap();
                let sum = sum.values_as::<f64>().unwrap();
                let forces =
                    (0..region.owned.len()).map(|i| [0, 1, 2].map(|axis| -sum[[i, axis, 0]]));
                (
                    energies,
                    (region.owned.clone(), forces.collect::<Vectors>()),
                )
            });
            let what = format!("{ranks} ranks");
            for (energies, (owned, _)) in &results {
                for (&atom, &energy) in owned.iter().zip(energies) {
                    let expected = expected.of_atoms[atom];
                    assert_close(energy, expected, expected.abs().max(1.0), &what);
                }
            }
            let forces = results.into_iter().map(|result| result.1).collect();
            assert_vectors_close(&collect(&atoms, forces), &expected.forces, &what);
        }
    }
}

#[test]
fn two_layers_of_message_passing_give_serial_energies_and_forces() {
    for (atoms, slabs) in boxes() {
        let expected = message_passing::serial(&atoms);
        for &ranks in slabs {
            let results = run_local(ranks, |communicator| {
                let region = Region::new(&atoms, &communicator).unwrap();
                let (energy, forces) = message_passing::on_ranks(&region).unwrap();
                (energy, (region.owned.clone(), forces))
            });
            let (energies, forces): (Vec<f64>, Vec<_>) = results.into_iter().unzip();
            let what = format!("{ranks} ranks");
            let energy: f64 = energies.iter().sum();
            assert_close(energy, expected.energy, expected.energy.abs(), &what);
            assert_vectors_close(&collect(&atoms, forces), &expected.forces, &what);
        }
    }
}

/// What ranks are compared with is right as well.
#[test]
fn serial_forces_are_differences_of_energies() {
    let atoms = Atoms::random(60, 10.0, 0.4);
    let step = 1e-5;
    let forces = (
        atoms.linear_model().forces,
        message_passing::serial(&atoms).forces,
    );
    for (atom, axis) in [(0, 0), (7, 1), (33, 2)] {
        let energies = |step: f64| {
            let mut moved = atoms.clone();
            moved.positions[atom][axis] += step;
            let linear: f64 = moved.linear_model().energies.iter().sum();
            (linear, message_passing::serial(&moved).energy)
        };
        let (after, before) = (energies(step), energies(-step));
        let linear = (before.0 - after.0) / (2.0 * step);
        let layers = (before.1 - after.1) / (2.0 * step);
        assert!((linear - forces.0[atom][axis]).abs() < 1e-7, "{linear}");
        assert!((layers - forces.1[atom][axis]).abs() < 1e-7, "{layers}");
        assert!(linear != 0.0 && layers != 0.0);
    }
}

//! Forces, virials and stresses of energies made up here; `tests/tests/forces.rs` has those of featomic.

mod errors;

use metatensor_core::{DType, Device, Labels, TensorBlock, TensorMap};
use ndarray::Array;

use crate::testing::threads::assert_independent_of_threads;
use crate::testing::{
    Foreign, Layout, Random, array, foreign, labels, map, values, with_arrays, with_layout,
};
use crate::*;

const ATOM_ROWS: [&str; 3] = ["sample", "system", "atom"];

fn axes(names: &[&str]) -> Vec<Labels> {
    let axes = names.iter().map(|name| Labels::range(name, 3).unwrap());
    axes.collect()
}

/// Block of random numbers, with positions, cell and strain gradients with random rows in random order. Samples are
/// `(system, atom)` for `systems` of `atoms` each.
fn random_energy(seed: u64, systems: i32, atoms: i32, properties: usize) -> TensorBlock {
    let mut random = Random(seed);
    let mut samples = Vec::new();
    for system in 0..systems {
        samples.extend((0..atoms).map(|atom| [3 * system, atom]));
    }
    let samples = labels(["system", "atom"], &samples);
    let properties = Labels::range("p", properties).unwrap();
    let mut fill = |samples: &Labels, components: &[Labels]| {
        let mut shape = vec![samples.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(properties.count());
        let values = Array::from_shape_simple_fn(&shape[..], || random.between(-2.0, 2.0));
        TensorBlock::new(values, samples, components, &properties).unwrap()
    };
    let mut energy = fill(&samples, &[]);
    let mut random = Random(seed + 1000);
    let mut rows = Vec::new();
    for sample in 0..samples.count() as i32 {
        let system = samples[sample as usize][0];
        let others = (0..atoms).filter(|_| random.below(3) > 0);
        rows.extend(others.map(|atom| [sample, system, atom]));
    }
    for i in (1..rows.len()).rev() {
        rows.swap(i, random.below(i + 1));
    }
    let positions = fill(&labels(ATOM_ROWS, &rows), &axes(&["xyz"]));
    energy.add_gradient("positions", positions).unwrap();
    let rows = (0..samples.count() as i32).filter(|_| random.below(4) > 0);
    let rows: Vec<_> = rows.map(|sample| [sample]).collect();
    for (parameter, names) in [("cell", ["xyz", "abc"]), ("strain", ["xyz_2", "xyz_1"])] {
        let gradient = fill(&labels(["sample"], &rows), &axes(&names));
        energy.add_gradient(parameter, gradient).unwrap();
    }
    energy
}

/// Minus the sum of all rows of a gradient that `row_of` gives this number for, element by element of a row.
fn naive(
    blocks: &[TensorBlock],
    parameter: &str,
    elements: usize,
    is_wanted: impl Fn(&TensorBlock, &[i32]) -> bool,
) -> Vec<f64> {
    let mut sums = vec![0.0; elements];
    for block in blocks {
        let gradient = block.gradient(parameter).unwrap();
        let all = gradient.to_ndarray::<f64>().unwrap();
        for (row, x) in gradient.samples().iter().zip(all.outer_iter()) {
            if is_wanted(block, row) {
                let count = block.properties().count();
                let x: Vec<f64> = x.iter().copied().collect();
                for (sum, x) in sums.iter_mut().zip(x.chunks(count.max(1))) {
                    *sum -= x.iter().sum::<f64>();
                }
            }
        }
    }
    sums
}

#[track_caller]
fn assert_close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        assert!((x - y).abs() < 1e-12, "{i}: {x} and {y}");
    }
}

/// Four blocks with different samples and numbers of properties.
fn blocks() -> Vec<TensorBlock> {
    let sizes = [(3, 4, 1), (2, 5, 3), (0, 2, 2), (1, 1, 0)];
    let seeds = sizes.iter().zip(1..);
    let blocks = seeds.map(|(&(systems, atoms, p), seed)| random_energy(seed, systems, atoms, p));
    blocks.collect()
}

#[test]
fn forces_are_sums_over_blocks_samples_and_properties() {
    let blocks = blocks();
    let energy = map(blocks.clone());
    let all = forces(&energy, None).unwrap();
    assert!(!all.samples().is_empty());
    assert_eq!(all.components(), axes(&["xyz"]));
    assert_eq!(*all.properties(), Labels::range("force", 1).unwrap());
    let mut sorted: Vec<_> = all.samples().iter().map(<[i32]>::to_vec).collect();
    sorted.sort_unstable();
    sorted.dedup();
    assert!(all.samples().iter().eq(sorted.iter().map(Vec::as_slice)));

    let mut given: Vec<_> = sorted.iter().map(|row| [row[0], row[1]]).collect();
    given.reverse();
    given.insert(1, [7, 7]);
    let given = labels(["system", "atom"], &given);
    let of_given = forces(&energy, Some(&given)).unwrap();
    assert_eq!(*of_given.samples(), given);

    for forces in [&all, &of_given] {
        let expected: Vec<f64> = forces
            .samples()
            .iter()
            .flat_map(|atom| naive(&blocks, "positions", 3, |_, row| row[1..] == *atom))
            .collect();
        assert_close(&values(forces), &expected);
    }
    assert_eq!(values::<f64>(&of_given)[3..6], [0.0; 3]);
    // the same for a block as for a map with one block
    let one = forces(&blocks[1], None).unwrap();
    check_equal(&one, &forces(&map(vec![blocks[1].clone()]), None).unwrap()).unwrap();
}

#[test]
fn virials_are_sums_by_system() {
    let blocks = blocks();
    let energy = map(blocks.clone());
    let all = virial(&energy, None).unwrap();
    assert_eq!(*all.samples(), labels(["system"], &[[0], [3], [6]]));
    assert_eq!(all.components(), axes(&["xyz_2", "xyz_1"]));
    assert_eq!(*all.properties(), Labels::range("virial", 1).unwrap());
    let given = labels(["system"], &[[6], [1], [0], [3]]);
    let of_given = virial(&energy, Some(&given)).unwrap();
    assert_eq!(*of_given.samples(), given);
    for virial in [&all, &of_given] {
        let of_system = |system: &[i32]| {
            naive(&blocks, "strain", 9, |block, row| {
                block.samples()[row[0] as usize][0] == system[0]
            })
        };
        let expected: Vec<f64> = virial.samples().iter().flat_map(of_system).collect();
        assert_close(&values(virial), &expected);
    }
    assert_eq!(values::<f64>(&of_given)[9..18], [0.0; 9]);
}

#[test]
fn virials_come_from_positions_and_cells_as_well() {
    let blocks = blocks();
    let mut random = Random(5);
    let atoms: Vec<_> = (0..3)
        .flat_map(|system| (0..6).map(move |atom| [3 * system, 5 - atom]))
        .collect();
    let atoms = labels(["system", "atom"], &atoms);
    let mut fill =
        |shape: &[usize]| Array::from_shape_simple_fn(shape, || random.between(-5.0, 5.0));
    let (r, h) = (fill(&[18, 3, 1]), fill(&[4, 3, 3, 1]));
    let single = Labels::single();
    let positions = TensorBlock::new(r.clone(), &atoms, &axes(&["xyz"]), &single).unwrap();
    let systems = labels(["system"], &[[3], [8], [6], [0]]);
    let cells = TensorBlock::new(h.clone(), &systems, &axes(&["abc", "xyz"]), &single).unwrap();
    let virial = virial_from_cell(&map(blocks.clone()), &positions, &cells).unwrap();

    assert_eq!(*virial.samples(), systems);
    assert_eq!(virial.components(), axes(&["xyz_2", "xyz_1"]));
    let mut expected = Vec::new();
    for (s, system) in systems.iter().enumerate() {
        let mut sums = [0.0; 9];
        for (a, atom) in atoms
            .iter()
            .enumerate()
            .filter(|(_, atom)| atom[0] == system[0])
        {
            let force = naive(&blocks, "positions", 3, |_, row| row[1..] == *atom);
            (0..9).for_each(|k| sums[k] += r[[a, k / 3, 0]] * force[k % 3]);
        }
        let of_cell = naive(&blocks, "cell", 9, |block, row| {
            block.samples()[row[0] as usize][0] == system[0]
        });
        for a in 0..3 {
            (0..9).for_each(|k| sums[k] += h[[s, a, k / 3, 0]] * of_cell[3 * a + k % 3]);
        }
        expected.extend(sums);
    }
    let found = values::<f64>(&virial);
    for (x, y) in found.iter().zip(&expected) {
        assert!((x - y).abs() < 1e-11, "{x} and {y}");
    }
    assert_eq!(found.len(), expected.len());
}

#[test]
fn stresses_are_virials_by_volume() {
    let virial = virial(&random_energy(9, 3, 2, 2), None).unwrap();
    let systems = labels(["system"], &[[6], [1], [0], [3]]);
    let volumes = [2.0, -1.0, 4.0, 8.0];
    let found = stress(&virial, &systems, &volumes).unwrap();
    assert_eq!(*found.samples(), *virial.samples());
    assert_eq!(found.components(), virial.components());
    assert_eq!(*found.properties(), Labels::range("stress", 1).unwrap());
    let of_rows = values::<f64>(&virial).into_iter().enumerate();
    let expected: Vec<_> = of_rows.map(|(i, w)| -w / [4.0, 8.0, 2.0][i / 9]).collect();
    assert_eq!(values::<f64>(&found), expected);
}

/// The energy `½ Σ k (x₀ - x₁)²` of two atoms, with second derivatives.
fn spring(properties: &Labels) -> TensorBlock {
    let (k, x) = (3.0, [1.0, 5.0]);
    let block = |shape: &[usize], values: &[f64], samples: Labels, axes: &[Labels]| {
        TensorBlock::new(array(shape, values), &samples, axes, properties).unwrap()
    };
    let systems = labels(["system"], &[[4]]);
    let mut energy = block(
        &[1, 1],
        &[k / 2.0 * (x[0] - x[1]) * (x[0] - x[1])],
        systems,
        &[],
    );
    let slope = k * (x[0] - x[1]);
    let rows = labels(ATOM_ROWS, &[[0, 4, 1], [0, 4, 0]]);
    let slopes = [-slope, 0.0, 0.0, slope, 0.0, 0.0];
    let mut gradient = block(&[2, 3, 1], &slopes, rows, &axes(&["xyz"]));
    let rows = labels(ATOM_ROWS, &[[0, 4, 0], [0, 4, 1], [1, 4, 1], [1, 4, 0]]);
    let mut second = vec![0.0; 36];
    for (row, value) in [-k, k, -k, k].into_iter().enumerate() {
        second[9 * row] = value;
    }
    let second = block(&[4, 3, 3, 1], &second, rows, &axes(&["xyz_1", "xyz"]));
    gradient.add_gradient("positions", second).unwrap();
    energy.add_gradient("positions", gradient).unwrap();
    energy
}

#[test]
fn force_constants_are_gradients_of_forces() {
    let energy = spring(&Labels::single());
    let twice = map(vec![energy.clone(), energy]);
    let forces = forces(&twice, None).unwrap();
    assert_eq!(
        *forces.samples(),
        labels(["system", "atom"], &[[4, 0], [4, 1]])
    );
    assert_eq!(values::<f64>(&forces), [24.0, 0.0, 0.0, -24.0, 0.0, 0.0]);
    let constants = forces.gradient("positions").unwrap();
    let rows = [[0, 4, 0], [0, 4, 1], [1, 4, 0], [1, 4, 1]];
    assert_eq!(*constants.samples(), labels(ATOM_ROWS, &rows));
    assert_eq!(constants.components(), axes(&["xyz_1", "xyz"]));
    let elements = values::<f64>(constants);
    let first: Vec<_> = elements.chunks(9).map(|row| row[0]).collect();
    assert_eq!(first, [-6.0, 6.0, 6.0, -6.0]);
    assert_eq!(elements.iter().filter(|&&x| x != 0.0).count(), 4);
}

#[test]
fn arrays_can_be_anything() {
    let energy = random_energy(11, 2, 4, 3);
    let (forces_of, virial_of) = (
        forces(&energy, None).unwrap(),
        virial(&energy, None).unwrap(),
    );
    for layout in Layout::ALL {
        let energy = with_layout(&energy, layout);
        check_equal(&forces(&energy, None).unwrap(), &forces_of).unwrap();
        check_equal(&virial(&energy, None).unwrap(), &virial_of).unwrap();
    }
    let foreign = foreign(&energy, Device::CPU);
    let forces = forces(&foreign, None).unwrap();
    assert_eq!(forces.origin().unwrap(), Foreign::origin());
    assert_eq!(values::<f64>(&forces), values::<f64>(&forces_of));
}

#[test]
fn sums_are_in_double_precision() {
    let energy = random_energy(12, 1, 40, 50);
    let single = with_arrays(&energy, &mut |array| {
        let view = array.view().unwrap();
        let elements = view.typed::<f64>().unwrap();
        elements.mapv(|x| x as f32).into()
    });
    let double = with_arrays(&single, &mut |array| {
        let view = array.view().unwrap();
        let elements = view.typed::<f32>().unwrap();
        elements.mapv(f64::from).into()
    });
    let in_double: Vec<f64> = values(&virial(&double, None).unwrap());
    let in_single: Vec<f32> = values(&virial(&single, None).unwrap());
    let expected: Vec<_> = in_double.iter().map(|&x| x as f32).collect();
    assert_eq!(in_single, expected);
    let integers = with_arrays(&single, &mut |array| {
        let view = array.view().unwrap();
        let elements = view.typed::<f32>().unwrap();
        elements.mapv(|x| x as i32).into()
    });
    assert_eq!(forces(&integers, None).unwrap().dtype(), DType::F64);
}

#[test]
fn threads_change_nothing() {
    let energy = random_energy(13, 40, 30, 5);
    let atoms = Array::<f64, _>::ones([1200, 3, 1]);
    let positions = TensorBlock::new(atoms, energy.samples(), &axes(&["xyz"]), &Labels::single());
    let systems: Vec<_> = (0..40).map(|i| [3 * i]).collect();
    let cells = TensorBlock::new(
        Array::<f64, _>::ones([40, 3, 3, 1]),
        labels(["system"], &systems),
        &axes(&["a", "b"]),
        &Labels::single(),
    );
    let (positions, cells) = (positions.unwrap(), cells.unwrap());
    let single = |block: Result<TensorBlock>| TensorMap::new(Labels::single(), vec![block?]);
    assert_independent_of_threads(|| {
        vec![
            single(forces(&energy, None)),
            single(virial(&energy, None)),
            single(virial_from_cell(&energy, &positions, &cells)),
        ]
    });
}

//! What is refused, and how.

use super::*;

#[track_caller]
fn assert_error(result: Result<TensorBlock>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

/// Block with one sample and zeros for a gradient with these samples and components.
fn energy(parameter: &str, names: &[&str], rows: &[i32], components: &[&str]) -> TensorBlock {
    let samples = Labels::range("system", 1).unwrap();
    let properties = Labels::single();
    let mut energy =
        TensorBlock::new(Array::<f64, _>::zeros([1, 1]), &samples, &[], &properties).unwrap();
    let samples = Labels::from_rows(names, rows.chunks(names.len())).unwrap();
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(|_| 3));
    shape.push(1);
    let values = Array::<f64, _>::zeros(&shape[..]);
    let gradient = TensorBlock::new(values, &samples, &axes(components), &properties).unwrap();
    energy.add_gradient(parameter, gradient).unwrap();
    energy
}

#[test]
fn energies_need_the_gradients_of_featomic() {
    let plain = TensorBlock::new(
        Array::<f64, _>::zeros([1, 1]),
        Labels::range("system", 1).unwrap(),
        [],
        Labels::single(),
    );
    let plain = plain.unwrap();
    assert_error(
        forces(&map(vec![plain]), None),
        "invalid parameter: forces: block (k=0): there is no gradient with respect to 'positions' in this \
         block, only []",
    );
    assert_error(
        forces(&map(vec![]), None),
        "invalid parameter: forces: there are no blocks, and so no energies",
    );
    assert_error(
        forces(
            &energy("positions", &["sample", "atom"], &[0, 1], &["xyz"]),
            None,
        ),
        "invalid parameter: forces: gradient 'positions': samples: expected labels with the dimensions \
         (sample, system, atom), got ['sample', 'atom']",
    );
    assert_error(
        forces(
            &energy("positions", &ATOM_ROWS, &[0, 0, 1], &["x", "y"]),
            None,
        ),
        "invalid parameter: forces: gradient 'positions': expected 1 components of three entries, got 2",
    );
    assert_error(
        virial(&energy("strain", &["sample"], &[0], &["xyz"]), None),
        "invalid parameter: virial: gradient 'strain': expected 2 components of three entries, got 1",
    );
}

#[test]
fn nothing_is_lost() {
    let spring = map(vec![spring(&Labels::single())]);
    let atoms = labels(["system", "atom"], &[[4, 0], [5, 1]]);
    assert_error(
        forces(&spring, Some(&atoms)),
        "invalid parameter: forces: block (k=0): gradient 'positions': row 0 is about the atom \
         (system=4, atom=1), which is not one of those given",
    );
    assert_error(
        forces(&spring, Some(&labels(["atom", "system"], &[[0, 4]]))),
        "invalid parameter: forces: atoms: expected labels with the dimensions (system, atom), got \
         ['atom', 'system']",
    );
    let energy = random_energy(3, 2, 2, 1);
    assert_error(
        virial(&energy, Some(&labels(["system"], &[[0]]))),
        "invalid parameter: virial: gradient 'strain': sample 2 of the values is in the system 3, which is \
         not one of those given",
    );
    assert_error(
        virial(&energy, Some(&labels(["atom"], &[[0]]))),
        "invalid parameter: virial: systems: expected labels with the dimensions (system), got ['atom']",
    );
}

#[test]
fn components_are_those_of_directions_only() {
    let (samples, properties) = (Labels::range("system", 1).unwrap(), Labels::single());
    let with_components = |count| {
        let component = Labels::range("o3_mu", count).unwrap();
        let zeros = Array::<f64, _>::zeros([1, count, 1]);
        let components = [component.clone()];
        let mut energy = TensorBlock::new(zeros, &samples, &components, &properties).unwrap();
        let rows = labels(ATOM_ROWS, &[[0, 0, 0]]);
        let ones = Array::<f64, _>::ones([1, 3, count, 1]);
        let components = [Labels::range("xyz", 3).unwrap(), component];
        let gradient = TensorBlock::new(ones, &rows, &components, &properties).unwrap();
        energy.add_gradient("positions", gradient).unwrap();
        energy
    };
    let invariant = forces(&with_components(1), None).unwrap();
    assert_eq!(values::<f64>(&invariant), [-1.0; 3]);
    assert_eq!(invariant.components(), axes(&["xyz"]));
    assert_error(
        forces(&with_components(2), None),
        "invalid parameter: forces: energies have no components, got ['o3_mu'] with 2 entries",
    );

    let reversed = labels(["xyz"], &[[2], [1], [0]]);
    let mut energy = TensorBlock::new(Array::<f64, _>::zeros([1, 1]), &samples, &[], &properties);
    let rows = labels(ATOM_ROWS, &[[0, 0, 0]]);
    let zeros = Array::<f64, _>::zeros([1, 3, 1]);
    let gradient = TensorBlock::new(zeros, &rows, &[reversed], &properties).unwrap();
    energy
        .as_mut()
        .unwrap()
        .add_gradient("positions", gradient)
        .unwrap();
    assert_error(
        forces(&energy.unwrap(), None),
        "invalid parameter: forces: gradient 'positions': the component ['xyz'] must have the entries 0, 1 \
         and 2",
    );
}

#[test]
fn components_of_second_derivatives_are_the_same_in_all_blocks() {
    let first = spring(&Labels::single());
    let mut gradient = first.gradient("positions").unwrap().clone();
    let second = gradient.gradient("positions").unwrap().clone();
    let mut other = remove_gradients(&first, None).unwrap();
    gradient = remove_gradients(&gradient, None).unwrap();
    let reversed = labels(["xyz_1"], &[[2], [1], [0]]);
    let components = [reversed, second.components()[1].clone()];
    let values = second.values().clone();
    let second = TensorBlock::new(values, second.samples(), &components, second.properties());
    gradient.add_gradient("positions", second.unwrap()).unwrap();
    other.add_gradient("positions", gradient).unwrap();
    assert_error(
        forces(&map(vec![first, other]), None),
        "not equal: forces: block (k=1): gradient 'positions/positions' components are not the same or not \
         in the same order: row 0 is (xyz_1=0) and (xyz_1=2)",
    );
}

#[test]
fn positions_and_cells_are_needed_for_all_atoms() {
    let energy = random_energy(3, 1, 2, 1);
    let single = Labels::single();
    let atoms = labels(["system", "atom"], &[[0, 0], [0, 1]]);
    let block = |samples: &Labels, names: &[&str], properties: &Labels| {
        let mut shape = vec![samples.count()];
        shape.extend(names.iter().map(|_| 3));
        shape.push(properties.count());
        let zeros = Array::<f64, _>::zeros(&shape[..]);
        TensorBlock::new(zeros, samples, &axes(names), properties).unwrap()
    };
    let positions = block(&atoms, &["xyz"], &single);
    let system = labels(["system"], &[[0]]);
    let cells = block(&system, &["abc", "xyz"], &single);
    virial_from_cell(&energy, &positions, &cells).unwrap();
    assert_error(
        virial_from_cell(&energy, &cells, &cells),
        "invalid parameter: virial_from_cell: positions: samples: expected labels with the dimensions \
         (system, atom), got ['system']",
    );
    assert_error(
        virial_from_cell(&energy, &positions, &block(&system, &["abc"], &single)),
        "invalid parameter: virial_from_cell: cells: expected 2 components of three entries, got 1",
    );
    let two = Labels::range("p", 2).unwrap();
    assert_error(
        virial_from_cell(&energy, &block(&atoms, &["xyz"], &two), &cells),
        "invalid parameter: virial_from_cell: positions: expected one property, got 2",
    );
    assert_error(
        virial_from_cell(
            &energy,
            &positions,
            &block(&labels(["system"], &[[1]]), &["a", "b"], &single),
        ),
        "invalid parameter: virial_from_cell: gradient 'cell': sample 0 of the values is in the system 0, \
         which is not one of those given",
    );
    let more = labels(["system", "atom"], &[[0, 0], [0, 1], [2, 0]]);
    assert_error(
        virial_from_cell(&energy, &block(&more, &["xyz"], &single), &cells),
        "invalid parameter: virial_from_cell: cells: there is none for the system 2",
    );
    let mut second = spring(&single);
    let strain = random_energy(3, 1, 1, 1).gradient("cell").unwrap().clone();
    let strain = rename_dimension(&strain, Axis::Properties, "p", "_").unwrap();
    second.add_gradient("cell", strain).unwrap();
    let four = labels(["system", "atom"], &[[4, 0], [4, 1]]);
    let cells = block(&labels(["system"], &[[4]]), &["abc", "xyz"], &single);
    assert_error(
        virial_from_cell(&second, &block(&four, &["xyz"], &single), &cells),
        "unsupported: virial_from_cell: no formula for gradients of gradients, got 'positions/positions'",
    );
}

#[test]
fn volumes_are_checked() {
    let virial = virial(&random_energy(9, 2, 2, 2), None).unwrap();
    let systems = labels(["system"], &[[0], [3]]);
    let error = |systems: &Labels, volumes: &[f64], expected| {
        assert_error(stress(&virial, systems, volumes), expected);
    };
    error(
        &systems,
        &[1.0],
        "invalid parameter: stress: expected one volume for each of 2 systems, got 1",
    );
    error(
        &systems,
        &[1.0, 0.0],
        "invalid parameter: stress: the volume of the system 3 must be positive and finite, got 0",
    );
    error(
        &systems,
        &[f64::NAN, 1.0],
        "invalid parameter: stress: the volume of the system 0 must be positive and finite, got NaN",
    );
    error(
        &labels(["system"], &[[0]]),
        &[1.0],
        "invalid parameter: stress: there is no volume for the system 3",
    );
    error(
        &labels(["atom"], &[[0]]),
        &[1.0],
        "invalid parameter: stress: systems: expected labels with the dimensions (system), got ['atom']",
    );
    let constants = forces(&spring(&Labels::single()), None).unwrap();
    assert_error(
        stress(&constants, &systems, &[1.0, 1.0]),
        "invalid parameter: stress: samples of the virials: expected labels with the dimensions (system), got \
         ['system', 'atom']",
    );
}

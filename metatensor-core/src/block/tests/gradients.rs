//! Gradients, and gradients of gradients.

use std::sync::Arc;

use super::*;

#[test]
fn gradients_are_kept_in_the_order_of_addition() {
    let mut block = block();
    for (parameter, rows) in [
        ("strain", &ROWS[..1]),
        ("positions", &ROWS),
        ("a b", &ROWS[..0]),
    ] {
        block.add_gradient(parameter, gradient(rows)).unwrap();
    }
    assert_eq!(block.gradients_list(), &["strain", "positions", "a b"]);
    assert!(block.has_gradient("strain") && !block.has_gradient("cell"));
    let counts = block
        .gradients()
        .map(|(name, gradient)| (name, gradient.samples().count()));
    assert!(counts.eq([("strain", 1), ("positions", 4), ("a b", 0)]));
    assert_eq!(block.gradient("positions").unwrap().samples().count(), 4);
    assert_names(
        block.gradient("cell"),
        &["'cell'", "['strain', 'positions', 'a b']"],
    );
    assert_names(
        block.gradient_map("cell"),
        &["'cell'", "['strain', 'positions', 'a b']"],
    );
    assert_names(
        block.gradient_mut("cell"),
        &["'cell'", "['strain', 'positions', 'a b']"],
    );
}

#[test]
fn a_parameter_has_one_gradient() {
    let mut block = block_with_gradient();
    assert_names(
        block.add_gradient("positions", gradient(&ROWS)),
        &["'positions'", "already"],
    );
    assert!(block.add_gradient("a\0b", gradient(&ROWS)).is_err());
    assert_eq!(block.gradients().len(), 1);
    assert_eq!(block.gradients_list().len(), 1);
}

#[test]
fn gradient_samples_start_with_the_sample() {
    let mut block = block();
    for names in [["system", "atom"], ["atom", "sample"]] {
        let samples = Labels::new(names, &[[0, 0]]).unwrap();
        let gradient = TensorBlock::new(
            zeros(&[1, 2, 4]),
            &samples,
            &[range("m", 2)],
            &range("n", 4),
        );
        let result = block.add_gradient("p", gradient.unwrap());
        assert_names(result, &["'p'", "'sample'", names[0], names[1]]);
    }
    let none = Labels::empty::<&str>(&[]).unwrap();
    let gradient = TensorBlock::new(zeros(&[0, 2, 4]), &none, &[range("m", 2)], &range("n", 4));
    assert_names(
        block.add_gradient("p", gradient.unwrap()),
        &["'sample'", "[]"],
    );
}

#[test]
fn gradient_samples_are_positions_of_samples() {
    let mut block = block();
    for sample in [3, -1, i32::MAX, i32::MIN] {
        let gradient = gradient(&[[0, 7], [sample, 9]]);
        let row = format!("(sample={sample}, atom=9)");
        let sample = format!("sample {sample},");
        assert_names(
            block.add_gradient("p", gradient),
            &["'p'", "row 1", &row, &sample, "3 samples"],
        );
    }
    assert!(!block.has_gradient("p"));
}

#[test]
fn gradients_have_the_properties_and_components_of_the_values() {
    let mut block = block();
    let samples = Labels::new(["sample"], &[[1]]).unwrap();
    let mut add = |components: &[Labels], properties: &Labels| {
        let lengths = components.iter().map(Labels::count);
        let shape: Vec<_> = [1]
            .into_iter()
            .chain(lengths)
            .chain([properties.count()])
            .collect();
        let gradient = TensorBlock::new(zeros(&shape), &samples, components, properties).unwrap();
        block.add_gradient("p", gradient)
    };
    let (m, n) = (range("m", 2), range("n", 4));
    let reordered = Labels::new(["n"], &[[1], [0], [2], [3]]).unwrap();
    for properties in [range("n", 3), range("k", 4), reordered] {
        assert_names(
            add(std::slice::from_ref(&m), &properties),
            &["'p'", "properties"],
        );
    }
    let other_m = Labels::new(["m"], &[[-1], [1]]).unwrap();
    for components in [
        vec![],
        vec![range("m", 3)],
        vec![other_m],
        vec![m.clone(), range("xyz", 3)],
        vec![range("xyz", 2)],
    ] {
        assert_names(add(&components, &n), &["'p'", "components"]);
    }
    add(&[range("a", 1), range("xyz", 3), m], &n).unwrap();
}

#[test]
fn gradients_have_gradients() {
    let block = nested();
    let positions = block.gradient("positions").unwrap();
    let strain = positions.gradient("strain").unwrap();
    assert_eq!(strain.gradients_list(), &["cell"]);
    // Rows of these are rows of the gradient, of which there are 4.
    let mut positions = gradient(&ROWS);
    let too_far = TensorBlock::new(
        zeros(&[1, 3, 2, 4]),
        &Labels::new(["sample"], &[[4]]).unwrap(),
        positions.components(),
        positions.properties(),
    );
    assert_names(
        positions.add_gradient("strain", too_far.unwrap()),
        &["sample 4", "4 samples"],
    );

    let outer = block.gradient_map("positions").unwrap();
    let inner = block
        .gradient("positions")
        .unwrap()
        .gradient_map("strain")
        .unwrap();
    assert_eq!(outer.compose(inner).unwrap().parents(), [1, 0, 1]);
    let text = block
        .display_gradient("positions/strain")
        .unwrap()
        .to_string();
    assert!(
        text.starts_with("Gradient TensorBlock ('positions/strain')\n"),
        "{text}"
    );
    let unknown = block
        .display_gradient("positions/cell")
        .map(|text| text.to_string());
    assert_names(unknown, &["'cell'", "['strain']"]);
}

#[test]
fn a_gradient_map_is_made_once() {
    let block = block_with_gradient();
    let map = Arc::clone(block.gradient_map("positions").unwrap());
    assert_eq!(map.parents(), [0, 2, 2, 1]);
    assert!(Arc::ptr_eq(&map, block.gradient_map("positions").unwrap()));
    let clone = block.clone();
    assert!(Arc::ptr_eq(&map, clone.gradient_map("positions").unwrap()));
    let fresh = block_with_gradient();
    let maps: Vec<_> = std::thread::scope(|scope| {
        let start = || scope.spawn(|| Arc::clone(fresh.gradient_map("positions").unwrap()));
        let threads: Vec<_> = (0..4).map(|_| start()).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(maps.iter().all(|map| Arc::ptr_eq(map, &maps[0])));
}

#[test]
fn values_of_gradients_change_in_place() {
    let mut block = nested();
    let mut positions = block.gradient_mut("positions").unwrap();
    let mut strain = positions.gradient_mut("strain").unwrap();
    let mut cell = strain.gradient_mut("cell").unwrap();
    assert_eq!(cell.samples().count(), 1);
    cell.values_as_mut::<f64>().unwrap().fill(3.0);
    strain.values_as_mut::<f64>().unwrap().fill(2.0);
    block.values_as_mut::<f64>().unwrap().fill(1.0);
    let positions = block.gradient("positions").unwrap();
    let strain = positions.gradient("strain").unwrap();
    let cell = strain.gradient("cell").unwrap();
    for (block, value) in [(&block, 1.0), (positions, 1.0), (strain, 2.0), (cell, 3.0)] {
        assert!(
            block
                .to_ndarray::<f64>()
                .unwrap()
                .iter()
                .all(|&v| v == value)
        );
    }
}

//! Properties of the transformation; `tests/tests/cartesian.rs` compares it with featomic's.

use metatensor_core::{DType, DenseArray, Labels, TensorBlock, TensorMap};
use ndarray::{Array, Array2, ArrayD};

use crate::testing::{Random, labels, map, values};
use crate::*;

fn xyz(name: &str) -> Labels {
    Labels::range(name, 3).unwrap()
}

/// Map of blocks with components `before`, `xyz_1`... as many as `rank` says, and `after`, and gradients of gradients.
fn random_map(seed: u64, rank: usize) -> TensorMap {
    let random = &mut Random(seed);
    let axes: Vec<_> = ["xyz_1", "xyz_2"].map(xyz).into_iter().take(rank).collect();
    let inner = [
        &[Labels::range("before", 2).unwrap()][..],
        &axes,
        &[Labels::range("after", 3).unwrap()],
    ]
    .concat();
    let mut block = |samples: Labels, own: &[Labels], properties: &Labels| {
        let components = [own, &inner].concat();
        let mut shape = vec![samples.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(properties.count());
        let values = Array::from_shape_simple_fn(&shape[..], || random.between(-2.0, 2.0));
        TensorBlock::new(values, samples, components, properties).unwrap()
    };
    let blocks = (0..3).map(|i| {
        let properties = Labels::range("p", 2 * i).unwrap();
        let mut values = block(Labels::range("s", 3).unwrap(), &[], &properties);
        let rows = labels(["sample", "a"], &[[2, 1], [0, 5], [2, 0]]);
        let mut gradient = block(rows, &[xyz("xyz")], &properties);
        let rows = labels(["sample", "a"], &[[1, 1], [1, 0]]);
        let second = block(rows, &[xyz("direction"), xyz("xyz")], &properties);
        gradient.add_gradient("strain", second).unwrap();
        values.add_gradient("positions", gradient).unwrap();
        values
    });
    let mut map = map(blocks.collect());
    map.info_mut().insert("unit".into(), "Å".into());
    map
}

fn names(rank: usize) -> &'static [&'static str] {
    &["xyz_1", "xyz_2"][..rank]
}

#[test]
fn the_way_back_gives_what_was_there() {
    for rank in [1, 2] {
        let cartesian = random_map(rank as u64, rank);
        let spherical = cartesian_to_spherical(&cartesian, names(rank)).unwrap();
        assert_eq!(spherical.len(), cartesian.len() * [1, 3][rank - 1]);
        let block = spherical.block_by_id(0).unwrap();
        let component = |i: usize| block.components()[i].names().to_vec();
        assert_eq!(
            [component(0), component(1), component(2)],
            [["before"], ["o3_mu"], ["after"]]
        );

        let back = spherical_to_cartesian(&spherical, names(rank)).unwrap();
        check_allclose(&back, &cartesian, AllcloseOptions::default()).unwrap();
        assert_eq!(back.info(), cartesian.info());
        // sums of squares are the same
        let square = |map: &TensorMap| {
            let elements = map.blocks().iter().flat_map(values::<f64>);
            elements.map(|x| x * x).sum::<f64>()
        };
        assert!((square(&spherical) - square(&cartesian)).abs() < 1e-11);
    }
}

#[test]
fn gradients_of_gradients_are_transformed_as_values_are() {
    for rank in [1, 2] {
        let cartesian = random_map(7, rank);
        let whole = cartesian_to_spherical(&cartesian, names(rank)).unwrap();
        let below = |block: &TensorBlock| {
            let gradient = block.gradient("positions").unwrap();
            gradient.gradient("strain").unwrap().clone()
        };
        let only = map(cartesian.blocks().iter().map(below).collect());
        let only = cartesian_to_spherical(&only, names(rank)).unwrap();
        for (whole, only) in whole.blocks().iter().zip(only.blocks()) {
            check_equal(&below(whole), only).unwrap();
        }
    }
}

/// A rotation, as the product of some around the axes.
fn rotation(random: &mut Random) -> Array2<f64> {
    let mut rotation = Array2::eye(3);
    for axis in [0, 1, 2, 0] {
        let (sin, cos) = random.between(-3.0, 3.0).sin_cos();
        let (i, j) = ((axis + 1) % 3, (axis + 2) % 3);
        let mut step = Array2::eye(3);
        step[[i, i]] = cos;
        step[[j, j]] = cos;
        step[[i, j]] = -sin;
        step[[j, i]] = sin;
        rotation = step.dot(&rotation);
    }
    rotation
}

/// Real spherical harmonics of degree 2, but for their common factor, as polynomials.
fn harmonics(x: f64, y: f64, z: f64) -> [f64; 5] {
    let root = 3_f64.sqrt();
    [
        root * x * y,
        root * y * z,
        (2.0 * z * z - x * x - y * y) / 2.0,
        root * x * z,
        root * (x * x - y * y) / 2.0,
    ]
}

/// Map with these matrices or vectors.
fn cartesian(rank: usize, elements: &[f64]) -> TensorMap {
    let axes: Vec<_> = names(rank).iter().copied().map(xyz).collect();
    let count = elements.len() / 3_usize.pow(rank as u32);
    let mut shape = vec![count];
    shape.extend(axes.iter().map(Labels::count));
    shape.push(1);
    let elements = ArrayD::from_shape_vec(shape, elements.to_vec()).unwrap();
    let samples = Labels::range("s", count).unwrap();
    map(vec![
        TensorBlock::new(elements, samples, axes, Labels::single()).unwrap(),
    ])
}

#[test]
fn squares_of_vectors_are_spherical_harmonics() {
    let mut random = Random(3);
    for _ in 0..10 {
        let r = [(); 3].map(|()| random.between(-2.0, 2.0));
        let square: Vec<_> = r.iter().flat_map(|a| r.map(|b| a * b)).collect();
        let spherical = cartesian_to_spherical(&cartesian(2, &square), names(2)).unwrap();
        let length = r.iter().map(|x| x * x).sum::<f64>();
        let expected = [
            vec![-length / 3_f64.sqrt()],
            vec![0.0; 3],
            harmonics(r[0], r[1], r[2])
                .map(|x| x * (2_f64 / 3.0).sqrt())
                .to_vec(),
        ];
        for (block, expected) in spherical.blocks().iter().zip(expected) {
            for (x, y) in values::<f64>(block).iter().zip(&expected) {
                assert!((x - y).abs() < 1e-14 * length, "{x} and {y}");
            }
        }
    }
}

/// How real spherical harmonics of these degrees change when everything is rotated: by the values of the harmonics themselves for
/// degree 2, from as many directions as there are of them.
fn wigner(lambda: usize, rotation: &Array2<f64>, random: &mut Random) -> Array2<f64> {
    let of_degree = |r: &[f64]| match lambda {
        0 => vec![1.0],
        1 => vec![r[1], r[2], r[0]],
        _ => harmonics(r[0], r[1], r[2]).to_vec(),
    };
    let size = 2 * lambda + 1;
    // D Y(r) = Y(R r) for more directions than needed: the normal equations, by `solve`
    let (mut left, mut right) = (Array2::zeros((20, size)), Array2::zeros((20, size)));
    for i in 0..20 {
        let r = Array::from_vec([(); 3].map(|()| random.between(-1.0, 1.0)).to_vec());
        let rotated = rotation.dot(&r);
        left.row_mut(i)
            .assign(&Array::from_vec(of_degree(r.as_slice().unwrap())));
        right
            .row_mut(i)
            .assign(&Array::from_vec(of_degree(rotated.as_slice().unwrap())));
    }
    let block = |values: Array2<f64>, name| {
        let samples = Labels::range("s", 20).unwrap();
        TensorBlock::new(values, samples, [], Labels::range(name, size).unwrap()).unwrap()
    };
    let weights = lstsq(
        &block(left, "in"),
        &block(right, "out"),
        LstsqOptions::default(),
    );
    let weights = weights.unwrap().to_ndarray::<f64>().unwrap();
    weights.into_dimensionality().unwrap()
}

#[test]
fn parts_rotate_as_spherical_harmonics() {
    let mut random = Random(8);
    for rank in [1, 2] {
        let size = 3_usize.pow(rank as u32);
        let elements: Vec<_> = (0..size).map(|_| random.between(-2.0, 2.0)).collect();
        let rotation = rotation(&mut random);
        let rotated: Vec<f64> = match rank {
            1 => rotation.dot(&Array::from_vec(elements.clone())).to_vec(),
            _ => {
                let matrix = Array2::from_shape_vec((3, 3), elements.clone()).unwrap();
                rotation
                    .dot(&matrix)
                    .dot(&rotation.t())
                    .iter()
                    .copied()
                    .collect()
            }
        };
        let before = cartesian_to_spherical(&cartesian(rank, &elements), names(rank)).unwrap();
        let after = cartesian_to_spherical(&cartesian(rank, &rotated), names(rank)).unwrap();
        for (key, (before, after)) in before
            .keys()
            .iter()
            .zip(before.blocks().iter().zip(after.blocks()))
        {
            let rotation = wigner(key[0] as usize, &rotation, &mut random);
            let expected = rotation.dot(&Array::from_vec(values::<f64>(before)));
            for (x, y) in expected.iter().zip(values::<f64>(after)) {
                assert!((x - y).abs() < 1e-13, "{x} and {y}");
            }
        }
    }
}

#[test]
fn rows_and_parts_that_are_missing_are_zeros() {
    let cartesian = random_map(4, 2);
    let spherical = cartesian_to_spherical(&cartesian, names(2)).unwrap();
    // without the antisymmetric part, (M + Mᵀ) / 2
    let sigma = labels(["o3_sigma"], &[[1]]);
    let symmetric = filter_blocks(&spherical, &sigma).unwrap();
    let symmetric = spherical_to_cartesian(&symmetric, names(2)).unwrap();
    for (found, matrix) in symmetric.blocks().iter().zip(cartesian.blocks()) {
        let matrix = matrix.to_ndarray::<f64>().unwrap();
        let mut transposed = matrix.clone();
        transposed.swap_axes(2, 3);
        let expected = (&matrix + &transposed) * 0.5;
        let found = found.to_ndarray::<f64>().unwrap();
        assert!((found - expected).iter().all(|x| x.abs() < 1e-14));
    }
    // a row that one of the parts does not have
    let mut blocks = spherical.blocks().to_vec();
    let gradient = remove_gradients(blocks[8].gradient("positions").unwrap(), None).unwrap();
    let others = labels(["a"], &[[1], [0]]);
    let fewer = slice(&gradient, Axis::Samples, &others).unwrap();
    for block in &mut blocks {
        let gradient = remove_gradients(block.gradient("positions").unwrap(), None).unwrap();
        *block = remove_gradients(&*block, None).unwrap();
        block.add_gradient("positions", gradient).unwrap();
    }
    let with_all = TensorMap::new(spherical.keys().clone(), blocks.clone()).unwrap();
    blocks[8] = remove_gradients(&blocks[8], None).unwrap();
    blocks[8].add_gradient("positions", fewer).unwrap();
    let with_fewer = TensorMap::new(spherical.keys().clone(), blocks).unwrap();
    let with_all = spherical_to_cartesian(&with_all, names(2)).unwrap();
    let with_fewer = spherical_to_cartesian(&with_fewer, names(2)).unwrap();
    let gradient = |map: &TensorMap| map.blocks()[2].gradient("positions").unwrap().clone();
    let (all, fewer) = (gradient(&with_all), gradient(&with_fewer));
    assert_eq!(all.samples(), fewer.samples());
    let (all, fewer) = (
        all.to_ndarray::<f64>().unwrap(),
        fewer.to_ndarray::<f64>().unwrap(),
    );
    let rows = all.outer_iter().zip(fewer.outer_iter());
    let equal: Vec<_> = rows.map(|(x, y)| x == y).collect();
    assert_eq!(equal, [true, false, true]);
}

#[test]
fn types_stay_and_integers_get_fractions() {
    let in_single = |map: &TensorMap| {
        let block = map.blocks()[0]
            .to_ndarray::<f64>()
            .unwrap()
            .mapv(|x| x as f32);
        let model = &map.blocks()[0];
        TensorBlock::new(
            block,
            model.samples(),
            model.components(),
            model.properties(),
        )
        .unwrap()
    };
    let double = cartesian(2, &[0.5, 1.0, -2.0, 0.25, 3.0, 1.0, 0.0, -1.0, 2.0]);
    let single = map(vec![in_single(&double)]);
    let expected = cartesian_to_spherical(&double, names(2)).unwrap();
    let found = cartesian_to_spherical(&single, names(2)).unwrap();
    for (found, expected) in found.blocks().iter().zip(expected.blocks()) {
        assert_eq!(found.dtype(), DType::F32);
        let rounded: Vec<_> = values::<f64>(expected).iter().map(|&x| x as f32).collect();
        assert_eq!(values::<f32>(found), rounded);
    }
    let integers = DenseArray::from(Array::from_elem([1, 3, 1], 2_i32));
    let block = TensorBlock::new(
        integers,
        Labels::range("s", 1).unwrap(),
        [xyz("v")],
        Labels::single(),
    );
    let found = cartesian_to_spherical(&map(vec![block.unwrap()]), &["v"]).unwrap();
    assert_eq!(found.dtype(), Some(DType::F64));
}

#[track_caller]
fn assert_error(result: Result<TensorMap>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[test]
fn other_components_are_refused() {
    let two = cartesian(2, &[0.0; 9]);
    let error = |components: &[&str], expected| {
        assert_error(cartesian_to_spherical(&two, components), expected);
    };
    error(
        &[],
        "invalid parameter: cartesian_to_spherical: expected the name of one component or of two, for \
         vectors or matrices, got 0",
    );
    error(
        &["xyz_2", "xyz_1"],
        "invalid parameter: cartesian_to_spherical: block (k=0): expected the components [\"xyz_2\", \
         \"xyz_1\"], one after the other, got [\"xyz_1\", \"xyz_2\"]",
    );
    let spherical = cartesian_to_spherical(&two, names(2)).unwrap();
    assert_error(
        cartesian_to_spherical(&spherical, &["o3_mu"]),
        "invalid parameter: cartesian_to_spherical: the keys have a dimension 'o3_lambda': is this a \
         spherical tensor?",
    );
    let block = two.block_by_id(0).unwrap();
    let reversed = labels(["xyz_1"], &[[2], [1], [0]]);
    let components = [reversed, block.components()[1].clone()];
    let values = block.values().clone();
    let block = TensorBlock::new(values, block.samples(), &components, block.properties());
    assert_error(
        cartesian_to_spherical(&map(vec![block.unwrap()]), names(2)),
        "invalid parameter: cartesian_to_spherical: block (k=0): the component ['xyz_1'] must have the \
         entries 0, 1 and 2",
    );
}

#[test]
fn other_parts_are_refused() {
    let spherical = cartesian_to_spherical(&cartesian(2, &[0.0; 9]), names(2)).unwrap();
    let error = |map: &TensorMap, rank, expected| {
        assert_error(spherical_to_cartesian(map, names(rank)), expected);
    };
    error(
        &spherical,
        1,
        "invalid parameter: spherical_to_cartesian: block (o3_lambda=0, o3_sigma=1, k=0): a Cartesian \
         vector is (o3_lambda=1, o3_sigma=1)",
    );
    let keys = labels(
        ["o3_lambda", "o3_sigma", "l_2"],
        &[[0, 1, 1], [1, -1, 1], [2, 1, 2]],
    );
    let with_keys = |keys| TensorMap::new(keys, spherical.blocks().to_vec()).unwrap();
    error(
        &with_keys(keys),
        2,
        "invalid parameter: spherical_to_cartesian: block (o3_lambda=2, o3_sigma=1, l_2=2): 'l_2' must be 1, \
         the o3_lambda of a Cartesian component",
    );
    let keys = labels(["o3_lambda", "o3_sigma"], &[[0, 1], [1, 1], [2, 1]]);
    error(
        &with_keys(keys),
        2,
        "invalid parameter: spherical_to_cartesian: block (o3_lambda=1, o3_sigma=1): a Cartesian matrix has \
         the parts (o3_lambda=0, o3_sigma=1), (o3_lambda=1, o3_sigma=-1), (o3_lambda=2, o3_sigma=1)",
    );
    let keys = labels(["o3_lambda", "o3_sigma"], &[[2, 1], [1, -1], [0, 1]]);
    error(
        &with_keys(keys),
        2,
        "invalid parameter: spherical_to_cartesian: block (o3_lambda=2, o3_sigma=1): the component 'o3_mu' must \
         have the entries from -2 to 2",
    );
    let mut blocks = spherical.blocks().to_vec();
    blocks[2] =
        append_dimension(&blocks[2], Axis::Samples, "t", DimensionValues::Scalar(1)).unwrap();
    let blocks: Vec<_> = blocks
        .iter()
        .enumerate()
        .map(|(i, block)| match i {
            2 => block.clone(),
            _ => append_dimension(block, Axis::Samples, "t", DimensionValues::Scalar(0)).unwrap(),
        })
        .collect();
    error(
        &TensorMap::new(spherical.keys().clone(), blocks).unwrap(),
        2,
        "not equal: spherical_to_cartesian: block (o3_lambda=2, o3_sigma=1, k=0): samples are not the same or not \
         in the same order: row 0 is (s=0, t=0) and (s=0, t=1)",
    );
}

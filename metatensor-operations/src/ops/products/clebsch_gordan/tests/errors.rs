//! What is refused, and what the errors say.

use metatensor_core::{Error, Labels, Limit, Result, TensorBlock, TensorMap};
use ndarray::Array3;

use super::{atoms, keys, pair, random_map};
use crate::ops::products::clebsch_gordan::{
    CgOptions, CgPowerOptions, CgProduct, cg_power, cg_power_metadata, cg_product,
    cg_product_metadata,
};
use crate::testing::Random;
use crate::{check_equal_metadata, estimate_bytes, rename_dimension};

#[track_caller]
fn assert_error(result: Result<TensorMap>, expected: &str) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

fn try_product(a: &TensorMap, b: &TensorMap) -> Result<TensorMap> {
    cg_product(a, b, "l_1", "l_2", CgOptions::default())
}

/// One block with these keys, samples, components and property.
fn map(keys: &Labels, samples: &Labels, components: &[Labels], property: &str) -> TensorMap {
    let lines = components.iter().map(Labels::count).product::<usize>();
    let values = Array3::<f64>::ones((samples.count(), lines, 1));
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(1);
    let values = values.into_shape_with_order(shape).unwrap();
    let properties = Labels::range(property, 1).unwrap();
    let block = TensorBlock::new(values, samples, components, &properties).unwrap();
    TensorMap::new(keys, vec![block]).unwrap()
}

#[test]
fn keys_and_components_that_are_not_spherical_are_refused() {
    let samples = Labels::range("s", 2).unwrap();
    let mu = |values: &[i32]| Labels::from_values(&["o3_mu"], values.to_vec()).unwrap();
    let good = map(&keys([], &[(1, 1, [])]), &samples, &[mu(&[-1, 0, 1])], "n");
    let bad = |keys: Labels, components: &[Labels], text: &str| {
        let bad = map(&keys, &samples, components, "m");
        assert_error(try_product(&good, &bad), text);
        assert_error(try_product(&bad, &good), text);
    };
    let vector = || [mu(&[-1, 0, 1])];
    let lambda = Labels::new(["o3_lambda"], [[1]]).unwrap();
    bad(
        lambda,
        &vector(),
        "keys must have the dimensions 'o3_lambda' and 'o3_sigma', got ['o3_lambda']",
    );
    bad(
        keys([], &[(1, 0, [])]),
        &vector(),
        "(o3_lambda=1, o3_sigma=0): 'o3_sigma' must be 1 or -1",
    );
    bad(
        keys([], &[(1, i32::MIN, [])]),
        &vector(),
        "'o3_sigma' must be 1 or -1",
    );
    bad(
        keys([], &[(-1, 1, [])]),
        &vector(),
        "'o3_lambda' must be a number from 0 to 126",
    );
    let one = keys([], &[(1, 1, [])]);
    bad(
        one.clone(),
        &[],
        "there must be one component, 'o3_mu', got 0",
    );
    bad(
        one.clone(),
        &[mu(&[-1, 0, 1]), Labels::range("xyz", 3).unwrap()],
        "there must be one component, 'o3_mu', got 2",
    );
    bad(
        one.clone(),
        &[mu(&[1, 0, -1])],
        "must be 'o3_mu' from -1 to 1, got ['o3_mu'] with 3 entries in another order",
    );
    bad(
        one.clone(),
        &[mu(&[-1, 0, 1, 2])],
        "the component of 'o3_lambda' 1 must be 'o3_mu' from -1 to 1, got ['o3_mu'] with 4 entries",
    );
    bad(
        one,
        &[Labels::range("m", 3).unwrap()],
        "got ['m'] with 3 entries",
    );
}

#[test]
fn names_and_samples_that_do_not_go_together_are_refused() {
    let [a, b] = pair(&mut Random(41), |x| x);
    let same = rename_dimension(&b, crate::Axis::Properties, "n_2", "n_1").unwrap();
    assert_error(
        try_product(&a, &same),
        "cg_product: both maps have a property 'n_1', and the result has all properties of both",
    );
    let options = CgOptions::default();
    assert_error(cg_product(&a, &b, "l", "l", options), "'l'");
    assert_error(
        cg_product(&a, &b, "l_1", "not a name", options),
        "'not a name'",
    );
    assert_error(cg_product(&a, &b, "k", "l_2", options), "'k'");
    assert!(CgProduct::new("o3_lambda", "o3_lambda", options).is_err());

    let random = &mut Random(42);
    let properties = Labels::range("n", 1).unwrap();
    let one = keys([], &[(0, 1, [])]);
    let with_samples = |samples: &Labels, random: &mut Random| {
        random_map(&one, samples, &properties, random, |x| x)
    };
    let x = with_samples(&atoms(&[[0, 0]]), random);
    for names in [["atom", "system"], ["system", "other"]] {
        let y = with_samples(&Labels::new(names, [[0, 0]]).unwrap(), random);
        let y = rename_dimension(&y, crate::Axis::Properties, "n", "m").unwrap();
        assert_error(
            try_product(&x, &y),
            "block (o3_lambda=0, o3_sigma=1) times block (o3_lambda=0, o3_sigma=1): samples of both blocks must have the same \
             dimensions",
        );
    }
    let y = with_samples(&Labels::range("other", 1).unwrap(), random);
    let y = rename_dimension(&y, crate::Axis::Properties, "n", "m").unwrap();
    assert_error(try_product(&x, &y), "got ['system', 'atom'] and ['other']");
}

#[test]
fn keys_that_would_come_twice_are_refused() {
    let random = &mut Random(43);
    let samples = Labels::range("s", 1).unwrap();
    let both = keys([], &[(1, 1, []), (1, -1, [])]);
    let a = random_map(
        &both,
        &samples,
        &Labels::range("n", 1).unwrap(),
        random,
        |x| x,
    );
    let b = random_map(
        &both,
        &samples,
        &Labels::range("m", 1).unwrap(),
        random,
        |x| x,
    );
    // 1 · 1 and -1 · -1
    assert_error(
        try_product(&a, &b),
        "cg_product: different pairs of blocks give the same key",
    );
}

#[test]
fn selections_that_make_no_sense_are_refused() {
    let [a, b] = pair(&mut Random(44), |x| x);
    let select = |selected: Labels| {
        let options = CgOptions {
            selected_keys: Some(&selected),
            max_bytes: None,
        };
        cg_product(&a, &b, "l_1", "l_2", options)
    };
    assert_error(
        select(Labels::new(["l_3"], [[1]]).unwrap()),
        "can not select keys by 'l_3': their dimensions are ['o3_lambda', 'o3_sigma', 'center_type', 'k', 'l_1', 'j', 'l_2']",
    );
    assert_error(
        select(Labels::new(["o3_sigma"], [[1], [2]]).unwrap()),
        "can not select keys with 'o3_sigma' 2: it is 1 or -1",
    );
    for count in [0, 33, usize::MAX] {
        assert_error(
            cg_power(&a, count, CgPowerOptions::default()),
            &format!("cg_power: the number of products must be between 1 and 32, got {count}"),
        );
    }
}

#[test]
fn large_angular_momenta_are_refused_if_they_are_wanted() {
    let samples = Labels::range("s", 1).unwrap();
    let random = &mut Random(45);
    let keys = keys([], &[(40, 1, [])]);
    let a = random_map(
        &keys,
        &samples,
        &Labels::range("n", 1).unwrap(),
        random,
        |x| x,
    );
    let b = random_map(
        &keys,
        &samples,
        &Labels::range("m", 1).unwrap(),
        random,
        |x| x,
    );
    assert_error(
        try_product(&a, &b),
        "coefficients for the angular momenta 40, 40 and 47: they are known to 1e-14 up to a sum of 126 only",
    );
    let invariant = Labels::new(["o3_lambda"], [[0]]).unwrap();
    let options = CgOptions {
        selected_keys: Some(&invariant),
        max_bytes: None,
    };
    let z = cg_product(&a, &b, "l_1", "l_2", options).unwrap();
    let values = |map: &TensorMap| map.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
    let scalar: f64 = values(&a).iter().zip(&values(&b)).map(|(x, y)| x * y).sum();
    assert!((values(&z)[[0, 0, 0]] - scalar / 9.0).abs() < 1e-14);
}

#[test]
fn gradients_that_do_not_go_together_are_refused() {
    let [a, b] = pair(&mut Random(46), |x| x);
    let with_gradient = |map: &TensorMap, parameter: &str| {
        let blocks = map.blocks().iter().map(|block| {
            let mut block = block.clone();
            let rows = Labels::range("sample", block.samples().count()).unwrap();
            let values = block.to_ndarray::<f64>().unwrap();
            let gradient = TensorBlock::new(values, rows, block.components(), block.properties());
            block.add_gradient(parameter, gradient.unwrap()).unwrap();
            block
        });
        TensorMap::new(map.keys(), blocks.collect()).unwrap()
    };
    let error = try_product(&with_gradient(&a, "p"), &with_gradient(&b, "q")).unwrap_err();
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    assert!(error.to_string().contains("center_type=1"), "{error}");
}

#[test]
fn results_that_are_too_large_are_refused_before_they_are_made() {
    let [a, b] = pair(&mut Random(47), |x| x);
    let metadata = cg_product_metadata(&a, &b, "l_1", "l_2", CgOptions::default()).unwrap();
    let result = try_product(&a, &b).unwrap();
    check_equal_metadata(&metadata, &result, crate::EqualMetadataOptions::default()).unwrap();
    let bytes = estimate_bytes(&metadata);
    let elements = result
        .blocks()
        .iter()
        .map(|b| b.shape().iter().product::<usize>() as u64);
    assert!(bytes > 8 * elements.sum::<u64>());
    assert!(metadata.block_by_id(0).unwrap().view().is_err());

    let limited = |max_bytes| {
        let options = CgOptions {
            selected_keys: None,
            max_bytes: Some(max_bytes),
        };
        cg_product(&a, &b, "l_1", "l_2", options)
    };
    limited(bytes).unwrap();
    assert_error(
        limited(bytes - 1),
        &format!("more than the {} that", bytes - 1),
    );

    // labels for all pairs of these properties do not fit in the memory of any machine, and are not made
    let keys = keys([], &[(0, 1, [])]);
    let samples = Labels::range("s", 1).unwrap();
    let large = |name: &str| {
        let properties = Labels::range(name, 1 << 22).unwrap();
        random_map(&keys, &samples, &properties, &mut Random(48), |_| 0_u8)
    };
    assert_error(try_product(&large("n"), &large("m")), "the product");
    assert!(Limit::ResultBytes.get() < 1 << 44);
}

#[test]
fn powers_are_refused_for_what_they_need_on_the_way() {
    let random = &mut Random(49);
    let keys = keys([], &[(1, 1, []), (2, 1, [])]);
    let samples = Labels::range("s", 5).unwrap();
    let x = random_map(
        &keys,
        &samples,
        &Labels::range("n", 4).unwrap(),
        random,
        |x| x,
    );
    let invariant = Labels::new(["o3_lambda"], [[0]]).unwrap();
    let power = |count, max_bytes| {
        let options = CgPowerOptions {
            selected_keys: Some(&invariant),
            max_bytes,
            ..CgPowerOptions::default()
        };
        cg_power(&x, count, options).map(|_| cg_power_metadata(&x, count, options).unwrap())
    };
    let bytes = estimate_bytes(&power(2, None).unwrap());
    assert_error(power(2, Some(bytes)), "cg_power: the result would take");
    power(2, Some(10 * bytes)).unwrap();
    let bytes = estimate_bytes(&power(1, None).unwrap());
    power(1, Some(bytes)).unwrap();
    assert_error(
        power(1, Some(bytes - 1)),
        "that the option 'max_bytes' allows",
    );
}

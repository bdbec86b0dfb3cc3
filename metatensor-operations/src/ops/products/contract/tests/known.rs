//! Special cases, other types of elements, and what does not depend on elements.

use metatensor_core::{Complex, DType, Device, Labels, TensorBlock, TensorMap};

use super::super::*;
use super::counted;
use crate::testing::threads::assert_independent_of_threads;
use crate::testing::{Random, array, block, foreign, labels, map, values};
use crate::{
    AllcloseOptions, Direction, EqualMetadataOptions, check_allclose, check_equal, dot,
    equal_metadata, estimate_bytes, multiply,
};

/// Two blocks with the same labels, and gradients with the same rows.
fn alike(seed: u64) -> [TensorBlock; 2] {
    let make = |shift: f64| {
        let random = &mut Random(seed);
        let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
        let number = |i| f64::from(i % 17);
        let mut block = random.block_with(&samples, &properties, 1, 0, number);
        let gradient = random.gradient(&block, &[Labels::range("xyz", 3).unwrap()], number);
        block.add_gradient("g", gradient).unwrap();
        crate::add_scalar(&block, shift).unwrap()
    };
    [make(0.0), make(2.0)]
}

#[test]
fn everything_matched_is_an_elementwise_product() {
    for seed in 0..20 {
        let [a, b] = alike(seed);
        let (a, b) = (map(vec![a]), map(vec![b]));
        let expected = multiply(&a, &b).unwrap();
        for samples in [SamplePairs::Intersection, SamplePairs::Union] {
            let options = ContractOptions {
                samples,
                ..ContractOptions::default()
            };
            let product = contract(&a, &b, options).unwrap();
            check_allclose(&product, &expected, AllcloseOptions::default()).unwrap();
            // and so if properties of one of them are in another order
            let sorted = crate::sort(&b, &[crate::Axis::Properties], crate::Direction::Descending);
            let product = contract(&a, &sorted.unwrap(), options).unwrap();
            check_allclose(&product, &expected, AllcloseOptions::default()).unwrap();
        }
    }
}

/// The samples of a block without components as properties, in front of those that it has.
fn samples_as_properties(block: &TensorBlock, single: &Labels) -> TensorBlock {
    let pairs = block.samples().iter().flat_map(|sample| {
        let properties = block.properties().iter();
        properties.map(move |property| [sample, property].concat())
    });
    let names = [
        block.samples().names().to_vec(),
        block.properties().names().to_vec(),
    ]
    .concat();
    let properties = Labels::from_rows(&names, pairs.collect::<Vec<_>>()).unwrap();
    let elements = block.to_ndarray::<f64>().unwrap();
    let values = array(
        &[1, elements.len()],
        &elements.iter().copied().collect::<Vec<_>>(),
    );
    let mut result = TensorBlock::new(values, single, &[], &properties).unwrap();
    for (parameter, gradient) in block.gradients() {
        let elements = gradient.to_ndarray::<f64>().unwrap();
        let rows = gradient.samples();
        let mut varied: Vec<_> = rows.iter().map(|row| row[1]).collect();
        varied.sort_unstable();
        varied.dedup();
        let width = block.properties().count();
        let columns = properties.count();
        let mut values = vec![0.0; varied.len() * columns];
        for (row, elements) in rows.iter().zip(elements.rows()) {
            let place = varied.iter().position(|&t| t == row[1]).unwrap();
            let first = place * columns + row[0] as usize * width;
            values[first..first + width].copy_from_slice(elements.as_slice().unwrap());
        }
        let rows: Vec<_> = varied.iter().map(|&t| [0, t]).collect();
        let gradient = TensorBlock::new(
            array(&[varied.len(), columns], &values),
            labels(["sample", "a"], &rows),
            &[],
            &properties,
        );
        result.add_gradient(parameter, gradient.unwrap()).unwrap();
    }
    result
}

#[test]
fn dot_is_a_contraction_of_properties_with_a_block_that_is_broadcast() {
    let rows = [[0, 3], [1, 3], [1, 4]];
    let derivatives: Vec<f64> = (0..6).map(f64::from).collect();
    let a = block([3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let w = block([2, 2], &[1.0, -1.0, 0.5, 2.0]);
    let w = crate::rename_dimension(&w, crate::Axis::Samples, "s", "output").unwrap();
    let varied = |block| crate::testing::with_gradient(block, "g", &rows, &derivatives);
    let constant_a = a.clone();
    let (a, constant_w) = (varied(a), w.clone());
    let w = crate::testing::with_gradient(w, "g", &[[0, 3], [1, 4]], &[0.5, 1.0, 2.0, 3.0]);
    for (a, w) in [(&a, &constant_w), (&constant_a, &w), (&a, &w)] {
        let as_properties = samples_as_properties(w, &Labels::single());
        let options = ContractOptions {
            contracted_properties: &["p"],
            ..ContractOptions::default()
        };
        let product = contract(a, &as_properties, options).unwrap();
        let expected = dot(a, w).unwrap();
        let sorted = |block| crate::sort(block, &[crate::Axis::Samples], Direction::Ascending);
        let product = without_zero_rows(&sorted(&product).unwrap());
        let expected = without_zero_rows(&sorted(&expected).unwrap());
        check_allclose(&product, &expected, AllcloseOptions::default()).unwrap();
    }
}

/// The same derivatives without rows that say nothing.
fn without_zero_rows(block: &TensorBlock) -> TensorBlock {
    let mut result = crate::remove_gradients(block, None).unwrap();
    for (parameter, gradient) in block.gradients() {
        let elements = gradient.to_ndarray::<f64>().unwrap();
        let rows = gradient.samples().iter().zip(elements.rows());
        let (rows, elements): (Vec<_>, Vec<_>) = rows
            .filter(|(_, elements)| elements.iter().any(|&x| x != 0.0))
            .map(|(row, elements)| (row.to_vec(), elements.to_vec()))
            .unzip();
        let gradient = TensorBlock::new(
            array(
                &[rows.len(), block.properties().count()],
                &elements.concat(),
            ),
            Labels::from_rows(&["sample", "a"], &rows).unwrap(),
            &[],
            block.properties(),
        );
        result.add_gradient(parameter, gradient.unwrap()).unwrap();
    }
    result
}

fn scalar_products() -> ContractOptions<'static> {
    ContractOptions {
        contracted_components: &["c"],
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    }
}

#[test]
fn keys_are_matched_or_kept_from_both() {
    let keys = |rows: &[[i32; 3]]| labels(["l", "center", "neighbor"], rows);
    let blocks = |count: usize| (0..count).map(|i| counted([1, 1, 1], i as f64 + 1.0));
    let a = TensorMap::new(
        keys(&[[0, 6, 1], [1, 6, 8], [1, 6, 1]]),
        blocks(3).collect(),
    )
    .unwrap();
    let b = TensorMap::new(
        keys(&[[1, 6, 1], [2, 6, 8], [1, 6, 8]]),
        blocks(3).collect(),
    )
    .unwrap();
    let options = ContractOptions {
        matched_keys: Some(&["center", "l"]),
        ..scalar_products()
    };
    let product = contract(&a, &b, options).unwrap();
    let names = ["l", "center", "neighbor_1", "neighbor_2"];
    let rows = [[1, 6, 8, 1], [1, 6, 8, 8], [1, 6, 1, 1], [1, 6, 1, 8]];
    assert_eq!(*product.keys(), labels(names, &rows));
    let all: Vec<_> = product.blocks().iter().flat_map(values::<f64>).collect();
    assert_eq!(all, [2.0, 6.0, 3.0, 9.0]);

    // All that both have: only the same keys.
    let product = contract(&a, &b, scalar_products()).unwrap();
    assert_eq!(*product.keys(), keys(&[[1, 6, 8], [1, 6, 1]]));
    assert!(product.info().is_empty());

    // One of them has a block for everything.
    let single = TensorMap::new(Labels::single(), vec![counted([1, 1, 1], 2.0)]).unwrap();
    let product = contract(&a, &single, scalar_products()).unwrap();
    assert_eq!(product.keys(), a.keys());
    let none = labels(["k"], &[]);
    let none = contract(
        &TensorMap::new(none, Vec::new()).unwrap(),
        &single,
        scalar_products(),
    );
    assert_eq!(none.unwrap().len(), 0);
}

#[test]
fn elements_of_all_types() {
    fn products<T: metatensor_core::Element>(make: fn(i32) -> T) -> Vec<T> {
        let make = |first: i32| {
            let elements: Vec<T> = (first..first + 4).map(make).collect();
            let c = [Labels::range("c", 2).unwrap()];
            let p = Labels::range("p", 2).unwrap();
            let s = Labels::range("s", 1).unwrap();
            TensorBlock::new(array(&[1, 2, 2], &elements), s, c, p).unwrap()
        };
        values(&contract(&make(1), &make(0), scalar_products()).unwrap())
    }
    // (1 2; 3 4)ᵀ (0 1; 2 3)
    let expected = [6.0, 10.0, 8.0, 14.0];
    assert_eq!(products(f64::from), expected);
    assert_eq!(products(|i| i as f32), expected.map(|x| x as f32));
    assert_eq!(products(|i| i as i16), expected.map(|x| x as i16));
    assert_eq!(products(|i| i as u64), expected.map(|x| x as u64));
    assert_eq!(products(|i| i > 1), [true, true, true, true]);
    let i = Complex::new(0.0, 1.0);
    assert_eq!(
        products(|x| Complex::new(0.0, f64::from(x))),
        expected.map(|x| i * i * x)
    );
    let half = metatensor_core::f16::from_f32;
    assert_eq!(
        products(|i| metatensor_core::f16::from_f32(i as f32)),
        expected.map(|x| half(x as f32))
    );

    let a = counted([1, 2, 2], 1.0);
    let b = crate::testing::array(&[1, 2, 2], &[1_i32; 4]);
    let b = TensorBlock::new(b, a.samples(), a.components(), a.properties()).unwrap();
    let mixed = contract(&a, &b, scalar_products()).unwrap();
    assert_eq!(
        (mixed.dtype(), values::<f64>(&mixed)),
        (DType::F64, vec![4.0, 4.0, 6.0, 6.0])
    );
}

#[test]
fn other_kinds_of_arrays_stay_what_they_are() {
    let a = counted([3, 2, 4], 1.0);
    let expected = contract(&a, &a, scalar_products()).unwrap();
    let other = foreign(&a, Device::CPU);
    let product = contract(&other, &other, scalar_products()).unwrap();
    assert_eq!(product.origin().unwrap(), other.origin().unwrap());
    check_equal(&product, &expected).unwrap();
}

#[test]
fn results_do_not_depend_on_threads() {
    let a = counted([500, 3, 37], 0.1);
    let a = map(vec![a]);
    assert_independent_of_threads(|| vec![contract(&a, &a, scalar_products())]);
}

#[test]
fn labels_and_sizes_are_known_before() {
    let a = counted([100, 3, 20], 0.0);
    let metadata = contract_metadata(&a, &a, scalar_products()).unwrap();
    let product = contract(&a, &a, scalar_products()).unwrap();
    assert!(equal_metadata(
        &metadata,
        &product,
        EqualMetadataOptions::default()
    ));
    let bytes = estimate_bytes(&product);
    assert_eq!(bytes, 100 * 400 * 8 + 400 * 2 * 4 + 100 * 4);
    assert_eq!(estimate_bytes(&metadata), bytes);
    let error = metadata.to_ndarray::<f64>().unwrap_err().to_string();
    assert!(error.contains("labels only"), "{error}");
}

#[test]
fn a_dimension_without_a_name_is_left_out_only_where_it_says_nothing() {
    let samples = Labels::range("s", 1).unwrap();
    let row = |name: &str, values: &[f64]| {
        let properties = Labels::range(name, values.len()).unwrap();
        let values = ndarray::Array2::from_shape_vec((1, values.len()), values.to_vec()).unwrap();
        TensorBlock::new(values, &samples, &[], &properties).unwrap()
    };
    let outer = ContractOptions {
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    };
    let elements = |block: &TensorBlock| {
        block
            .to_ndarray::<f64>()
            .unwrap()
            .into_raw_vec_and_offset()
            .0
    };

    let product = contract(&row("_", &[2.0]), &row("_", &[3.0]), outer).unwrap();
    assert_eq!(product.properties(), &Labels::single());
    assert_eq!(elements(&product), [6.0]);

    let product = contract(&row("_", &[2.0, 5.0]), &row("n", &[3.0, 7.0]), outer).unwrap();
    let all = Labels::new(["_", "n"], [[0, 0], [0, 1], [1, 0], [1, 1]]).unwrap();
    assert_eq!(product.properties(), &all);
    assert_eq!(elements(&product), [6.0, 14.0, 15.0, 35.0]);

    let component = Labels::range("_", 2).unwrap();
    let values = ndarray::Array3::from_shape_vec((1, 2, 1), vec![2.0, 5.0]).unwrap();
    let properties = Labels::range("n", 1).unwrap();
    let a = TensorBlock::new(
        values,
        &samples,
        std::slice::from_ref(&component),
        &properties,
    );
    let product = contract(&a.unwrap(), &row("n", &[3.0]), ContractOptions::default()).unwrap();
    assert_eq!(product.components(), [component]);
    assert_eq!(elements(&product), [6.0, 15.0]);
}

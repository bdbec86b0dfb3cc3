use ndarray::{Array3, Array4, ArrayD, IxDyn};

use super::*;

mod arrays;
mod derived;
mod gradient_map;
mod gradients;

/// Checks that the error names all of `culprits`.
#[track_caller]
fn assert_names<T: fmt::Debug>(result: Result<T>, culprits: &[&str]) {
    let message = result.unwrap_err().to_string();
    for culprit in culprits {
        assert!(message.contains(culprit), "no {culprit} in: {message}");
    }
}

fn samples() -> Labels {
    Labels::new(["system", "atom"], &[[0, 4], [0, 5], [1, 0]]).unwrap()
}

fn range(name: &str, count: usize) -> Labels {
    Labels::range(name, count).unwrap()
}

fn zeros(shape: &[usize]) -> ArrayD<f64> {
    ArrayD::zeros(IxDyn(shape))
}

/// 3 samples, `"m"` with 2 entries, 4 properties.
fn block() -> TensorBlock {
    let values = Array3::from_shape_fn((3, 2, 4), |(i, j, k)| (100 * i + 10 * j + k) as f64);
    TensorBlock::new(values, &samples(), &[range("m", 2)], &range("n", 4)).unwrap()
}

/// A gradient of [`block`] with `rows`: one more component, `"xyz"` with 3 entries.
fn gradient(rows: &[[i32; 2]]) -> TensorBlock {
    TensorBlock::new(
        Array4::<f64>::ones((rows.len(), 3, 2, 4)),
        &Labels::new(["sample", "atom"], rows).unwrap(),
        &[range("xyz", 3), range("m", 2)],
        &range("n", 4),
    )
    .unwrap()
}

const ROWS: [[i32; 2]; 4] = [[0, 7], [2, 7], [2, 8], [1, 7]];

fn block_with_gradient() -> TensorBlock {
    let mut block = block();
    block.add_gradient("positions", gradient(&ROWS)).unwrap();
    block
}

#[test]
fn a_block_is_what_it_was_made_of() {
    let block = block();
    assert_eq!(*block.samples(), samples());
    assert_eq!(block.components(), [range("m", 2)]);
    assert_eq!(*block.properties(), range("n", 4));
    assert_eq!(block.values().shape().unwrap(), [3, 2, 4]);
    assert_eq!(block.dtype(), DType::F64);
    assert_eq!(block.device(), Device::CPU);
    assert_eq!(block.to_ndarray::<f64>().unwrap()[[2, 1, 3]], 213.0);
    assert!(block.to_ndarray::<f32>().is_err());
    assert_eq!(block.view().unwrap().shape(), [3, 2, 4]);
    assert!(block.gradients_list().is_empty());
    assert_eq!(block.gradients().len(), 0);
    let labels = (0..3).map(|axis| block.labels(axis).unwrap());
    assert!(labels.eq([&samples(), &range("m", 2), &range("n", 4)]));
    assert_names(block.labels(3), &["axis 3", "3 axes"]);
}

#[test]
fn values_have_one_axis_per_labels() {
    for (shape, components) in [
        (&[3, 4][..], &[range("m", 2)][..]),
        (&[3, 2, 4], &[]),
        (&[3, 2, 2, 4], &[range("m", 2)]),
        (&[], &[]),
    ] {
        let result = TensorBlock::new(zeros(shape), &samples(), components, &range("n", 4));
        let axes = format!("{} axes", components.len() + 2);
        assert_names(result, &[&axes, &format!("{shape:?}")]);
    }
}

#[test]
fn axes_are_as_long_as_their_labels() {
    let new = |shape: &[usize]| {
        let components = [range("m", 2), range("l", 5)];
        TensorBlock::new(zeros(shape), &samples(), &components, &range("n", 4))
    };
    assert!(new(&[3, 2, 5, 4]).is_ok());
    let samples = [
        "axis 0",
        "4 entries",
        "3 entries",
        "samples: ['system', 'atom']",
    ];
    assert_names(new(&[4, 2, 5, 4]), &samples);
    assert_names(
        new(&[3, 1, 5, 4]),
        &["axis 1", "1 entries", "2 entries", "component 0: ['m']"],
    );
    assert_names(
        new(&[3, 2, 0, 4]),
        &["axis 2", "0 entries", "5 entries", "component 1: ['l']"],
    );
    assert_names(
        new(&[3, 2, 5, 6]),
        &["axis 3", "6 entries", "4 entries", "properties: ['n']"],
    );
}

#[test]
fn components_have_one_dimension_and_entries_and_different_names() {
    let new = |components: &[Labels]| {
        let lengths = components.iter().map(Labels::count);
        let shape: Vec<_> = [3].into_iter().chain(lengths).chain([4]).collect();
        TensorBlock::new(zeros(&shape), &samples(), components, &range("n", 4))
    };
    let two = Labels::new(["a", "b"], &[[0, 0]]).unwrap();
    assert_names(
        new(&[range("m", 2), two]),
        &["one dimension", "['a', 'b']", "component 1"],
    );
    assert_names(
        new(&[Labels::empty::<&str>(&[]).unwrap()]),
        &["one dimension", "[]"],
    );
    assert_names(new(&[range("m", 0)]), &["entries", "component 0", "'m'"]);
    assert_names(
        new(&[range("m", 2), range("l", 1), range("m", 3)]),
        &["'m' twice"],
    );
    // The names of other axes do not matter.
    assert!(new(&[range("atom", 2), range("n", 1)]).is_ok());
}

#[test]
fn blocks_can_be_empty_along_samples_and_properties() {
    let no_samples = Labels::empty(&["system"]).unwrap();
    let mut block = TensorBlock::new(
        zeros(&[0, 2, 0]),
        &no_samples,
        &[range("m", 2)],
        &range("n", 0),
    )
    .unwrap();
    let gradient = TensorBlock::new(
        zeros(&[0, 2, 0]),
        &Labels::empty(&["sample"]).unwrap(),
        &[range("m", 2)],
        &range("n", 0),
    );
    block.add_gradient("p", gradient.unwrap()).unwrap();
    let map = block.gradient_map("p").unwrap();
    assert_eq!((map.parent_rows(), map.gradient_rows()), (0, 0));
    assert!(map.is_identity());
}

/// [`block_with_gradient`], with two levels of gradients of the gradient.
fn nested() -> TensorBlock {
    let second = |rows: &[[i32; 2]]| {
        TensorBlock::new(
            ArrayD::<f64>::zeros(IxDyn(&[rows.len(), 3, 2, 4])),
            &Labels::new(["sample", "other"], rows).unwrap(),
            &[range("xyz", 3), range("m", 2)],
            &range("n", 4),
        )
        .unwrap()
    };
    let mut strain = second(&[[3, 0], [0, 0], [3, 1]]);
    strain.add_gradient("cell", second(&[[2, 5]])).unwrap();
    let mut positions = gradient(&ROWS);
    positions.add_gradient("strain", strain).unwrap();
    let mut block = block();
    block.add_gradient("positions", positions).unwrap();
    block
}

#[test]
fn values_of_another_type_can_not_change() {
    let mut block = block();
    let wrong_type = block.values_as_mut::<f32>();
    assert_names(wrong_type, &["float32", "float64"]);
    assert_names(block.values_as::<f32>(), &["float32", "float64"]);
}

#[test]
fn clones_share_arrays_until_one_changes() {
    let original = nested();
    let mut clone = original.clone();
    assert!(original.values().is_same(clone.values()));
    let gradients = |block: &TensorBlock| {
        let positions = block.gradient("positions").unwrap();
        [
            positions.values().clone(),
            positions.gradient("strain").unwrap().values().clone(),
        ]
    };
    let [a, b] = gradients(&original);
    assert!(gradients(&clone)[0].is_same(&a) && gradients(&clone)[1].is_same(&b));

    clone
        .gradient_mut("positions")
        .unwrap()
        .values_as_mut::<f64>()
        .unwrap()
        .map_inplace(|x| *x *= 5.0);
    assert!(original.values().is_same(clone.values()));
    assert!(!gradients(&clone)[0].is_same(&a) && gradients(&clone)[1].is_same(&b));
    let first = |block: &TensorBlock| {
        block
            .gradient("positions")
            .unwrap()
            .to_ndarray::<f64>()
            .unwrap()[[0, 0, 0, 0]]
    };
    assert_eq!((first(&original), first(&clone)), (1.0, 5.0));
}

#[test]
fn deep_copies_share_nothing() {
    let original = nested();
    let copy = original.deep_copy().unwrap();
    let mut unshared = original.clone();
    unshared.unshare_arrays().unwrap();
    for copy in [&copy, &unshared] {
        let (mut a, mut b) = (&original, copy);
        for parameter in ["positions", "strain", "cell"] {
            assert!(!a.values().is_same(b.values()));
            assert_eq!(
                a.to_ndarray::<f64>().unwrap(),
                b.to_ndarray::<f64>().unwrap()
            );
            assert!(a.samples().is_same(b.samples()), "labels never change");
            (a, b) = (
                a.gradient(parameter).unwrap(),
                b.gradient(parameter).unwrap(),
            );
        }
        assert!(!a.values().is_same(b.values()));
    }
    let values = unshared.values().view().unwrap().items::<8>().as_ptr();
    unshared.unshare_arrays().unwrap();
    assert_eq!(
        unshared.values().view().unwrap().items::<8>().as_ptr(),
        values
    );
}

#[test]
fn parts_make_the_same_block_again() {
    let block = nested();
    let parts = block.clone().into_parts();
    let mut again = TensorBlock::new(
        parts.values,
        &parts.samples,
        &parts.components,
        &parts.properties,
    )
    .unwrap();
    for (parameter, gradient) in parts.gradients {
        again.add_gradient(&parameter, gradient).unwrap();
    }
    assert_eq!(format!("{again:?}"), format!("{block:?}"));
    assert!(again.values().is_same(block.values()));
}

#[test]
fn blocks_can_be_used_from_any_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<TensorBlock>();
    assert::<BlockMut<'_>>();
    assert::<GradientMap>();
}

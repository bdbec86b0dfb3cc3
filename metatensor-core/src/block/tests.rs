use std::sync::Arc;

use ndarray::{Array2, Array3, Array4, ArrayD, IxDyn, arr2};

use super::*;
use crate::array::tests::foreign::{CUDA, ForeignArray, HIDDEN, labels_on};
use crate::{Array, DenseArray, Origin};

mod gradient_map;

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
    assert_eq!(block.dtype().unwrap(), DType::F64);
    assert_eq!(block.device().unwrap(), Device::CPU);
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
fn gradients_are_in_the_same_kind_of_array() {
    let new = |values: ArrayRef, first: &str| {
        let on = |labels| labels_on(values.device().unwrap(), &labels);
        let (samples, properties) = (on(range(first, 2)), on(range("n", 1)));
        TensorBlock::new(values, &samples, &[], &properties).unwrap()
    };
    let array = || Array2::<f64>::zeros((2, 1));
    let mut block = new(array().into(), "s");
    let other_type = new(Array2::<f32>::zeros((2, 1)).into(), "sample");
    assert_names(
        block.add_gradient("p", other_type),
        &["data type", "float64", "float32"],
    );
    let other_device = new(ForeignArray::new(array(), CUDA).into(), "sample");
    assert_names(
        block.add_gradient("p", other_device),
        &["device", "cpu", "cuda:0"],
    );
    let other_origin = new(ForeignArray::new(array(), Device::CPU).into(), "sample");
    let result = block.add_gradient("p", other_origin);
    assert_names(result, &["data origin", "RustArray", "tests.ForeignArray"]);
    block
        .add_gradient("p", new(array().into(), "sample"))
        .unwrap();
}

#[test]
fn blocks_can_be_on_any_device() {
    let labels = |name: &str, count| labels_on(HIDDEN, &range(name, count));
    let values = || ForeignArray::new(Array2::<f64>::zeros((2, 3)), HIDDEN);
    let mut block = TensorBlock::new(values(), &labels("s", 2), &[], &labels("p", 3)).unwrap();
    let gradient = TensorBlock::new(values(), &labels("sample", 2), &[], &labels("p", 3));
    block.add_gradient("g", gradient.unwrap()).unwrap();
    assert_names(block.view(), &["ext:0"]);
    assert_names(block.gradient_map("g"), &["mapping", "ext:0"]);
}

#[test]
fn values_and_labels_are_on_the_same_device() {
    let new = |values, samples, component, properties| {
        let array = ForeignArray::new(zeros(&[2, 3, 4]), values);
        let components = [labels_on(component, &range("c", 3))];
        TensorBlock::new(
            array,
            &labels_on(samples, &range("s", 2)),
            &components,
            &labels_on(properties, &range("p", 4)),
        )
    };
    let cpu = Device::CPU;
    for device in [cpu, CUDA, HIDDEN] {
        let block = new(device, device, device, device).unwrap();
        assert_eq!(block.device().unwrap(), device);
    }
    let differ = |values: Device, labels: Device, axis: &str| {
        [
            format!("values are on {values}"),
            format!("labels of the {axis} on {labels}"),
        ]
    };
    for (result, message) in [
        (new(CUDA, cpu, CUDA, CUDA), differ(CUDA, cpu, "samples")),
        (
            new(CUDA, CUDA, HIDDEN, CUDA),
            differ(CUDA, HIDDEN, "component 0"),
        ),
        (new(cpu, cpu, cpu, CUDA), differ(cpu, CUDA, "properties")),
        (new(HIDDEN, cpu, cpu, cpu), differ(HIDDEN, cpu, "samples")),
    ] {
        assert_names(result, &[&message[0], &message[1]]);
    }
    let second = Device { id: 1, ..CUDA };
    assert_names(new(CUDA, CUDA, CUDA, second), &["cuda:0", "cuda:1"]);
    let seventh = Device { id: 7, ..cpu };
    assert_names(new(seventh, cpu, cpu, cpu), &["on cpu:7", "on cpu"]);

    // Labels without entries are somewhere as well.
    let none = labels_on(CUDA, &range("s", 0));
    let values = zeros(&[0, 4]);
    assert_names(
        TensorBlock::new(values, &none, &[], &range("p", 4)),
        &["samples on cuda:0"],
    );
}

#[test]
fn data_that_does_not_fit_to_the_array_is_never_used() {
    let (samples, properties) = (range("s", 2), range("p", 3));
    let new = |data: DenseArray| {
        let array = ForeignArray::with_data(zeros(&[2, 3]), data);
        TensorBlock::new(array, &samples, &[], &properties).unwrap()
    };
    let f32s = Array2::<f32>::zeros((2, 3)).into();
    for (data, culprits) in [
        (
            zeros(&[1, 3]).into(),
            &["axis 0", "1 entries", "samples: ['s']"][..],
        ),
        (
            zeros(&[2, 4]).into(),
            &["axis 1", "4 entries", "properties: ['p']"],
        ),
        (zeros(&[3, 2]).into(), &["axis 0"]),
        (zeros(&[6]).into(), &["2 axes", "[6]"]),
        (zeros(&[2, 1, 3]).into(), &["2 axes", "[2, 1, 3]"]),
        (f32s, &["float64", "float32"]),
    ] {
        let mut block = new(data);
        assert_names(block.view(), &["does not fit its block any more"]);
        assert_names(block.view(), culprits);
        assert_names(block.to_ndarray::<f64>(), culprits);
        assert_names(block.save_buffer(), culprits);
        assert_names(block.save_buffer(), &["'values.npy'"]);
        let change = block.values_as_mut::<f64>();
        assert_names(change, culprits);
        let change = block.values_as_mut::<f32>();
        assert_names(change, culprits);
    }
}

#[test]
fn arrays_know_their_data_type() {
    let array = ForeignArray::without_dtype(zeros(&[2, 3]));
    let result = TensorBlock::new(array, &range("s", 2), &[], &range("p", 3));
    assert_names(result, &["no data type"]);
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
fn any_kind_of_array_makes_a_block() {
    let labels = (range("s", 1), range("n", 2));
    let new = |values: ArrayRef| TensorBlock::new(values, &labels.0, &[], &labels.1).unwrap();
    let array = arr2(&[[1.0, 2.0]]);
    let boxed: Box<dyn Array> = Box::new(DenseArray::from(array.clone()));
    for block in [
        new(array.clone().into()),
        new(DenseArray::from(array.clone()).into()),
        new(boxed.into()),
        new(Arc::new(DenseArray::from(array.clone())).into()),
        new(ForeignArray::new(array.clone(), Device::CPU).into()),
    ] {
        assert_eq!(block.to_ndarray::<f64>().unwrap(), array.clone().into_dyn());
        assert_ne!(block.values().origin().unwrap(), Origin::from_id(0));
    }
}

#[test]
fn blocks_can_be_used_from_any_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<TensorBlock>();
    assert::<BlockMut<'_>>();
    assert::<GradientMap>();
}

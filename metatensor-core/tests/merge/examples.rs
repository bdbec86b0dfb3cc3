//! What can not be merged, and cases that are easily forgotten.

use super::*;
use metatensor_core::{Array, DenseArray};
use ndarray::{arr2, arr3};

fn block(samples: &[[i32; 1]], properties: &[[i32; 1]], first: f64) -> TensorBlock {
    let samples = Labels::new(["s"], samples).unwrap();
    let properties = Labels::new(["p"], properties).unwrap();
    let shape = IxDyn(&[samples.count(), properties.count()]);
    let values = ArrayD::from_shape_fn(shape, |i| first + (10 * i[0] + i[1]) as f64);
    TensorBlock::new(values, &samples, &[], &properties).unwrap()
}

fn map() -> TensorMap {
    let keys = Labels::new(["a", "b"], &[[1, 5], [0, 5], [0, 6]]).unwrap();
    let blocks = [
        block(&[[3], [1]], &[[0], [1]], 100.0),
        block(&[[1], [2]], &[[1], [2]], 200.0),
        block(&[[0]], &[[1], [0]], 300.0),
    ];
    TensorMap::new(keys, blocks.into()).unwrap()
}

fn names(names: &[&str]) -> Labels {
    Labels::empty(names).unwrap()
}

#[track_caller]
fn assert_fails<T>(result: metatensor_core::Result<T>, expected: &str) {
    let error = result.err().expect("this should fail").to_string();
    assert!(error.contains(expected), "{error}");
}

const SORTED: SampleOrder = SampleOrder::Sorted;

#[test]
fn dimensions_that_can_not_be_moved_are_named() {
    let map = map();
    let unknown = "'zz' is not a dimension of the keys of this map, which are ['a', 'b']";
    assert_fails(
        map.keys_to_samples(&names(&["a", "zz"]), 0.0, SORTED),
        unknown,
    );
    assert_fails(
        map.keys_to_properties(&names(&["zz"]), 0.0, SORTED),
        unknown,
    );
    assert_fails(
        map.components_to_properties(&["c"]),
        "'c' is not a component",
    );

    let entries = Labels::new(["a"], &[[0]]).unwrap();
    let expected =
        "can not merge the blocks with ['b']=[5]: they do not all have the same properties";
    assert_fails(map.keys_to_properties(&entries, 0.0, SORTED), expected);
}

#[test]
fn dimensions_that_are_there_already_are_refused() {
    let keys = Labels::new(["s", "p"], &[[0, 0]]).unwrap();
    let map = TensorMap::new(keys, vec![block(&[[0]], &[[0]], 0.0)]).unwrap();
    let expected = "can not move keys to samples: dimension names must be unique, got 's' twice";
    assert_fails(map.keys_to_samples(&names(&["s"]), 0.0, SORTED), expected);
    let expected = "can not move keys to properties: dimension names must be unique, got 'p' twice";
    assert_fails(
        map.keys_to_properties(&names(&["p"]), 0.0, SORTED),
        expected,
    );
    map.keys_to_samples(&names(&["p"]), 0.0, SORTED).unwrap();

    let one = |name| Labels::range(name, 1).unwrap();
    let block = TensorBlock::new(
        ArrayD::<f64>::zeros(IxDyn(&[1, 1, 1, 1])),
        &one("s"),
        &[one("p"), one("q")],
        &one("p"),
    );
    let map = TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap();
    assert_fails(map.components_to_properties(&["p"]), "got 'p' twice");
    assert_fails(
        map.components_to_properties(&["q", "q"]),
        "the component 'q' twice",
    );
}

#[test]
fn maps_without_blocks_are_merged_to_maps_without_blocks() {
    let mut map = TensorMap::new(names(&["a", "b"]), Vec::new()).unwrap();
    map.info_mut().insert("made".into(), "by hand".into());
    let entries = Labels::new(["a"], &[[0]]).unwrap();
    for order in ORDERS {
        for (moved, left) in [
            (names(&["a"]), names(&["b"])),
            (entries.clone(), names(&["b"])),
            (names(&["b", "a"]), names(&["_"])),
            (names(&[]), names(&["a", "b"])),
        ] {
            for merged in [
                map.keys_to_samples(&moved, -1.0, order).unwrap(),
                map.keys_to_properties(&moved, -1.0, order).unwrap(),
            ] {
                assert_eq!(merged.keys(), &left);
                assert_eq!(merged.info(), map.info());
            }
        }
    }
    let unknown = "'zz' is not a dimension of the keys of this map";
    assert_fails(map.keys_to_samples(&names(&["zz"]), 0.0, SORTED), unknown);
    assert_fails(
        map.keys_to_properties(&names(&["zz"]), 0.0, SORTED),
        unknown,
    );
    let same = map.components_to_properties(&["anything"]).unwrap();
    assert_eq!(same.keys(), map.keys());
}

#[test]
fn chosen_keys_are_moved_to_samples_and_other_blocks_left_out() {
    let map = map();
    let chosen = |rows: &[[i32; 1]]| {
        let entries = Labels::new(["a"], rows).unwrap();
        map.keys_to_samples(&entries, -1.0, SORTED).unwrap()
    };
    // Only one of the two blocks with b=5, and none with b=6; nobody has a=7.
    let merged = chosen(&[[7], [1]]);
    assert_eq!(*merged.keys(), Labels::new(["b"], &[[5]]).unwrap());
    let block = &merged.blocks()[0];
    let samples = Labels::new(["s", "a"], &[[1, 1], [3, 1]]).unwrap();
    assert_eq!(*block.samples(), samples);
    // The properties of the block that is left out are not there either.
    assert_eq!(*block.properties(), Labels::range("p", 2).unwrap());
    let values = block.to_ndarray::<f64>().unwrap();
    assert_eq!(values, arr2(&[[110.0, 111.0], [100.0, 101.0]]).into_dyn());

    let all = map.keys_to_samples(&names(&["a"]), -1.0, SORTED).unwrap();
    assert_eq!(elements(&chosen(&[[1], [0]])), elements(&all));
    let nothing = chosen(&[[7]]);
    assert_eq!(*nothing.keys(), names(&["b"]));
    let nobody = Labels::new(["b", "a"], &[[5, 7]]).unwrap();
    let nothing = map.keys_to_samples(&nobody, -1.0, SORTED).unwrap();
    assert_eq!(*nothing.keys(), names(&["_"]));
}

#[test]
fn merged_blocks_must_have_the_same_components() {
    let one = |name| Labels::range(name, 1).unwrap();
    let block = |values: &[[i32; 1]], gradient: &[[i32; 1]]| {
        let component = Labels::new(["c"], values).unwrap();
        let extra = Labels::new(["x"], gradient).unwrap();
        let zeros = |shape: &[usize]| ArrayD::<f64>::zeros(IxDyn(shape));
        let (n, m) = (component.count(), extra.count());
        let components = [component.clone()];
        let mut block =
            TensorBlock::new(zeros(&[1, n, 1]), &one("s"), &components, &one("p")).unwrap();
        let components = [extra, component];
        let gradient =
            TensorBlock::new(zeros(&[1, m, n, 1]), &one("sample"), &components, &one("p"));
        block.add_gradient("g", gradient.unwrap()).unwrap();
        block
    };
    let map = |blocks| TensorMap::new(Labels::range("a", 2).unwrap(), blocks).unwrap();
    let moved = names(&["a"]);

    let map_c = map(vec![block(&[[0], [1]], &[[0]]), block(&[[1], [0]], &[[0]])]);
    let expected = "the component 'c' does not have the same entries";
    assert_fails(map_c.keys_to_samples(&moved, 0.0, SORTED), expected);
    assert_fails(map_c.keys_to_properties(&moved, 0.0, SORTED), expected);
    // Blocks that are not merged with each other can be different.
    map_c.keys_to_samples(&names(&[]), 0.0, SORTED).unwrap();

    let map_x = map(vec![block(&[[0]], &[[0], [1]]), block(&[[0]], &[[0], [2]])]);
    let expected = "gradient 'g': the component 'x' does not have the same entries";
    assert_fails(map_x.keys_to_samples(&moved, 0.0, SORTED), expected);
    assert_fails(map_x.keys_to_properties(&moved, 0.0, SORTED), expected);
}

#[test]
fn fill_values_have_the_data_type_of_the_map() {
    let map = map();
    let moved = names(&["a", "b"]);
    let value = |array: &DenseArray| {
        let array: &dyn Array = array;
        let merged = map.keys_to_samples(&moved, array, SORTED)?;
        let values = merged.block(&[])?.to_ndarray::<f64>()?;
        metatensor_core::Result::Ok(values[[0, 2]])
    };
    assert!(value(&DenseArray::scalar(f64::NAN)).unwrap().is_nan());
    let expected = "expected a fill value of float64 without axes, got float32 of shape []";
    assert_fails(value(&DenseArray::scalar(1.0_f32)), expected);
    assert_fails(value(&arr2(&[[1.0]]).into()), "got float64 of shape [1, 1]");

    let default = map
        .keys_to_samples(&moved, FillValue::default(), SORTED)
        .unwrap();
    let values = default.block(&[]).unwrap().to_ndarray::<f64>().unwrap();
    assert_eq!(values[[0, 2]], 0.0);

    // Also where nothing has to be filled.
    let full: &dyn Array = &DenseArray::scalar(1_i32);
    assert_fails(map.keys_to_samples(&names(&[]), full, SORTED), "got int32");
}

#[test]
fn other_data_types_are_merged_too() {
    let integers = |a, values: [[i8; 2]; 1]| {
        let samples = Labels::new(["s"], &[[a]]).unwrap();
        let properties = Labels::new(["p"], &[[a], [7]]).unwrap();
        TensorBlock::new(arr2(&values), &samples, &[], &properties).unwrap()
    };
    let blocks = vec![integers(0, [[1, 2]]), integers(1, [[3, 4]])];
    let map = TensorMap::new(Labels::range("a", 2).unwrap(), blocks).unwrap();
    let moved = names(&["a"]);
    let merged = map.keys_to_samples(&moved, -9.0, SORTED).unwrap();
    let values = merged.blocks()[0].to_ndarray::<i8>().unwrap();
    assert_eq!(values, arr2(&[[1, 2, -9], [-9, 4, 3]]).into_dyn());
    assert_fails(
        map.keys_to_samples(&moved, 0.5, SORTED),
        "0.5 is not a value of the data type int8",
    );
}

#[test]
fn samples_without_dimensions_stay_empty() {
    let block = |properties: &Labels| {
        let values = ArrayD::<f64>::zeros(IxDyn(&[0, properties.count()]));
        TensorBlock::new(values, &names(&[]), &[], properties).unwrap()
    };
    let blocks = vec![block(&Labels::range("p", 2).unwrap()); 2];
    let map = TensorMap::new(Labels::range("a", 2).unwrap(), blocks).unwrap();
    let merged = map.keys_to_samples(&names(&["a"]), 0.0, SORTED).unwrap();
    assert_eq!(merged.blocks()[0].samples(), &names(&["a"]));
    let merged = map.keys_to_properties(&names(&["a"]), 0.0, SORTED).unwrap();
    assert_eq!(merged.blocks()[0].values().shape().unwrap(), [0, 4]);

    let blocks = vec![block(&names(&[])); 2];
    let map = TensorMap::new(Labels::range("a", 2).unwrap(), blocks).unwrap();
    let merged = map.keys_to_properties(&names(&["a"]), 0.0, SORTED).unwrap();
    assert_eq!(merged.blocks()[0].properties(), &names(&["a"]));
}

#[test]
fn results_share_no_memory_with_the_map() {
    let keys = Labels::range("a", 1).unwrap();
    let map = TensorMap::new(keys, vec![block(&[[0], [1]], &[[0]], 1.0)]).unwrap();
    for mut result in [
        map.keys_to_samples(&names(&["a"]), 0.0, SORTED).unwrap(),
        map.keys_to_properties(&names(&["a"]), 0.0, SORTED).unwrap(),
        map.components_to_properties::<&str>(&[]).unwrap(),
    ] {
        assert!(
            !result.blocks()[0]
                .values()
                .is_same(map.blocks()[0].values())
        );
        let mut block = result.block_by_id_mut(0).unwrap();
        block.values_as_mut::<f64>().unwrap().fill(-5.0);
        let values = map.blocks()[0].to_ndarray::<f64>().unwrap();
        assert_eq!(values, arr2(&[[1.0], [11.0]]).into_dyn());
    }
}

#[test]
fn components_of_gradients_alone_can_not_be_moved() {
    let one = |name| Labels::range(name, 1).unwrap();
    let mut block = TensorBlock::new(arr3(&[[[1.0]]]), &one("s"), &[one("c")], &one("p")).unwrap();
    let values = ArrayD::<f64>::zeros(IxDyn(&[1, 1, 1, 1]));
    let components = [one("x"), one("c")];
    let gradient = TensorBlock::new(values, &one("sample"), &components, &one("p")).unwrap();
    block.add_gradient("g", gradient).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    assert_fails(
        map.components_to_properties(&["x"]),
        r#"'x' is not a component of the blocks in this map, which have ["c"]"#,
    );
    let moved = map.components_to_properties(&["c"]).unwrap();
    let gradient = moved.blocks()[0].gradient("g").unwrap();
    assert_eq!(gradient.components(), [one("x")]);
    assert_eq!(gradient.properties(), moved.blocks()[0].properties());
}

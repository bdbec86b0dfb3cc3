//! Operations that undo others.

use metatensor_core::TensorBlock;
use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;
use crate::testing::{labels, moderate};
use crate::*;

fn operation(name: &str) -> &'static Operation {
    OPERATIONS
        .iter()
        .find(|operation| operation.name == name)
        .unwrap()
}

/// Two blocks with the same labels and numbers that are neither small nor large.
fn moderate_pair(of: &Operation, seed: u64) -> [TensorBlock; 2] {
    let mut fill = moderate(seed ^ 1);
    random_pair::<f64>(of, seed)
        .map(|block| with_arrays(&block, &mut |array| fill(array.shape().unwrap())))
}

#[track_caller]
fn assert_close(a: &TensorBlock, b: &TensorBlock) {
    let options = AllcloseOptions {
        rtol: 1e-13,
        atol: 1e-13,
        equal_nan: false,
    };
    check_allclose(a, b, options).unwrap();
}

/// The same for blocks that can have other rows of gradients, which are zero.
#[track_caller]
fn assert_close_elements(a: &TensorBlock, b: &TensorBlock) {
    let (a, b) = (numbers(a), numbers(b));
    for place in a.keys().chain(b.keys()) {
        let number = |all: &BTreeMap<Place, _>| all.get(place).copied().unwrap_or_default();
        let (x, y): (Complex<f64>, Complex<f64>) = (number(&a), number(&b));
        assert!(
            (x - y).norm() < 1e-12 * (1.0 + y.norm()),
            "{x} is not {y} at {place:?}"
        );
    }
}

/// Labels of an axis, cut in two parts after the first `count`.
fn cut(labels: &Labels, count: usize) -> [Labels; 2] {
    let names = labels.names().to_vec();
    let (first, second) = labels.rows().values().split_at(count * labels.size());
    [first, second].map(|values| Labels::from_values(&names, values.to_vec()).unwrap())
}

fn check_join_of_split<T: Small>(seed: u64, cut_at: prop::sample::Index) {
    let [block, _] = random_pair::<T>(operation("add"), seed);
    for axis in [Axis::Samples, Axis::Properties] {
        let labels = match axis {
            Axis::Samples => block.samples(),
            _ => block.properties(),
        };
        let parts = cut(labels, cut_at.index(labels.count() + 1));
        let selections = parts.each_ref().map(Selection::Labels);
        let parts = split(&block, axis, &selections).unwrap();
        let joined = join(
            &parts.iter().collect::<Vec<_>>(),
            axis,
            JoinOptions::default(),
        )
        .unwrap();
        assert_eq!(joined.samples(), block.samples());
        assert_eq!(joined.properties(), block.properties());
        assert_same_numbers("join of split", &joined, &block);

        // With all gradient rows in the order of samples, it is the same block to the last label.
        let sorted = |block| sort(block, &[Axis::Samples], Direction::Ascending).unwrap();
        check_equal(&sorted(&joined), &sorted(&block)).unwrap();
    }
}

fn check_identities<T: Small>(seed: u64) {
    let [block, _] = random_pair::<T>(operation("add"), seed);
    for (axis, labels) in [
        (Axis::Samples, block.samples()),
        (Axis::Properties, block.properties()),
    ] {
        let all: Vec<_> = (0..labels.count() as i64).collect();
        for selection in [Selection::Labels(labels), Selection::Indices(&all)] {
            check_equal(&slice(&block, axis, selection).unwrap(), &block).unwrap();
        }
    }
    for direction in [Direction::Ascending, Direction::Descending] {
        let sort = |block| sort(block, &Axis::OF_BLOCKS, direction).unwrap();
        let sorted = sort(&block);
        check_equal(&sort(&sorted), &sorted).unwrap();
    }
    let (first, second) = align_gradients(&block, &block).unwrap();
    check_equal(&first, &block).unwrap();
    check_equal(&second, &block).unwrap();
    let zeros = zeros_like(&block, GradientSelection::All).unwrap();
    check_equal_metadata(&zeros, &block, Default::default()).unwrap();
}

fn check_dimensions<T: Small>(seed: u64) {
    let [block, _] = random_pair::<T>(operation("add"), seed);
    for (axis, name) in [(Axis::Samples, "b"), (Axis::Properties, "q")] {
        let longer = append_dimension(&block, axis, "new", DimensionValues::Scalar(3));
        let back = remove_dimension(&longer.unwrap(), axis, "new").unwrap();
        check_equal(&back, &block).unwrap();
        let permuted = permute_dimensions(&block, axis, &[1, 0]).unwrap();
        let back = permute_dimensions(&permuted, axis, &[1, 0]).unwrap();
        check_equal(&back, &block).unwrap();
        let renamed = rename_dimension(&block, axis, name, "new").unwrap();
        let back = rename_dimension(&renamed, axis, "new", name).unwrap();
        check_equal(&back, &block).unwrap();
    }
}

/// All of these numbers are small integers.
fn check_sums_and_products<T: Small>(seed: u64) {
    let [a, b] = random_pair::<T>(operation("add"), seed);
    let sum = add(&a, &b).unwrap();
    check_equal(&subtract(&sum, &b).unwrap(), &a).unwrap();
    let weights = Random(seed).array(&[2, a.properties().count()], T::small);
    let outputs = labels(["z"], &[[1], [0]]);
    let weights = TensorBlock::new(weights, &outputs, &[], a.properties()).unwrap();
    let dot = |block| dot(block, &weights).unwrap();
    let expected = add(&dot(&a), &dot(&b)).unwrap();
    check_equal(&dot(&sum), &expected).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn joining_a_split_gives_the_block(seed: u64, cut: prop::sample::Index) {
        for_all_numbers!(check_join_of_split(seed, cut));
        check_join_of_split::<u8>(seed, cut);
        check_join_of_split::<bool>(seed, cut);
    }

    #[test]
    fn selecting_sorting_or_aligning_again_changes_nothing(seed: u64) {
        for_all_numbers!(check_identities(seed));
        check_identities::<u8>(seed);
        check_identities::<bool>(seed);
    }

    #[test]
    fn dimensions_can_be_edited_back(seed: u64) {
        for_all_numbers!(check_dimensions(seed));
        check_dimensions::<bool>(seed);
    }

    #[test]
    fn sums_can_be_subtracted_and_products_distribute_over_them(seed: u64) {
        for_all_numbers!(check_sums_and_products(seed));
    }

    #[test]
    fn differences_and_quotients_undo_sums_and_products(seed: u64) {
        let [a, b] = moderate_pair(operation("add"), seed);
        assert_close(&subtract(&add(&a, &b).unwrap(), &b).unwrap(), &a);
        let [a, b] = moderate_pair(operation("multiply"), seed);
        let product = multiply(&a, &b).unwrap();
        let quotient = divide_with(&product, &b, MissingGradients::ZeroRows).unwrap();
        assert_close_elements(&quotient, &a);
        let tripled = multiply_scalar(&a, 3.0).unwrap();
        assert_close(&divide_scalar(&tripled, 3.0).unwrap(), &a);
        let shifted = add_scalar(&a, 3.0).unwrap();
        assert_close(&subtract_scalar(&shifted, 3.0).unwrap(), &a);
        let positive = abs(&a).unwrap();
        let root = pow(&positive, 0.5).unwrap();
        assert_close_elements(&pow(&root, 2.0).unwrap(), &positive);
    }
}

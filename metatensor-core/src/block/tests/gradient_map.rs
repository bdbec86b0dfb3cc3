//! The sample → gradient mapping, compared with its definition.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn rows_of(map: &GradientMap, parent: usize) -> Vec<usize> {
    map.rows_of(parent).collect()
}

/// Checks everything a map says against its parents and number of samples.
fn check(map: &GradientMap, parents: &[u32], parent_rows: usize) {
    assert_eq!(map.parents(), parents);
    assert_eq!(map.parent_rows(), parent_rows);
    assert_eq!(map.gradient_rows(), parents.len());
    for (row, &parent) in parents.iter().enumerate() {
        assert_eq!(map.parent(row), parent as usize);
    }

    let of = |parent: usize| {
        let rows = parents.iter().enumerate();
        rows.filter_map(move |(row, &p)| (p as usize == parent).then_some(row))
    };
    let mut all = Vec::new();
    for parent in 0..parent_rows {
        assert_eq!(map.offsets()[parent] as usize, all.len());
        assert_eq!(rows_of(map, parent), of(parent).collect::<Vec<_>>());
        assert_eq!(map.rows_of(parent).len(), of(parent).count());
        assert!(
            map.rows_of(parent)
                .rev()
                .eq(of(parent).collect::<Vec<_>>().into_iter().rev())
        );
        all.extend(of(parent).map(|row| row as u32));
    }
    assert_eq!(map.offsets().len(), parent_rows + 1);
    assert_eq!(map.offsets()[parent_rows] as usize, parents.len());
    assert_eq!(map.is_grouped(), parents.is_sorted());
    assert_eq!(map.rows(), (!parents.is_sorted()).then_some(&all[..]));
    let identity: Vec<_> = (0..parent_rows as u32).collect();
    assert_eq!(map.is_identity(), parents == identity);
}

#[test]
fn the_worked_example() {
    let samples = Labels::new(["sample", "i"], &[[0, 7], [2, 7], [2, 8], [1, 7]]).unwrap();
    let map = GradientMap::from_samples(&samples, 3).unwrap();
    assert_eq!(map.parents(), [0, 2, 2, 1]);
    assert_eq!(map.offsets(), [0, 1, 2, 4]);
    assert_eq!(map.rows(), Some(&[0, 3, 1, 2][..]));
    assert!(!map.is_grouped() && !map.is_identity());
    check(&map, &[0, 2, 2, 1], 3);

    let renumbered = map.renumber(&[Some(1), None, Some(0)], 2).unwrap();
    assert_eq!(renumbered.kept_rows, [0, 1, 2]);
    check(&renumbered.map, &[1, 0, 0], 2);
}

#[test]
fn samples_that_are_no_positions_are_errors() {
    let samples = |rows: &[[i32; 1]]| Labels::new(["sample"], rows).unwrap();
    assert_names(
        GradientMap::from_samples(&samples(&[[0], [2]]), 2),
        &["row 1", "sample 2"],
    );
    assert_names(
        GradientMap::from_samples(&samples(&[[-1]]), 2),
        &["row 0", "(sample=-1)"],
    );
    let other = Labels::range("other", 1).unwrap();
    assert_names(
        GradientMap::from_samples(&other, 2),
        &["'sample'", "['other']"],
    );
    assert_names(
        GradientMap::from_parents(vec![0, 5, 1], 5),
        &["row 1", "sample 5", "5 samples"],
    );
    assert_names(
        GradientMap::from_parents(vec![0], 0),
        &["row 0", "0 samples"],
    );
    let all = usize::MAX;
    assert_names(
        GradientMap::from_samples(&samples(&[[0]]), all),
        &[&all.to_string()],
    );
    assert_names(GradientMap::from_parents(vec![0], all), &[&all.to_string()]);
}

#[test]
fn mappings_of_other_sizes_can_not_be_combined() {
    let map = GradientMap::from_parents(vec![0, 1, 1], 2).unwrap();
    let inner = GradientMap::from_parents(vec![0], 4).unwrap();
    assert_names(map.compose(&inner), &["4 rows", "3 rows"]);
    assert_names(map.renumber(&[None], 1), &["2 new positions", "got 1"]);
    assert_names(
        map.renumber(&[Some(0), Some(3)], 3),
        &["row 1", "sample 3", "3 samples"],
    );
}

/// A number of samples, and parents among them.
fn parents(max: usize) -> impl Strategy<Value = (Vec<u32>, usize)> {
    let sorted = |(mut parents, count): (Vec<u32>, usize)| {
        parents.sort_unstable();
        (parents, count)
    };
    let any = (1..max).prop_flat_map(|n| (vec(0..n as u32, 0..20), Just(n)));
    let identity = (0..max).prop_map(|n| ((0..n as u32).collect(), n));
    prop_oneof![3 => any.clone(), 2 => any.prop_map(sorted), 1 => identity]
}

proptest! {
    #[test]
    fn mappings_follow_their_definition((parents, parent_rows) in parents(12)) {
        let map = GradientMap::from_parents(parents.clone(), parent_rows).unwrap();
        check(&map, &parents, parent_rows);
        let rows = (0..).zip(&parents).map(|(i, &parent)| [parent as i32, i]);
        let samples = Labels::from_rows(&["sample", "i"], rows).unwrap();
        prop_assert_eq!(GradientMap::from_samples(&samples, parent_rows).unwrap(), map);
    }

    #[test]
    fn composition_goes_from_the_innermost_rows_to_the_samples(
        (outer, inner) in parents(12).prop_flat_map(|outer| {
            let rows = outer.0.len() as u32;
            // There is nothing to refer to without rows.
            let inner = vec(0..rows.max(1), if rows == 0 { 0..1 } else { 0..20 });
            (Just(outer), inner)
        }),
    ) {
        let (parents, parent_rows) = outer;
        let first = GradientMap::from_parents(parents.clone(), parent_rows).unwrap();
        let second = GradientMap::from_parents(inner.clone(), parents.len()).unwrap();
        let expected: Vec<_> = inner.iter().map(|&row| parents[row as usize]).collect();
        check(&first.compose(&second).unwrap(), &expected, parent_rows);
    }

    #[test]
    fn renumbering_moves_and_drops_rows(
        ((parents, parent_rows), positions) in parents(12).prop_flat_map(|parents| {
            let positions = vec(option::of(0..9_u32), parents.1);
            (Just(parents), positions)
        }),
    ) {
        let map = GradientMap::from_parents(parents.clone(), parent_rows).unwrap();
        let renumbered = map.renumber(&positions, 9).unwrap();
        let (rows, expected): (Vec<_>, Vec<_>) = (0..)
            .zip(&parents)
            .filter_map(|(row, &parent)| Some((row, positions[parent as usize]?)))
            .unzip();
        prop_assert_eq!(&renumbered.kept_rows, &rows);
        check(&renumbered.map, &expected, 9);
    }
}

#[test]
fn samples_that_do_not_exist_are_refused_in_any_order() {
    let properties = Labels::range("n", 1).unwrap();
    let values = ndarray::Array2::<f64>::zeros((20, 1));
    let samples = Labels::range("s", 20).unwrap();
    let mut block = TensorBlock::new(values.clone(), &samples, &[], &properties).unwrap();
    for (wrong, is_wrong) in [(-1, true), (20, true), (19, false)] {
        let mut rows: Vec<[i32; 2]> = (0..20).rev().map(|i| [i, 0]).collect();
        rows[7] = [wrong, 1];
        let rows = Labels::new(["sample", "atom"], &rows).unwrap();
        let gradient = TensorBlock::new(values.clone(), &rows, &[], &properties).unwrap();
        match block.add_gradient("g", gradient) {
            Ok(()) => assert!(!is_wrong),
            Err(error) => {
                assert!(is_wrong);
                assert!(error.to_string().contains("row 7 of a gradient"), "{error}");
            }
        }
    }
}

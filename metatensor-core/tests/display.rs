//! The text of labels, blocks and maps, as it is in the tutorial on gradients.

use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
use ndarray::ArrayD;

/// Checks lines, so that what is different is easy to see.
#[track_caller]
fn assert_lines(text: impl ToString, expected: &str) {
    let text = text.to_string();
    let lines: Vec<_> = text.split('\n').collect();
    let expected: Vec<_> = expected.trim_matches('\n').split('\n').collect();
    assert_eq!(lines, expected, "\n{text}\n");
}

fn block(samples: &Labels, components: &[Labels], properties: &Labels) -> Result<TensorBlock> {
    let lengths = components.iter().map(Labels::count);
    let shape = [samples.count()]
        .into_iter()
        .chain(lengths)
        .chain([properties.count()]);
    let values = ArrayD::<f64>::zeros(shape.collect::<Vec<_>>());
    TensorBlock::new(values, samples, components, properties)
}

#[test]
fn labels_are_tables() -> Result<()> {
    let samples = Labels::new(["system", "atom"], &[[0, 4], [0, 5]])?;
    assert_lines(
        samples,
        "
Labels(
    system  atom
      0      4
      0      5
)",
    );
    let rows = [[0, 0, 4], [0, 0, 5], [1, 0, 4], [1, 0, 5]];
    let samples = Labels::new(["sample", "system", "atom"], &rows)?;
    assert_lines(
        samples,
        "
Labels(
    sample  system  atom
      0       0      4
      0       0      5
      1       0      4
      1       0      5
)",
    );
    Ok(())
}

#[test]
fn more_than_four_rows_lose_their_middle() -> Result<()> {
    let mu = Labels::new(["o3_mu"], &[[-2], [-1], [0], [1], [2]])?;
    assert_lines(
        &mu,
        "
Labels(
    o3_mu
     -2
     -1
       ...
      1
      2
)",
    );
    let all = "
Labels(
    o3_mu
     -2
     -1
      0
      1
      2
)";
    assert_lines(format!("{mu:#}"), all);
    assert_lines(format!("{mu:?}"), all);
    assert_lines(
        format!("{:?}", [Labels::range("xyz", 3)?]),
        "
[Labels(
    xyz
     0
     1
     2
)]",
    );
    Ok(())
}

/// Which column the dots start in, for labels with these rows. All of them have the same names as
/// columns and the rows 0, 1, ... where nothing else is said.
#[test]
fn dots_are_where_the_python_package_has_them() -> Result<()> {
    for (names, column) in [
        (&["a"][..], 5),
        (&["ab"], 6),
        (&["abc"], 6),
        (&["abcd"], 7),
        (&["abcde"], 7),
        (&["abcdef"], 5),
        (&["abcdefg"], 5),
        (&["abcdefgh"], 6),
        (&["a", "b"], 7),
        (&["ab", "c"], 7),
        (&["abc", "d"], 5),
        (&["system", "atom"], 8),
        (&["a", "b", "c"], 5),
        (&["aa", "b", "c"], 6),
        (&["sample", "system", "atom"], 12),
        (&["a", "b", "c", "d"], 7),
        (&["first", "second", "third", "fourth"], 16),
    ] {
        let labels = Labels::from_rows(names, (0..5).map(|i| vec![i; names.len()]))?;
        let text = labels.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 8, "{text}");
        assert_eq!(lines[4], format!("{:column$}...", ""), "{text}");
    }
    Ok(())
}

#[test]
fn columns_are_as_wide_as_what_is_shown() -> Result<()> {
    let rows = [[-100, 1], [5, 123_456], [6, 2], [7, 3], [8, 4]];
    assert_lines(
        Labels::new(["a", "b"], &rows)?,
        "
Labels(
     a      b
    -100    1
     5    123456
        ...
     7      3
     8      4
)",
    );
    let rows = [[-100, 1], [5, 2], [6_123_456, 2], [7, 3], [8, 4]];
    let labels = Labels::new(["a", "b"], &rows)?;
    assert_lines(
        &labels,
        "
Labels(
     a    b
    -100  1
     5    2
     ...
     7    3
     8    4
)",
    );
    assert_lines(
        format!("{labels:#}"),
        "
Labels(
       a     b
     -100    1
       5     2
    6123456  2
       7     3
       8     4
)",
    );
    let limits = Labels::new(["x"], &[[i32::MIN], [i32::MAX]])?;
    assert_lines(
        limits,
        "
Labels(
         x
    -2147483648
    2147483647
)",
    );
    Ok(())
}

#[test]
fn labels_without_rows_are_only_a_header() -> Result<()> {
    let empty = Labels::empty(&["a", "bcd"])?;
    for text in [
        format!("{empty}"),
        format!("{empty:#}"),
        format!("{empty:?}"),
    ] {
        assert_lines(text, "Labels(\n    a  bcd\n)");
    }
    assert_lines(Labels::empty::<&str>(&[])?, "Labels(\n    \n)");
    Ok(())
}

#[test]
fn blocks_list_their_axes() -> Result<()> {
    let samples = Labels::new(["system", "atom"], &[[0, 4], [0, 5]])?;
    let n = Labels::range("n", 3)?;
    let mut values = block(&samples, &[], &n)?;
    let text = "
TensorBlock
    samples (2): ['system', 'atom']
    components (): []
    properties (3): ['n']
    gradients: ";
    assert_lines(&values, &format!("{text}None"));

    let rows = [[0, 0, 4], [0, 0, 5], [1, 0, 4], [1, 0, 5]];
    let samples = Labels::new(["sample", "system", "atom"], &rows)?;
    let gradient = block(&samples, &[Labels::range("xyz", 3)?], &n)?;
    values.add_gradient("positions", gradient.clone())?;
    assert_lines(&values, &format!("{text}['positions']"));
    assert_lines(
        values.display_gradient("positions")?,
        "
Gradient TensorBlock ('positions')
    samples (4): ['sample', 'system', 'atom']
    components (3): ['xyz']
    properties (3): ['n']
    gradients: None",
    );
    values.add_gradient("cell", gradient)?;
    assert_lines(&values, &format!("{text}['positions', 'cell']"));
    Ok(())
}

#[test]
fn blocks_list_all_components() -> Result<()> {
    let samples = Labels::new(["sample", "system", "atom"], &[[0, 0, 4]])?;
    let components = [Labels::range("xyz", 3)?, Labels::range("o3_mu", 5)?];
    let gradient = block(&samples, &components, &Labels::range("n", 5)?)?;
    let mut values = block(
        &Labels::new(["system", "atom"], &[[0, 4]])?,
        &components[1..],
        &Labels::range("n", 5)?,
    )?;
    values.add_gradient("positions", gradient)?;
    assert_lines(
        values.display_gradient("positions")?,
        "
Gradient TensorBlock ('positions')
    samples (1): ['sample', 'system', 'atom']
    components (3, 5): ['xyz', 'o3_mu']
    properties (5): ['n']
    gradients: None",
    );
    Ok(())
}

/// A map with these keys, and blocks of nothing.
fn map<const N: usize>(names: [&str; N], keys: &[[i32; N]]) -> Result<TensorMap> {
    let empty = block(&Labels::empty(&["s"])?, &[], &Labels::empty(&["p"])?)?;
    TensorMap::new(Labels::new(names, keys)?, vec![empty; keys.len()])
}

#[test]
fn maps_list_their_keys() -> Result<()> {
    let keys = [[6, 6], [6, 8], [7, 7], [8, 6], [8, 8]];
    assert_lines(
        map(["center_type", "neighbor_type"], &keys)?,
        "
TensorMap with 5 blocks
keys: center_type  neighbor_type
           6             6
           6             8
           7             7
           8             6
           8             8",
    );
    let keys = [[0, 1, 6, 6], [1, 1, 6, 6], [2, 1, 6, 6], [0, 1, 6, 8]];
    assert_lines(
        map(
            ["o3_lambda", "o3_sigma", "center_type", "neighbor_type"],
            &keys,
        )?,
        "
TensorMap with 4 blocks
keys: o3_lambda  o3_sigma  center_type  neighbor_type
          0         1           6             6
          1         1           6             6
          2         1           6             6
          0         1           6             8",
    );
    assert_lines(
        map(["_"], &[[0]])?,
        "TensorMap with 1 block\nkeys: _\n      0",
    );
    assert_lines(map(["a", "b"], &[])?, "TensorMap with 0 blocks\nkeys: a  b");
    Ok(())
}

#[test]
fn large_maps_lose_the_middle_of_their_keys() -> Result<()> {
    let keys: Vec<_> = (0..31).map(|i| [i, -i]).collect();
    let text = map(["type", "other"], &keys[..30])?.to_string();
    assert_eq!(text.lines().count(), 2 + 30);
    assert!(!text.contains("..."));

    let large = map(["type", "other"], &keys)?;
    let text = large.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2 + 31, "{text}");
    assert_eq!(lines[0], "TensorMap with 31 blocks");
    assert_eq!(lines[16], "       14    -14");
    assert_eq!(lines[17], "         ...");
    assert_eq!(lines[18], "       16    -16");
    assert_eq!(lines[32], "       30    -30");
    assert_eq!(format!("{large:#}").lines().count(), 2 + 31);
    assert!(!format!("{large:#}").contains("..."));
    // as many as asked for
    assert_lines(
        format!("{large:.1}"),
        "TensorMap with 31 blocks\nkeys: type  other\n       0      0\n         ...",
    );
    assert_eq!(format!("{large:.31}"), format!("{large:#}"));
    assert_eq!(format!("{:.0}", large.keys()).lines().count(), 4);
    Ok(())
}

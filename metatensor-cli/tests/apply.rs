//! Operations by name give what the functions of the library give.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::collections::BTreeSet;

use common::{DATA, Folder, assert_error, assert_good, data, mts};
use metatensor_core::{FillValue, Labels, SampleOrder, TensorBlock, TensorMap};
use metatensor_operations::*;
use ndarray::ArrayD;

/// What a line of the table compares with.
type Expected = fn(&TensorMap, &TensorMap) -> metatensor_core::Result<TensorMap>;

fn labels(name: &str, values: &[i32]) -> Labels {
    Labels::from_values(&[name], values.to_vec()).unwrap()
}

/// Operations that give maps: A and B are two maps that can be added.
const OPERATIONS: &[(&str, Expected)] = &[
    ("abs A", |a, _| abs(a)),
    ("add A B", |a, b| add(a, b)),
    ("add A 1.5", |a, _| add_scalar(a, 1.5)),
    ("add A B --missing-gradients zeros", |a, b| {
        add_with(a, b, MissingGradients::Zeros)
    }),
    ("subtract A B", |a, b| subtract(a, b)),
    ("subtract A -2", |a, _| subtract_scalar(a, -2.0)),
    ("subtract A B --missing-gradients zero-rows", |a, b| {
        subtract_with(a, b, MissingGradients::ZeroRows)
    }),
    ("multiply A B", |a, b| multiply(a, b)),
    ("multiply A 2.0", |a, _| multiply_scalar(a, 2.0)),
    ("multiply A B --missing-gradients zeros", |a, b| {
        multiply_with(a, b, MissingGradients::Zeros)
    }),
    ("divide A B", |a, b| divide(a, b)),
    ("divide A 1e3", |a, _| divide_scalar(a, 1e3)),
    ("divide A B --missing-gradients zeros", |a, b| {
        divide_with(a, b, MissingGradients::Zeros)
    }),
    ("pow A 2", |a, _| pow(a, 2.0)),
    ("zeros-like A", |a, _| zeros_like(a, GradientSelection::All)),
    ("ones-like A --gradients positions", |a, _| {
        ones_like(a, GradientSelection::Only(&["positions"]))
    }),
    ("empty-like A --gradients ", |a, _| {
        empty_like(a, GradientSelection::None)
    }),
    ("random-uniform-like A --seed 7", |a, _| {
        random_uniform_like(a, GradientSelection::All, 7)
    }),
    ("remove-gradients A", |a, _| remove_gradients(a, None)),
    ("remove-gradients A --remove cell", |a, _| {
        remove_gradients(a, Some(&["cell"]))
    }),
    (
        "append-dimension A --axis keys --name k --values 3",
        |a, _| append_dimension(a, Axis::Keys, "k", DimensionValues::Scalar(3)),
    ),
    (
        "append-dimension A --axis properties --name k --values -1,0,1",
        |a, _| {
            append_dimension(
                a,
                Axis::Properties,
                "k",
                DimensionValues::Array(&[-1, 0, 1]),
            )
        },
    ),
    (
        "insert-dimension A --axis samples --index 1 --name k --values 3",
        |a, _| insert_dimension(a, Axis::Samples, 1, "k", DimensionValues::Scalar(3)),
    ),
    (
        "permute-dimensions A --axis samples --indexes 1,0",
        |a, _| permute_dimensions(a, Axis::Samples, &[1, 0]),
    ),
    ("remove-dimension KEYS --axis keys --name k", |a, _| {
        Ok(a.clone())
    }),
    (
        "rename-dimension A --axis properties --old-name n --new-name m",
        |a, _| rename_dimension(a, Axis::Properties, "n", "m"),
    ),
    ("sum-over-samples A --samples atom", |a, _| {
        sum_over_samples(a, &["atom"])
    }),
    ("mean-over-samples A --samples atom,system", |a, _| {
        mean_over_samples(a, &["atom", "system"])
    }),
    ("var-over-samples A --samples atom", |a, _| {
        var_over_samples(a, &["atom"])
    }),
    ("std-over-samples A --samples atom", |a, _| {
        std_over_samples(a, &["atom"])
    }),
    ("sum-over-properties A --properties n", |a, _| {
        sum_over_properties(a, &["n"])
    }),
    ("mean-over-properties A --properties n", |a, _| {
        mean_over_properties(a, &["n"])
    }),
    ("var-over-properties A --properties n", |a, _| {
        var_over_properties(a, &["n"])
    }),
    ("std-over-properties A --properties n", |a, _| {
        std_over_properties(a, &["n"])
    }),
    ("drop-blocks A --keys center_type=6", |a, _| {
        drop_blocks(a, &labels("center_type", &[6]))
    }),
    ("filter-blocks A --keys center_type=7..8", |a, _| {
        filter_blocks(a, &labels("center_type", &[7, 8]))
    }),
    ("drop-empty-blocks A", |a, _| drop_empty_blocks(a)),
    ("slice A --axis samples --selection atom=2..4", |a, _| {
        slice(a, Axis::Samples, &labels("atom", &[2, 3, 4]))
    }),
    ("slice A --axis properties --selection n=0/2", |a, _| {
        slice(a, Axis::Properties, &labels("n", &[0, 2]))
    }),
    ("sort A --descending", |a, _| {
        sort(a, &Axis::ALL, Direction::Descending)
    }),
    ("sort A --axes keys,samples", |a, _| {
        sort(a, &[Axis::Keys, Axis::Samples], Direction::Ascending)
    }),
    ("make-contiguous A", |a, _| make_contiguous(a)),
    ("dot A WEIGHTS", |a, _| dot(a, &weights(a))),
    ("dot A WEIGHTS --missing-gradients zeros", |a, _| {
        dot_with(a, &weights(a), MissingGradients::Zeros)
    }),
    ("lstsq A B --rcond 1e-10", |a, b| {
        lstsq(a, b, LstsqOptions { rcond: Some(1e-10) })
    }),
    ("solve SQUARE SQUARE", |a, _| solve(&square(a), &square(a))),
    ("keys-to-properties A --keys neighbor_type", |a, _| {
        a.keys_to_properties(["neighbor_type"], FillValue::default(), SampleOrder::Sorted)
    }),
    (
        "keys-to-properties A --keys center_type,neighbor_type --fill -1.5 --unsorted",
        |a, _| {
            let keys = ["center_type", "neighbor_type"];
            a.keys_to_properties(keys, -1.5, SampleOrder::AsInBlocks)
        },
    ),
    ("keys-to-samples A --keys center_type", |a, _| {
        a.keys_to_samples(["center_type"], FillValue::default(), SampleOrder::Sorted)
    }),
    (
        "components-to-properties COMPONENTS --components c",
        |a, _| components(a).components_to_properties(&["c"]),
    ),
    (
        "join A B --axis properties --add-dimension which",
        |a, b| {
            let options = JoinOptions {
                add_dimension: Some("which"),
                ..JoinOptions::default()
            };
            join(&[a, b], Axis::Properties, options)
        },
    ),
    (
        "join A SQUARE --axis samples --different-keys union --missing-gradients zeros",
        |a, _| {
            let options = JoinOptions {
                different_keys: DifferentKeys::Union,
                missing_gradients: MissingGradients::Zeros,
                ..JoinOptions::default()
            };
            join(&[a, &square(a)], Axis::Samples, options)
        },
    ),
];

/// A map of blocks with these shapes instead of those of `a`, and values that are all different.
fn like(a: &TensorMap, shape: &[usize]) -> TensorMap {
    let blocks = (0..a.len()).map(|i| {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|j| ((i + 1) as f64 + j as f64 * 0.7).sin());
        let values = ArrayD::from_shape_vec(shape, values.collect()).unwrap();
        let components: Vec<Labels> = shape[1..shape.len() - 1]
            .iter()
            .map(|&length| Labels::range("c", length).unwrap())
            .collect();
        let samples = Labels::from_values(
            &["system", "atom"],
            (0..shape[0] as i32)
                .flat_map(|row| [7, row])
                .collect::<Vec<_>>(),
        );
        let properties = Labels::range("n", shape[shape.len() - 1]).unwrap();
        TensorBlock::new(values, samples.unwrap(), components, properties).unwrap()
    });
    TensorMap::new(a.keys(), blocks.collect::<Vec<_>>()).unwrap()
}

fn weights(a: &TensorMap) -> TensorMap {
    like(a, &[2, 3])
}

fn square(a: &TensorMap) -> TensorMap {
    like(a, &[3, 3])
}

fn components(a: &TensorMap) -> TensorMap {
    like(a, &[2, 4, 3])
}

#[test]
fn operations_give_what_their_functions_give() {
    let folder = Folder::new();
    let a = data();
    let b = add_scalar(&a, 0.25).unwrap();
    for (name, map) in [
        ("A", &a),
        ("B", &b),
        ("WEIGHTS", &weights(&a)),
        ("SQUARE", &square(&a)),
        ("COMPONENTS", &components(&a)),
        (
            "KEYS",
            &append_dimension(&a, Axis::Keys, "k", DimensionValues::Scalar(3)).unwrap(),
        ),
    ] {
        map.save(folder.path(name)).unwrap();
    }
    let output = folder.path("out.mts");
    let mut tried: BTreeSet<String> = [
        "equal",
        "allclose",
        "equal-metadata",
        "unique-metadata",
        "is-contiguous",
        // below
        "align-gradients",
        "normal-equations",
        // in apply_products.rs
        "contract",
        "invariants",
        "cg-product",
        "cg-power",
        "cartesian-to-spherical",
        "spherical-to-cartesian",
        "forces",
        "virial",
        "virial-from-cell",
        "stress",
    ]
    .map(str::to_owned)
    .into();
    for (line, expected) in OPERATIONS {
        let words: Vec<String> = line
            .split(' ')
            .enumerate()
            .map(|(i, word)| {
                match word.chars().all(|c| c.is_ascii_uppercase()) && !word.is_empty() {
                    true if i > 0 => folder.path(word),
                    _ => word.to_owned(),
                }
            })
            .collect();
        tried.insert(words[0].clone());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let arguments = [&["apply"], &words[..], &["-o", &output, "--force"]].concat();
        let expected = expected(&a, &b);
        let ran = mts(&arguments, None);
        match expected {
            Ok(expected) => {
                assert_good(&ran);
                let actual = folder.load("out.mts");
                let same = AllcloseOptions {
                    rtol: 0.0,
                    atol: 0.0,
                    equal_nan: true,
                };
                if let Err(error) = check_allclose(&actual, &expected, same) {
                    panic!("{line}: {error}");
                }
                assert_eq!(actual.info(), expected.info(), "{line}");
            }
            Err(error) => panic!("{line}: {error}"),
        }
    }
    let listed: BTreeSet<String> = mts(&["apply", "--list", "--json"], None)
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| operation["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tried, listed);
}

#[test]
fn answers_are_exit_codes() {
    let folder = Folder::new();
    let (a, b) = (folder.path("a.mts"), folder.path("b.mts"));
    data().save(&a).unwrap();
    add_scalar(&data(), 1e-9).unwrap().save(&b).unwrap();
    for (arguments, code, text) in [
        (&["equal", &a, &a][..], 0, "yes\n"),
        (&["equal", &a, &b], 1, "no: "),
        (&["allclose", &a, &b], 1, "no: "),
        (&["allclose", &a, &b, "--atol", "1e-8"], 0, "yes\n"),
        (&["equal-metadata", &a, &b], 0, "yes\n"),
        (&["is-contiguous", &a], 0, "yes\n"),
    ] {
        let ran = mts(&[&["apply"][..], arguments].concat(), None);
        assert_eq!((ran.code, &*ran.errors), (Some(code), ""), "{arguments:?}");
        assert!(ran.text.starts_with(text), "{arguments:?}: {}", ran.text);
        let json = mts(&[&["apply", "--json"][..], arguments].concat(), None).json();
        assert_eq!(json["answer"], code == 0);
    }
    let other = folder.path("other.mts");
    slice(&data(), Axis::Samples, &labels("atom", &[1]))
        .unwrap()
        .save(&other)
        .unwrap();
    assert_eq!(
        mts(&["apply", "equal-metadata", &a, &other], None).code,
        Some(1)
    );
    let ignored = [
        "apply",
        "equal-metadata",
        &a,
        &other,
        "--ignore",
        "samples,gradients",
    ];
    assert_eq!(mts(&ignored, None).code, Some(0));
    let unique = mts(
        &[
            "apply",
            "unique-metadata",
            &a,
            "--axis",
            "samples",
            "--names",
            "system",
        ],
        None,
    );
    let expected = unique_metadata(&data(), Axis::Samples, &["system"], None).unwrap();
    assert_eq!(unique.text.lines().count(), 1 + expected.count());
}

#[test]
fn operations_explain_themselves() {
    let list = mts(&["apply", "--list"], None);
    assert!(
        list.text.contains(
            "\nmultiply                  Compute the product of two maps, element by element: "
        ),
        "{}",
        list.text
    );
    for operation in mts(&["apply", "--list", "--json"], None)
        .json()
        .as_array()
        .unwrap()
    {
        let name = operation["name"].as_str().unwrap();
        let help = mts(&["apply", name, "--help"], None);
        assert_eq!((help.code, &*help.errors), (Some(0), ""), "{name}");
        assert!(help.text.contains("Usage: mts apply "), "{}", help.text);
    }
    let help = mts(&["apply", "multiply", "--help"], None).text;
    for text in [
        "x ∇y + y ∇x",
        "With a number: Compute `s x`",
        "--missing-gradients",
        "<FILE|NUMBER>",
    ] {
        assert!(help.contains(text), "{text}: {help}");
    }
}

#[test]
fn operations_that_do_not_work() {
    let folder = Folder::new();
    let output = folder.path("out.mts");
    for (arguments, error) in [
        (&["nothing", DATA][..], "unrecognized subcommand"),
        (&["abs", DATA], "--output"),
        (&["pow", DATA, "x", "-o", &output], "'x' is not a number"),
        (
            &["add", DATA, "nobody.mts", "-o", &output],
            "could not open 'nobody.mts'",
        ),
        (
            &["sum-over-samples", DATA, "--samples", "x", "-o", &output],
            "'x'",
        ),
        (
            &[
                "slice",
                DATA,
                "--axis",
                "rows",
                "--selection",
                "x=1",
                "-o",
                &output,
            ],
            "there are keys, samples, components and properties",
        ),
    ] {
        assert_error(&mts(&[&["apply"][..], arguments].concat(), None), error);
    }
    assert_eq!(folder.names(), [""; 0]);
    std::fs::write(&output, "mine").unwrap();
    assert_error(
        &mts(&["apply", "abs", DATA, "-o", &output], None),
        "--force replaces it",
    );
}

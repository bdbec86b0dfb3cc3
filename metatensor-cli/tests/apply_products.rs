//! Products of maps by their labels, and forces, by name: they give what the functions of the library give.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use common::{DATA, Folder, assert_error, assert_good, data, mts, repository};
use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
use metatensor_operations::*;
use ndarray::{ArrayD, IxDyn};

const SPHERICAL: &str = "tests/data/spherical-expansion.mts";

fn spherical() -> TensorMap {
    TensorMap::load(repository().join(SPHERICAL)).unwrap()
}

/// The same with other names of properties, for products with itself.
fn other() -> TensorMap {
    let renamed = rename_dimension(&spherical(), Axis::Properties, "n", "m").unwrap();
    multiply_scalar(&renamed, 0.5).unwrap()
}

/// The blocks of the first degrees only.
fn small(map: &TensorMap) -> TensorMap {
    let keys = Labels::new(["o3_lambda"], [[0], [1]]).unwrap();
    filter_blocks(map, &keys).unwrap()
}

/// Numbers that are all different.
fn numbers(shape: &[usize]) -> ArrayD<f64> {
    let mut next = 0.0;
    ArrayD::from_shape_fn(IxDyn(shape), |_| {
        next += 0.7;
        f64::sin(next)
    })
}

fn range(name: &str, count: usize) -> Labels {
    Labels::range(name, count).unwrap()
}

/// Matrices along x, y and z.
fn matrices() -> TensorMap {
    let components = [range("xyz_1", 3), range("xyz_2", 3)];
    let block = TensorBlock::new(
        numbers(&[4, 3, 3, 2]),
        range("system", 4),
        components,
        range("p", 2),
    );
    TensorMap::new(range("k", 1), vec![block.unwrap()]).unwrap()
}

type Expected = fn() -> Result<TensorMap>;

const PRODUCTS: &[(&str, Expected)] = &[
    (
        "contract A OTHER --matched-keys o3_lambda,o3_sigma,center_type --contracted-components o3_mu --matched-properties ",
        || {
            let options = ContractOptions {
                matched_keys: Some(&["o3_lambda", "o3_sigma", "center_type"]),
                contracted_components: &["o3_mu"],
                matched_properties: Some(&[]),
                ..ContractOptions::default()
            };
            contract(&spherical(), &other(), options)
        },
    ),
    ("contract A A", || {
        contract(&spherical(), &spherical(), ContractOptions::default())
    }),
    (
        "contract A PART --samples union --contracted-properties n --matched-components  --suffixes _a,_b",
        || {
            let options = ContractOptions {
                matched_components: Some(&[]),
                contracted_properties: &["n"],
                samples: SamplePairs::Union,
                suffixes: ["_a", "_b"],
                ..ContractOptions::default()
            };
            contract(&spherical(), &part(), options)
        },
    ),
    ("invariants A", || {
        invariants(&spherical(), InvariantsOptions::default())
    }),
    ("invariants A --normalisation none --pairs all", || {
        let options = InvariantsOptions {
            normalisation: Normalisation::None,
            pairs: NeighborPairs::All,
            max_bytes: None,
        };
        invariants(&spherical(), options)
    }),
    (
        "cg-product SMALL SMALLOTHER --name-1 l_1 --name-2 l_2",
        || {
            cg_product(
                &small(&spherical()),
                &small(&other()),
                "l_1",
                "l_2",
                CgOptions::default(),
            )
        },
    ),
    (
        "cg-product SMALL SMALLOTHER --name-1 l_1 --name-2 l_2 --selected-keys o3_lambda=1..2,o3_sigma=1",
        || {
            let selected = Labels::new(["o3_lambda", "o3_sigma"], [[1, 1], [2, 1]])?;
            let options = CgOptions {
                selected_keys: Some(&selected),
                max_bytes: None,
            };
            cg_product(
                &small(&spherical()),
                &small(&other()),
                "l_1",
                "l_2",
                options,
            )
        },
    ),
    ("cg-power SMALL --n-products 1", || {
        cg_power(&small(&spherical()), 1, CgPowerOptions::default())
    }),
    (
        "cg-power SMALL --n-products 2 --angular-cutoff 1 --selected-keys o3_lambda=0 --redundant",
        || {
            let selected = Labels::new(["o3_lambda"], [[0]])?;
            let options = CgPowerOptions {
                angular_cutoff: Some(1),
                selected_keys: Some(&selected),
                skip_redundant: false,
                max_bytes: None,
            };
            cg_power(&small(&spherical()), 2, options)
        },
    ),
    // the cutoff is not that of the last product
    (
        "cg-power SMALL --n-products 2 --angular-cutoff 1 --selected-keys o3_lambda=1..2",
        || {
            let selected = Labels::new(["o3_lambda"], [[1], [2]])?;
            let options = CgPowerOptions {
                angular_cutoff: Some(1),
                selected_keys: Some(&selected),
                ..CgPowerOptions::default()
            };
            let power = cg_power(&small(&spherical()), 2, options)?;
            assert!(power.keys().column("o3_lambda")?.contains(&2));
            Ok(power)
        },
    ),
    (
        "cartesian-to-spherical MATRICES --components xyz_1,xyz_2",
        || cartesian_to_spherical(&matrices(), &["xyz_1", "xyz_2"]),
    ),
    ("spherical-to-cartesian PARTS --components a,b", || {
        let parts = cartesian_to_spherical(&matrices(), &["xyz_1", "xyz_2"])?;
        spherical_to_cartesian(&parts, &["a", "b"])
    }),
];

/// Some of the samples.
fn part() -> TensorMap {
    let atoms = Labels::new(["atom"], [[0], [2], [4]]).unwrap();
    slice(&spherical(), Axis::Samples, &atoms).unwrap()
}

fn same() -> AllcloseOptions {
    AllcloseOptions {
        rtol: 0.0,
        atol: 0.0,
        equal_nan: true,
    }
}

/// The words of a command, of which those in capital letters are files.
fn words(line: &str, folder: &Folder) -> Vec<String> {
    let is_file = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase());
    let words = line.split(' ').map(|word| match is_file(word) {
        true => folder.path(word),
        false => word.to_owned(),
    });
    words.collect()
}

fn apply(line: &str, folder: &Folder, more: &[&str]) -> common::Ran {
    let words = words(line, folder);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = folder.path("out.mts");
    mts(
        &[&["apply"], &words[..], more, &["-o", &output, "--force"]].concat(),
        None,
    )
}

#[test]
fn products_give_what_their_functions_give() {
    let folder = Folder::new();
    for (name, map) in [
        ("A", spherical()),
        ("OTHER", other()),
        ("PART", part()),
        ("SMALL", small(&spherical())),
        ("SMALLOTHER", small(&other())),
        ("MATRICES", matrices()),
        (
            "PARTS",
            cartesian_to_spherical(&matrices(), &["xyz_1", "xyz_2"]).unwrap(),
        ),
    ] {
        map.save(folder.path(name)).unwrap();
    }
    for (line, expected) in PRODUCTS {
        let expected = expected().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(!expected.is_empty(), "{line}");
        assert_good(&apply(line, &folder, &[]));
        if let Err(error) = check_allclose(&folder.load("out.mts"), &expected, same()) {
            panic!("{line}: {error}");
        }
    }
    // nothing is computed that would be too large
    for line in [
        "contract A A",
        "invariants A",
        "cg-power SMALL --n-products 1",
    ] {
        let ran = apply(line, &folder, &["--max-bytes", "100"]);
        assert_error(&ran, "100");
    }
    let wrong = apply("contract A A", &folder, &["--suffixes", "_a"]);
    assert_error(&wrong, "--suffixes are two");
    let wrong = apply("invariants A", &folder, &["--pairs", "some"]);
    assert_error(&wrong, "[possible values: unique, all]");
    let wrong = "cg-product SMALL SMALLOTHER --name-1 l_1 --name-2 l_2 --selected-keys x=1";
    assert_error(
        &apply(wrong, &folder, &[]),
        "there is no 'x' in the names of the keys of the result",
    );
}

/// Energies of two systems with gradients with respect to the strain, and to positions and cells.
fn energies() -> TensorMap {
    let samples = Labels::new(["system", "atom"], [[0, 0], [0, 1], [1, 0]]).unwrap();
    let properties = range("energy", 1);
    let mut block = TensorBlock::new(numbers(&[3, 1]), samples, [], &properties).unwrap();
    let mut add = |parameter: &str, rows: Labels, components: Vec<Labels>| {
        let mut shape = vec![rows.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(1);
        let gradient = TensorBlock::new(numbers(&shape), rows, components, &properties);
        block.add_gradient(parameter, gradient.unwrap()).unwrap();
    };
    let rows = [[0, 0, 0], [0, 0, 1], [1, 0, 1], [2, 1, 0]];
    let rows = Labels::new(["sample", "system", "atom"], rows).unwrap();
    add("positions", rows, vec![range("xyz", 3)]);
    let rows = Labels::new(["sample"], [[0], [1], [2]]).unwrap();
    add(
        "strain",
        rows.clone(),
        vec![range("xyz_2", 3), range("xyz_1", 3)],
    );
    add("cell", rows, vec![range("xyz", 3), range("abc", 3)]);
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn forces_and_virials_are_blocks() {
    let folder = Folder::new();
    let energy = energies();
    energy.save(folder.path("ENERGY")).unwrap();
    data().save(folder.path("A")).unwrap();
    let atoms = Labels::new(["system", "atom"], [[1, 0], [0, 0], [0, 1], [0, 2]]).unwrap();
    let systems = Labels::new(["system"], [[1], [0]]).unwrap();
    atoms.save(folder.path("ATOMS")).unwrap();
    systems.save(folder.path("SYSTEMS")).unwrap();
    let positions = TensorBlock::new(
        numbers(&[4, 3, 1]),
        &atoms,
        [range("xyz", 3)],
        range("p", 1),
    );
    let positions = positions.unwrap();
    positions.save(folder.path("POSITIONS")).unwrap();
    let axes = [range("cell", 3), range("xyz", 3)];
    let cells = TensorBlock::new(numbers(&[2, 3, 3, 1]), &systems, axes, range("c", 1)).unwrap();
    // a map with one block is a block as well
    let map = TensorMap::new(Labels::single(), vec![cells.clone()]).unwrap();
    map.save(folder.path("CELLS")).unwrap();
    let virials = virial(&energy, None).unwrap();
    virials.save(folder.path("VIRIAL")).unwrap();
    for (line, expected) in [
        ("forces ENERGY", forces(&energy, None)),
        ("forces A", forces(&data(), None)),
        ("forces ENERGY --atoms ATOMS", forces(&energy, Some(&atoms))),
        ("virial ENERGY", virial(&energy, None)),
        (
            "virial ENERGY --systems SYSTEMS",
            virial(&energy, Some(&systems)),
        ),
        (
            "virial-from-cell ENERGY POSITIONS CELLS",
            virial_from_cell(&energy, &positions, &cells),
        ),
        (
            "stress VIRIAL --systems SYSTEMS --volumes 2.5,1e3",
            stress(&virials, &systems, &[2.5, 1e3]),
        ),
    ] {
        let expected = expected.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_good(&apply(line, &folder, &[]));
        let made = TensorBlock::load(folder.path("out.mts")).unwrap();
        if let Err(error) = check_allclose(&made, &expected, same()) {
            panic!("{line}: {error}");
        }
    }
    for (line, error) in [
        ("forces ENERGY --atoms ENERGY", "expected labels in"),
        ("stress A --systems SYSTEMS --volumes 1,2", "which has 5"),
        (
            "stress VIRIAL --systems SYSTEMS --volumes 1",
            "one volume for each",
        ),
        ("virial A", "strain"),
        ("virial-from-cell ENERGY POSITIONS", "required"),
    ] {
        assert_error(&apply(line, &folder, &[]), error);
    }
    assert_error(&mts(&["apply", "forces", DATA], None), "--output");
}

/// A map with only the first row of each gradient.
fn first_gradient_rows(map: &TensorMap) -> TensorMap {
    let blocks = map.blocks().iter().map(|block| {
        let gradient = block.gradient("positions").unwrap();
        let gradient = slice(gradient, Axis::Samples, &[0_i64][..]).unwrap();
        let mut bare = remove_gradients(block, None).unwrap();
        bare.add_gradient("positions", gradient).unwrap();
        bare
    });
    TensorMap::new(map.keys().clone(), blocks.collect()).unwrap()
}

#[test]
fn pairs_are_two_files() {
    let folder = Folder::new();
    let map = data();
    let (a, b) = (folder.path("a.mts"), folder.path("b.mts"));
    let fewer = first_gradient_rows(&map);
    map.save(&a).unwrap();
    fewer.save(&b).unwrap();
    let (first, second) = (folder.path("first.mts"), folder.path("second.mts"));
    for (name, expected) in [
        ("align-gradients", align_gradients(&map, &fewer).unwrap()),
        ("normal-equations", normal_equations(&map, &map).unwrap()),
    ] {
        let other = if name == "align-gradients" { &b } else { &a };
        let run = |targets: &[&str]| {
            let arguments = [&["apply", name, &a, other, "-o"], targets].concat();
            mts(&arguments, None)
        };
        assert_good(&run(&[&first, &second, "--force"]));
        assert!(equal(&folder.load("first.mts"), &expected.0).unwrap());
        assert!(equal(&folder.load("second.mts"), &expected.1).unwrap());
        assert_error(&run(&["x.mts", &second]), "--force replaces it");
        assert_error(&run(&["x.mts", "x.mts"]), "can not be both");
        assert_error(&run(&["x.mts", "-"]), "standard output");
        assert_error(&run(&["x.mts"]), "2 values required");
    }
}

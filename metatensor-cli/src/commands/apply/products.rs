//! Products of spherical tensors and other maps by their labels.

use metatensor_core::{Labels, TensorMap};
use metatensor_operations::{
    CgOptions, CgPowerOptions, ContractOptions, InvariantsOptions, NeighborPairs, Normalisation,
    SamplePairs, cartesian_to_spherical, cg_power, cg_power_metadata, cg_product,
    cg_product_metadata, contract, invariants, spherical_to_cartesian,
};

use super::given::Given;
use super::operation::{Kind, Made, Operation, Parameter};
use crate::output::Failure;
use crate::selection::Selection;

const A: Parameter = Parameter {
    name: "a",
    kind: Kind::Map,
    help: "a map",
};

const B: Parameter = Parameter {
    name: "b",
    kind: Kind::Map,
    help: "another map",
};

const SPHERICAL: Parameter = Parameter {
    name: "x",
    kind: Kind::Map,
    help: "a map of spherical tensors",
};

const MAX_BYTES: Parameter = Parameter {
    name: "max-bytes",
    kind: Kind::OptionalInteger,
    help: "nothing is computed if the result would take more bytes than this",
};

const SELECTED_KEYS: Parameter = Parameter {
    name: "selected-keys",
    kind: Kind::OptionalSelection,
    help: "keys of the result to compute, as o3_lambda=0..2,o3_sigma=1, all of them if it is not given",
};

const CARTESIAN: Parameter = Parameter {
    name: "components",
    kind: Kind::Names,
    help: "names of the components along x, y and z: one for vectors, two for matrices",
};

const fn names(name: &'static str, help: &'static str) -> Parameter {
    Parameter {
        name,
        kind: Kind::OptionalNames,
        help,
    }
}

pub(super) const PRODUCTS: &[Operation] = &[
    Operation {
        name: "contract",
        documentation: "Compute the product of two maps by labels, with the product rule for all gradients.\n\n\
            Dimensions that are matched have to be equal in what is multiplied, and the result has them once; those that are \
            contracted as well, but products are added up. Everything of all other dimensions of the one map is multiplied \
            with everything of the other. With no options, all that both maps have is matched.",
        parameters: &[
            A,
            B,
            names(
                "matched-keys",
                "dimensions of keys that are matched, '' for none, all that both maps have if it is not given",
            ),
            names(
                "matched-components",
                "components that are matched, '' for none, all that both maps have and that are not contracted if it is not given",
            ),
            names("contracted-components", "components that are contracted"),
            names(
                "matched-properties",
                "dimensions of properties that are matched, '' for none, all that both maps have and that are not contracted \
                 if it is not given",
            ),
            names(
                "contracted-properties",
                "dimensions of properties that are contracted",
            ),
            Parameter {
                name: "samples",
                kind: Kind::Choice(&["intersection", "union"]),
                help: "samples that both maps have, or rows of zeros where only one has them",
            },
            Parameter {
                name: "suffixes",
                kind: Kind::OptionalNames,
                help: "what is appended to names of the first and of the second map that both have, _1,_2 if it is not given",
            },
            MAX_BYTES,
        ],
        files: 1,
        run: |given| {
            let matched_keys = given.optional_names("matched-keys");
            let matched_components = given.optional_names("matched-components");
            let matched_properties = given.optional_names("matched-properties");
            let default = ContractOptions::default();
            let suffixes = match given.optional_names("suffixes").as_deref() {
                None => default.suffixes,
                Some(&[first, second]) => [first, second],
                Some(_) => return Err(Failure::Error("--suffixes are two, as _1,_2".into())),
            };
            let options = ContractOptions {
                matched_keys: matched_keys.as_deref(),
                matched_components: matched_components.as_deref(),
                contracted_components: &given.names("contracted-components"),
                matched_properties: matched_properties.as_deref(),
                contracted_properties: &given.names("contracted-properties"),
                samples: match given.text("samples") {
                    "union" => SamplePairs::Union,
                    _ => SamplePairs::Intersection,
                },
                suffixes,
                max_bytes: given.optional_integer("max-bytes"),
            };
            Ok(Made::Map(contract(given.map(0), given.map(1), options)?))
        },
    },
    Operation {
        name: "invariants",
        documentation: "Compute the invariants of all pairs of elements of spherical tensors: of a spherical expansion of the density \
            of atoms, the power spectrum.\n\n\
            Blocks have the key dimensions o3_lambda and o3_sigma, which has to be 1, and the component o3_mu, which products \
            are summed over.",
        parameters: &[
            SPHERICAL,
            Parameter {
                name: "normalisation",
                kind: Kind::Choice(&["clebsch-gordan", "none"]),
                help: "what invariants are multiplied with",
            },
            Parameter {
                name: "pairs",
                kind: Kind::Choice(&["unique", "all"]),
                help: "pairs of neighbors: each once, in keys, or all of them, in properties",
            },
            MAX_BYTES,
        ],
        files: 1,
        run: |given| {
            let options = InvariantsOptions {
                normalisation: match given.text("normalisation") {
                    "none" => Normalisation::None,
                    _ => Normalisation::ClebschGordan,
                },
                pairs: match given.text("pairs") {
                    "all" => NeighborPairs::All,
                    _ => NeighborPairs::Unique,
                },
                max_bytes: given.optional_integer("max-bytes"),
            };
            Ok(Made::Map(invariants(given.map(0), options)?))
        },
    },
    Operation {
        name: "cg-product",
        documentation: "Compute the equivariant product of two maps of spherical tensors, by Clebsch-Gordan coefficients for real \
            spherical harmonics.\n\n\
            Blocks of both have the key dimensions o3_lambda and o3_sigma, and the component o3_mu. The result has blocks for \
            all o3_lambda that two of them can give, and all pairs of properties.",
        parameters: &[
            Parameter {
                name: "a",
                ..SPHERICAL
            },
            Parameter {
                name: "b",
                kind: Kind::Map,
                help: "another one",
            },
            Parameter {
                name: "name-1",
                kind: Kind::Text,
                help: "new dimension of keys for o3_lambda of the first map",
            },
            Parameter {
                name: "name-2",
                kind: Kind::Text,
                help: "new dimension of keys for o3_lambda of the second map",
            },
            SELECTED_KEYS,
            MAX_BYTES,
        ],
        files: 1,
        run: |given| {
            let (a, b) = (given.map(0), given.map(1));
            let (name_1, name_2) = (given.text("name-1"), given.text("name-2"));
            let selected = selected_keys(given, || {
                cg_product_metadata(a, b, name_1, name_2, CgOptions::default())
            })?;
            let options = CgOptions {
                selected_keys: selected.as_ref(),
                max_bytes: given.optional_integer("max-bytes"),
            };
            Ok(Made::Map(cg_product(a, b, name_1, name_2, options)?))
        },
    },
    Operation {
        name: "cg-power",
        documentation: "Compute equivariant products of a map with itself: correlations of a density with more and more neighbors.\n\n\
            Each product is a cg-product of the one before with the map. Names of properties get a number for each factor.",
        parameters: &[
            SPHERICAL,
            Parameter {
                name: "n-products",
                kind: Kind::Index,
                help: "number of products, from 1 to 32",
            },
            Parameter {
                name: "angular-cutoff",
                kind: Kind::OptionalInteger,
                help: "largest o3_lambda of products; with selected keys, of all but the last one",
            },
            SELECTED_KEYS,
            Parameter {
                name: "redundant",
                kind: Kind::Flag,
                help: "also keys that say nothing new, since another one has the same factors in another order",
            },
            MAX_BYTES,
        ],
        files: 1,
        run: |given| {
            let (x, n_products) = (given.map(0), given.index("n-products"));
            let cutoff = given.optional_integer("angular-cutoff");
            let mut options = CgPowerOptions {
                angular_cutoff: cutoff.map(|cutoff| usize::try_from(cutoff).unwrap_or(usize::MAX)),
                skip_redundant: !given.is_set("redundant"),
                ..CgPowerOptions::default()
            };
            let selected = selected_keys(given, || {
                // labels without dimensions select everything, but the last product has no cutoff with them
                let everything = Labels::empty::<&str>(&[])?;
                let options = CgPowerOptions {
                    selected_keys: Some(&everything),
                    ..options
                };
                cg_power_metadata(x, n_products, options)
            })?;
            options.selected_keys = selected.as_ref();
            options.max_bytes = given.optional_integer("max-bytes");
            Ok(Made::Map(cg_power(x, n_products, options)?))
        },
    },
    Operation {
        name: "cartesian-to-spherical",
        documentation: "Turn components along x, y and z, one for vectors or two for matrices, into a component o3_mu of real spherical \
            harmonics.\n\n\
            Keys get the dimensions o3_lambda and o3_sigma: a vector becomes one block, and a matrix three.",
        parameters: &[A, CARTESIAN],
        files: 1,
        run: |given| {
            let components = given.names("components");
            Ok(Made::Map(cartesian_to_spherical(
                given.map(0),
                &components,
            )?))
        },
    },
    Operation {
        name: "spherical-to-cartesian",
        documentation: "Turn a component o3_mu of real spherical harmonics into components along x, y and z: one for vectors, or two \
            for matrices.\n\n\
            All blocks that only differ in o3_lambda and o3_sigma are parts of one tensor.",
        parameters: &[SPHERICAL, CARTESIAN],
        files: 1,
        run: |given| {
            let components = given.names("components");
            Ok(Made::Map(spherical_to_cartesian(
                given.map(0),
                &components,
            )?))
        },
    },
];

/// Those of the keys of all that could be computed that are selected, if any are.
fn selected_keys(
    given: &Given<'_>,
    all: impl FnOnce() -> metatensor_core::Result<TensorMap>,
) -> Result<Option<Labels>, Failure> {
    let Some(selection) = given.get::<Selection>("selected-keys") else {
        return Ok(None);
    };
    let all = all()?;
    let keys = all.keys();
    let rows = selection.rows(keys, "keys of the result")?;
    let names: Vec<&str> = keys.names().iter().collect();
    let rows = rows.into_iter().map(|row| keys.rows().row(row));
    Ok(Some(Labels::from_rows(&names, rows)?))
}

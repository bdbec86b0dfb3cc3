//! Operations without a description in the table of all languages.

use metatensor_core::{SampleOrder, TensorMap};
use metatensor_operations::{JoinOptions, join};

use super::given::Given;
use super::operation::{Kind, Made, Operation, Parameter};
use crate::output::Failure;

const TENSOR: Parameter = Parameter {
    name: "tensor",
    kind: Kind::Map,
    help: "a map",
};

const MOVED_KEYS: &[Parameter] = &[
    TENSOR,
    Parameter {
        name: "keys",
        kind: Kind::Names,
        help: "dimensions of the keys to move",
    },
    Parameter {
        name: "fill",
        kind: Kind::OptionalNumber,
        help: "value where a block has nothing, 0 if it is not given",
    },
    Parameter {
        name: "unsorted",
        kind: Kind::Flag,
        help: "samples as they come in the blocks, those of the first block first",
    },
];

pub(super) const OTHERS: &[Operation] = &[
    Operation {
        name: "keys-to-properties",
        documentation: "Move dimensions of the keys to the properties, which merges the blocks that only differ in them.\n\n\
            Samples of the result are those of all of these blocks.",
        parameters: MOVED_KEYS,
        files: 1,
        run: |given| {
            move_keys(given, |map, names, fill, order| {
                map.keys_to_properties(names, fill, order)
            })
        },
    },
    Operation {
        name: "keys-to-samples",
        documentation: "Move dimensions of the keys to the samples, which merges the blocks that only differ in them.\n\n\
            Properties of the result are those of all of these blocks.",
        parameters: MOVED_KEYS,
        files: 1,
        run: |given| {
            move_keys(given, |map, names, fill, order| {
                map.keys_to_samples(names, fill, order)
            })
        },
    },
    Operation {
        name: "components-to-properties",
        documentation: "Move components to the properties.",
        parameters: &[
            TENSOR,
            Parameter {
                name: "components",
                kind: Kind::Names,
                help: "dimensions of the components to move",
            },
        ],
        files: 1,
        run: |given| {
            let names = given.names("components");
            Ok(Made::Map(given.map(0).components_to_properties(&names)?))
        },
    },
    Operation {
        name: "join",
        documentation: "Join maps along their samples or properties.",
        parameters: &[
            Parameter {
                name: "tensors",
                kind: Kind::Maps,
                help: "maps",
            },
            Parameter {
                name: "axis",
                kind: Kind::Axis,
                help: "samples or properties",
            },
            Parameter {
                name: "different-keys",
                kind: Kind::DifferentKeys,
                help: "what to do with keys that not all maps have",
            },
            Parameter {
                name: "add-dimension",
                kind: Kind::OptionalText,
                help: "name of a new dimension of the axis: which of the maps an entry comes from",
            },
            Parameter {
                name: "missing-gradients",
                kind: Kind::MissingGradients,
                help: "what to do with gradients that not all maps have",
            },
        ],
        files: 1,
        run: |given| {
            let options = JoinOptions {
                different_keys: given.different_keys("different-keys"),
                add_dimension: given.optional_text("add-dimension"),
                missing_gradients: given.missing_gradients("missing-gradients"),
            };
            let maps: Vec<_> = given.maps().iter().collect();
            Ok(Made::Map(join(&maps, given.axis("axis"), options)?))
        },
    },
];

fn move_keys(
    given: &Given<'_>,
    to: fn(&TensorMap, &[&str], f64, SampleOrder) -> metatensor_core::Result<TensorMap>,
) -> Result<Made, Failure> {
    let order = match given.is_set("unsorted") {
        true => SampleOrder::AsInBlocks,
        false => SampleOrder::Sorted,
    };
    let moved = to(
        given.map(0),
        &given.names("keys"),
        given.fill("fill"),
        order,
    )?;
    Ok(Made::Map(moved))
}

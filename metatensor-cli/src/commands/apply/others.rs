//! Operations without a description in the table of all languages.

use metatensor_core::SampleOrder;
use metatensor_operations::{JoinOptions, join};

use super::table::{Kind, Made, Operation, Parameter};

const TENSOR: Parameter = Parameter {
    name: "tensor",
    kind: Kind::Map,
    help: "a map",
};

const UNSORTED: Parameter = Parameter {
    name: "unsorted",
    kind: Kind::Unsorted,
    help: "samples as they come in the blocks, those of the first block first",
};

const FILL: Parameter = Parameter {
    name: "fill",
    kind: Kind::OptionalNumber,
    help: "value where a block has nothing, 0 if it is not given",
};

pub(super) const OTHERS: &[Operation] = &[
    Operation {
        name: "keys-to-properties",
        documentation: "Move dimensions of the keys to the properties, which merges the blocks that only differ in them.\n\n\
            Samples of the result are those of all of these blocks.",
        parameters: &[
            TENSOR,
            Parameter {
                name: "keys",
                kind: Kind::Names,
                help: "dimensions of the keys to move",
            },
            FILL,
            UNSORTED,
        ],
        gives_map: true,
        run: |given| {
            let names = given.names("keys");
            let (fill, order) = (given.fill("fill"), order(given.is_set("unsorted")));
            Ok(Made::Map(given.map(0).keys_to_properties(
                &names[..],
                fill,
                order,
            )?))
        },
    },
    Operation {
        name: "keys-to-samples",
        documentation: "Move dimensions of the keys to the samples, which merges the blocks that only differ in them.\n\n\
            Properties of the result are those of all of these blocks.",
        parameters: &[
            TENSOR,
            Parameter {
                name: "keys",
                kind: Kind::Names,
                help: "dimensions of the keys to move",
            },
            FILL,
            UNSORTED,
        ],
        gives_map: true,
        run: |given| {
            let names = given.names("keys");
            let (fill, order) = (given.fill("fill"), order(given.is_set("unsorted")));
            Ok(Made::Map(given.map(0).keys_to_samples(
                &names[..],
                fill,
                order,
            )?))
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
        gives_map: true,
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
        gives_map: true,
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

fn order(is_unsorted: bool) -> SampleOrder {
    match is_unsorted {
        true => SampleOrder::AsInBlocks,
        false => SampleOrder::Sorted,
    }
}

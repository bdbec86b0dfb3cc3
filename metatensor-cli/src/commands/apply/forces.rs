//! Forces, virials and stresses, from the gradients of energies.

use metatensor_operations::{forces, stress, virial, virial_from_cell};

use super::operation::{Kind, Made, Operation, Parameter};

const ENERGY: Parameter = Parameter {
    name: "energy",
    kind: Kind::Map,
    help: "a map of energies, with gradients",
};

pub(super) const FORCES: &[Operation] = &[
    Operation {
        name: "forces",
        documentation: "Compute forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, \
            samples and properties.\n\n\
            The result is a block with the samples (system, atom), the component of the gradients, and the property force.",
        parameters: &[
            ENERGY,
            Parameter {
                name: "atoms",
                kind: Kind::OptionalLabels,
                help: "file with labels, which have the dimensions system and atom: the samples of the result, all atoms that \
                       gradients have rows for if it is not given",
            },
        ],
        files: 1,
        run: |given| {
            let atoms = given.optional_labels("atoms")?;
            Ok(Made::Block(forces(given.map(0), atoms.as_ref())?))
        },
    },
    Operation {
        name: "virial",
        documentation: "Compute virials of systems: minus the gradients of energies with respect to the strain, summed over all \
            blocks, samples and properties.\n\n\
            The result is a block with the sample system, the components of the gradients, and the property virial.",
        parameters: &[
            ENERGY,
            Parameter {
                name: "systems",
                kind: Kind::OptionalLabels,
                help: "file with labels, which have the dimension system: the samples of the result, all systems in the samples \
                       of the values if it is not given",
            },
        ],
        files: 1,
        run: |given| {
            let systems = given.optional_labels("systems")?;
            Ok(Made::Block(virial(given.map(0), systems.as_ref())?))
        },
    },
    Operation {
        name: "virial-from-cell",
        documentation: "Compute virials of systems from gradients of energies with respect to positions and the cell, which are \
            enough if positions and cells are known.\n\n\
            The result is that of virial.",
        parameters: &[
            ENERGY,
            Parameter {
                name: "positions",
                kind: Kind::Block,
                help: "a block with the positions of all atoms",
            },
            Parameter {
                name: "cells",
                kind: Kind::Block,
                help: "a block with the cells of all systems, which are the samples of the result",
            },
        ],
        files: 1,
        run: |given| {
            let (positions, cells) = (given.block(1)?, given.block(2)?);
            Ok(Made::Block(virial_from_cell(
                given.map(0),
                positions,
                cells,
            )?))
        },
    },
    Operation {
        name: "stress",
        documentation: "Compute stresses of systems: minus the virials, divided by the volumes of the cells.\n\n\
            The result is a block with the samples and components of the virials, and the property stress.",
        parameters: &[
            Parameter {
                name: "virial",
                kind: Kind::Block,
                help: "a block of virials, as virial makes it",
            },
            Parameter {
                name: "systems",
                kind: Kind::Labels,
                help: "file with labels, which have the dimension system",
            },
            Parameter {
                name: "volumes",
                kind: Kind::Numbers,
                help: "the volume of each of these systems",
            },
        ],
        files: 1,
        run: |given| {
            let systems = given.labels("systems")?;
            let volumes = given.numbers("volumes");
            Ok(Made::Block(stress(given.block(0)?, &systems, &volumes)?))
        },
    },
];

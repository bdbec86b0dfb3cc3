//! Sums of the rows of all ranks.

use metatensor_core::{Result, TensorMap};
use metatensor_distributed::{Communicator, Partition, Placement, SumOrder};
use metatensor_operations::{
    LstsqOptions, lstsq, mean_over_samples, multiply, multiply_scalar, normal_equations,
    remove_gradients, std_over_samples, sum_over_samples, var_over_samples,
};

use super::{Bits, Function, Place, sorted};

const EVERYWHERE: Placement<'static> = Placement::Everywhere;
const IN_PARTS: Placement<'static> = Placement::By(Partition::Hashed(&["system"]));
const NAMES: &[&str] = &["atom"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "all_reduce",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| world.all_reduce(&of_rank(world, &input.whole)?),
        serial: |input| without_info(&input.whole),
    },
    Function {
        name: "all_reduce of values",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            let values = remove_gradients(&input.whole, None)?;
            world.all_reduce(&of_rank(world, &values)?)
        },
        serial: |input| remove_gradients(&without_info(&input.whole)?, None),
    },
    Function {
        name: "sum_by_labels",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| world.sum_by_labels(&of_rank(world, &input.overlapping)?, EVERYWHERE),
        serial: |input| sorted(&without_info(&input.whole)?),
    },
    Function {
        name: "sum_by_labels in parts",
        place: Place::InParts,
        bits: Bits::OfOneNumber,
        call: |world, input| world.sum_by_labels(&of_rank(world, &input.overlapping)?, IN_PARTS),
        serial: |input| sorted(&without_info(&input.whole)?),
    },
    Function {
        name: "sum_over_samples by ranks",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| world.sum_over_samples(&input.own, NAMES, SumOrder::Ranks, EVERYWHERE),
        serial: |input| sorted(&sum_over_samples(&input.own, NAMES)?),
    },
    Function {
        name: "mean_over_samples by ranks",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            world.mean_over_samples(&input.own, NAMES, SumOrder::Ranks, EVERYWHERE)
        },
        serial: |input| sorted(&mean_over_samples(&input.own, NAMES)?),
    },
    Function {
        name: "sum_over_samples by labels",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            world.sum_over_samples(&input.own, NAMES, SumOrder::Labels, EVERYWHERE)
        },
        serial: |input| sum_over_samples(&sorted(&input.whole)?, NAMES),
    },
    Function {
        name: "mean_over_samples by labels",
        place: Place::InParts,
        bits: Bits::OfAnyNumber,
        call: |world, input| world.mean_over_samples(&input.own, NAMES, SumOrder::Labels, IN_PARTS),
        serial: |input| mean_over_samples(&sorted(&input.whole)?, NAMES),
    },
    Function {
        name: "var_over_samples",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| world.var_over_samples(&plain(&input.own)?, NAMES, EVERYWHERE),
        serial: |input| var_over_samples(&plain(&sorted(&input.whole)?)?, NAMES),
    },
    Function {
        name: "std_over_samples",
        place: Place::InParts,
        bits: Bits::OfAnyNumber,
        call: |world, input| world.std_over_samples(&plain(&input.own)?, NAMES, IN_PARTS),
        serial: |input| std_over_samples(&plain(&sorted(&input.whole)?)?, NAMES),
    },
    Function {
        name: "lstsq",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            let x = &plain(&input.own)?;
            world.lstsq(x, &multiply(x, x)?, LstsqOptions::default())
        },
        serial: |input| {
            let x = &plain(&input.own)?;
            lstsq(x, &multiply(x, x)?, LstsqOptions::default())
        },
    },
    Function {
        name: "normal_equations, squares",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            let x = &plain(&input.own)?;
            Ok(world.normal_equations(x, &multiply(x, x)?)?.0)
        },
        serial: |input| {
            let x = &plain(&input.own)?;
            Ok(normal_equations(x, &multiply(x, x)?)?.0)
        },
    },
    Function {
        name: "normal_equations, right sides",
        place: Place::Everywhere,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            let x = &plain(&input.own)?;
            Ok(world.normal_equations(x, &multiply(x, x)?)?.1)
        },
        serial: |input| {
            let x = &plain(&input.own)?;
            Ok(normal_equations(x, &multiply(x, x)?)?.1)
        },
    },
];

/// Other numbers on each rank, so that it matters for their sum in which order they come. The first rank has those of the map.
fn of_rank(world: &Communicator, map: &TensorMap) -> Result<TensorMap> {
    multiply_scalar(map, 1.0 + world.rank() as f64 / 7.0)
}

fn without_info(map: &TensorMap) -> Result<TensorMap> {
    multiply_scalar(map, 1.0)
}

/// Variances and products have no gradients of gradients.
fn plain(map: &TensorMap) -> Result<TensorMap> {
    remove_gradients(map, None)
}

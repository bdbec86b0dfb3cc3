//! Operations with two results.

use metatensor_operations::{align_gradients, normal_equations};

use super::operation::{Kind, Made, Operation, Parameter};

const fn map(name: &'static str, help: &'static str) -> Parameter {
    let kind = Kind::Map;
    Parameter { name, kind, help }
}

pub(super) const PAIRS: &[Operation] = &[
    Operation {
        name: "align-gradients",
        documentation: "Copy two maps with zeros for the gradient rows that only the other one has, as operations on two maps \
            need them.\n\n\
            Gradients of both get all rows that one of them has, those of the first map first. Everything else stays what it is.",
        parameters: &[
            map("a", "a map"),
            map(
                "b",
                "another map, with the same keys, samples, and parameters of gradients",
            ),
        ],
        files: 2,
        run: |given| {
            let (a, b) = align_gradients(given.map(0), given.map(1))?;
            Ok(Made::Pair([a, b]))
        },
    },
    Operation {
        name: "normal-equations",
        documentation: "Compute the matrices `xᴴ x` and `xᴴ y` of the equations `x wᵀ = y`: sums over all rows of values and \
            gradients.\n\n\
            `solve` gives the weights `w` of these two. Something can be added to them before, such as a number on the diagonal \
            of the first one, or the matrices of more equations. Blocks of the results have the properties of `x` as samples, \
            and elements in double precision. Where nothing is added, `lstsq` is more accurate.",
        parameters: &[
            map("x", "a map"),
            map(
                "y",
                "another map, with the same keys, and blocks with the same samples, components and gradients",
            ),
        ],
        files: 2,
        run: |given| {
            let (squares, right) = normal_equations(given.map(0), given.map(1))?;
            Ok(Made::Pair([squares, right]))
        },
    },
];

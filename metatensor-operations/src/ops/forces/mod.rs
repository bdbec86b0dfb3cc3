//! Forces, virials and stresses: what the gradients of energies are made for.
//!
//! All of them are sums over rows of gradients, over all blocks and properties (`sums.rs`). What is added to which row is said
//! by the labels of atoms and systems.

mod stress;
mod sums;
#[cfg(test)]
mod tests;
mod virial;

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Error, Labels, Result, TensorBlock};

pub use stress::stress;
pub use virial::{virial, virial_from_cell};

use crate::engine::{Blocks, Operand};
use sums::Summands;

/// Names of the samples of gradients with respect to positions.
const ATOM_ROWS: [&str; 3] = ["sample", "system", "atom"];

/// Forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, samples and
/// properties.
///
/// - values: `F[(system, atom), xyz] = -Σ ∂E/∂r[(·, system, atom), xyz]`, a block with the samples `(system, atom)`, the
///   component `xyz` of the gradients, and the property `force`;
/// - gradients, at all depths: `-Σ ∇∂E/∂r`, sorted by their samples. If the gradients with respect to positions have
///   gradients with respect to positions, these become minus the force constants.
///
/// Energies can be those of systems, of atoms, or of anything else: what a gradient is a derivative with respect to is said by
/// its own samples, `(sample, system, atom)`, as in featomic. There is one row for each of `atoms`, in their order, which is
/// zero for those that no gradient has a row for; without `atoms`, there is one for each atom that gradients have rows for,
/// sorted. Rows for other atoms than those given are an error, so that no force is lost.
///
/// Sums are accumulated in double precision, and rounded once to the type of the energies.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::forces;
/// # use ndarray::{arr2, arr3};
/// // E = x₀ x₁ in a system of three atoms with x₀ = 2 and x₁ = 3
/// let properties = Labels::new(["energy"], &[[0]])?;
/// let mut energy = TensorBlock::new(arr2(&[[6.0]]), &Labels::range("system", 1)?, &[], &properties)?;
/// let rows = Labels::new(["sample", "system", "atom"], &[[0, 0, 0], [0, 0, 1]])?;
/// let values = arr3(&[[[3.0], [0.0], [0.0]], [[2.0], [0.0], [0.0]]]);
/// let xyz = Labels::range("xyz", 3)?;
/// energy.add_gradient("positions", TensorBlock::new(values, &rows, &[xyz], &properties)?)?;
///
/// let atoms = Labels::new(["system", "atom"], &[[0, 0], [0, 1], [0, 2]])?;
/// let forces = forces(&energy, Some(&atoms))?;
/// assert_eq!(*forces.samples(), atoms);
/// let x: Vec<f64> = forces.to_ndarray()?.outer_iter().map(|force| force[[0, 0]]).collect();
/// assert_eq!(x, [-3.0, -2.0, 0.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`] if there are no blocks, or one of them has no gradient `positions`, or one with other samples or
/// components than said above; if values have components with more than one entry, which no energy has; if `atoms` do not
/// have the dimensions `(system, atom)`, or a gradient has a row for an atom that is not one of them.
/// [`Error::NotEqual`] if gradients of gradients do not have the same components in all blocks.
/// [`Error::Unsupported`] if they are not on the CPU, or the result is larger than allowed.
pub fn forces<T: Operand>(energy: &T, atoms: Option<&Labels>) -> Result<TensorBlock> {
    let forces = forces_of(energy.parts(), atoms);
    forces.map_err(|error| error.context("forces"))
}

fn forces_of(energy: Blocks<'_>, atoms: Option<&Labels>) -> Result<TensorBlock> {
    if let Some(atoms) = atoms {
        check_dimensions(atoms, &ATOM_ROWS[1..]).map_err(|error| error.context("atoms"))?;
    }
    let summands = Summands::new(energy, "positions", &ATOM_ROWS, 1)?;
    let (summands, atoms) = match atoms {
        Some(atoms) => (of_atoms(summands, atoms)?, atoms.clone()),
        None => of_all_atoms(summands)?,
    };
    summands.negative_sum(&atoms, "force")
}

/// The rows of gradients with respect to positions, and of the row of `atoms` that they are added to.
fn of_atoms<'a>(summands: Summands<'a>, atoms: &Labels) -> Result<Summands<'a>> {
    summands.added_to(|summand| {
        let rows = summand.block.samples().rows().iter().enumerate();
        let rows = rows.map(|(i, row)| match atoms.position(&row[1..]) {
            Some(position) => Ok(position as u32),
            None => Err(Error::invalid(format!(
                "row {i} is about the atom (system={}, atom={}), which is not one of those given",
                row[1], row[2]
            ))),
        });
        rows.collect()
    })
}

/// The same for all atoms that there are.
fn of_all_atoms(summands: Summands<'_>) -> Result<(Summands<'_>, Labels)> {
    let tables = summands.list.iter();
    let table: Vec<i32> = tables
        .flat_map(|summand| summand.block.samples().rows().columns(&[1, 2]))
        .collect();
    let groups = RowGroups::new(Rows::try_new(&table, table.len() / 2, 2)?);
    let atoms = Labels::assume_unique(&ATOM_ROWS[1..], groups.unique().values().to_vec())?;
    let mut group_of = groups.group_of();
    let summands = summands.added_to(|summand| {
        let (rows, others) = group_of.split_at(summand.block.samples().count());
        group_of = others;
        Ok(rows.to_vec())
    })?;
    Ok((summands, atoms))
}

fn check_dimensions(labels: &Labels, expected: &[&str]) -> Result<()> {
    labels.check_readable("a sum over rows")?;
    if labels.names().iter().eq(expected.iter().copied()) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "expected labels with the dimensions ({}), got {}",
        expected.join(", "),
        labels.names()
    )))
}

//! Virials.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::sums::{Summands, check_axes};
use super::{ATOM_ROWS, check_dimensions, of_atoms};
use crate::engine::{Blocks, Operand};
use crate::numbers::{Number, read, stored, with_continuous};

/// Virials of systems: minus the gradients of energies with respect to the strain, summed over all blocks, samples and
/// properties.
///
/// - values: `W[system, ..] = -Σ ∂E/∂ε`, a block with the sample `system`, the two components of the gradients in their
///   order, and the property `virial`;
/// - gradients, at all depths: `-Σ ∇∂E/∂ε`, sorted by their samples.
///
/// Rows of the gradients have no labels but `sample`, so that the values need the dimension `system` in their samples. There
/// is one row for each of `systems`, in their order, or for each system that there is in the samples of values, sorted. Systems
/// that are not among those given are an error.
///
/// The strain moves positions `r` and the vectors of the cell `h` to `r'ⱼ = rⱼ + Σᵢ rᵢ εᵢⱼ` and `h'ⱼ = hⱼ + Σᵢ hᵢ εᵢⱼ`. In
/// gradients made by featomic (0.6.7), the first component, which has the name `xyz_2`, is `i`, and the second one, `xyz_1`, is
/// `j`. For energies that do not change when everything is rotated, it makes no difference: virials are symmetric, but for
/// rounding. They are not made symmetric here, so that one that is not tells about an energy that does change.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::virial;
/// # use ndarray::{Array4, arr2};
/// let properties = Labels::new(["energy"], &[[0]])?;
/// let atoms = Labels::new(["system", "atom"], &[[0, 0], [0, 1]])?;
/// let mut energy = TensorBlock::new(arr2(&[[0.0], [0.0]]), &atoms, &[], &properties)?;
/// let components = [Labels::range("xyz_2", 3)?, Labels::range("xyz_1", 3)?];
/// let rows = Labels::range("sample", 2)?;
/// let strain = TensorBlock::new(Array4::<f64>::ones((2, 3, 3, 1)), &rows, &components, &properties)?;
/// energy.add_gradient("strain", strain)?;
///
/// let virial = virial(&energy, None)?;
/// assert_eq!(*virial.samples(), Labels::range("system", 1)?);
/// assert_eq!(virial.components(), &components);
/// assert!(virial.to_ndarray::<f64>()?.iter().all(|&w| w == -2.0));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`forces`](crate::forces()), with the gradient `strain` and the samples `(sample)`; and if the samples of the values do
/// not have the dimension `system`.
pub fn virial<T: Operand>(energy: &T, systems: Option<&Labels>) -> Result<TensorBlock> {
    let virial = virial_of(energy.parts(), systems);
    virial.map_err(|error| error.context("virial"))
}

fn virial_of(energy: Blocks<'_>, systems: Option<&Labels>) -> Result<TensorBlock> {
    let summands = Summands::new(energy, "strain", &["sample"], 2)?;
    let systems = match systems {
        Some(systems) => {
            check_dimensions(systems, &["system"]).map_err(|error| error.context("systems"))?;
            systems.clone()
        }
        None => all_systems(energy)?,
    };
    of_systems(summands, &systems)?.negative_sum(&systems, "virial")
}

/// All systems in the samples of energies, sorted.
fn all_systems(energy: Blocks<'_>) -> Result<Labels> {
    let columns = energy.map(|_, block| systems_of(block))?;
    let mut systems = columns.concat();
    systems.sort_unstable();
    systems.dedup();
    Labels::assume_unique(&["system"], systems)
}

/// The system of each sample.
fn systems_of(energy: &TensorBlock) -> Result<Vec<i32>> {
    let systems = energy.samples().column("system");
    systems.map_err(|error| error.context("samples"))
}

/// The rows of gradients of energies, and the row of `systems` that they are added to.
fn of_systems<'a>(summands: Summands<'a>, systems: &Labels) -> Result<Summands<'a>> {
    summands.added_to(|summand| {
        let of_samples = systems_of(summand.parent)?.into_iter().enumerate();
        let of_samples = of_samples.map(|(i, system)| match systems.position(&[system]) {
            Some(position) => Ok(position as u32),
            None => Err(Error::invalid(format!(
                "sample {i} of the values is in the system {system}, which is not one of those given"
            ))),
        });
        let of_samples: Vec<u32> = of_samples.collect::<Result<_>>()?;
        let rows = summand.block.samples().rows();
        Ok(rows.iter().map(|row| of_samples[row[0] as usize]).collect())
    })
}

/// [`virial`] for energies with gradients with respect to positions and cell, which are enough if positions and cells are known.
///
/// - values: `W[system, i, j] = -Σ rᵢ ∂E/∂rⱼ - Σₐ hₐᵢ ∂E/∂hₐⱼ`, summed over all atoms at `r` and the three vectors `hₐ` of the
///   cell, blocks, samples and properties; the components are `xyz_2` and `xyz_1`, as those of featomic's gradients with
///   respect to the strain: see [`virial`].
///
/// `cell` gradients are those at constant positions. Their first component is the vector of the cell, `a`, and the
/// second one the direction, `j`. In gradients made by featomic (0.6.7) it is like this as well, though the first
/// component has the name `xyz` there, and the second one `abc`: only the order counts here.
///
/// `positions` has the samples `(system, atom)` and one component, `cells` the samples `(system)` and two components, the vector and
/// the direction; both have one property. There is one row for each of `cells`, which has to have all systems. A system that is not
/// periodic has a cell of zeros.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::virial_from_cell;
/// # use ndarray::{Array3, Array4, arr2, arr3};
/// # let properties = Labels::new(["energy"], &[[0]])?;
/// # let (systems, xyz) = (Labels::range("system", 1)?, Labels::range("xyz", 3)?);
/// # let vectors = [Labels::range("abc", 3)?, xyz.clone()];
/// // E = x for an atom with x = 2, whatever the cell
/// let mut energy = TensorBlock::new(arr2(&[[2.0]]), &systems, &[], &properties)?;
/// let rows = Labels::new(["sample", "system", "atom"], &[[0, 0, 0]])?;
/// let gradient = arr3(&[[[1.0], [0.0], [0.0]]]);
/// energy.add_gradient("positions", TensorBlock::new(gradient, &rows, std::slice::from_ref(&xyz), &properties)?)?;
/// let rows = Labels::range("sample", 1)?;
/// let gradient = Array4::<f64>::zeros((1, 3, 3, 1));
/// energy.add_gradient("cell", TensorBlock::new(gradient, &rows, &vectors, &properties)?)?;
///
/// let atoms = Labels::new(["system", "atom"], &[[0, 0]])?;
/// let positions = TensorBlock::new(arr3(&[[[2.0], [5.0], [0.0]]]), &atoms, &[xyz], &Labels::single())?;
/// let cells = Array4::<f64>::ones((1, 3, 3, 1));
/// let cells = TensorBlock::new(cells, &systems, &vectors, &Labels::single())?;
/// let virial = virial_from_cell(&energy, &positions, &cells)?.to_ndarray::<f64>()?;
/// assert_eq!((virial[[0, 0, 0, 0]], virial[[0, 1, 0, 0]], virial[[0, 0, 1, 0]]), (-2.0, -5.0, 0.0));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`forces`](crate::forces()) and [`virial`], with the gradients `positions` and `cell`; if these have gradients, which there
/// is no formula for; or if `positions` or `cells` have other labels than said above.
pub fn virial_from_cell<T: Operand>(
    energy: &T,
    positions: &TensorBlock,
    cells: &TensorBlock,
) -> Result<TensorBlock> {
    let virial = from_cell(energy.parts(), positions, cells);
    virial.map_err(|error| error.context("virial_from_cell"))
}

fn from_cell(
    energy: Blocks<'_>,
    positions: &TensorBlock,
    cells: &TensorBlock,
) -> Result<TensorBlock> {
    check(positions, &ATOM_ROWS[1..], 1).map_err(|error| error.context("positions"))?;
    check(cells, &["system"], 2).map_err(|error| error.context("cells"))?;
    let (atoms, systems) = (positions.samples(), cells.samples());
    let of_atoms = of_atoms(Summands::new(energy, "positions", &ATOM_ROWS, 1)?, atoms)?;
    let of_cells = of_systems(Summands::new(energy, "cell", &["sample"], 2)?, systems)?;
    of_atoms.check_no_gradients()?;
    of_cells.check_no_gradients()?;
    let system_of_atom = atoms.rows().iter().map(|atom| {
        systems.position(&atom[..1]).ok_or_else(|| {
            Error::invalid(format!("cells: there is none for the system {}", atom[0]))
        })
    });
    let system_of_atom = system_of_atom.collect::<Result<Vec<_>>>()?;

    let dtype = of_atoms.dtype();
    let model = of_cells.list[0].block;
    let virials = with_continuous!(dtype, T => {
        type Sum = <T as Number>::Sum;
        let forces = of_atoms.negative_sums::<T, Sum>(atoms.count(), |sum| sum)?;
        let on_cells = of_cells.negative_sums::<T, Sum>(systems.count(), |sum| sum)?;
        let (positions, cells) = (positions.view()?, cells.view()?);
        let mut sums = vec![Sum::default(); 9 * systems.count()];
        let mut add = |system: usize, vectors: &[Sum], forces: &[Sum]| {
            let sums = &mut sums[9 * system..][..9];
            for (vector, force) in vectors.chunks_exact(3).zip(forces.chunks_exact(3)) {
                for (k, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus(vector[k / 3].times(force[k % 3]));
                }
            }
        };
        let (forces, on_cells) = (forces.view(), on_cells.view());
        let (forces, on_cells) = (read::<Sum>(&forces)?, read::<Sum>(&on_cells)?);
        let pairs = read::<Sum>(&positions)?;
        let pairs = pairs.chunks_exact(3).zip(forces.chunks_exact(3));
        for (&system, (position, force)) in system_of_atom.iter().zip(pairs) {
            add(system, position, force);
        }
        let pairs = read::<Sum>(&cells)?;
        let pairs = pairs.chunks_exact(9).zip(on_cells.chunks_exact(9));
        for (system, (cell, force)) in pairs.enumerate() {
            add(system, cell, force);
        }
        let shape = [systems.count(), 3, 3, 1];
        crate::kernels::map(&shape, &sums, T::narrow)
    })?;
    let axes = ["xyz_2", "xyz_1"].map(|name| Labels::range(name, 3));
    let axes = axes.map(|axis| axis?.stored_like(model.samples()));
    let axes = axes.into_iter().collect::<Result<Vec<_>>>()?;
    let systems = systems.clone().stored_like(model.samples())?;
    let property = Labels::range("virial", 1)?.stored_like(model.properties())?;
    model.with_new_values(stored(virials, dtype)?, &systems, &axes, &property)
}

/// Fails if a block does not have samples with these dimensions, as many components of three entries, and one property.
fn check(block: &TensorBlock, samples: &[&str], axes: usize) -> Result<()> {
    check_dimensions(block.samples(), samples).map_err(|error| error.context("samples"))?;
    check_axes(block.components(), axes)?;
    match block.properties().count() {
        1 => Ok(()),
        count => Err(Error::invalid(format!(
            "expected one property, got {count}"
        ))),
    }
}

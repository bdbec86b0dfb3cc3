//! Forces, virials and stresses.

use std::mem::MaybeUninit;

use metatensor_core::{Labels, Result};
use metatensor_operations as operations;

use crate::ffi::{Parameter, mts_status_t, slice};
use crate::functions::operations::give_object;
use crate::types::{mts_block_t, mts_labels_t, mts_tensormap_t};

/// Labels that need not be given.
fn optional(labels: Option<&mts_labels_t>, name: &str) -> Result<Option<Labels>> {
    match labels {
        None => Ok(None),
        given => Ok(Some((*given.checked(name)?).clone())),
    }
}

/// Compute forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, samples and
/// properties.
///
/// The gradients `"positions"` have the samples `(sample, system, atom)` and one component with the entries 0, 1 and 2, as those
/// made by featomic. Values are energies of anything: they have no component with more than one entry. The result is a block with
/// the samples `(system, atom)`, the component of the gradients, and the property `force`. If the gradients have gradients, at any
/// depth, so has the result, in the same way: those with respect to positions become minus the force constants. Sums are in double
/// precision, and rounded once to the type of the energies.
///
/// @param energy a map of energies
/// @param atoms labels with the dimensions `(system, atom)`: the samples of the result, in this order, with zeros for atoms that no
///        gradient has a row for. A row for another atom is an error. Or NULL for all atoms that gradients have rows for, sorted.
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_forces(
    energy: Option<&mts_tensormap_t>,
    atoms: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let atoms = optional(atoms, "atoms")?;
        operations::forces(energy.checked("energy")?, atoms.as_ref())
    })
}

/// The same as `mts_forces` for a block.
///
/// @param energy a block of energies
/// @param atoms the samples of the result; or NULL for all atoms that gradients have rows for
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_forces_block(
    energy: Option<&mts_block_t>,
    atoms: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let atoms = optional(atoms, "atoms")?;
        operations::forces(energy.checked("energy")?, atoms.as_ref())
    })
}

/// Compute virials of systems: minus the gradients of energies with respect to the strain, summed over all blocks, samples and
/// properties.
///
/// The gradients `"strain"` have the samples `(sample)` and two components with the entries 0, 1 and 2; the samples of the values have
/// the dimension `system`. The result is a block with the sample `system`, the components of the gradients in their order, and the
/// property `virial`. Gradients of gradients, and types, are as for `mts_forces`.
///
/// The strain moves positions `r` and the vectors of the cell `h` to `r'_j = r_j + sum_i r_i e_ij` and `h'_j = h_j + sum_i h_i e_ij`. In
/// gradients made by featomic (0.6.7), the first component, `xyz_2`, is `i`, and the second one, `xyz_1`, is `j`. Virials of energies that
/// do not change when everything is rotated are symmetric, but for rounding.
///
/// @param energy a map of energies
/// @param systems labels with the dimension `system`: the samples of the result, in this order. Energies of another system are an
///        error. Or NULL for all systems in the samples of the values, sorted.
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_virial(
    energy: Option<&mts_tensormap_t>,
    systems: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let systems = optional(systems, "systems")?;
        operations::virial(energy.checked("energy")?, systems.as_ref())
    })
}

/// The same as `mts_virial` for a block.
///
/// @param energy a block of energies
/// @param systems the samples of the result; or NULL for all systems in the samples of the values
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_virial_block(
    energy: Option<&mts_block_t>,
    systems: Option<&mts_labels_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let systems = optional(systems, "systems")?;
        operations::virial(energy.checked("energy")?, systems.as_ref())
    })
}

/// Compute virials of systems from gradients of energies with respect to positions and the cell, which are enough if positions and
/// cells are known.
///
/// This is minus the sum of `r_i dE/dr_j` over all atoms, and of `h_i dE/dh_j` over the three vectors of the cell. The gradients
/// `"positions"` are those of `mts_forces`. The gradients `"cell"`, at constant positions, have the samples `(sample)` and two components
/// with the entries 0, 1 and 2: the first one is the vector of the cell, and the second one the direction. It is like this in gradients
/// made by featomic (0.6.7), though the first component has the name `xyz` there, and the second one `abc`: only the order counts.
/// The result is that of `mts_virial`, with the components `xyz_2` and `xyz_1`. Gradients of gradients are not supported.
///
/// @param energy a map of energies
/// @param positions positions of all atoms, with the samples `(system, atom)`, one component with the entries 0, 1 and 2, and one property
/// @param cells cells of all systems, with the samples `(system)`, two components with the entries 0, 1 and 2, the vector and the
///        direction, and one property. Its samples are those of the result. A system that is not periodic has a cell of zeros.
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_virial_from_cell(
    energy: Option<&mts_tensormap_t>,
    positions: Option<&mts_block_t>,
    cells: Option<&mts_block_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        operations::virial_from_cell(
            energy.checked("energy")?,
            positions.checked("positions")?,
            cells.checked("cells")?,
        )
    })
}

/// The same as `mts_virial_from_cell` for a block.
///
/// @param energy a block of energies
/// @param positions positions of all atoms
/// @param cells cells of all systems
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_virial_from_cell_block(
    energy: Option<&mts_block_t>,
    positions: Option<&mts_block_t>,
    cells: Option<&mts_block_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        operations::virial_from_cell(
            energy.checked("energy")?,
            positions.checked("positions")?,
            cells.checked("cells")?,
        )
    })
}

/// Compute stresses of systems: minus the virials, divided by the volumes of the cells.
///
/// The result has the samples and components of the virials, and the property `stress`.
///
/// @param virial virials with the samples `(system)` and without gradients, as `mts_virial` makes them
/// @param systems labels with the dimension `system`, in any order; there can be more than virials
/// @param volumes the volume of each of `systems`, a positive number
/// @param count number of volumes, that of the entries of `systems`
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`volumes` is NULL or has `count` numbers."
)]
pub unsafe extern "C" fn mts_stress(
    virial: Option<&mts_block_t>,
    systems: Option<&mts_labels_t>,
    volumes: *const f64,
    count: usize,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        let (virial, systems) = (virial.checked("virial")?, systems.checked("systems")?);
        // SAFETY: there are `count` numbers at `volumes`, or NULL.
        let volumes = unsafe { slice(volumes, count, "volumes") }?;
        operations::stress(virial, &systems, volumes)
    })
}

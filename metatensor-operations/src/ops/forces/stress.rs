//! Stresses.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::check_dimensions;
use crate::kernels;
use crate::numbers::{Number, continuous, read, stored, with_continuous};

/// Stresses of systems: minus the virials, divided by the volumes of the cells.
///
/// `σ[system, ..] = -W[system, ..] / V[system]`, with the samples and components of the virials, and the property `stress`.
/// `volumes` has one number for each of `systems`, which can be in any order and more than the virials are of.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::stress;
/// # use ndarray::Array4;
/// let systems = Labels::new(["system"], &[[3], [7]])?;
/// let components = [Labels::range("xyz_2", 3)?, Labels::range("xyz_1", 3)?];
/// let properties = Labels::range("virial", 1)?;
/// let virial = TensorBlock::new(Array4::<f64>::ones((2, 3, 3, 1)), &systems, &components, &properties)?;
///
/// let stress = stress(&virial, &systems, &[2.0, 4.0])?.to_ndarray::<f64>()?;
/// assert_eq!((stress[[0, 0, 0, 0]], stress[[1, 0, 0, 0]]), (-0.5, -0.25));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`] if the samples of the virials, or `systems`, do not have the dimension `system` only; if there are not
/// as many `volumes` as `systems`; if one of these is not positive and finite, or missing for a system.
/// [`Error::Unsupported`] if the virials have gradients, since volumes change with the strain as well; or if they are not on the CPU.
pub fn stress(virial: &TensorBlock, systems: &Labels, volumes: &[f64]) -> Result<TensorBlock> {
    stress_of(virial, systems, volumes).map_err(|error| error.context("stress"))
}

fn stress_of(virial: &TensorBlock, systems: &Labels, volumes: &[f64]) -> Result<TensorBlock> {
    check_dimensions(systems, &["system"]).map_err(|error| error.context("systems"))?;
    let samples = virial.samples();
    check_dimensions(samples, &["system"])
        .map_err(|error| error.context("samples of the virials"))?;
    if volumes.len() != systems.count() {
        return Err(Error::invalid(format!(
            "expected one volume for each of {} systems, got {}",
            systems.count(),
            volumes.len()
        )));
    }
    if let Some(parameter) = virial.gradients_list().iter().next() {
        return Err(Error::unsupported(format!(
            "no formula for gradients of stresses, got '{parameter}'"
        )));
    }
    let volumes = samples.rows().iter().map(|system| {
        let Some(position) = systems.position(system) else {
            return Err(Error::invalid(format!(
                "there is no volume for the system {}",
                system[0]
            )));
        };
        match volumes[position] {
            volume if volume > 0.0 && volume.is_finite() => Ok(volume),
            volume => Err(Error::invalid(format!(
                "the volume of the system {} must be positive and finite, got {volume}",
                system[0]
            ))),
        }
    });
    let volumes = volumes.collect::<Result<Vec<f64>>>()?;

    let dtype = continuous(virial.dtype())?;
    let view = virial.view()?;
    let length = view.shape()[1..].iter().product::<usize>();
    let of_elements: Vec<_> = volumes
        .iter()
        .flat_map(|&volume| std::iter::repeat_n(volume, length))
        .collect();
    let stresses = with_continuous!(dtype, T => {
        let x = read::<T>(&view)?;
        let pairs: Vec<_> = x.iter().copied().zip(of_elements).collect();
        kernels::map(view.shape(), &pairs, |(x, volume)| {
            T::narrow(<T as Number>::Sum::default().minus(x.widen() / volume))
        })
    })?;
    let property = Labels::range("stress", virial.properties().count())?;
    virial.with_new_values(
        stored(stresses, dtype)?,
        samples,
        virial.components(),
        &property.stored_like(virial.properties())?,
    )
}

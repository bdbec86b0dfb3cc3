//! The least squares problem of one block, with its labels.

use metatensor_core::internal::with_element;
use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock};
use ndarray::Array2;
use num_complex::Complex;

use super::super::field::with_field;
use super::super::fit::Fit;
use super::super::lstsq_options::LstsqOptions;
use super::super::system::{check_solution_size, solution_block};
use crate::engine::{Axis, NotEqual, difference};
use crate::numbers::{Kind, continuous, promote};

/// Equations in real or in complex numbers.
#[derive(Clone, Debug)]
pub(super) enum AnyFit {
    Real(Fit<f64>),
    Complex(Fit<Complex<f64>>),
}

impl From<Fit<f64>> for AnyFit {
    fn from(fit: Fit<f64>) -> Self {
        AnyFit::Real(fit)
    }
}

impl From<Fit<Complex<f64>>> for AnyFit {
    fn from(fit: Fit<Complex<f64>>) -> Self {
        AnyFit::Complex(fit)
    }
}

impl AnyFit {
    fn absorb(&mut self, other: AnyFit) {
        match (&mut *self, other) {
            (AnyFit::Real(fit), AnyFit::Real(other)) => fit.absorb(other),
            (AnyFit::Complex(fit), AnyFit::Complex(other)) => fit.absorb(other),
            (AnyFit::Complex(fit), AnyFit::Real(other)) => fit.absorb(other.into_complex()),
            (AnyFit::Real(fit), AnyFit::Complex(other)) => {
                let mut fit = fit.clone().into_complex();
                fit.absorb(other);
                *self = AnyFit::Complex(fit);
            }
        }
    }
}

/// The equations of a block, and what its solution looks like.
#[derive(Clone, Debug)]
pub(super) struct BlockFit {
    /// Block without rows, with the properties of `x`, in an array of its kind.
    x: TensorBlock,
    outputs: Labels,
    /// The common type of all numbers so far.
    pub(super) dtype: DType,
    pub(super) fit: AnyFit,
}

impl BlockFit {
    pub(super) fn of(x: &TensorBlock, y: &TensorBlock) -> Result<BlockFit> {
        let dtype = promote(x.dtype(), y.dtype())?;
        let fit = with_field!(dtype, T => AnyFit::from(Fit::<T>::of(x, y)?));
        let nothing = DenseArray::from(Array2::<f64>::zeros((0, x.properties().count())));
        let samples = Labels::empty(&x.samples().names().to_vec())?;
        Ok(BlockFit {
            x: x.with_new_values(nothing, &samples, &[], x.properties())?,
            outputs: y.properties().clone(),
            dtype,
            fit,
        })
    }

    pub(super) fn inputs(&self) -> &Labels {
        self.x.properties()
    }

    pub(super) fn outputs(&self) -> &Labels {
        &self.outputs
    }

    pub(super) fn check_same_properties(&self, other: &BlockFit) -> Result<(), NotEqual> {
        for (which, before, now) in [
            ("x", self.inputs(), other.inputs()),
            ("y", &self.outputs, &other.outputs),
        ] {
            if let Some(difference) = difference(before, now) {
                let reason = format!("properties of {which} are not those before: {difference}");
                return Err(NotEqual::on_axis(Axis::Properties, reason));
            }
        }
        Ok(())
    }

    /// Adds equations with the same labels, made of numbers of this type.
    pub(super) fn absorb(&mut self, dtype: DType, fit: AnyFit) {
        // There is a common type of all types that there is arithmetic for, as for these two.
        self.dtype = promote(self.dtype, dtype).unwrap_or(self.dtype);
        self.fit.absorb(fit);
    }

    pub(super) fn solve(&self, options: LstsqOptions) -> Result<TensorBlock> {
        let dtype = continuous(self.dtype)?;
        check_solution_size(&self.outputs, self.inputs(), dtype)?;
        let epsilon = with_element!(dtype, S => Ok(<S as Kind>::EPSILON))?;
        match &self.fit {
            AnyFit::Real(fit) => {
                let solution = fit.clone().solve(options, epsilon);
                solution_block(&self.x, &self.outputs, dtype, &solution)
            }
            AnyFit::Complex(fit) => {
                let solution = fit.clone().solve(options, epsilon);
                solution_block(&self.x, &self.outputs, dtype, &solution)
            }
        }
    }
}

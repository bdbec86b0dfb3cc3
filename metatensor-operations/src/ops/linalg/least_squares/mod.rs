//! Least squares for data that comes in batches.

mod block;
mod bytes;

use std::marker::PhantomData;

use metatensor_core::{Error, Labels, Result, TensorMap};

use self::block::BlockFit;
use super::lstsq::same_rows;
use super::lstsq_options::LstsqOptions;
use crate::engine::{Blocks, Operand};

/// A least squares problem that is added to, a batch of equations after the other: what [`lstsq`](crate::lstsq) does for
/// data that is larger than the memory, comes as a stream, or is in several threads or processes.
///
/// Of all equations added so far, no more are kept than there are unknowns: for a block of `x` with P properties, and
/// one of `y` with Q of them, about P (P + Q) numbers in double precision, and twice as many while others are added. Nothing
/// is lost: the solution is that for all equations at once, up to rounding errors, which do not grow with the number of
/// batches.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{LeastSquares, LstsqOptions, lstsq};
/// # use ndarray::Array2;
/// let (powers, energy) = (Labels::range("power", 3)?, Labels::range("energy", 1)?);
/// // Reads the structures of one file, say.
/// let read = |batch: usize| {
///     let position = |row: usize| (100 * batch + row) as f64 / 1000.0;
///     let x = Array2::from_shape_fn((100, 3), |(row, power)| position(row).powi(power as i32));
///     let y = Array2::from_shape_fn((100, 1), |(row, _)| 1.0 - 2.0 * position(row));
///     let samples = Labels::range("structure", 100)?;
///     let map = |values, properties| {
///         TensorMap::new(Labels::single(), vec![TensorBlock::new(values, &samples, &[], properties)?])
///     };
///     Ok::<_, metatensor_core::Error>((map(x, &powers)?, map(y, &energy)?))
/// };
///
/// let mut fit = LeastSquares::new();
/// for batch in 0..10 {
///     let (x, y) = read(batch)?;
///     fit.add(&x, &y)?;
/// }
/// let weights = fit.solve(LstsqOptions::default())?;
///
/// let weights = weights.block_by_id(0)?.to_ndarray::<f64>()?;
/// for (weight, exact) in weights.iter().zip([1.0, -2.0, 0.0]) {
///     assert!((weight - exact).abs() < 1e-12);
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// Batches do not need the same keys, nor the same gradients: blocks for new keys are added to those that are there, and
/// some batches can have energies only, others forces as well. Properties must be the same in all of them. If types of
/// elements are different, the solution has one that holds all of these.
#[derive(Clone, Debug)]
pub struct LeastSquares<T: Operand = TensorMap> {
    /// Those of all maps added so far; `None` for blocks, and if nothing was added.
    keys: Option<Labels>,
    blocks: Vec<BlockFit>,
    operand: PhantomData<T>,
}

impl<T: Operand> Default for LeastSquares<T> {
    fn default() -> Self {
        LeastSquares::new()
    }
}

impl<T: Operand> LeastSquares<T> {
    /// A problem without equations.
    ///
    /// ```
    /// # use metatensor_operations::{LeastSquares, LstsqOptions};
    /// let fit = LeastSquares::<metatensor_core::TensorMap>::new();
    /// let error = fit.solve(LstsqOptions::default()).unwrap_err();
    /// assert!(error.to_string().contains("nothing was added"));
    /// ```
    pub fn new() -> Self {
        LeastSquares {
            keys: None,
            blocks: Vec::new(),
            operand: PhantomData,
        }
    }

    /// Adds the equations `x wᵀ = y` of these maps or blocks: one for each row of the values and of the gradients, and each
    /// combination of their components. The samples of different batches can have the same labels.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_operations::LeastSquares;
    /// # use ndarray::arr2;
    /// let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), &[], Labels::single());
    /// let mut fit = LeastSquares::new();
    /// fit.add(&block(1.0)?, &block(2.0)?)?;
    /// let error = fit.add(&block(f64::NAN)?, &block(2.0)?).unwrap_err();
    /// assert!(error.to_string().contains("values: all numbers must be finite"));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`lstsq`](crate::lstsq), and [`Error::NotEqual`] if properties are not those of the batches before, or keys do
    /// not have the same dimensions. Then nothing of this batch is added.
    pub fn add(&mut self, x: &T, y: &T) -> Result<()> {
        let batch = Self::of(x.parts(), y.parts());
        let added = batch.and_then(|batch| self.append(batch));
        added.map_err(|error| error.context("LeastSquares::add"))
    }

    /// Adds all equations of another problem, which was made by another thread, say.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_operations::{LeastSquares, LstsqOptions};
    /// # use ndarray::arr2;
    /// let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), &[], Labels::single());
    /// let (mut first, mut second) = (LeastSquares::new(), LeastSquares::new());
    /// first.add(&block(1.0)?, &block(2.0)?)?;
    /// second.add(&block(1.0)?, &block(4.0)?)?;
    ///
    /// first.absorb(second)?;
    /// let weight = first.solve(LstsqOptions::default())?.to_ndarray::<f64>()?;
    /// assert!((weight[[0, 0]] - 3.0).abs() < 1e-14);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotEqual`] if properties for the same key, or the dimensions of keys, are different. Then nothing changes.
    pub fn absorb(&mut self, other: LeastSquares<T>) -> Result<()> {
        let added = self.append(other);
        added.map_err(|error| error.context("LeastSquares::absorb"))
    }

    /// Weights with the least sum of squares of all errors so far, in the form of those of [`lstsq`](crate::lstsq). Blocks
    /// are in the order in which their keys were added first. More equations can be added afterwards:
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_operations::{LeastSquares, LstsqOptions};
    /// # use ndarray::arr2;
    /// let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), &[], Labels::single());
    /// let mut fit = LeastSquares::new();
    /// let mut weights = Vec::new();
    /// for (x, y) in [(1.0, 2.0), (1.0, 4.0)] {
    ///     fit.add(&block(x)?, &block(y)?)?;
    ///     weights.push(fit.solve(LstsqOptions::default())?.to_ndarray::<f64>()?[[0, 0]]);
    /// }
    /// assert!((weights[0] - 2.0).abs() < 1e-14 && (weights[1] - 3.0).abs() < 1e-14);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::LinearAlgebra`] if the solution does not fit in the type of elements, [`Error::InvalidParameter`] if nothing
    /// was added.
    pub fn solve(&self, options: LstsqOptions) -> Result<T> {
        let solution = self.try_solve(options);
        solution.map_err(|error| error.context("LeastSquares::solve"))
    }

    /// What is left of all equations, as bytes for [`LeastSquares::absorb_bytes`], there or on another machine: a header, and
    /// for each block a short one and P (P + 1) / 2 + P Q numbers, or fewer if there were fewer equations than unknowns.
    /// Labels are not in it, but a checksum of them.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_operations::{LeastSquares, LstsqOptions};
    /// # use ndarray::{Array2, arr2};
    /// let block = |values: Array2<f64>| {
    ///     TensorBlock::new(values.clone(), Labels::range("s", values.nrows())?, &[], Labels::single())
    /// };
    /// let mut fit = LeastSquares::new();
    /// fit.add(&block(arr2(&[[1.0], [2.0]]))?, &block(arr2(&[[2.0], [4.0]]))?)?;
    /// let bytes = fit.to_bytes();
    ///
    /// // Elsewhere, where the labels are known, with or without equations:
    /// let mut other = LeastSquares::new();
    /// other.add(&block(Array2::zeros((0, 1)))?, &block(Array2::zeros((0, 1)))?)?;
    /// other.absorb_bytes(&bytes)?;
    /// let (here, there) = (fit.solve(LstsqOptions::default())?, other.solve(LstsqOptions::default())?);
    /// assert_eq!(here.to_ndarray::<f64>()?, there.to_ndarray::<f64>()?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn to_bytes(&self) -> Vec<u8> {
        bytes::write(self.keys.as_ref(), &self.blocks)
    }

    /// Adds all equations of a problem with the same labels as this one, given by [`LeastSquares::to_bytes`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_operations::LeastSquares;
    /// # use ndarray::arr2;
    /// let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), &[], Labels::single());
    /// let mut fit = LeastSquares::new();
    /// fit.add(&block(1.0)?, &block(2.0)?)?;
    /// let bytes = fit.to_bytes();
    /// fit.absorb_bytes(&bytes)?;
    /// assert!(fit.absorb_bytes(&bytes[1..]).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotEqual`] if it has other keys or properties, or the same in another order;
    /// [`Error::InvalidParameter`] if these bytes can not be what they should be. Then nothing changes.
    pub fn absorb_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let fits = bytes::read(bytes, self.keys.as_ref(), &self.blocks);
        let fits = fits.map_err(|error| error.context("LeastSquares::absorb_bytes"))?;
        for (block, (dtype, fit)) in self.blocks.iter_mut().zip(fits) {
            block.absorb(dtype, fit);
        }
        Ok(())
    }

    /// The problem of one batch.
    fn of(x: Blocks<'_>, y: Blocks<'_>) -> Result<Self> {
        let mut blocks = Vec::with_capacity(x.list.len());
        for (i, (a, b)) in x.pairs(y)?.into_iter().enumerate() {
            same_rows(a, b).map_err(|different| x.for_key(i, different))?;
            blocks.push(BlockFit::of(a, b).map_err(|error| x.in_block(i, error))?);
        }
        Ok(LeastSquares {
            keys: x.keys.cloned(),
            blocks,
            operand: PhantomData,
        })
    }

    fn append(&mut self, other: LeastSquares<T>) -> Result<()> {
        if self.is_new() {
            *self = other;
            return Ok(());
        }
        if other.is_new() {
            return Ok(());
        }
        let (keys, positions) = self.with_keys_of(&other)?;
        for (i, (block, &position)) in other.blocks.iter().zip(&positions).enumerate() {
            if let Some(known) = self.blocks.get(position) {
                let check = known.check_same_properties(block);
                check.map_err(|different| other.parts().for_key(i, different))?;
            }
        }
        // Nothing fails from here on.
        self.keys = keys;
        for (block, position) in other.blocks.into_iter().zip(positions) {
            match self.blocks.get_mut(position) {
                Some(known) => known.absorb(block.dtype, block.fit),
                None => self.blocks.push(block),
            }
        }
        Ok(())
    }

    /// The keys of both, and where the blocks of `other` go.
    fn with_keys_of(&self, other: &LeastSquares<T>) -> Result<(Option<Labels>, Vec<usize>)> {
        let (Some(keys), Some(others)) = (&self.keys, &other.keys) else {
            return Ok((None, vec![0]));
        };
        if keys == others {
            return Ok((Some(keys.clone()), (0..keys.count()).collect()));
        }
        if keys.names() != others.names() {
            return Err(Error::NotEqual(format!(
                "keys have the names {}, and had {} before",
                others.names(),
                keys.names()
            )));
        }
        let union = keys.union_and_mapping(others)?;
        let positions = union.second.iter().map(|&position| position as usize);
        Ok((Some(union.labels), positions.collect()))
    }

    fn try_solve(&self, options: LstsqOptions) -> Result<T> {
        if self.is_new() {
            return Err(Error::invalid("nothing was added"));
        }
        let blocks = self.blocks.iter().enumerate();
        let solutions = blocks.map(|(i, block)| {
            let solution = block.solve(options);
            solution.map_err(|error| self.parts().in_block(i, error))
        });
        T::made_of(self.keys.clone(), solutions.collect::<Result<_>>()?)
    }

    /// Whether nothing was added, not even a map without blocks.
    fn is_new(&self) -> bool {
        self.keys.is_none() && self.blocks.is_empty()
    }

    /// For errors that name a block.
    fn parts(&self) -> Blocks<'_> {
        Blocks {
            keys: self.keys.as_ref(),
            list: &[],
        }
    }
}

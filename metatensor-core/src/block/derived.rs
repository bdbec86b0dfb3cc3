//! Blocks made of other blocks: arrays are not asked again for what is known of them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::TensorBlock;
use super::axes;
use crate::array::stored_like;
use crate::{Array, ArrayRef, DenseArray, Labels, Origin, Result};

/// The origin of an array, once it was asked for it.
#[derive(Debug)]
pub(super) struct KnownOrigin(AtomicU64);

impl KnownOrigin {
    /// No origin has this number. Who has an array that says so is asked each time.
    const UNKNOWN: u64 = 0;

    pub(super) const fn unknown() -> KnownOrigin {
        KnownOrigin(AtomicU64::new(Self::UNKNOWN))
    }
}

impl Clone for KnownOrigin {
    fn clone(&self) -> Self {
        KnownOrigin(AtomicU64::new(self.0.load(Ordering::Relaxed)))
    }
}

impl TensorBlock {
    /// Kind of the array. It is asked once, when somebody first wants to know.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Labels, Result, TensorBlock};
    /// # use ndarray::arr2;
    /// # let samples = Labels::range("atom", 2)?;
    /// let block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// assert_eq!(block.origin()?, DenseArray::origin());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the array.
    pub fn origin(&self) -> Result<Origin> {
        let known = self.origin.0.load(Ordering::Relaxed);
        if known != KnownOrigin::UNKNOWN {
            return Ok(Origin::from_id(known));
        }
        let origin = self.values.origin()?;
        self.origin.0.store(origin.id(), Ordering::Relaxed);
        Ok(origin)
    }

    /// The array of this block with other labels, and without gradients. The array is not asked for its shape, which should
    /// be that of this block: who looks at its elements, or moves them, finds out.
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::new`], if the labels do not have as many entries as those of this block.
    #[doc(hidden)]
    pub fn relabeled(
        &self,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> Result<TensorBlock> {
        let block = self.alike(self.values.clone(), samples, components, properties);
        axes::check(&block, &self.shape())?;
        Ok(block)
    }

    /// Block with an array that was made by [`Array::copy`] or [`Array::create`] of the one of this block, on the same
    /// device. These are of the same kind and type, and are only asked for their shape.
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::new`], or those of the array.
    #[doc(hidden)]
    pub fn with_array_alike(
        &self,
        values: Box<dyn Array>,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> Result<TensorBlock> {
        let mut block = self.alike(values.into(), samples, components, properties);
        if block.values.downcast_ref::<DenseArray>().is_some() {
            // The values of labels have an origin that copies do not have.
            block.origin = KnownOrigin::unknown();
        }
        axes::check(&block, block.values.shape()?)?;
        Ok(block)
    }

    /// Block with these values, in an array of the kind that this block has, and with these labels.
    ///
    /// An array on top of the memory of the values is what they are, and is not asked. One that has copied them already can
    /// be anything, as an array that somebody makes a block of.
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::new`], or those of the array of this block.
    #[doc(hidden)]
    pub fn with_new_values(
        &self,
        values: DenseArray,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> Result<TensorBlock> {
        if self.values.downcast_ref::<DenseArray>().is_some() {
            return TensorBlock::new(values, samples, components, properties);
        }
        let (dtype, shape) = (values.dtype(), values.shape().to_vec());
        let stored = stored_like(&*self.values, values)?;
        if !stored.is_as_given || !self.device.is_cpu() {
            return TensorBlock::new(stored.array, samples, components, properties);
        }
        let mut block = self.alike(stored.array, samples, components, properties);
        block.dtype = dtype;
        axes::check(&block, &shape)?;
        Ok(block)
    }

    /// Unchecked block with an array of the same kind and type, on the same device.
    fn alike(
        &self,
        values: ArrayRef,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> TensorBlock {
        TensorBlock {
            values,
            dtype: self.dtype,
            device: self.device,
            origin: self.origin.clone(),
            samples: samples.clone(),
            components: components.into(),
            properties: properties.clone(),
            gradients: None,
        }
    }
}

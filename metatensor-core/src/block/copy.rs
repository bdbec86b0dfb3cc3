//! Copies of blocks.

use super::TensorBlock;
use super::axes::Axes;
use crate::array::stored_like;
use crate::{ArrayRef, DType, DenseArray, Result};

/// Arrays of at least this many bytes are copied by several threads.
const LARGE: usize = 1 << 20;

impl TensorBlock {
    /// Copy of this block that shares no array with it.
    ///
    /// # Errors
    ///
    /// If an array can not be copied.
    pub fn deep_copy(&self) -> Result<TensorBlock> {
        let mut copy = self.clone();
        copy.unshare(Unshare::All)?;
        Ok(copy)
    }

    /// Replaces the arrays that other blocks use as well by others with the same elements. Native arrays are copied when
    /// somebody asks for a pointer to them which could be used to write, if that can be waited for; others are copied now. The copies are of the
    /// same kind, but large arrays in main memory do not make them themselves.
    ///
    /// # Errors
    ///
    /// If an array can not be copied.
    #[doc(hidden)]
    pub fn unshare_arrays(&mut self) -> Result<()> {
        self.unshare(Unshare::Shared)
    }

    fn unshare(&mut self, which: Unshare) -> Result<()> {
        match which {
            Unshare::All => self.values = self.array_copied()?,
            Unshare::Shared if self.values.is_shared() => {
                let native = self.values.downcast_ref::<DenseArray>();
                self.values = match native.and_then(DenseArray::share) {
                    Some(shared) => shared.into(),
                    None => self.array_copied_by_threads()?,
                };
            }
            Unshare::Shared => {}
        }
        for gradient in self.gradients.iter_mut().flat_map(|all| &mut all.list) {
            gradient.block.unshare(which)?;
        }
        Ok(())
    }

    /// Copy of the array, made by the array itself.
    fn array_copied(&self) -> Result<ArrayRef> {
        let copy = self.values.copy(self.device)?;
        Axes::of(self).check_unchanged(self.dtype, copy.shape()?)?;
        Ok(copy.into())
    }

    /// Copy of the array, of the same kind, made by several threads if that is faster than what most arrays do
    /// themselves.
    fn array_copied_by_threads(&self) -> Result<ArrayRef> {
        let size = self
            .shape()
            .into_iter()
            .fold(self.dtype.size(), usize::saturating_mul);
        if !self.device.is_cpu() || size < LARGE || !DType::ALL.contains(&self.dtype) {
            return self.array_copied();
        }
        let copy = stored_like(&*self.values, DenseArray::copy_of(&self.view()?)?)?;
        if !copy.is_as_given {
            let (dtype, shape) = (copy.array.dtype()?, copy.array.shape()?);
            Axes::of(self).check_unchanged(dtype, shape)?;
        }
        Ok(copy.array)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unshare {
    All,
    Shared,
}

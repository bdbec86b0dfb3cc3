//! Blocks.

use metatensor_core::internal::recycled;
use metatensor_core::{Result, TensorBlock};

use super::Handle;
use crate::ffi::{Parameter, given};

/// A block: an n-dimensional array with labels for each axis (samples, any number of components,
/// properties), and gradients of this array with respect to any number of parameters, which are blocks
/// themselves.
///
/// The functions that take a pointer to a constant block can be called from several threads at the same time.
#[derive(Debug)]
#[cfg_attr(not(cbindgen), repr(transparent))]
pub struct mts_block_t(TensorBlock);

impl mts_block_t {
    /// A handle that owns `block`.
    pub(crate) fn from_box(block: Box<TensorBlock>) -> Box<mts_block_t> {
        // SAFETY: this is the same type, by another name.
        unsafe { Box::from_raw(Box::into_raw(block).cast()) }
    }

    pub(crate) fn into_box(self: Box<Self>) -> Box<TensorBlock> {
        // SAFETY: as above.
        unsafe { Box::from_raw(Box::into_raw(self).cast()) }
    }

    /// A handle that does not own `block`. Those who ask for it may have been told so before: it is for all of them.
    pub(crate) fn lent(block: &TensorBlock) -> *mut mts_block_t {
        std::ptr::from_ref(block).cast_mut().cast()
    }
}

impl Handle for mts_block_t {
    type Value = TensorBlock;

    fn boxed(value: TensorBlock) -> Box<mts_block_t> {
        recycled::give_back_idle();
        mts_block_t::from_box(Box::new(value))
    }

    fn unshared(mut value: TensorBlock) -> Result<Box<mts_block_t>> {
        value.unshare_arrays()?;
        Ok(mts_block_t::boxed(value))
    }
}

impl<'a> Parameter for Option<&'a mts_block_t> {
    type Value = &'a TensorBlock;

    fn checked(self, name: &str) -> Result<&'a TensorBlock> {
        Ok(&given(self, name)?.0)
    }
}

impl<'a> Parameter for Option<&'a mut mts_block_t> {
    type Value = &'a mut TensorBlock;

    fn checked(self, name: &str) -> Result<&'a mut TensorBlock> {
        Ok(&mut given(self, name)?.0)
    }
}

impl Parameter for Option<Box<mts_block_t>> {
    type Value = Box<TensorBlock>;

    fn checked(self, name: &str) -> Result<Box<TensorBlock>> {
        Ok(given(self, name)?.into_box())
    }
}

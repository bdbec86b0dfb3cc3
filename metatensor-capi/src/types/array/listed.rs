//! Which arrays of other libraries are in blocks.

use std::ffi::c_void;

use metatensor_core::TensorBlock;

use super::foreign::ForeignArray;

/// The pointers of arrays of other libraries in blocks, as many as fit in a list.
pub(crate) struct ForeignArrays<'a> {
    places: &'a mut [*const c_void],
    count: usize,
}

impl ForeignArrays<'_> {
    pub(crate) fn new(places: &mut [*const c_void]) -> ForeignArrays<'_> {
        ForeignArrays { places, count: 0 }
    }

    /// Those of a block and its gradients.
    pub(crate) fn add(&mut self, block: &TensorBlock) {
        if let Some(array) = block.values().downcast_ref::<ForeignArray>() {
            if let Some(place) = self.places.get_mut(self.count) {
                *place = array.pointer();
            }
            self.count += 1;
        }
        for (_, gradient) in block.gradients() {
            self.add(gradient);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

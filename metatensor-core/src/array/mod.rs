//! Arrays: the trait, data types and devices, dense native arrays, DLPack.

use std::any::Any;
use std::fmt;

use crate::Result;

mod assemble;
mod buffer;
mod dense;
mod device;
mod dlpack;
mod dtype;
mod item_size;
mod layout;
mod movement;
mod origin;
mod output;
mod pieces;
mod reference;
mod reorder;
#[cfg(test)]
pub(crate) mod tests;
mod transpose;
mod typed;
mod view;
mod view_mut;
mod without_elements;

pub use dense::DenseArray;
pub use device::Device;
pub use dlpack::{Dlpack, DlpackManagedTensor, DlpackTensor, DlpackVersion};
pub use dtype::{Complex, DType, Element, bf16, f16};
pub use movement::DataMovement;
pub use origin::Origin;
pub use output::{Output, Slices, written};
pub use reference::{ArrayRef, SmallArray};
pub use typed::{TypedView, TypedViewMut};
pub use view::View;
pub use view_mut::ViewMut;
pub use without_elements::WithoutElements;

pub(crate) use assemble::{Placement, PropertyRun, assemble};
pub(crate) use reference::stored_like;
pub(crate) use reorder::reordered;

/// What the rest of the library asks of any n-dimensional array.
///
/// Native arrays are [`DenseArray`]. Arrays of other libraries implement this trait through their
/// own functions, and can live on other devices: everything that looks at elements starts with
/// [`Array::view`], which fails for them. Implementations may only be called from the thread of the
/// caller: some of them need the lock of an interpreter.
pub trait Array: Any + Send + Sync + fmt::Debug {
    /// Kind of this array.
    ///
    /// # Errors
    ///
    /// Those of the implementation, here and in all functions below.
    fn origin(&self) -> Result<Origin>;

    /// Device the data is on.
    ///
    /// # Errors
    ///
    /// Those of the implementation.
    fn device(&self) -> Result<Device>;

    /// Type of the elements.
    ///
    /// # Errors
    ///
    /// Those of the implementation.
    fn dtype(&self) -> Result<DType>;

    /// Length of each axis, nothing for a scalar.
    ///
    /// # Errors
    ///
    /// Those of the implementation.
    fn shape(&self) -> Result<&[usize]>;

    /// The elements, without a copy.
    ///
    /// # Errors
    ///
    /// If they are not in main memory.
    fn view(&self) -> Result<View<'_>>;

    /// The elements, to change them in place.
    ///
    /// # Errors
    ///
    /// If they are not in main memory, or are read-only.
    fn view_mut(&mut self) -> Result<ViewMut<'_>>;

    /// Gives the same elements, in row-major order, another shape.
    ///
    /// # Errors
    ///
    /// If the new shape does not have as many elements.
    fn reshape(&mut self, shape: &[usize]) -> Result<()>;

    /// Exchanges two axes.
    ///
    /// # Errors
    ///
    /// If there are no such axes.
    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()>;

    /// New array of the same kind, data type and device, with all elements equal to the only one of
    /// `fill_value`, an array without axes of the same data type.
    ///
    /// # Errors
    ///
    /// If `fill_value` is not such an array.
    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>>;

    /// Copy of this array, of the same kind, on `device`.
    ///
    /// # Errors
    ///
    /// If the array can not be on this device.
    fn copy(&self, device: Device) -> Result<Box<dyn Array>>;

    /// Copies parts of `input`, an array of the same kind, data type and number of axes, to places
    /// in this array.
    ///
    /// # Errors
    ///
    /// If the arrays can not be used together, or a movement leaves one of them.
    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()>;

    /// Shares the elements as a DLPack tensor on `device`. Native arrays share memory with the
    /// tensor, which keeps this memory alive.
    ///
    /// # Errors
    ///
    /// If the elements can not be used from `device`.
    fn to_dlpack(&self, device: Device) -> Result<Dlpack>;

    /// New array of this kind on top of a DLPack tensor, taking ownership of it.
    ///
    /// # Errors
    ///
    /// If this kind of array can not hold such a tensor.
    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>>;
}

impl dyn Array {
    /// This array, if it is of the type `A`.
    pub fn downcast_ref<A: Array>(&self) -> Option<&A> {
        (self as &dyn Any).downcast_ref()
    }

    /// This array, if it is of the type `A`.
    pub fn downcast_mut<A: Array>(&mut self) -> Option<&mut A> {
        (self as &mut dyn Any).downcast_mut()
    }
}

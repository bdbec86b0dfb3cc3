//! Elements of one type, together with what keeps them where they are.

#![expect(unsafe_code, reason = "keeps a view next to what it is a view of")]

use std::fmt;
use std::ops::{Deref, DerefMut};

use ndarray::{ArrayRef, ArrayViewD, ArrayViewMutD, IxDyn};

use super::{Element, View, ViewMut};
use crate::Result;

/// The elements of an array in main memory, which are of type `T`. Everything that `ndarray` can do with arrays can be done
/// with `*view`.
///
/// It has a lifetime of its own: memory of other libraries is given back when this value is dropped.
///
/// ```
/// # use metatensor_core::{Labels, Result, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("atom", 2)?;
/// # let block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
/// let values = block.values_as::<f64>()?;
/// let twice = &*values * 2.0;
/// assert_eq!(twice, arr2(&[[2.0], [6.0]]).into_dyn());
/// for row in values.outer_iter() {
///     println!("{row}");
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct TypedView<'a, T> {
    /// Of the memory of `view`. It never leaves this value, as it does not have the right lifetime.
    elements: ArrayViewD<'a, T>,
    _view: View<'a>,
}

impl<'a> View<'a> {
    /// The elements, with this view inside: what [`View::typed`] gives, but without a lifetime that ends with a variable.
    ///
    /// ```
    /// # use metatensor_core::{Result, View};
    /// let view = View::from(&[1.0, 2.0][..]).into_typed::<f64>()?;
    /// assert_eq!(view.sum(), 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn into_typed<T: Element>(self) -> Result<TypedView<'a, T>> {
        let memory = self.typed_memory::<T>()?;
        // SAFETY: elements are aligned values of this type, see `View::typed_memory`. They are not inside of the view,
        // which can move, and stay where they are until it is dropped.
        let elements = unsafe { memory.strided_for() };
        Ok(TypedView {
            elements,
            _view: self,
        })
    }
}

impl<T> Deref for TypedView<'_, T> {
    type Target = ArrayRef<T, IxDyn>;

    fn deref(&self) -> &ArrayRef<T, IxDyn> {
        &self.elements
    }
}

impl<T: fmt::Debug> fmt::Debug for TypedView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// The elements of an array in main memory, which are of type `T`, to change them: see [`TypedView`].
///
/// ```
/// # use metatensor_core::{Labels, Result, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("atom", 2)?;
/// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
/// let mut values = block.values_as_mut::<f64>()?;
/// values.fill(7.0);
/// values[[0, 0]] += 1.0;
/// assert_eq!(*values, arr2(&[[8.0], [7.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct TypedViewMut<'a, T> {
    /// Of the memory of `view`. It never leaves this value, as it does not have the right lifetime.
    elements: ArrayViewMutD<'a, T>,
    /// Writes elements back, if they were somewhere else, when it is dropped.
    _view: ViewMut<'a>,
}

impl<'a> ViewMut<'a> {
    /// The elements, with this view inside: what [`ViewMut::typed_mut`] gives, but without a lifetime that ends with a
    /// variable.
    ///
    /// ```
    /// # use metatensor_core::{Array, DenseArray, Result};
    /// let mut array = DenseArray::from(ndarray::arr1(&[1.0, 2.0]));
    /// *array.view_mut()?.into_typed::<f64>()? += 1.0;
    /// assert_eq!(array.to_ndarray::<f64>()?, ndarray::arr1(&[2.0, 3.0]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`View::typed`].
    pub fn into_typed<T: Element>(mut self) -> Result<TypedViewMut<'a, T>> {
        let memory = self.typed_memory_mut::<T>()?;
        // SAFETY: as in `View::into_typed`, and this view has exclusive access.
        let elements = unsafe { memory.strided_mut_for() };
        Ok(TypedViewMut {
            elements,
            _view: self,
        })
    }
}

impl<T> Deref for TypedViewMut<'_, T> {
    type Target = ArrayRef<T, IxDyn>;

    fn deref(&self) -> &ArrayRef<T, IxDyn> {
        &self.elements
    }
}

impl<T> DerefMut for TypedViewMut<'_, T> {
    fn deref_mut(&mut self) -> &mut ArrayRef<T, IxDyn> {
        &mut self.elements
    }
}

impl<T: fmt::Debug> fmt::Debug for TypedViewMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Array, DType, DenseArray, View};

    #[test]
    fn elements_that_are_not_aligned_are_copied_and_stay_there() {
        let mut bytes = vec![0_u8];
        bytes.extend([1.5_f64, 2.5].map(f64::to_ne_bytes).as_flattened());
        let view = View::from_bytes(DType::F64, &[2], &bytes[1..]).unwrap();
        let typed = view.into_typed::<f64>().unwrap();
        let moved = Box::new(typed);
        assert_eq!(**moved, ndarray::arr1(&[1.5, 2.5]).into_dyn());
        assert_eq!(format!("{moved:?}"), format!("{:?}", &**moved));
    }

    #[test]
    fn what_is_written_is_there_when_the_view_is_dropped() {
        let mut array = DenseArray::from(ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]]));
        array.swap_axes(0, 1).unwrap();
        let mut view = array.view_mut().unwrap().into_typed::<f64>().unwrap();
        view[[0, 1]] = 9.0;
        drop(view);
        let expected = ndarray::arr2(&[[1.0, 9.0], [2.0, 4.0]]).into_dyn();
        assert_eq!(array.to_ndarray::<f64>().unwrap(), expected);
        let wrong = array.view_mut().unwrap().into_typed::<f32>();
        assert!(wrong.unwrap_err().to_string().contains("float32"));
    }
}

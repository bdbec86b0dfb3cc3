//! The values of all blocks, for the threads of this library.

use std::sync::OnceLock;

use ndarray::{ArrayRef, IxDyn};

use super::{TensorMap, in_block};
use crate::threads::for_each;
use crate::{Element, Labels, Result, TypedView, TypedViewMut};

/// Work for which all threads are used: whoever asks for threads knows that there is enough of it.
const LARGE: usize = usize::MAX;

impl TensorMap {
    /// The values of all blocks, as arrays of `ndarray`, without copies: to be used on several threads.
    ///
    /// Arrays of other libraries are asked for their elements now, on this thread. Others only see elements.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// let sums = map.values_as::<f64>()?.par_map(|_key, values| values.sum());
    /// assert_eq!(sums, [0.5, 2.0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`TensorBlock::values_as`](crate::TensorBlock::values_as), with the key of the block.
    pub fn values_as<T: Element>(&self) -> Result<TypedValues<'_, T>> {
        let views = self.blocks.iter().enumerate().map(|(i, block)| {
            let view = block.values_as();
            view.map_err(|error| in_block(error, &self.keys, i))
        });
        Ok(TypedValues {
            keys: &self.keys,
            views: views.collect::<Result<_>>()?,
        })
    }

    /// The values of all blocks, as arrays of `ndarray`, to be changed on several threads: see [`TensorMap::values_as`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let mut map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// map.values_as_mut::<f64>()?.par_for_each(|key, values| *values += f64::from(key[0]));
    /// assert_eq!(map.blocks()[1].values_as::<f64>()?.sum(), 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`TensorBlock::values_as_mut`](crate::TensorBlock::values_as_mut), with the key of the block.
    pub fn values_as_mut<T: Element>(&mut self) -> Result<TypedValuesMut<'_, T>> {
        let views = self.blocks.iter_mut().enumerate().map(|(i, block)| {
            let view = block.values_as_mut();
            view.map_err(|error| in_block(error, &self.keys, i))
        });
        Ok(TypedValuesMut {
            keys: &self.keys,
            views: views.collect::<Result<_>>()?,
        })
    }
}

/// The values of all blocks of a map: see [`TensorMap::values_as`].
#[derive(Debug)]
pub struct TypedValues<'a, T> {
    keys: &'a Labels,
    views: Vec<TypedView<'a, T>>,
}

impl<T: Element> TypedValues<'_, T> {
    /// The values of all blocks with their keys, on this thread.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// let total: f64 = map.values_as::<f64>()?.iter().map(|(_key, values)| values.sum()).sum();
    /// assert_eq!(total, 2.5);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[i32], &ArrayRef<T, IxDyn>)> {
        let elements = self.views.iter().map(|view| &**view);
        self.keys.iter().zip(elements)
    }

    /// What `f` gives for the key and the values of each block, in the order of blocks. It is called on several threads,
    /// one block at a time on each of them.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// let norms = map.values_as::<f64>()?.par_map(|_key, values| values.map(|x| x * x).sum().sqrt());
    /// assert_eq!(norms, [0.5, 2.0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `f` does.
    pub fn par_map<R: Send + Sync>(
        &self,
        f: impl Fn(&[i32], &ArrayRef<T, IxDyn>) -> R + Sync,
    ) -> Vec<R> {
        let results: Vec<OnceLock<R>> = self.views.iter().map(|_| OnceLock::new()).collect();
        // Views stay here: they may belong to others.
        let items: Vec<_> = self.iter().zip(&results).collect();
        let done = for_each(LARGE, items.into_iter(), |((key, values), result)| {
            result.get_or_init(|| f(key, values));
            Ok(())
        });
        debug_assert!(done.is_ok(), "no item has an error");
        results
            .into_iter()
            .filter_map(OnceLock::into_inner)
            .collect()
    }
}

/// The values of all blocks of a map, to change them: see [`TensorMap::values_as_mut`].
#[derive(Debug)]
pub struct TypedValuesMut<'a, T> {
    keys: &'a Labels,
    views: Vec<TypedViewMut<'a, T>>,
}

impl<T: Element> TypedValuesMut<'_, T> {
    /// Calls `f` with the key and the values of each block, on several threads, one block at a time on each of them.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let mut map = TensorMap::new(Labels::range("a", 2)?, vec![block(0.5)?, block(2.0)?])?;
    /// map.values_as_mut()?.par_for_each(|_key, values| values.fill(1.0));
    /// assert_eq!(map.blocks()[0].values_as::<f64>()?.sum(), 1.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If `f` does.
    pub fn par_for_each(&mut self, f: impl Fn(&[i32], &mut ArrayRef<T, IxDyn>) + Sync) {
        let elements = self.views.iter_mut().map(|view| &mut **view);
        let items: Vec<_> = self.keys.iter().zip(elements).collect();
        let done = for_each(LARGE, items.into_iter(), |(key, values)| {
            f(key, values);
            Ok(())
        });
        debug_assert!(done.is_ok(), "no item has an error");
    }
}

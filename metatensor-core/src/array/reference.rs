//! The arrays inside of blocks, which can have several owners.

#![expect(
    unsafe_code,
    reason = "keeps small arrays of any type in memory of its own"
)]

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, OnceLock};

use super::{Array, DenseArray, Element};
use crate::{Error, Result};

/// An array of any kind inside of a block. Clones share the elements until one of them is changed.
pub struct ArrayRef(Owner);

enum Owner {
    Shared(Arc<dyn Array>),
    Small(Small),
}

impl ArrayRef {
    /// An array that is kept here, instead of in an allocation of its own, until it has several owners.
    #[doc(hidden)]
    #[inline]
    pub fn small<A: SmallArray>(array: A) -> ArrayRef {
        ArrayRef(Owner::Small(Small::new(array)))
    }

    /// The array itself, to change it. If it is shared, this is a copy made now.
    ///
    /// # Errors
    ///
    /// If it has to be copied and can not.
    pub fn make_mut(&mut self) -> Result<&mut dyn Array> {
        if let Owner::Small(small) = &mut self.0
            && let Some(shared) = small.shared.get()
        {
            self.0 = Owner::Shared(Arc::clone(shared));
        }
        if let Owner::Shared(array) = &mut self.0
            && Arc::get_mut(array).is_none()
        {
            *array = Arc::from(array.copy(array.device()?)?);
        }
        match &mut self.0 {
            Owner::Small(small) => Ok(small.array_mut()),
            Owner::Shared(array) => Arc::get_mut(array)
                .ok_or_else(|| Error::Internal("a new array has several owners".into())),
        }
    }

    fn shared(&self) -> Option<&Arc<dyn Array>> {
        match &self.0 {
            Owner::Shared(array) => Some(array),
            Owner::Small(small) => small.shared.get(),
        }
    }

    /// Whether other blocks use the very same array.
    pub fn is_shared(&self) -> bool {
        self.shared()
            .is_some_and(|array| Arc::strong_count(array) > 1)
    }

    /// Whether `self` and `other` are the very same array.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// let clone = block.clone();
    /// assert!(clone.values().is_same(block.values()));
    /// assert!(!block.deep_copy()?.values().is_same(block.values()));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn is_same(&self, other: &ArrayRef) -> bool {
        match (self.shared(), other.shared()) {
            (Some(array), Some(other)) => Arc::ptr_eq(array, other),
            _ => ptr::eq(self, other),
        }
    }
}

/// A new array that was handed over to become another kind of array.
pub(crate) struct Stored {
    pub(crate) array: ArrayRef,
    /// Whether it is on top of the memory it was made of, which says what it is. Others have copied this memory, and can be
    /// of another type, or on another device.
    pub(crate) is_as_given: bool,
}

/// Hands a new array back as the kind of array that `model` is. Nothing is copied.
///
/// # Errors
///
/// Those of `model`, if that is not a native array.
pub(crate) fn stored_like(model: &dyn Array, array: DenseArray) -> Result<Stored> {
    if model.downcast_ref::<DenseArray>().is_some() {
        return Ok(Stored {
            array: array.into(),
            is_as_given: true,
        });
    }
    let (tensor, watch) = array.into_watched_dlpack();
    Ok(Stored {
        array: model.adopt_dlpack(tensor)?.into(),
        is_as_given: watch.is_some_and(|watch| !watch.is_released()),
    })
}

impl Deref for ArrayRef {
    type Target = dyn Array;

    #[inline]
    fn deref(&self) -> &dyn Array {
        match &self.0 {
            Owner::Shared(array) => &**array,
            Owner::Small(small) => small.array(),
        }
    }
}

impl Clone for ArrayRef {
    fn clone(&self) -> Self {
        ArrayRef(Owner::Shared(match &self.0 {
            Owner::Shared(array) => Arc::clone(array),
            Owner::Small(small) => Arc::clone(small.share()),
        }))
    }
}

impl fmt::Debug for ArrayRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<Box<dyn Array>> for ArrayRef {
    fn from(array: Box<dyn Array>) -> Self {
        ArrayRef(Owner::Shared(Arc::from(array)))
    }
}

impl<A: Array> From<Arc<A>> for ArrayRef {
    fn from(array: Arc<A>) -> Self {
        ArrayRef(Owner::Shared(array))
    }
}

impl From<DenseArray> for ArrayRef {
    fn from(array: DenseArray) -> Self {
        ArrayRef(Owner::Shared(Arc::new(array)))
    }
}

impl<T: Element, D: ndarray::Dimension> From<ndarray::Array<T, D>> for ArrayRef {
    fn from(array: ndarray::Array<T, D>) -> Self {
        DenseArray::from(array).into()
    }
}

/// An array that is little more than a pointer to something that others know: maps can have very many of
/// them, which are kept where the blocks are.
///
/// # Safety
///
/// A copy of the bytes of such an array must be as good as the array itself, as long as only one of them is
/// dropped: nothing in these bytes may change through a shared reference.
pub unsafe trait SmallArray: Array + Sized {}

/// The memory of a [`SmallArray`].
type Memory = MaybeUninit<[usize; 2]>;

struct Small {
    /// The array. It is not dropped with this memory if it also is in `shared`.
    memory: Memory,
    functions: &'static Functions,
    /// The same array, since it has several owners.
    shared: OnceLock<Arc<dyn Array>>,
}

/// What can be done with memory that an array of some type is in.
struct Functions {
    /// # Safety
    ///
    /// Such an array must be in the memory.
    array: unsafe fn(*mut Memory) -> *mut dyn Array,
    /// # Safety
    ///
    /// Such an array must be in the memory, and not be dropped there.
    share: unsafe fn(*const Memory) -> Arc<dyn Array>,
    /// # Safety
    ///
    /// Such an array must be in the memory, and not be used after this.
    drop: unsafe fn(*mut Memory),
}

// SAFETY: all arrays are `Send`.
unsafe impl Send for Small {}
// SAFETY: all arrays are `Sync`.
unsafe impl Sync for Small {}

impl Small {
    #[inline]
    fn new<A: SmallArray>(array: A) -> Small {
        const {
            assert!(size_of::<A>() <= size_of::<Memory>());
            assert!(align_of::<A>() <= align_of::<Memory>());
        }
        let mut memory = Memory::uninit();
        // SAFETY: the memory is large enough and aligned.
        unsafe { memory.as_mut_ptr().cast::<A>().write(array) };
        Small {
            memory,
            functions: const {
                &Functions {
                    array: |memory| memory.cast::<A>(),
                    // SAFETY: this is the only copy that will be dropped, all others are as good as this one.
                    share: |memory| Arc::new(unsafe { memory.cast::<A>().read() }),
                    // SAFETY: the array is in this memory, and not used any more.
                    drop: |memory| unsafe { memory.cast::<A>().drop_in_place() },
                }
            },
            shared: OnceLock::new(),
        }
    }

    #[inline]
    fn array(&self) -> &dyn Array {
        let memory = (&raw const self.memory).cast_mut();
        // SAFETY: the functions are those for the array in this memory, which is only changed through `&mut self`.
        unsafe { &*(self.functions.array)(memory) }
    }

    /// The array, which must not be in `shared`.
    fn array_mut(&mut self) -> &mut dyn Array {
        // SAFETY: as above.
        unsafe { &mut *(self.functions.array)(&raw mut self.memory) }
    }

    fn share(&self) -> &Arc<dyn Array> {
        self.shared.get_or_init(|| {
            // SAFETY: the functions are those for the array in this memory, which is not dropped from now on.
            unsafe { (self.functions.share)(&raw const self.memory) }
        })
    }
}

impl Drop for Small {
    #[inline]
    fn drop(&mut self) {
        if self.shared.get().is_none() {
            // SAFETY: the array is only here, and nobody uses it after this.
            unsafe { (self.functions.drop)(&raw mut self.memory) }
        }
    }
}

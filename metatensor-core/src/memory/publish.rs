//! Values that are made by whoever is first, and never freed.

#![expect(unsafe_code, reason = "takes back a box that nobody got to know")]

use std::sync::atomic::{AtomicPtr, Ordering};

/// Puts `new` where `old` is, forever. There is no lock: a child that was forked while another thread had it would wait
/// forever.
///
/// ```
/// # use std::ptr::null_mut;
/// # use std::sync::atomic::AtomicPtr;
/// # use metatensor_core::internal::publish;
/// static PLACE: AtomicPtr<i32> = AtomicPtr::new(null_mut());
/// let first = publish(&PLACE, null_mut(), Box::new(1)).unwrap();
/// let there = publish(&PLACE, null_mut(), Box::new(2)).unwrap_err();
/// assert!(std::ptr::eq(there, first));
/// ```
///
/// # Errors
///
/// What is there, if it is not `old`.
pub fn publish<T>(place: &AtomicPtr<T>, old: *mut T, new: Box<T>) -> Result<&'static T, *mut T> {
    let new = Box::into_raw(new);
    match place.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: never freed from now on.
        Ok(_) => Ok(unsafe { &*new }),
        Err(other) => {
            // SAFETY: made above, and nobody else got to know it.
            drop(unsafe { Box::from_raw(new) });
            Err(other)
        }
    }
}

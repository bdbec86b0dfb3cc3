//! From the types of parameters in C to what the library takes, with an error for what is NULL.
//!
//! Exported functions have parameters whose types say what C promises, and which cbindgen writes as plain pointers:
//! `Option<&T>` is lent by the caller, `Option<Box<T>>` given away, `Option<&mut MaybeUninit<T>>` a place for a result. It
//! remains to see whether they are NULL, which is an error that names the parameter: [`Parameter::checked`]. Only lists, a
//! pointer and a number of entries, and places that several results may share need a promise that no type makes.

use std::cell::Cell;
use std::fmt::Display;
use std::mem::MaybeUninit;

use metatensor_core::{Error, Result};

/// A parameter of an exported function, with the type that it has there.
pub(crate) trait Parameter {
    /// What the parameter stands for.
    type Value;

    /// What the parameter stands for, or an error about `name`.
    fn checked(self, name: &str) -> Result<Self::Value>;
}

/// A place for a result, which may hold anything before.
impl<'a, T> Parameter for Option<&'a mut MaybeUninit<T>> {
    type Value = &'a mut MaybeUninit<T>;

    #[inline]
    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}

/// A number that is read, and then set.
impl<'a> Parameter for Option<&'a mut usize> {
    type Value = &'a mut usize;

    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}

/// Stands for the name of the function, at the start of messages that need it.
const FUNCTION: char = '\0';

/// An error about a parameter as such, whatever the function does with it. Those who call several functions have to
/// know which one this is: [`with_function`] puts its name before the message.
#[cold]
#[inline(never)]
pub(crate) fn bad_parameter(message: impl Display) -> Error {
    Error::InvalidParameter(format!("{FUNCTION}{message}"))
}

/// `error` with the name of the function where it is needed.
pub(super) fn with_function(error: Error, name: impl FnOnce() -> String) -> Error {
    match &error {
        Error::InvalidParameter(message) => match message.strip_prefix(FUNCTION) {
            Some(message) => Error::InvalidParameter(format!("{}: {message}", name())),
            None => error,
        },
        _ => error,
    }
}

/// The error for `name`, a parameter or an entry of one, being NULL.
#[cold]
#[inline(never)]
pub(crate) fn null(name: &str) -> Error {
    bad_parameter(format_args!("got a NULL pointer for '{name}'"))
}

/// The parameter `name`, which can not be NULL.
#[inline]
pub(crate) fn given<T>(parameter: Option<T>, name: &str) -> Result<T> {
    parameter.ok_or_else(|| null(name))
}

/// The place for the result `name`, which may hold anything before.
///
/// Unlike `Option<&mut MaybeUninit<T>>`, the place of another result of this function may be the same: those who do not need
/// several results of one type give one place for all of them.
///
/// # Safety
///
/// `pointer` must be NULL or valid for writes for `'a`.
pub(crate) unsafe fn shared_place<'a, T>(
    pointer: *mut T,
    name: &str,
) -> Result<&'a Cell<MaybeUninit<T>>> {
    // SAFETY: a place for a `T` is one for this type, which holds anything and may be shared.
    given(
        unsafe { pointer.cast::<Cell<MaybeUninit<T>>>().as_ref() },
        name,
    )
}

/// The entries of the list `name`, checked. They are told their name, with the position, when they have failed.
pub(crate) fn entries<'a, P: Parameter + Copy>(
    list: &'a [P],
    name: &'a str,
) -> impl Iterator<Item = Result<P::Value>> + 'a {
    list.iter().enumerate().map(move |(i, entry)| {
        let checked = entry.checked(name);
        checked.or_else(|_| entry.checked(&format!("{name}[{i}]")))
    })
}

/// The `count` entries starting at `pointer`, which can only be NULL if there are none.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many entries for `'a`, and not be written to.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, count: usize, name: &str) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    check_count::<T>(count, name)?;
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: not NULL, not larger than memory can be, and else as promised.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// What the `count` entries starting at `pointer` stand for.
///
/// # Safety
///
/// As for [`slice`].
pub(crate) unsafe fn list<P: Parameter + Copy, C: FromIterator<P::Value>>(
    pointer: *const P,
    count: usize,
    name: &str,
) -> Result<C> {
    // SAFETY: the same is asked for here.
    entries(unsafe { slice(pointer, count, name) }?, name).collect()
}

/// The `count` entries starting at `pointer`, which can only be NULL if there are none.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many entries for `'a`, and not be used by others.
pub(crate) unsafe fn slice_mut<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<&'a mut [T]> {
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: the same is asked for here.
    unsafe { optional_slice_mut(pointer, count, name) }?.ok_or_else(|| null(name))
}

/// The `count` entries starting at `pointer`, or `None` if it is NULL.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many entries for `'a`, and not be used by others.
pub(crate) unsafe fn optional_slice_mut<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<Option<&'a mut [T]>> {
    if pointer.is_null() {
        return Ok(None);
    }
    check_count::<T>(count, name)?;
    // SAFETY: not NULL, not larger than memory can be, and else as promised.
    Ok(Some(unsafe {
        std::slice::from_raw_parts_mut(pointer, count)
    }))
}

/// Checks that there can be memory with this many entries.
fn check_count<T>(count: usize, name: &str) -> Result<()> {
    let size = count.checked_mul(size_of::<T>());
    if size.is_some_and(|size| isize::try_from(size).is_ok()) {
        return Ok(());
    }
    Err(too_many(count, name))
}

#[cold]
#[inline(never)]
fn too_many(count: usize, name: &str) -> Error {
    bad_parameter(format_args!(
        "'{name}' can not have {count} elements, which do not fit in memory"
    ))
}

/// Pointer to the first entry of a list that the caller borrows, NULL if there is none.
pub(crate) fn first<T>(list: &[T]) -> *const T {
    if list.is_empty() {
        std::ptr::null()
    } else {
        list.as_ptr()
    }
}

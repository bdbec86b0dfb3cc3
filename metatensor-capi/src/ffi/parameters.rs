//! From pointers to what they point to, with an error for those that are NULL.

use std::ffi::{CStr, c_char};
use std::fmt::Display;
use std::mem::ManuallyDrop;
use std::ops::Deref;

use metatensor_core::{Error, Labels, Result, TensorBlock};

use crate::block::mts_block_t;
use crate::labels::mts_labels_t;
use crate::tensor::{Tensor, mts_tensormap_t};

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
pub(crate) fn with_function(error: Error, name: impl FnOnce() -> String) -> Error {
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

/// Converts entry `i` of the list `name`. Conversions are told the name of the entry when they have failed.
pub(crate) fn entry<T>(i: usize, name: &str, convert: impl Fn(&str) -> Result<T>) -> Result<T> {
    convert(name).or_else(|_| convert(&format!("{name}[{i}]")))
}

/// What `pointer`, a parameter called `name`, points to.
///
/// # Safety
///
/// `pointer` must be NULL or valid for `'a`, and not be written to by others.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: guaranteed by the caller.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// What `pointer`, a parameter called `name`, points to.
///
/// # Safety
///
/// `pointer` must be NULL or valid for `'a`, and not be used by others.
pub(crate) unsafe fn reference_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T> {
    // SAFETY: guaranteed by the caller.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(name))
}

/// The `count` elements starting at `pointer`, which can only be NULL if there are none.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many elements for `'a`, and not be written to.
pub(crate) unsafe fn slice<'a, T>(pointer: *const T, count: usize, name: &str) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    check_count::<T>(count, name)?;
    // SAFETY: guaranteed by the caller.
    let first = unsafe { reference(pointer, name) }?;
    // SAFETY: guaranteed by the caller.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}

/// The `count` elements starting at `pointer`, which can only be NULL if there are none.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many elements for `'a`, and not be used by others.
pub(crate) unsafe fn slice_mut<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<&'a mut [T]> {
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: guaranteed by the caller.
    unsafe { optional_slice_mut(pointer, count, name) }?.ok_or_else(|| null(name))
}

/// The `count` elements starting at `pointer`, or `None` if it is NULL.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many elements for `'a`, and not be used by others.
pub(crate) unsafe fn optional_slice_mut<'a, T>(
    pointer: *mut T,
    count: usize,
    name: &str,
) -> Result<Option<&'a mut [T]>> {
    if pointer.is_null() {
        return Ok(None);
    }
    check_count::<T>(count, name)?;
    // SAFETY: guaranteed by the caller.
    Ok(Some(unsafe {
        std::slice::from_raw_parts_mut(pointer, count)
    }))
}

/// Checks that there can be memory with this many elements.
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

/// A place for a result: it may hold anything before, so it is only ever written to.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    ///
    /// `pointer` must be NULL or valid for writes as long as this value is used.
    pub(crate) unsafe fn new(pointer: *mut T, name: &str) -> Result<Out<T>> {
        if pointer.is_null() {
            return Err(null(name));
        }
        Ok(Out(pointer))
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: checked and promised in `new`.
        unsafe { self.0.write(value) }
    }
}

/// Writes to `pointer` unless it is NULL.
///
/// # Safety
///
/// `pointer` must be NULL or valid for writes.
pub(crate) unsafe fn optional_out<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: guaranteed by the caller.
        unsafe { pointer.write(value) }
    }
}

/// The text of a string parameter called `name`.
///
/// # Safety
///
/// `pointer` must be NULL or a NUL-terminated string that is valid for `'a`.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: guaranteed by the caller.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map_err(|_| {
        bad_parameter(format_args!(
            "'{name}' must be text in UTF-8, got '{}'",
            text.to_string_lossy()
        ))
    })
}

/// A list of strings.
///
/// # Safety
///
/// As for [`slice`], and [`text`] for each of the strings.
pub(crate) unsafe fn texts<'a>(
    pointer: *const *const c_char,
    count: usize,
    name: &str,
) -> Result<Vec<&'a str>> {
    // SAFETY: guaranteed by the caller.
    let strings = unsafe { slice(pointer, count, name) }?;
    // SAFETY: guaranteed by the caller.
    let convert = |(i, &string)| entry(i, name, |name| unsafe { text(string, name) });
    strings.iter().enumerate().map(convert).collect()
}

/// Labels that still belong to a handle.
pub(crate) struct BorrowedLabels(ManuallyDrop<Labels>);

impl BorrowedLabels {
    /// # Safety
    ///
    /// `pointer` must be a valid handle.
    #[inline]
    pub(crate) unsafe fn new(pointer: *const mts_labels_t) -> BorrowedLabels {
        // SAFETY: handles are made by `labels_handle`; the reference is not given back.
        let labels = unsafe { Labels::from_raw(pointer.cast()) };
        BorrowedLabels(ManuallyDrop::new(labels))
    }
}

impl Deref for BorrowedLabels {
    type Target = Labels;

    fn deref(&self) -> &Labels {
        &self.0
    }
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle.
pub(crate) unsafe fn labels(pointer: *const mts_labels_t, name: &str) -> Result<BorrowedLabels> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: guaranteed by the caller.
    Ok(unsafe { BorrowedLabels::new(pointer) })
}

pub(crate) fn labels_handle(labels: Labels) -> *const mts_labels_t {
    labels.into_raw().cast()
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle.
pub(crate) unsafe fn block<'a>(pointer: *const mts_block_t, name: &str) -> Result<&'a TensorBlock> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference(pointer.cast(), name) }
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle that nobody else uses.
pub(crate) unsafe fn block_mut<'a>(
    pointer: *mut mts_block_t,
    name: &str,
) -> Result<&'a mut TensorBlock> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference_mut(pointer.cast(), name) }
}

pub(crate) fn block_handle(block: impl Into<Box<TensorBlock>>) -> *mut mts_block_t {
    Box::into_raw(block.into()).cast()
}

/// # Safety
///
/// `pointer` must be NULL or a handle that is owned by the caller, and not used after this.
pub(crate) unsafe fn take_block(pointer: *mut mts_block_t, name: &str) -> Result<Box<TensorBlock>> {
    if pointer.is_null() {
        return Err(null(name));
    }
    // SAFETY: owned handles are made by `block_handle`.
    Ok(unsafe { Box::from_raw(pointer.cast()) })
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle.
pub(crate) unsafe fn tensor<'a>(pointer: *const mts_tensormap_t, name: &str) -> Result<&'a Tensor> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference(pointer.cast(), name) }
}

/// # Safety
///
/// `pointer` must be NULL or a valid handle that nobody else uses.
pub(crate) unsafe fn tensor_mut<'a>(
    pointer: *mut mts_tensormap_t,
    name: &str,
) -> Result<&'a mut Tensor> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference_mut(pointer.cast(), name) }
}

//! Memory of messages.

use metatensor_core::{Array, DType, DenseArray, Error, Result, TypedViewMut, View};

/// Memory for a message, or `None` if it is empty.
pub(crate) fn for_message(size: u64) -> Result<Option<DenseArray>> {
    if size == 0 {
        return Ok(None);
    }
    let no_memory = || Error::invalid(format!("there is no memory for a message of {size} bytes"));
    let size = usize::try_from(size).map_err(|_| no_memory())?;
    let memory = DenseArray::zeros(DType::U8, &[size]).map_err(|_| no_memory())?;
    Ok(Some(memory))
}

/// A message in memory of [`for_message`].
pub(crate) fn bytes<'a>(view: &'a View<'_>) -> &'a [u8] {
    view.as_bytes().unwrap_or_default()
}

/// A message, to be written.
pub(crate) fn writable(memory: &mut DenseArray) -> Result<TypedViewMut<'_, u8>> {
    memory.view_mut()?.into_typed()
}

/// The bytes of [`writable`] memory.
pub(crate) fn bytes_mut<'a>(view: &'a mut TypedViewMut<'_, u8>) -> &'a mut [u8] {
    view.as_slice_mut().unwrap_or_default()
}

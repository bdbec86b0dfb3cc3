//! Arrays as numpy saves them.

use std::io::Write;

use metatensor_core::TensorBlock;
use metatensor_core::internal::files::npy_header;

use super::Parts;
use crate::conversion::converted;
use crate::output::Failure;

/// Rows are written in pieces of about so many bytes.
const PIECE: usize = 8 << 20;

/// The values of the only block there is.
pub(super) fn only_array(parts: &Parts<'_>, writer: &mut dyn Write) -> Result<(), Failure> {
    match parts.numbers[..] {
        [number] => array(&parts.load(number)?, writer),
        _ => Err(Failure::Error(format!(
            "an array has the values of one block, and there are {}: choose one with --block, or a folder for all of them",
            parts.numbers.len()
        ))),
    }
}

/// The values of a block.
pub(super) fn array(block: &TensorBlock, writer: &mut dyn Write) -> Result<(), Failure> {
    let (shape, dtype) = (block.shape(), block.dtype());
    writer.write_all(&npy_header(dtype, &shape)?)?;
    let row_bytes = shape[1..].iter().product::<usize>() * dtype.size();
    let step = (PIECE / row_bytes.max(1)).max(1);
    for start in (0..shape[0]).step_by(step) {
        let rows = converted(block, start..shape[0].min(start + step), dtype)?;
        let view = rows.view()?;
        let bytes = view.as_bytes().ok_or_else(|| "rows have gaps".to_owned())?;
        writer.write_all(bytes)?;
    }
    Ok(())
}

//! Arrays in files.

use super::Scratch;
use super::archive::{Alignment, ArchiveWriter, Member, Target};
use super::npy::{self, ByteOrder, Descr, Header, Scalar};
use crate::memory::no_memory;
use crate::memory::will_be_written;
use crate::{Array, ArrayRef, DType, DenseArray, Error, Result, View};

/// Makes the arrays that data is read into.
pub(super) type Create<'a> = dyn FnMut(&[usize], DType) -> Result<Box<dyn Array>> + 'a;

/// Data of at least this many bytes is aligned in files, for the sake of those who map them.
const ALIGNED: usize = 64 << 10;
/// Data goes through memory of this size, which stays in the cache.
const PIECE: usize = 256 << 10;

/// Read the array that `member` is.
pub(super) fn read(
    member: &mut Member<'_, '_>,
    create: Option<&mut Create<'_>>,
    scratch: &mut Scratch,
) -> Result<ArrayRef> {
    let header = member.read_npy_header(&mut scratch.headers)?;
    let fortran_order = header.fortran_order;
    let mut shape = header.shape.clone();
    let Descr::Scalar(scalar) = header.descr else {
        return Err(member.bad("expected an array of numbers, got records with named fields"));
    };

    if fortran_order {
        shape.reverse();
    } else if let Some(create) = create {
        return read_foreign(member, create, &shape, scalar);
    }
    let mut array = read_native(member, &shape, scalar, &mut scratch.bytes)?;
    if !fortran_order {
        return Ok(array.into());
    }

    let axes = shape.len();
    for axis in 0..axes / 2 {
        array.swap_axes(axis, axes - 1 - axis)?;
    }
    let array = DenseArray::copy_of(&array.view())?;
    let Some(create) = create else {
        return Ok(array.into());
    };
    let view = array.view();
    let fill = |bytes: &mut [u8]| {
        bytes.copy_from_slice(view.as_bytes().unwrap_or_default());
        Ok(())
    };
    filled(create, array.shape(), scalar.dtype, fill)
}

fn read_native(
    member: &mut Member<'_, '_>,
    shape: &[usize],
    scalar: Scalar,
    scratch: &mut Vec<u8>,
) -> Result<DenseArray> {
    let size = member.remaining() as usize;
    if size <= PIECE || member.is_compressed() {
        return DenseArray::write_bytes(scalar.dtype, shape, |output| {
            while output.remaining() > 0 {
                scratch.resize(output.remaining().min(PIECE), 0);
                member.read_exact_into(scratch)?;
                make_native(scratch, scalar).map_err(|error| member.bad(error))?;
                output.copy(scratch);
            }
            Ok(())
        });
    }
    member.read_in_parts(size, |parts| {
        DenseArray::write_bytes_in_parts(scalar.dtype, shape, 2 * size, |bytes, output| {
            let mut part = parts.from(bytes.start);
            let mut scratch = vec![0; PIECE];
            while output.remaining() > 0 {
                let piece = &mut scratch[..output.remaining().min(PIECE)];
                part.read_exact_into(piece)?;
                make_native(piece, scalar).map_err(|error| parts.bad(error))?;
                output.copy(piece);
            }
            part.finish();
            Ok(())
        })
    })
}

fn read_foreign(
    member: &mut Member<'_, '_>,
    create: &mut Create<'_>,
    shape: &[usize],
    scalar: Scalar,
) -> Result<ArrayRef> {
    filled(create, shape, scalar.dtype, |bytes| {
        member.read_exact_into(bytes)?;
        make_native(bytes, scalar).map_err(|error| member.bad(error))
    })
}

/// The array that `create` gives, with its memory filled by `fill`.
fn filled(
    create: &mut Create<'_>,
    shape: &[usize],
    dtype: DType,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<ArrayRef> {
    let mut array = create(shape, dtype)?;
    let mut view = array.view_mut()?;
    if view.shape() != shape || view.dtype() != dtype {
        return Err(Error::invalid(format!(
            "asked for an array of {dtype} with shape {shape:?} to load data into, got one of {} \
             with shape {:?}",
            view.dtype(),
            view.shape()
        )));
    }
    if let Some(bytes) = view.as_bytes_mut() {
        will_be_written(bytes);
        fill(bytes)?;
    } else {
        let mut contiguous = DenseArray::zeros(dtype, shape)?;
        fill(contiguous.view_mut()?.as_bytes_mut().unwrap_or_default())?;
        view.copy_from(&contiguous.view())?;
    }
    drop(view);
    Ok(array.into())
}

/// Make these bytes from a file what numbers look like in memory.
fn make_native(bytes: &mut [u8], scalar: Scalar) -> Result<(), String> {
    let dtype = scalar.dtype;
    if dtype == DType::BOOL8 {
        return match bytes.iter().find(|&&byte| byte > 1) {
            Some(byte) => Err(format!("the byte {byte} is not a boolean, expected 0 or 1")),
            None => Ok(()),
        };
    }
    if scalar.byte_order != ByteOrder::NATIVE {
        match if dtype.is_complex() {
            dtype.size() / 2
        } else {
            dtype.size()
        } {
            2 => swap_bytes::<2>(bytes),
            4 => swap_bytes::<4>(bytes),
            8 => swap_bytes::<8>(bytes),
            _ => {}
        }
    }
    Ok(())
}

fn swap_bytes<const N: usize>(bytes: &mut [u8]) {
    for number in bytes.as_chunks_mut::<N>().0 {
        number.reverse();
    }
}

/// Append the array `view` to an archive, as the member `name`.
pub(super) fn write(
    archive: &mut ArchiveWriter<impl Target>,
    name: &str,
    view: &View<'_>,
) -> Result<()> {
    let error = |error: Error| error.context(format!("'{name}'"));
    let header = npy::write(&Header {
        descr: Descr::Scalar(Scalar::native(view.dtype())),
        fortran_order: false,
        shape: view.shape().into(),
    })
    .map_err(error)?;
    if view.dtype() == DType::BOOL8 {
        // the reader, like the one of any other language, wants valid booleans
        view.typed::<bool>().map_err(error)?;
    }

    if let Some(bytes) = view.as_bytes() {
        return archive.add(name, &[&header, bytes], alignment(bytes.len()));
    }
    let size = view.shape().iter().product::<usize>() * view.dtype().size();
    if size > PIECE && !archive.is_stream() {
        // fresh memory for a copy takes longer than the copy
        return archive.add_elements(name, &header, view, alignment(size));
    }
    let mut bytes = Vec::new();
    view.append_to(&mut bytes, no_memory).map_err(error)?;
    archive.add(name, &[&header, &bytes], alignment(size))
}

/// How a member with data of this size is aligned.
pub(super) fn alignment(size: usize) -> Alignment {
    if size >= ALIGNED {
        Alignment::Bytes64
    } else {
        Alignment::Packed
    }
}

//! Arrays in files.

use std::sync::Arc;

use super::Scratch;
use super::archive::{Alignment, ArchiveWriter, Member, Target};
use super::npy::{self, ByteOrder, Descr, Header, Scalar};
use super::part::{Part, Picked};
use super::placement::{Placement, is_as_in_memory, number_size};
use crate::array::WithoutElements;
use crate::memory::{Region, no_memory, will_be_written};
use crate::{Array, ArrayRef, DType, DenseArray, Device, Error, Result, View};

/// Makes the arrays that data is read into.
pub(super) type Create<'a> = dyn FnMut(&[usize], DType) -> Result<Box<dyn Array>> + 'a;

/// Data of at least this many bytes is aligned in files, for the sake of those who map them.
const ALIGNED: usize = 64 << 10;
/// Data goes through memory of this size, which stays in the cache.
const PIECE: usize = 256 << 10;

/// What data is read into.
pub(super) enum Arrays<'c> {
    /// Arrays of ours.
    Native,
    /// Arrays that the caller makes.
    Made(&'c mut Create<'c>),
    /// Arrays of ours on top of these bytes, which are all of those of the file, where this is possible.
    Mapped(Region),
    /// Arrays without elements: nothing is read but headers.
    Unread {
        /// Whether there were arrays of which no part can be read without all that comes before it.
        is_whole: bool,
    },
}

impl<'c> Arrays<'c> {
    /// Arrays made by this function, if there is one.
    pub(super) fn made_by(create: Option<&'c mut Create<'c>>) -> Self {
        create.map_or(Arrays::Native, Arrays::Made)
    }
}

/// Read the data type and shape of the array that `member` is, and how its elements are in the file.
pub(super) fn read_header(
    member: &mut Member<'_, '_>,
    scratch: &mut Scratch,
) -> Result<(DType, Vec<usize>, Placement)> {
    let header = member.read_npy_header(&mut scratch.headers)?;
    let scalar = scalar_of(&header, member)?;
    let placement = Placement::of(member, scalar);
    Ok((scalar.dtype, header.shape.to_vec(), placement))
}

/// Read the array that `member` is and forget it, after everything of it was checked. Gives data type and shape.
pub(super) fn check(
    member: &mut Member<'_, '_>,
    scratch: &mut Scratch,
) -> Result<(DType, Vec<usize>)> {
    let (dtype, shape, _) = read_header(member, scratch)?;
    member.check_rest(&mut scratch.bytes, |bytes| match dtype {
        DType::BOOL8 => check_booleans(bytes),
        _ => Ok(()),
    })?;
    Ok((dtype, shape))
}

fn scalar_of(header: &Header, member: &Member<'_, '_>) -> Result<Scalar> {
    match header.descr {
        Descr::Scalar(scalar) => Ok(scalar),
        Descr::Record(_) => {
            Err(member.bad("expected an array of numbers, got records with named fields"))
        }
    }
}

/// Read the array that `member` is, or a part of it. Its number of axes comes with it.
pub(super) fn read(
    member: &mut Member<'_, '_>,
    arrays: &mut Arrays<'_>,
    part: Option<&Part>,
    scratch: &mut Scratch,
) -> Result<(ArrayRef, usize)> {
    let header = member.read_npy_header(&mut scratch.headers)?;
    if let Arrays::Unread { is_whole } = arrays {
        *is_whole |= header.fortran_order || member.is_compressed();
        let array = unread(scalar_of(&header, member)?.dtype, header.shape.to_vec());
        return Ok((array, header.shape.len()));
    }
    let array = read_elements(member, arrays, part, &header, scratch)?;
    Ok((array, header.shape.len()))
}

/// Read these rows of the array that `member` is.
pub(super) fn read_rows(
    member: &mut Member<'_, '_>,
    arrays: &mut Arrays<'_>,
    rows: Vec<u32>,
    scratch: &mut Scratch,
) -> Result<ArrayRef> {
    let header = member.read_npy_header(&mut scratch.headers)?;
    let count = header.shape.first().copied().unwrap_or(0);
    if let Some(row) = rows.iter().find(|&&row| row as usize >= count) {
        return Err(member.bad(format!("there is no row {row}, only {count} of them")));
    }
    let part = Part {
        rows: Picked::new(rows, count),
        columns: None,
    };
    read_elements(member, arrays, Some(&part), &header, scratch)
}

/// An array of which the values are not read.
pub(super) fn unread(dtype: DType, shape: Vec<usize>) -> ArrayRef {
    ArrayRef::from(Arc::new(WithoutElements {
        dtype,
        shape,
        device: Device::CPU,
        refusal: || Error::Internal("the values were not read".to_owned()),
    }))
}

fn read_elements(
    member: &mut Member<'_, '_>,
    arrays: &mut Arrays<'_>,
    part: Option<&Part>,
    header: &Header,
    scratch: &mut Scratch,
) -> Result<ArrayRef> {
    let scalar = scalar_of(header, member)?;
    let part = part.filter(|part| part.rows.is_some() || part.columns.is_some());
    if header.fortran_order {
        return read_transposed(member, arrays, part, header, scalar, scratch);
    }
    let shape = &header.shape[..];
    if let Some(part) = part {
        let new_shape = part.shape(shape).map_err(|error| member.bad(error))?;
        return filled_like(arrays, &new_shape, scalar.dtype, |bytes| {
            read_part(member, part, shape, scalar, bytes, &mut scratch.bytes)?;
            make_native(bytes, scalar).map_err(|error| member.bad(error))
        });
    }
    match arrays {
        Arrays::Made(create) => filled(create, shape, scalar.dtype, |bytes| {
            member.read_exact_into(bytes)?;
            make_native(bytes, scalar).map_err(|error| member.bad(error))
        }),
        Arrays::Mapped(region) if let Some(array) = mapped(member, region, shape, scalar) => {
            Ok(array.into())
        }
        _ => Ok(read_native(member, shape, scalar, &mut scratch.bytes)?.into()),
    }
}

/// Read an array whose first index varies fastest, or a part of it.
fn read_transposed(
    member: &mut Member<'_, '_>,
    arrays: &mut Arrays<'_>,
    part: Option<&Part>,
    header: &Header,
    scalar: Scalar,
    scratch: &mut Scratch,
) -> Result<ArrayRef> {
    let mut shape = header.shape.clone();
    shape.reverse();
    let mapped = match (part, &*arrays) {
        (None, Arrays::Mapped(region)) => mapped(member, region, &shape, scalar),
        _ => None,
    };
    let is_mapped = mapped.is_some();
    let mut array = match mapped {
        Some(array) => array,
        None => read_native(member, &shape, scalar, &mut scratch.bytes)?,
    };
    let axes = shape.len();
    for axis in 0..axes / 2 {
        array.swap_axes(axis, axes - 1 - axis)?;
    }
    if is_mapped {
        return Ok(array.into());
    }
    let array = DenseArray::copy_of(&array.view())?;
    if part.is_none() && !matches!(arrays, Arrays::Made(_)) {
        return Ok(array.into());
    }
    let view = array.view();
    let bytes = view.as_bytes().unwrap_or_default();
    let shape = match part {
        Some(part) => part
            .shape(view.shape())
            .map_err(|error| member.bad(error))?,
        None => view.shape().into(),
    };
    let part = part.cloned().unwrap_or_default();
    filled_like(arrays, &shape, scalar.dtype, |out| {
        part.read_into(view.shape(), scalar.dtype.size(), out, &mut |range, out| {
            out.copy_from_slice(&bytes[range]);
            Ok(())
        })
    })
}

/// Read a part of the data of `member`, an array of this shape. If all of its bytes are read, or have to be since they are
/// compressed, the checksum is compared.
fn read_part(
    member: &mut Member<'_, '_>,
    part: &Part,
    shape: &[usize],
    scalar: Scalar,
    out: &mut [u8],
    scratch: &mut Vec<u8>,
) -> Result<()> {
    let mut position = 0;
    part.read_into(shape, scalar.dtype.size(), out, &mut |range, out| {
        member.skip((range.start - position) as u64, scratch)?;
        position = range.end;
        member.read_exact_into(out)
    })?;
    if member.is_compressed() {
        member.skip(member.remaining(), scratch)?;
    }
    Ok(())
}

/// An array on top of the bytes of the file, if they are what arrays are in memory.
fn mapped(
    member: &Member<'_, '_>,
    region: &Region,
    shape: &[usize],
    scalar: Scalar,
) -> Option<DenseArray> {
    let place = member.place().filter(|place| !place.is_empty())?;
    if !is_as_in_memory(scalar) {
        return None;
    }
    let part = region.part(place, number_size(scalar.dtype))?;
    Some(DenseArray::on_region(part, scalar.dtype, shape))
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
    if !member.can_be_shared() {
        // one call for all of it: each of them may take a while
        return filled_native(shape, scalar.dtype, |bytes| {
            member.read_exact_into(bytes)?;
            make_native(bytes, scalar).map_err(|error| member.bad(error))
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

/// An array with its memory filled by `fill`, of the caller if they want arrays of theirs.
fn filled_like(
    arrays: &mut Arrays<'_>,
    shape: &[usize],
    dtype: DType,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<ArrayRef> {
    match arrays {
        Arrays::Made(create) => filled(create, shape, dtype, fill),
        Arrays::Native | Arrays::Mapped(_) | Arrays::Unread { .. } => {
            Ok(filled_native(shape, dtype, fill)?.into())
        }
    }
}

fn filled_native(
    shape: &[usize],
    dtype: DType,
    fill: impl FnOnce(&mut [u8]) -> Result<()>,
) -> Result<DenseArray> {
    let mut array = DenseArray::zeros(dtype, shape)?;
    fill(array.view_mut()?.as_bytes_mut().unwrap_or_default())?;
    Ok(array)
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
        return check_booleans(bytes);
    }
    if scalar.byte_order != ByteOrder::NATIVE {
        reverse_each(bytes, number_size(dtype));
    }
    Ok(())
}

fn check_booleans(bytes: &[u8]) -> Result<(), String> {
    match bytes.iter().find(|&&byte| byte > 1) {
        Some(byte) => Err(format!("the byte {byte} is not a boolean, expected 0 or 1")),
        None => Ok(()),
    }
}

/// Reverse the order of the bytes in each number of this size.
pub(super) fn reverse_each(bytes: &mut [u8], size: usize) {
    match size {
        2 => swap_bytes::<2>(bytes),
        4 => swap_bytes::<4>(bytes),
        8 => swap_bytes::<8>(bytes),
        _ => {}
    }
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
    let header = npy_header(view.dtype(), view.shape()).map_err(error)?;
    check_elements(view).map_err(error)?;
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

/// What comes before the elements of an array in a file.
///
/// # Errors
/// If files can not hold elements of this type.
pub fn npy_header(dtype: DType, shape: &[usize]) -> Result<Vec<u8>> {
    npy::write(&Header {
        descr: Descr::Scalar(Scalar::native(dtype)),
        fortran_order: false,
        shape: shape.into(),
    })
}

/// Check that the elements of `view` can be in a file: the reader, like the one of any other language, wants valid booleans.
///
/// # Errors
/// If there are others.
pub(super) fn check_elements(view: &View<'_>) -> Result<()> {
    if view.dtype() == DType::BOOL8 {
        view.typed::<bool>()?;
    }
    Ok(())
}

/// How a member with data of this size is aligned.
pub(super) fn alignment(size: usize) -> Alignment {
    if size >= ALIGNED {
        Alignment::Bytes64
    } else {
        Alignment::Packed
    }
}

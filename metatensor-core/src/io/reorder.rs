//! Copies of files whose numbers have another order of bytes.

use std::fs::File;
use std::path::Path;

use super::archive::{Alignment, ArchiveWriter, LoadError, Member};
use super::archive_file::ArchiveFile;
use super::array;
use super::map_writer::FileAlignment;
use super::npy::{self, ByteOrder, Descr, Header, Headers, Scalar};
use super::opened::open_map;
use super::placement::number_size;
use crate::{Limits, Result};

/// Makes a copy of the file of a map in which all numbers, also those of labels, have this order of their bytes, and no member is compressed.
/// Arrays are placed as when they are saved, or packed. The file at `output` is replaced when everything is written, as by
/// [`TensorMap::save`](crate::TensorMap::save).
///
/// # Errors
///
/// If there is no map in the file, if it is damaged, or if the new one can not be written.
pub fn reorder_file(
    path: &Path,
    output: &Path,
    order: ByteOrder,
    alignment: FileAlignment,
) -> Result<()> {
    let mut archive = open_map(path, &Limits::default())?;
    let place = archive.source().name().to_owned();
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let mut headers = Headers::default();
    let mut file = ArchiveFile::create(output)?;
    for name in names {
        file.change(|writer| {
            let in_source = |error: LoadError| error.in_source(&place);
            let mut member = archive.open_member(&name).map_err(in_source)?;
            let header = match name.ends_with(".npy") {
                true => Some(member.read_npy_header(&mut headers)?),
                false => None,
            };
            write(writer, member, header.as_deref(), order, alignment)
        })?;
    }
    file.finish()
}

/// Writes a member of which the header was read, if it is an array, with this order.
fn write(
    writer: &mut ArchiveWriter<File>,
    mut member: Member<'_, '_>,
    header: Option<&Header>,
    order: ByteOrder,
    alignment: FileAlignment,
) -> Result<()> {
    let (name, size) = (member.name(), member.remaining());
    let alignment = match alignment {
        FileAlignment::Aligned => array::alignment(size as usize),
        FileAlignment::Packed => Alignment::Packed,
    };
    let mut width = 1;
    let mut bytes = Vec::new();
    if let Some(header) = header {
        let mut header = header.clone();
        width = set_order(&mut header.descr, order).map_err(|reason| member.bad(reason))?;
        bytes = npy::write(&header)?;
    }
    writer.add_in_pieces(name, &bytes, size, alignment, |piece| {
        member.read_exact_into(piece)?;
        array::reverse_each(piece, width);
        Ok(())
    })
}

/// Changes what elements are. Gives the number of bytes of which the order has to be reversed: 1 if they are in this order already.
fn set_order(descr: &mut Descr, order: ByteOrder) -> Result<usize, String> {
    let change = |scalar: &mut Scalar| match number_size(scalar.dtype) {
        width if width > 1 && scalar.byte_order != order => {
            scalar.byte_order = order;
            width
        }
        _ => 1,
    };
    match descr {
        Descr::Scalar(scalar) => Ok(change(scalar)),
        Descr::Record(fields) => {
            let mut widths = fields.iter_mut().map(|field| change(&mut field.scalar));
            let first = widths.next().unwrap_or(1);
            match widths.all(|width| width == first) {
                true => Ok(first),
                false => Err("the fields of its records are not alike".to_owned()),
            }
        }
    }
}

//! Writing headers, as the metatensor 0.2 library does.

use super::{
    ALIGNMENT, ByteOrder, CODES, Descr, Header, MAGIC, MAX_SIZE, PRELUDE, Scalar, is_plain,
};
use crate::{DType, Error, Result};

/// The bytes of `header` in a file, chosen to be those that the metatensor 0.2 library writes.
///
/// # Errors
/// If there is no way to say it: data types that files can not hold, names with quotes or other
/// special characters.
pub(crate) fn write(header: &Header) -> Result<Vec<u8>> {
    let mut text = Text::new();
    match &header.descr {
        Descr::Scalar(scalar) => text.scalar(*scalar)?,
        Descr::Record(fields) => {
            text.records(fields.iter().map(|field| (&*field.name, field.scalar)))?;
        }
    }
    text.finish(header.fortran_order, &header.shape)
}

/// The bytes of `header`, with so many spaces that there are `length` bytes: as many as a header has that differs from this
/// one by a larger number in its shape.
///
/// # Errors
/// As for [`write()`], and if there are more bytes.
pub(crate) fn write_in(header: &Header, length: usize) -> Result<Vec<u8>> {
    let mut bytes = write(header)?;
    let after_prelude = u16::try_from(length - Text::START);
    let (true, Ok(after_prelude), true) = (bytes.len() <= length, after_prelude, bytes[6] == 1)
    else {
        return Err(Error::Internal(format!(
            "the npy header does not fit into {length} bytes"
        )));
    };
    bytes.pop();
    bytes.resize(length - 1, b' ');
    bytes.push(b'\n');
    bytes[8..10].copy_from_slice(&after_prelude.to_le_bytes());
    Ok(bytes)
}

/// The bytes of the header of `count` records that have a 32-bit integer for each of these names.
///
/// # Errors
/// As for [`write()`].
pub(crate) fn write_records<'a>(
    names: impl Iterator<Item = &'a str>,
    count: usize,
) -> Result<Vec<u8>> {
    let mut text = Text::new();
    text.records(names.map(|name| (name, Scalar::native(DType::I32))))?;
    text.finish(false, &[count])
}

/// The header of an array of this many bytes, as `numpy.save` writes it: with space for any number of them.
pub(crate) fn header_of_bytes(count: usize) -> Vec<u8> {
    const LENGTH: usize = 128;
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count},), }}");
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend(MAGIC);
    bytes.extend([1, 0]);
    bytes.extend(((LENGTH - Text::START) as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(LENGTH - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// The text of a header, after the bytes that come before it.
struct Text(Vec<u8>);

impl Text {
    /// Bytes before the text of most headers.
    const START: usize = 10;

    fn new() -> Text {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend(MAGIC);
        bytes.extend([1, 0, 0, 0]);
        bytes.extend(b"{ 'descr': ");
        Text(bytes)
    }

    fn records<'a>(&mut self, fields: impl Iterator<Item = (&'a str, Scalar)>) -> Result<()> {
        self.0.push(b'[');
        for (name, scalar) in fields {
            if let Some(byte) = name.bytes().find(|&b| !is_plain(b) || b == b'\'') {
                return Err(Error::invalid(format!(
                    "the name '{name}' can not be written to a file because of its '{}'",
                    byte.escape_ascii()
                )));
            }
            self.0.extend(b"('");
            self.0.extend(name.as_bytes());
            self.0.extend(b"', ");
            self.scalar(scalar)?;
            self.0.extend(b"), ");
        }
        self.0.push(b']');
        Ok(())
    }

    fn scalar(&mut self, scalar: Scalar) -> Result<()> {
        let Some((_, code)) = CODES.iter().find(|known| known.0 == scalar.dtype) else {
            return Err(Error::unsupported(format!(
                "files can not hold arrays of {}",
                scalar.dtype
            )));
        };
        self.0.extend(match scalar.byte_order {
            ByteOrder::Little => b"'<",
            ByteOrder::Big => b"'>",
        });
        self.0.extend(code.as_bytes());
        self.0.push(b'\'');
        Ok(())
    }

    fn number(&mut self, number: usize) {
        let start = self.0.len();
        let mut rest = number;
        loop {
            self.0.push(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0[start..].reverse();
    }

    fn finish(mut self, fortran_order: bool, shape: &[usize]) -> Result<Vec<u8>> {
        self.0.extend(b", 'fortran_order': ");
        self.0.extend(if fortran_order {
            &b"True"[..]
        } else {
            b"False"
        });
        self.0.extend(b", 'shape': (");
        for &n in shape {
            self.number(n);
            self.0.extend(b", ");
        }
        self.0.extend(b") }");

        let mut bytes = self.0;
        let text = bytes.len() - Self::START;
        // the text is followed by at least one space and the end of the line
        let padded = |prelude: usize| (prelude + text + 2).next_multiple_of(ALIGNMENT);
        let end = padded(Self::START);
        if let Ok(length) = u16::try_from(end - Self::START) {
            bytes[8..10].copy_from_slice(&length.to_le_bytes());
            bytes.resize(end - 1, b' ');
        } else {
            let end = padded(PRELUDE);
            if end - PRELUDE > MAX_SIZE {
                return Err(Error::invalid(format!(
                    "the names of {text} bytes in total are too long for a file"
                )));
            }
            bytes[6] = 2;
            let length = ((end - PRELUDE) as u32).to_le_bytes();
            bytes.splice(8..10, length);
            bytes.resize(end - 1, b' ');
        }
        bytes.push(b'\n');
        Ok(bytes)
    }
}

//! Headers of `.npy` files: what lies before the bytes of an array in a file.
//!
//! The header is the text of a Python dictionary. It is parsed here by hand, in one pass over the
//! bytes and without recursion, because a general parser of Python literals is both slow and easily
//! made to work forever by a hostile file.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::{DType, Error, Result};

/// The first bytes of every array in a file.
pub(crate) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// Longest header that is read: enough for thousands of dimension names.
const MAX_SIZE: usize = 1 << 20;

/// The number of bytes that [`size`] needs to see, unless the file ends before.
pub(crate) const PRELUDE: usize = 12;

/// Arrays in files start at multiples of this many bytes after the start of their header.
const ALIGNMENT: usize = 64;

/// Type, order and shape of an array in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// What each element is.
    pub(crate) descr: Descr,
    /// Whether the first index varies fastest (in the words of the format).
    pub(crate) fortran_order: bool,
    /// Number of elements along each axis.
    pub(crate) shape: SmallVec<[usize; 6]>,
}

/// The elements of an array in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Descr {
    /// Plain numbers.
    Scalar(Scalar),
    /// Several named numbers each: this is how rows of `Labels` are stored.
    Record(Vec<Field>),
}

/// A number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// Its type.
    pub(crate) dtype: DType,
    /// The order of its bytes.
    pub(crate) byte_order: ByteOrder,
}

/// One of the named numbers of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) scalar: Scalar,
}

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order of this machine.
    pub(crate) const NATIVE: ByteOrder = if cfg!(target_endian = "little") {
        ByteOrder::Little
    } else {
        ByteOrder::Big
    };
}

impl Scalar {
    /// A number of this type as this machine stores it.
    pub(crate) const fn native(dtype: DType) -> Scalar {
        Scalar {
            dtype,
            byte_order: ByteOrder::NATIVE,
        }
    }
}

impl Descr {
    /// Number of bytes of one element.
    fn size(&self) -> usize {
        match self {
            Descr::Scalar(scalar) => scalar.dtype.size(),
            Descr::Record(fields) => fields.iter().map(|field| field.scalar.dtype.size()).sum(),
        }
    }
}

impl Header {
    /// Number of bytes of the array that follows.
    ///
    /// # Errors
    /// If the array could not be held in memory whatever its other axes are: the product of all
    /// sizes except zeros has to fit, so that the product of any of them does.
    pub(crate) fn data_size(&self) -> Result<usize> {
        let element = self.descr.size();
        let full = self
            .shape
            .iter()
            .filter(|&&n| n != 0)
            .try_fold(element.max(1), |size, &n| size.checked_mul(n))
            .filter(|&size| isize::try_from(size).is_ok());
        match full {
            Some(_) if self.shape.contains(&0) || element == 0 => Ok(0),
            Some(size) => Ok(size),
            None => Err(bad("the shape is larger than any memory")),
        }
    }
}

#[cold]
fn bad(reason: impl std::fmt::Display) -> Error {
    Error::serialization(format!("invalid npy header: {reason}"))
}

/// Number of bytes of the whole header, that is the position of the array's data, told from its
/// first [`PRELUDE`] bytes.
///
/// # Errors
/// If these are not the first bytes of a `.npy` file, or announce an unreasonably long header.
pub(crate) fn size(bytes: &[u8]) -> Result<usize> {
    if !bytes.starts_with(MAGIC) {
        return Err(bad("the data does not start with '\\x93NUMPY'"));
    }
    let short = || bad("the data ends before the header");
    let (prelude, length) = match bytes.get(6..8).ok_or_else(short)? {
        [1, 0] => match bytes.get(8..10).ok_or_else(short)? {
            &[a, b] => (10, usize::from(u16::from_le_bytes([a, b]))),
            _ => return Err(short()),
        },
        [2 | 3, 0] => match bytes.get(8..12).ok_or_else(short)? {
            &[a, b, c, d] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
            _ => return Err(short()),
        },
        version => {
            return Err(bad(format!(
                "unknown version {}.{}, expected 1.0, 2.0 or 3.0",
                version[0], version[1]
            )));
        }
    };
    if length > MAX_SIZE {
        return Err(bad(format!(
            "it claims to be {length} bytes long, more than {MAX_SIZE}"
        )));
    }
    Ok(prelude + length)
}

/// Read the header at the start of `bytes`, and give the position of the data after it.
///
/// # Errors
/// If it is not a valid header, or that of an array of elements which this library can not hold.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Header, usize)> {
    let end = size(bytes)?;
    let start = if bytes[6] == 1 { 10 } else { 12 };
    let text = bytes.get(start..end).ok_or_else(|| {
        bad(format!(
            "it claims to be {end} bytes long, only {} are there",
            bytes.len()
        ))
    })?;
    let header = Parser { text, position: 0 }.header()?;
    header.data_size()?;
    Ok((header, end))
}

/// Whether the header at the start of `bytes` is that of elements which have names, as those of labels. It does not
/// have to be valid otherwise.
pub(crate) fn has_fields(bytes: &[u8]) -> bool {
    let key = b"descr";
    let after = bytes.windows(key.len()).position(|text| text == key);
    let rest = after.map_or(&[][..], |at| &bytes[at + key.len()..]);
    let value = rest
        .iter()
        .find(|byte| !matches!(byte, b'\'' | b'"' | b':' | b' '));
    value == Some(&b'[')
}

/// The last few headers that were read: blocks of a map tend to have the same ones.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    known: SmallVec<[(Vec<u8>, Rc<Header>); Self::COUNT]>,
    /// The oldest of them, if there are as many as can be.
    oldest: usize,
}

impl Headers {
    const COUNT: usize = 4;

    /// The header that `bytes` are.
    ///
    /// # Errors
    /// As for [`parse`].
    pub(crate) fn parse(&mut self, bytes: &[u8]) -> Result<Rc<Header>> {
        if let Some((_, header)) = self.known.iter().find(|known| known.0 == bytes) {
            return Ok(Rc::clone(header));
        }
        let header = Rc::new(parse(bytes)?.0);
        let new = (bytes.to_vec(), Rc::clone(&header));
        if self.known.len() < Self::COUNT {
            self.known.push(new);
        } else {
            self.known[self.oldest] = new;
            self.oldest = (self.oldest + 1) % Self::COUNT;
        }
        Ok(header)
    }
}

/// Reads Python literals, as far as headers need them.
struct Parser<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Parser<'a> {
    fn header(mut self) -> Result<Header> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.accept(b'}') {
            let key = self.string()?;
            self.expect(b':')?;
            let repeated = match key {
                "descr" => descr.replace(self.descr()?).is_some(),
                "fortran_order" => fortran_order.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.shape()?).is_some(),
                _ => return Err(bad(format!("unknown key '{key}'"))),
            };
            if repeated {
                return Err(bad(format!("the key '{key}' comes twice")));
            }
            self.separator(b'}')?;
        }
        if self.peek().is_some() {
            return Err(self.unexpected("the end"));
        }
        let missing = |key| move || bad(format!("the key '{key}' is missing"));
        Ok(Header {
            descr: descr.ok_or_else(missing("descr"))?,
            fortran_order: fortran_order.ok_or_else(missing("fortran_order"))?,
            shape: shape.ok_or_else(missing("shape"))?,
        })
    }

    fn descr(&mut self) -> Result<Descr> {
        if !self.accept(b'[') {
            return self.scalar().map(Descr::Scalar);
        }
        let mut fields = Vec::new();
        while !self.accept(b']') {
            self.expect(b'(')?;
            let name = self.string()?.to_owned();
            self.expect(b',')?;
            let scalar = self.scalar()?;
            self.accept(b',');
            self.expect(b')')?;
            fields.push(Field { name, scalar });
            self.separator(b']')?;
        }
        Ok(Descr::Record(fields))
    }

    fn scalar(&mut self) -> Result<Scalar> {
        let text = self.string()?;
        let (byte_order, code) = match text.as_bytes().first() {
            Some(b'<') => (ByteOrder::Little, &text[1..]),
            Some(b'>') => (ByteOrder::Big, &text[1..]),
            Some(b'=' | b'|') => (ByteOrder::NATIVE, &text[1..]),
            _ => (ByteOrder::NATIVE, ""),
        };
        match CODES.iter().find(|known| known.1 == code) {
            Some(&(dtype, _)) => Ok(Scalar { dtype, byte_order }),
            None => Err(bad(format!("unsupported data type '{text}'"))),
        }
    }

    fn shape(&mut self) -> Result<SmallVec<[usize; 6]>> {
        let mut shape = SmallVec::new();
        self.expect(b'(')?;
        while !self.accept(b')') {
            shape.push(self.integer()?);
            // a single number in parentheses is no tuple without a comma
            if shape.len() == 1 {
                self.expect(b',')?;
            } else {
                self.separator(b')')?;
            }
        }
        Ok(shape)
    }

    fn integer(&mut self) -> Result<usize> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected("a number"));
        }
        let start = self.position;
        let mut value = 0_usize;
        while let Some(&digit @ b'0'..=b'9') = self.text.get(self.position) {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(usize::from(digit - b'0')))
                .ok_or_else(|| bad("a number in the shape is too large"))?;
            self.position += 1;
        }
        // as in Python
        if self.text[start] == b'0' && self.position > start + 1 {
            let text = self.text[start..self.position].escape_ascii();
            return Err(bad(format!("the number {text} starts with a zero")));
        }
        Ok(value)
    }

    fn boolean(&mut self) -> Result<bool> {
        self.peek();
        let rest = &self.text[self.position..];
        for (word, value) in [("False", false), ("True", true)] {
            if rest.starts_with(word.as_bytes()) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("True or False"))
    }

    /// A string of printable characters without escapes: there are no other names.
    fn string(&mut self) -> Result<&'a str> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else {
            return Err(self.unexpected("a string"));
        };
        let rest = &self.text[self.position + 1..];
        let length = rest
            .iter()
            .position(|&byte| byte == quote || !is_plain(byte))
            .unwrap_or(rest.len());
        self.position += 1 + length;
        if rest.get(length) != Some(&quote) {
            return Err(self.unexpected("a printable ASCII character or the end of a string"));
        }
        self.position += 1;
        std::str::from_utf8(&rest[..length]).map_err(bad)
    }

    /// The comma after one thing in a list, which may be left out before the end of the list.
    fn separator(&mut self, end: u8) -> Result<()> {
        if self.peek() != Some(end) {
            self.expect(b',')?;
        }
        Ok(())
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        if !self.accept(byte) {
            return Err(self.unexpected(&format!("'{}'", char::from(byte))));
        }
        Ok(())
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.get(self.position) {
            self.position += 1;
        }
        self.text.get(self.position).copied()
    }

    #[cold]
    fn unexpected(&self, expected: &str) -> Error {
        let position = self.position;
        match self.text.get(position) {
            Some(&byte) => bad(format!(
                "expected {expected} at byte {position} of the text, got '{}'",
                byte.escape_ascii()
            )),
            None => bad(format!("expected {expected}, got the end of the text")),
        }
    }
}

/// Whether strings may hold this byte.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

/// The text of the types in files, without the byte order.
const CODES: [(DType, &str); 14] = [
    (DType::F64, "f8"),
    (DType::I32, "i4"),
    (DType::F32, "f4"),
    (DType::F16, "f2"),
    (DType::C64, "c8"),
    (DType::C128, "c16"),
    (DType::BOOL8, "b1"),
    (DType::I8, "i1"),
    (DType::I16, "i2"),
    (DType::I64, "i8"),
    (DType::U8, "u1"),
    (DType::U16, "u2"),
    (DType::U32, "u4"),
    (DType::U64, "u8"),
];

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

#[cfg(test)]
mod tests;

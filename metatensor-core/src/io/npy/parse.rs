//! Reading headers.
//!
//! They are parsed by hand, in one pass over the bytes and without recursion, because a general parser of Python literals
//! is both slow and easily made to work forever by a hostile file.

use smallvec::SmallVec;

use super::{ByteOrder, CODES, Descr, Field, Header, MAGIC, MAX_SIZE, Scalar, bad, is_plain};
use crate::{Error, Result};

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

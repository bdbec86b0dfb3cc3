//! Problems as bytes, which other processes and other machines can read. All numbers are little-endian:
//!
//! ```text
//! magic        4 bytes  "MTLS"
//! version      u32      1
//! blocks       u64
//! per block:
//!   labels     u64      checksum of the key and the properties
//!   rows       u64      number of equations that were added
//!   dtype      4 bytes  code u8, bits u8, lanes u16
//!   equations  u32      how many are left, n: a triangle if these are as many as there are unknowns P
//!   exponents  i32      for each column of [A, B] the power of 2 that its numbers are to be multiplied with,
//!                       or the smallest integer if all of them are 0
//!   numbers    f64      equations of [A, B], one after the other, without what is below the diagonal of a triangle
//!                       (complex numbers: real and imaginary part)
//! ```

use metatensor_core::internal::with_element;
use metatensor_core::{DType, Error, Labels, Result};
use ndarray::Array2;
use num_complex::{Complex, ComplexFloat};

use super::super::field::{Field, with_field};
use super::super::fit::Fit;
use super::super::reduced::Reduced;
use super::block::{AnyFit, BlockFit};
use crate::numbers::Kind;

const MAGIC: [u8; 4] = *b"MTLS";
const VERSION: u32 = 1;
const NOTHING: i32 = i32::MIN;
/// Numbers in double precision are less than 2 to this power away from 1.
const MAX_EXPONENT: i32 = 1100;

pub(super) fn write(keys: Option<&Labels>, blocks: &[BlockFit]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((blocks.len() as u64).to_le_bytes());
    for (i, block) in blocks.iter().enumerate() {
        bytes.extend(checksum(keys, i, block).to_le_bytes());
        match &block.fit {
            AnyFit::Real(fit) => write_block(&mut bytes, block.dtype, fit),
            AnyFit::Complex(fit) => write_block(&mut bytes, block.dtype, fit),
        }
    }
    bytes
}

fn write_block<T: Field>(bytes: &mut Vec<u8>, dtype: DType, fit: &Fit<T>) {
    let Reduced {
        equations,
        exponents,
    } = fit.clone().into_reduced();
    bytes.extend(fit.rows.to_le_bytes());
    bytes.extend([dtype.code, dtype.bits]);
    bytes.extend(dtype.lanes.to_le_bytes());
    bytes.extend((equations.nrows() as u32).to_le_bytes());
    for exponent in exponents {
        bytes.extend(exponent.unwrap_or(NOTHING).to_le_bytes());
    }
    let is_triangle = equations.nrows() == fit.columns;
    bytes.reserve(8 * elements(equations.nrows(), fit.columns, fit.width) * parts::<T>());
    for (i, row) in equations.rows().into_iter().enumerate() {
        for &x in row.iter().skip(if is_triangle { i } else { 0 }) {
            let x: Complex<f64> = x.into();
            bytes.extend(x.re.to_le_bytes());
            if T::DTYPE.is_complex() {
                bytes.extend(x.im.to_le_bytes());
            }
        }
    }
}

/// How many real numbers one of these is.
fn parts<T: Field>() -> usize {
    if T::DTYPE.is_complex() { 2 } else { 1 }
}

/// How many elements of equations are not below the diagonal of a triangle.
fn elements(equations: usize, columns: usize, width: usize) -> usize {
    let all = equations.saturating_mul(width);
    match equations == columns {
        true => all - equations * equations.saturating_sub(1) / 2,
        false => all,
    }
}

/// The equations for each of `blocks`, and the type of their numbers. Nothing in `bytes` is believed.
pub(super) fn read(
    bytes: &[u8],
    keys: Option<&Labels>,
    blocks: &[BlockFit],
) -> Result<Vec<(DType, AnyFit)>> {
    let mut reader = Reader { bytes };
    if reader.take::<4>()? != MAGIC {
        return Err(damaged("they do not start with 'MTLS'"));
    }
    let version = u32::from_le_bytes(reader.take()?);
    if version != VERSION {
        let reason = format!("their version is {version}, and this library knows {VERSION}");
        return Err(damaged(reason));
    }
    let count = u64::from_le_bytes(reader.take()?);
    if count != blocks.len() as u64 {
        return Err(Error::NotEqual(format!(
            "there are {} blocks here, and {count} there",
            blocks.len()
        )));
    }
    let mut fits = Vec::with_capacity(blocks.len());
    for (i, block) in blocks.iter().enumerate() {
        let fit = read_labels(&mut reader, checksum(keys, i, block))
            .and_then(|()| read_block(&mut reader, block));
        fits.push(fit.map_err(|error| match keys {
            Some(keys) => error.context(format!("block {}", keys.describe(i))),
            None => error,
        })?);
    }
    match reader.bytes.len() {
        0 => Ok(fits),
        left => Err(damaged(format!("{left} bytes are left over"))),
    }
}

fn read_labels(reader: &mut Reader<'_>, expected: u64) -> Result<()> {
    match u64::from_le_bytes(reader.take()?) == expected {
        true => Ok(()),
        false => Err(Error::NotEqual(
            "the key or the properties are not the same here and there".into(),
        )),
    }
}

fn read_block(reader: &mut Reader<'_>, block: &BlockFit) -> Result<(DType, AnyFit)> {
    let rows = u64::from_le_bytes(reader.take()?);
    let [code, bits] = reader.take()?;
    let lanes = u16::from_le_bytes(reader.take()?);
    let dtype = DType { code, bits, lanes };
    with_element!(dtype, S => Ok(<S as Kind>::EPSILON))
        .map_err(|error| damaged(format!("the type of numbers: {error}")))?;
    let fit = with_field!(dtype, T => AnyFit::from(read_fit::<T>(reader, rows, block)?));
    Ok((dtype, fit))
}

fn read_fit<T: Field>(reader: &mut Reader<'_>, rows: u64, block: &BlockFit) -> Result<Fit<T>> {
    let columns = block.inputs().count();
    let width = columns + block.outputs().count();
    let count = u32::from_le_bytes(reader.take()?) as usize;
    if count > columns || count as u64 > rows {
        return Err(damaged(format!(
            "{count} equations are left of {rows} for {columns} unknowns"
        )));
    }
    let size = elements(count, columns, width) * parts::<T>();
    let needed = 4 * width + size.saturating_mul(8);
    if reader.bytes.len() < needed {
        return Err(ends_too_early());
    }
    let mut exponents = Vec::with_capacity(width);
    for _ in 0..width {
        exponents.push(match i32::from_le_bytes(reader.take()?) {
            NOTHING => None,
            exponent if exponent.abs() <= MAX_EXPONENT => Some(exponent),
            exponent => return Err(damaged(format!("an exponent is {exponent}"))),
        });
    }
    let mut equations = Array2::zeros((count, width));
    for (i, mut row) in equations.rows_mut().into_iter().enumerate() {
        let elements = row.iter_mut().zip(&exponents);
        for (x, exponent) in elements.skip(if count == columns { i } else { 0 }) {
            *x = reader.number::<T>()?;
            if !ComplexFloat::is_finite(*x) {
                return Err(damaged("a number is not finite"));
            }
            if exponent.is_none() && *x != T::zero() {
                return Err(damaged(format!("a number is {x} in a column of zeros")));
            }
        }
    }
    let reduced = Reduced {
        equations,
        exponents,
    };
    Ok(Fit::new(columns, rows, reduced))
}

struct Reader<'b> {
    bytes: &'b [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (first, others) = self.bytes.split_first_chunk().ok_or_else(ends_too_early)?;
        self.bytes = others;
        Ok(*first)
    }

    fn number<T: Field>(&mut self) -> Result<T> {
        let re = f64::from_le_bytes(self.take()?);
        let im = match T::DTYPE.is_complex() {
            true => f64::from_le_bytes(self.take()?),
            false => 0.0,
        };
        Ok(T::from_complex(Complex::new(re, im)))
    }
}

#[cold]
fn damaged(reason: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "these bytes are no least squares problem: {reason}"
    ))
}

#[cold]
fn ends_too_early() -> Error {
    damaged("they end too early")
}

/// Of the key, and of the properties of both.
fn checksum(keys: Option<&Labels>, key: usize, block: &BlockFit) -> u64 {
    let mut hash = Fnv::new();
    if let Some(keys) = keys {
        hash.names(keys);
        let row = &keys.rows().values()[key * keys.size()..][..keys.size()];
        hash.values(row);
    }
    for labels in [block.inputs(), block.outputs()] {
        hash.names(labels);
        hash.add(&(labels.count() as u64).to_le_bytes());
        hash.values(labels.rows().values());
    }
    hash.0
}

/// The hash FNV-1a (G. Fowler, L. C. Noll and K.-P. Vo), which is the same everywhere.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn values(&mut self, values: &[i32]) {
        values
            .iter()
            .for_each(|value| self.add(&value.to_le_bytes()));
    }

    fn names(&mut self, labels: &Labels) {
        for name in labels.names().iter() {
            self.add(&(name.len() as u64).to_le_bytes());
            self.add(name.as_bytes());
        }
    }
}

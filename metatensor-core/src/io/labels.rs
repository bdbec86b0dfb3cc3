//! Labels in files: one-dimensional arrays of records, with a field of 32 bits per dimension.

use std::io::Write;
use std::path::Path;

use super::archive::{Member, Source};
use super::file;
use super::npy::{self, ByteOrder, Descr};
use super::{Scratch, in_file};
use crate::error::Contents;
use crate::rows::Rows;
use crate::{DType, Error, Labels, Limit, Result, View};

/// Rows go through memory of this size, which stays in the cache.
const PIECE: usize = 64 << 10;

impl Labels {
    /// Loads labels from the file at `path`, or from a pipe, as [`TensorMap::load`](crate::TensorMap::load).
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("labels.mts");
    /// let labels = Labels::new(["system", "atom"], &[[0, 4], [1, 2]])?;
    /// labels.save(&path)?;
    /// assert_eq!(Labels::load(&path)?, labels);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read, or does not hold valid labels.
    pub fn load(path: impl AsRef<Path>) -> Result<Labels> {
        Self::load_source(Source::open(path.as_ref())?)
    }

    /// Loads labels from the content of a file.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let labels = Labels::range("n", 3)?;
    /// assert_eq!(Labels::load_buffer(&labels.save_buffer()?)?, labels);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If these are not valid labels.
    pub fn load_buffer(buffer: &[u8]) -> Result<Labels> {
        Self::load_source(Source::from_bytes(buffer))
    }

    fn load_source(source: Source<'_>) -> Result<Labels> {
        let (mut source, range) = Contents::find_labels(source)?;
        // The file is named as a member would be.
        let name = source.plain_name().to_owned();
        let mut member = Member::in_source(&name, &mut source, range);
        read(&mut member, &mut Scratch::default())
    }

    /// Saves these labels to the file at `path`, which is replaced when everything is written, as by
    /// [`TensorMap::save`](crate::TensorMap::save).
    ///
    /// ```no_run
    /// # use metatensor_core::{Labels, Result};
    /// Labels::range("n", 3)?.save("labels.npy")?;
    /// assert_eq!(Labels::load("labels.npy")?.count(), 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written. Whatever was there before still is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(path.as_ref(), |destination| {
            self.save_to(destination.writer())
        })
    }

    /// Saves these labels to memory.
    ///
    /// # Errors
    ///
    /// If the names of the dimensions are too long for a file, or nobody can read the rows.
    pub fn save_buffer(&self) -> Result<Vec<u8>> {
        let mut buffer = Vec::new();
        self.save_to(&mut buffer)?;
        Ok(buffer)
    }

    /// Saves these labels to anything that takes bytes, in a few large pieces.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result};
    /// let mut bytes = Vec::new();
    /// Labels::range("n", 3)?.save_to(&mut bytes)?;
    /// assert_eq!(Labels::load_buffer(&bytes)?.count(), 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `sink`, or as for [`Labels::save_buffer`].
    pub fn save_to(&self, mut sink: impl Write) -> Result<()> {
        let values = View::from(self.rows().values());
        sink.write_all(&header(self)?)
            .and_then(|()| sink.write_all(values.as_bytes().unwrap_or_default()))
            .and_then(|()| sink.flush())
            .map_err(|cause| Error::Io {
                context: "could not write labels".to_owned(),
                cause,
            })
    }
}

/// Read the labels that `member` is.
pub(super) fn read(member: &mut Member<'_, '_>, scratch: &mut Scratch) -> Result<Labels> {
    let header = member.read_npy_header(&mut scratch.headers)?;
    let Descr::Record(fields) = &header.descr else {
        return Err(member.bad("expected records with one field per dimension, got plain numbers"));
    };
    let limits = member.limits();
    limits.check(
        Limit::Names,
        fields.len() as u64,
        format_args!("'{}'", member.name()),
    )?;
    let &[count] = &header.shape[..] else {
        return Err(member.bad(format!(
            "expected labels with one axis, got an array of shape {:?}",
            &header.shape[..]
        )));
    };
    if fields.is_empty() && count > 0 {
        return Err(member.bad(format!("labels without dimensions have {count} rows")));
    }
    let byte_order = match fields.first() {
        Some(field) => field.scalar.byte_order,
        None => ByteOrder::NATIVE,
    };
    for field in fields {
        if field.scalar.dtype != DType::I32 {
            return Err(member.bad(format!(
                "expected labels of {}, got {} for '{}'",
                DType::I32,
                field.scalar.dtype,
                field.name
            )));
        }
        if field.scalar.byte_order != byte_order {
            return Err(member.bad("the dimensions do not all have the same byte order"));
        }
    }

    // the header was compared with the size of the file: this many values are there, on the disk or as a hole
    if count > Rows::MAX_COUNT {
        let most = Rows::MAX_COUNT;
        return Err(member.bad(format!("labels have {most} rows at most, got {count}")));
    }
    let size = count * fields.len();
    let mut values = Vec::new();
    values
        .try_reserve_exact(size)
        .map_err(|_| member.bad(format!("can not get memory for {size} values")))?;
    while member.remaining() > 0 {
        let bytes = &mut scratch.bytes;
        bytes.resize(member.remaining().min(PIECE as u64) as usize, 0);
        member.read_exact_into(bytes)?;
        let numbers = bytes.as_chunks().0.iter().copied();
        match byte_order {
            ByteOrder::Little => values.extend(numbers.map(i32::from_le_bytes)),
            ByteOrder::Big => values.extend(numbers.map(i32::from_be_bytes)),
        }
    }
    let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
    Labels::from_values(&names, values).map_err(|error| in_file(error, member.name()))
}

/// What comes before the values of `labels` in a file.
///
/// # Errors
/// If the names of the dimensions are too long for a file, or nobody can read the rows.
pub(super) fn header(labels: &Labels) -> Result<Vec<u8>> {
    labels.check_readable("saving")?;
    npy::write_records(labels.names().iter(), labels.count())
}

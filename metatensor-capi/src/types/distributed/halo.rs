//! Halos.

use metatensor_core::{DType, Error, Result};
use metatensor_distributed::{Agreement, BlockHalo, Combine, Communicator, Halo};

use crate::ffi::{Parameter, bad_parameter, given};

/// Rows that are owned by one rank, and copies of them, called *ghosts*, on any rank: which rows go where. It is made once, and used
/// in every step.
///
/// It is used by one thread at a time, and freed before its communicator.
#[derive(Debug)]
pub struct mts_halo_t {
    pub(crate) halo: Halo,
    /// Whether all ranks agree before anything is sent.
    pub(crate) agreement: Agreement,
    /// Bytes of all ghosts, whose rows are on their way.
    pub(crate) ghosts_size: usize,
}

impl mts_halo_t {
    pub(crate) fn boxed(halo: Halo) -> Box<mts_halo_t> {
        Box::new(mts_halo_t {
            halo,
            agreement: Agreement::All,
            ghosts_size: 0,
        })
    }

    pub(crate) fn communicator(&self) -> Communicator {
        self.halo.communicator().clone()
    }

    /// Bytes of all owned rows, and of all ghosts.
    pub(crate) fn sizes(&self, dtype: DType, row_length: usize) -> Result<Rows> {
        let size = row_length.checked_mul(dtype.size());
        let all = |count| size.and_then(|size| size.checked_mul(count));
        let rows = || {
            Some(Rows {
                size: size?,
                owned: all(self.halo.owned_count())?,
                ghosts: all(self.halo.ghost_count())?,
            })
        };
        rows().ok_or_else(|| {
            Error::invalid(format!(
                "rows of {row_length} elements of {dtype} do not fit in memory"
            ))
        })
    }
}

/// How many bytes rows have.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rows {
    /// Those of one row.
    pub(crate) size: usize,
    /// Those of all rows that this rank owns.
    pub(crate) owned: usize,
    /// Those of all ghosts.
    pub(crate) ghosts: usize,
}

impl<'a> Parameter for Option<&'a mts_halo_t> {
    type Value = &'a Halo;

    fn checked(self, name: &str) -> Result<&'a Halo> {
        Ok(&given(self, name)?.halo)
    }
}

impl<'a> Parameter for Option<&'a mut mts_halo_t> {
    type Value = &'a mut mts_halo_t;

    fn checked(self, name: &str) -> Result<&'a mut mts_halo_t> {
        given(self, name)
    }
}

/// What is made of an owned row and of the rows of its ghosts, by `mts_collective_halo_reverse`: a `MTS_ADD`, `MTS_MULTIPLY`, `MTS_MIN` or
/// `MTS_MAX` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_combine_t(u32);

/// The sum. That of integers wraps around.
pub const MTS_ADD: u32 = 0;
/// The product. That of integers wraps around.
pub const MTS_MULTIPLY: u32 = 1;
/// The smallest number. NAN is smaller than all others.
pub const MTS_MIN: u32 = 2;
/// The largest number. NAN is larger than all others.
pub const MTS_MAX: u32 = 3;

impl Parameter for mts_combine_t {
    type Value = Combine;

    fn checked(self, name: &str) -> Result<Combine> {
        match self.0 {
            MTS_ADD => Ok(Combine::Add),
            MTS_MULTIPLY => Ok(Combine::Multiply),
            MTS_MIN => Ok(Combine::Min),
            MTS_MAX => Ok(Combine::Max),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of MTS_ADD, MTS_MULTIPLY, MTS_MIN and MTS_MAX, got {other}"
            ))),
        }
    }
}

/// Which ranks get to know that a step of a halo failed on one rank: a `MTS_AGREEMENT_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_agreement_t(u32);

/// All ranks, before anything is sent: this takes one reduction of 40 bytes in each step.
pub const MTS_AGREEMENT_ALL: u32 = 0;
/// Those that receive something from this rank, with what they receive.
pub const MTS_AGREEMENT_NEIGHBORS: u32 = 1;

impl Parameter for mts_agreement_t {
    type Value = Agreement;

    fn checked(self, name: &str) -> Result<Agreement> {
        match self.0 {
            MTS_AGREEMENT_ALL => Ok(Agreement::All),
            MTS_AGREEMENT_NEIGHBORS => Ok(Agreement::Neighbors),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_AGREEMENT_ values, got {other}"
            ))),
        }
    }
}

/// Sends blocks with certain labels: see `mts_collective_halo_prepare`.
///
/// It is used by one thread at a time, and freed before its communicator.
#[derive(Debug)]
pub struct mts_block_halo_t {
    pub(crate) blocks: BlockHalo,
    pub(crate) communicator: Communicator,
}

impl mts_block_halo_t {
    pub(crate) fn boxed(blocks: BlockHalo, communicator: Communicator) -> Box<mts_block_halo_t> {
        Box::new(mts_block_halo_t {
            blocks,
            communicator,
        })
    }
}

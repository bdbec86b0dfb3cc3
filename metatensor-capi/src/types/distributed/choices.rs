//! One of a few ways to move rows.

use metatensor_core::Result;
use metatensor_distributed::{Order, SaveOptions, SumOrder};

use crate::ffi::{Parameter, bad_parameter};

/// The order of rows that come from several ranks: a `MTS_ORDER_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_order_t(u32);

/// By the rank that they come from, and in their order there. So are the rows of gradients.
pub const MTS_ORDER_SOURCE: u32 = 0;
/// Sorted by their labels: this depends neither on the number of ranks, nor on where rows were.
pub const MTS_ORDER_LABELS: u32 = 1;

impl Parameter for mts_order_t {
    type Value = Order;

    fn checked(self, name: &str) -> Result<Order> {
        match self.0 {
            MTS_ORDER_SOURCE => Ok(Order::Source),
            MTS_ORDER_LABELS => Ok(Order::Labels),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_ORDER_ values, got {other}"
            ))),
        }
    }
}

/// How ranks write to a file. NULL stands for `MTS_COLLECTIVE_SAVE_OPTIONS_INIT`, which is `{0}`. What is in the file does not depend on it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_collective_save_options_t {
    /// how many ranks write to the file, at most all of them; 0 for one for each GiB
    writers: usize,
}

impl Parameter for Option<&mts_collective_save_options_t> {
    type Value = SaveOptions;

    fn checked(self, _: &str) -> Result<SaveOptions> {
        Ok(SaveOptions {
            writers: self
                .map(|options| options.writers)
                .filter(|&writers| writers > 0),
        })
    }
}

/// In which order numbers of different ranks are added: a `MTS_SUM_ORDER_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_sum_order_t(u32);

/// Those of each rank, and then the sums of all ranks: only sums are sent. Results have the same bits each time, and on all ranks, for the
/// same number of ranks.
pub const MTS_SUM_ORDER_RANKS: u32 = 0;
/// By labels: results have the same bits for any number of ranks, wherever samples are. Groups of samples that are on several ranks are brought
/// together for this, so that one rank needs memory for a whole group.
pub const MTS_SUM_ORDER_LABELS: u32 = 1;

impl Parameter for mts_sum_order_t {
    type Value = SumOrder;

    fn checked(self, name: &str) -> Result<SumOrder> {
        match self.0 {
            MTS_SUM_ORDER_RANKS => Ok(SumOrder::Ranks),
            MTS_SUM_ORDER_LABELS => Ok(SumOrder::Labels),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_SUM_ORDER_ values, got {other}"
            ))),
        }
    }
}
